package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// StackOutputs are the outputs of one stack.
type StackOutputs struct {
	gitops.StackID
	Outputs map[string]any `json:"outputs"`
}

// Outputs reads the outputs of the selected stacks that are deployed. Without
// show, secrets are masked.
func (s *Session) Outputs(ctx context.Context, sel Selection, show bool) ([]StackOutputs, error) {
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	if ids, err = s.deployed(ctx, ids); err != nil {
		return nil, err
	}
	out := []StackOutputs{}
	for _, id := range ids {
		read := maskedOutputs
		if show {
			read = plainOutputs
		}
		err := s.with(ctx, id, func(h *handle) error {
			outs, err := read(ctx, h, id)
			out = append(out, StackOutputs{StackID: id, Outputs: outs})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	return out, nil
}

// maskedOutputs reads a stack's outputs as plain values, secrets masked. Nothing is
// decrypted for that: package auto would do it, to tell which are secrets.
func maskedOutputs(ctx context.Context, h *handle, id gitops.StackID) (map[string]any, error) {
	text, _, _, err := h.cmd.Run(ctx, h.dir, nil, nil, nil, h.env, "stack", "output", "--json", "--stack", id.PulumiName())
	if err != nil {
		return nil, err
	}
	outs := map[string]any{}
	return outs, json.Unmarshal([]byte(text), &outs)
}

// plainOutputs reads a stack's outputs as plain values, secrets in plain text.
func plainOutputs(ctx context.Context, h *handle, _ gitops.StackID) (map[string]any, error) {
	outs, err := h.stack.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	plain := make(map[string]any, len(outs))
	for k, v := range outs {
		plain[k] = v.Value
	}
	return plain, nil
}

// with opens a stack that exists, calls f and closes it.
func (s *Session) with(ctx context.Context, id gitops.StackID, f func(*handle) error) error {
	if _, err := s.existing(ctx, id); err != nil {
		return err
	}
	h, err := s.open(ctx, id, false)
	if err != nil {
		return err
	}
	return errors.Join(h.cause(f(h)), h.close())
}

// Export returns the stack's deployment in Pulumi's standard form, secrets in
// plain text when show is set, else encrypted. It says which version it is.
func (s *Session) Export(ctx context.Context, id gitops.StackID, show bool) (json.RawMessage, error) {
	info, err := s.Info(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := s.export(ctx, id, show)
	if err != nil {
		return nil, err
	}
	return sealed(out, id.PulumiName(), info.Version)
}

func (s *Session) export(ctx context.Context, id gitops.StackID, show bool) (json.RawMessage, error) {
	args := []string{"stack", "export", "--stack", id.PulumiName()}
	if show {
		args = append(args, "--show-secrets")
	}
	var out string
	err := s.with(ctx, id, func(h *handle) (err error) {
		// auto.Stack.Export always shows secrets, so the command is asked directly.
		out, _, _, err = h.cmd.Run(ctx, h.dir, nil, nil, nil, h.env, args...)
		return err
	})
	return json.RawMessage(out), err
}

// ExportVersion returns an older deployment of the stack that the store keeps,
// secrets encrypted. It works when the present one is damaged.
func (s *Session) ExportVersion(ctx context.Context, id gitops.StackID, version int64) (json.RawMessage, error) {
	store, err := s.existing(ctx, id)
	if err != nil {
		return nil, err
	}
	return store.Generation(ctx, s.ref(id), version)
}

// Import replaces the stack's deployment with an exported one. One that was
// changed since its export, or is older than the present one, is refused unless
// forced, and so is one that would forget what an interrupted operation did.
func (s *Session) Import(ctx context.Context, id gitops.StackID, exported []byte, force bool) error {
	info, err := s.Info(ctx, id)
	if err != nil {
		return err
	}
	env, err := s.Environment(id.Environment)
	if err != nil {
		return err
	}
	if _, named := env.Stacks[id.Name]; !named && info.Ref == (gitops.StackRef{}) {
		return unknown("stack", id.Name, env.StackNames(), "trunkline stack ls -e "+env.Name)
	}
	if !force {
		if err := checkMark(exported, id, info.Version); err != nil {
			return err
		}
		if err := checkEmpty(exported, id, info.Resources); err != nil {
			return err
		}
		if err := s.settled(ctx, id); err != nil {
			return err
		}
	}
	return s.replaceState(ctx, id, exported)
}

// settled refuses a stack with unfinished operations: no older state and no
// exported file has what they did. A state that cannot be read passes; to replace
// it is how it is repaired.
func (s *Session) settled(ctx context.Context, id gitops.StackID) error {
	st, err := s.status(ctx, id)
	if err != nil || !st.Interrupted && st.Pending == 0 {
		return err
	}
	if _, err := s.Pending(ctx, id); err != nil {
		return nil
	}
	return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("an operation on %s did not finish, and to replace the state would forget what it did", id),
		Next: fmt.Sprintf("trunkline stack recover -e %s -s %s lists what is unfinished, and the next update saves the rest; or add --force", id.Environment, id.Name)}
}

func (s *Session) replaceState(ctx context.Context, id gitops.StackID, deployment []byte) error {
	var dep apitype.UntypedDeployment
	if err := json.Unmarshal(deployment, &dep); err != nil {
		return gitops.Errorf(gitops.Invalid, "this is no deployment: %w", err)
	}
	h, err := s.open(ctx, id, false) // without settings, which a damaged state could not encrypt
	if gitops.KindOf(err) == gitops.NotFound {
		h, err = s.open(ctx, id, true)
	}
	if err != nil {
		return err
	}
	return errors.Join(h.cause(h.stack.Import(ctx, dep)), h.close())
}
