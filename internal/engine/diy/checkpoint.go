package diy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
)

// checkpoint is a checkpoint file and what is in it.
type checkpoint struct {
	key string
	raw []byte // the file, maybe compressed
	content
}

// content is a deployment in the form in which it is compared: the JSON of
// Pulumi's apitype.UntypedDeployment without spaces.
type content struct {
	deployment []byte
	hash       string
	resources  int
	pending    int
	made       time.Time // zero for a stack that nothing was ever done to
}

// parseCheckpoint reads a checkpoint file of any version, compressed or not.
func parseCheckpoint(raw []byte) (c content, err error) {
	if len(raw) == 0 {
		return c, errors.New("it is empty")
	}
	defer func() {
		if r := recover(); r != nil { // Pulumi trusts what it reads
			err = fmt.Errorf("it is damaged: %v", r)
		}
	}()
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(raw))
	var v apitype.VersionedCheckpoint
	if err := m.Unmarshal(raw, &v); err != nil {
		return c, fmt.Errorf("it is no checkpoint: %w", err)
	}
	var latest json.RawMessage
	if v.Version >= apitype.DeploymentSchemaVersionCurrent {
		if v.Version > stack.DeploymentSchemaVersionLatest {
			return c, fmt.Errorf("it is of version %d, which only a newer Pulumi reads", v.Version)
		}
		var body struct {
			Stack  string          `json:"stack"`
			Latest json.RawMessage `json:"latest"`
		}
		if err := json.Unmarshal(v.Checkpoint, &body); err != nil {
			return c, fmt.Errorf("it is no checkpoint: %w", err)
		}
		if body.Stack == "" {
			return c, errors.New("it names no stack")
		}
		latest = body.Latest
	} else {
		old, version, features, err := stack.UnmarshalVersionedCheckpointToLatestCheckpoint(m, raw)
		if err != nil {
			return c, fmt.Errorf("it is no checkpoint: %w", err)
		}
		if old.Stack == "" {
			return c, errors.New("it names no stack")
		}
		v.Version, v.Features = version, features
		if latest, err = json.Marshal(old.Latest); err != nil {
			return c, err
		}
	}
	return makeContent(apitype.UntypedDeployment{Version: v.Version, Features: v.Features, Deployment: latest})
}

// parseDeployment reads a deployment that is to be saved.
func parseDeployment(raw []byte) (content, apitype.UntypedDeployment, error) {
	var u apitype.UntypedDeployment
	if err := json.Unmarshal(raw, &u); err != nil {
		return content{}, u, err
	}
	if len(u.Deployment) == 0 || string(u.Deployment) == "null" || u.Version < 1 {
		return content{}, u, errors.New("there is no deployment in it")
	}
	c, err := makeContent(u)
	return c, u, err
}

func makeContent(u apitype.UntypedDeployment) (content, error) {
	if len(u.Deployment) == 0 || string(u.Deployment) == "null" {
		u.Deployment = json.RawMessage(`{"manifest":{"time":"0001-01-01T00:00:00Z","magic":"","version":""}}`)
	}
	var inside struct {
		Manifest struct {
			Time time.Time `json:"time"`
		} `json:"manifest"`
		Resources []json.RawMessage `json:"resources"`
		Pending   []json.RawMessage `json:"pending_operations"`
	}
	if err := json.Unmarshal(u.Deployment, &inside); err != nil {
		return content{}, fmt.Errorf("there is no deployment in it: %w", err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(u); err != nil {
		return content{}, err
	}
	d := bytes.TrimSpace(out.Bytes())
	return content{
		deployment: d, hash: sum(d), resources: len(inside.Resources), pending: len(inside.Pending), made: inside.Manifest.Time,
	}, nil
}
