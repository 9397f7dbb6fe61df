package driver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// mark is what an exported state says about itself under the key "trunkline",
// which Pulumi ignores: an import can then tell an old, changed or foreign file
// from the present one.
type mark struct {
	Stack   string `json:"stack"` // Pulumi's name
	Version int64  `json:"version"`
	// SHA256 is the digest of the deployment, white space left out.
	SHA256 string `json:"sha256"`
}

const markKey = "trunkline"

// sealed adds the mark of a stack's version to its exported state.
func sealed(exported []byte, stack string, version int64) (json.RawMessage, error) {
	sum, err := digestOf(exported)
	if err != nil {
		return nil, err
	}
	m, err := json.Marshal(mark{Stack: stack, Version: version, SHA256: sum})
	if err != nil {
		return nil, err
	}
	body := bytes.TrimRight(exported, " \n\r\t")
	body, ok := bytes.CutSuffix(body, []byte("}"))
	if !ok {
		return nil, gitops.Errorf(gitops.Bug, "an exported state is not a JSON object")
	}
	body = append(bytes.TrimRight(body, " \n\r\t"), ",\n    \""+markKey+"\": "...)
	return append(append(body, m...), "\n}\n"...), nil
}

// digestOf is the digest of the deployment in an exported state.
func digestOf(exported []byte) (string, error) {
	var doc struct {
		Deployment json.RawMessage `json:"deployment"`
	}
	var plain bytes.Buffer
	err := json.Unmarshal(exported, &doc)
	if err == nil && len(doc.Deployment) > 0 {
		err = json.Compact(&plain, doc.Deployment)
	}
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "this is no deployment", Err: err,
			Next: "give the output of `trunkline state export` or `pulumi stack export`"}
	}
	sum := sha256.Sum256(plain.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

// checkEmpty refuses to replace a state by nothing: the next update would create
// everything a second time.
func checkEmpty(exported []byte, id gitops.StackID, resources int) error {
	var doc struct {
		Deployment struct {
			Resources []json.RawMessage `json:"resources"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal(exported, &doc); err != nil {
		return gitops.Errorf(gitops.Invalid, "this is no exported state: %w", err)
	}
	if resources == 0 || len(doc.Deployment.Resources) > 0 {
		return nil
	}
	return &gitops.Error{Kind: gitops.Invalid,
		What: fmt.Sprintf("the file has no resources, and %s has %d: the next update would create them a second time", id, resources),
		Next: fmt.Sprintf("trunkline destroy -e %s -s %s deletes them; or add --force", id.Environment, id.Name)}
}

// checkMark refuses an exported state that was changed on its way, is another
// stack's, or is older than the present one. A file without a mark, as Pulumi
// exports it, passes.
func checkMark(exported []byte, id gitops.StackID, present int64) error {
	var doc struct {
		Mark *mark `json:"trunkline"`
	}
	sum, err := digestOf(exported)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(exported, &doc); err != nil {
		return gitops.Errorf(gitops.Invalid, "this is no exported state: %w", err)
	}
	m := doc.Mark
	switch {
	case m == nil:
		return nil
	case m.SHA256 != sum:
		return &gitops.Error{Kind: gitops.Invalid, What: "the file is not as it was exported: it was edited or damaged",
			Next: "export it again; if you edited it on purpose, add --force"}
	case m.Stack != id.PulumiName():
		return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("the file is the state of a different stack, %s", m.Stack),
			Next: "give the state of " + id.PulumiName()}
	case m.Version < present:
		return &gitops.Error{Kind: gitops.Invalid,
			What: fmt.Sprintf("the file is version %d of the state of %s, which is at version %d: what was deployed since would be forgotten", m.Version, id, present),
			Next: fmt.Sprintf("trunkline state restore -e %s -s %s %d does that and keeps the rest; or add --force", id.Environment, id.Name, m.Version)}
	}
	return nil
}
