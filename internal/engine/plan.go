package engine

import (
	"bytes"
	"encoding/json"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// readPlan returns the plan that the operation must keep to, nil when there is
// none. The engine changes it while it checks, so each operation reads its own.
func (op *operation) readPlan() (_ *deploy.Plan, err error) {
	if len(op.req.Plan) == 0 {
		return nil, nil
	}
	defer func() {
		damaged(&err)
		if err != nil {
			err = &gitops.Error{Kind: gitops.Invalid, What: "the update plan cannot be read", Err: err,
				Next: "make it anew: `pulumi preview --save-plan`"}
		}
	}()
	var p apitype.DeploymentPlanV1
	if err := json.Unmarshal(op.req.Plan, &p); err != nil {
		return nil, err
	}
	return stack.DeserializePlan(p, op.secrets.Decrypter())
}

// writePlan returns the plan that the engine made, in the form of the CLI's plan
// files. Only secrets in it are encrypted.
func (op *operation) writePlan() ([]byte, error) {
	if !op.req.MakePlan || op.plan == nil {
		return nil, nil
	}
	p, err := stack.SerializePlan(op.plan, op.secrets.Encrypter(), false)
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "write the update plan: %w", err)
	}
	return indented(p)
}

// indented is v as the CLI writes JSON files.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
