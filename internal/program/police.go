package program

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/policy"
)

const (
	policeTimeout = time.Minute
	maxProposal   = 256 << 20 // bytes
	policeProgram = "the program of the policies"
)

// Policies asks the program of an estate's policies for what they are. The answer
// is kept beside the program.
func Policies(ctx context.Context, bin Binary) (policy.Description, error) {
	kept := filepath.Join(filepath.Dir(bin.Path), descriptionName)
	if content, err := os.ReadFile(kept); err == nil {
		var d policy.Description
		if parseAnswer(content, policy.DescriptionSchema, &d) == nil {
			return d, nil
		}
	}
	var d policy.Description
	content, err := question{args: "describe", who: policeProgram, does: "describe them", within: describeTimeout}.ask(ctx, bin)
	if err != nil {
		return d, err
	}
	if err := parseAnswer(content, policy.DescriptionSchema, &d); err != nil {
		return d, err
	}
	_ = renameio.WriteFile(kept, content, 0o600) // asking again costs little
	return d, nil
}

// Police hands what is proposed to the program of an estate's policies and returns
// what they find. An answer in which a policy is missing is an error: what was not
// asked has not agreed.
func Police(ctx context.Context, bin Binary, in policy.ReviewInput) (policy.Verdict, error) {
	var v policy.Verdict
	d, err := Policies(ctx, bin)
	if err != nil {
		return v, err
	}
	proposal := newProposalReader(in)
	content, err := question{args: "police", stdin: proposal, who: policeProgram, does: "judge what is proposed", within: policeTimeout}.ask(ctx, bin)
	if failure := proposal.failure(); failure != nil {
		return v, gitops.Errorf(gitops.Failed, "cannot hand over what is proposed: %w", failure)
	}
	if err != nil {
		return v, err
	}
	if err := parseAnswer(content, policy.VerdictSchema, &v); err != nil {
		return v, err
	}
	for _, p := range d.Policies {
		if !slices.Contains(v.Policies, p.Name) {
			return v, gitops.Errorf(gitops.Failed, "%s did not ask the policy %s", policeProgram, p.Name)
		}
	}
	return v, nil
}

// parseAnswer reads the last line that looks like an answer: a program may print
// before it.
func parseAnswer(content []byte, schema string, into any) error {
	begin := `{"schema":"` + schema + `"`
	var answer string
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, begin) {
			answer = line
		}
	}
	if answer == "" {
		return &gitops.Error{Kind: gitops.Invalid, What: policeProgram + " answers with something else than " + schema,
			Next: "let its func main call nothing but policy.Main, of the same version of Trunkline as this command"}
	}
	if err := json.Unmarshal([]byte(answer), into); err != nil {
		return &gitops.Error{Kind: gitops.Invalid, What: policeProgram + " answers with something else than " + schema, Err: err}
	}
	return nil
}
