package automation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackRename is `stack rename NEW`: the name in the store, the URNs in the
// state and the stack's file.
type stackRename struct{}

func (stackRename) flags(*pflag.FlagSet) {}

func (stackRename) run(s *session, args []string) error {
	from, err := s.own()
	if err != nil {
		return err
	}
	to, err := parseRef(args[0], from.Project)
	if err != nil {
		return err
	}
	if to.Project != from.Project {
		return usage("%s: a stack cannot move to another project in this process", args[0])
	}
	if err := s.free(to); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.renameState(from, to) },
		func() error { return s.renameFile(from, to) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	s.core.mu.Lock()
	s.core.renamed[from] = to
	delete(s.core.renamed, to)
	for dir, cur := range s.core.current {
		if cur == from {
			s.core.current[dir] = to
		}
	}
	s.core.mu.Unlock()
	_, err = fmt.Fprintf(s.out, "Renamed %s to %s\n", from.Stack, to.Stack)
	return err
}

// renameState renames the stack and rewrites its state. When the state cannot
// be written, or somebody else has written it since it was read, the name is
// put back. A stack that is in use has a lease and cannot be renamed.
func (s *session) renameState(from, to gitops.StackRef) error {
	st, err := s.engineStack(from)
	if err != nil {
		return err
	}
	read, err := s.find(from)
	if err != nil {
		return err
	}
	d, err := s.be.api.Export(s.ctx, st, false)
	if err != nil {
		return err
	}
	if d.Deployment, err = renameURNs(d.Deployment, from, to); err != nil {
		return err
	}
	if err := s.be.store.Rename(s.ctx, from, to); err != nil {
		return err
	}
	now, err := s.find(to)
	if err == nil && now.Version != read.Version {
		err = gitops.Errorf(gitops.Failed, "stack '%s' was updated while it was being renamed: try again", from.Stack)
	}
	if err == nil {
		err = s.be.api.Import(s.ctx, engine.Stack{Ref: to, Secrets: st.Secrets}, d, false)
	}
	if err != nil {
		return errors.Join(err, s.be.store.Rename(context.WithoutCancel(s.ctx), to, from))
	}
	return nil
}

// renameFile moves Pulumi.<stack>.yaml, when there is one.
func (s *session) renameFile(from, to gitops.StackRef) error {
	if s.configFile != "" {
		return nil
	}
	err := os.Rename(s.proj.stackFile(from), s.proj.stackFile(to))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return gitops.Errorf(gitops.Failed, "the stack is renamed; its settings are not: %w", err)
	}
	return nil
}

// renameURNs puts the new stack name into every URN of a deployment. URNs are
// whole strings or the start of one (a provider reference is URN::ID); they
// stand in keys, too. The stack's own resource is named after it. Ciphertexts
// are left alone.
func renameURNs(deployment json.RawMessage, from, to gitops.StackRef) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(deployment))
	dec.UseNumber() // state may hold numbers that a float64 would change
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, gitops.Errorf(gitops.Failed, "read the state: %w", err)
	}
	prefix := func(r gitops.StackRef) string { return "urn:pulumi:" + r.Stack + "::" + r.Project + "::" }
	root := func(r gitops.StackRef) string { return prefix(r) + "pulumi:pulumi:Stack::" + r.Project + "-" + r.Stack }
	old, now := prefix(from), prefix(to)
	rename := func(s string) string {
		if s == root(from) {
			return root(to)
		}
		if rest, ok := strings.CutPrefix(s, old); ok {
			return now + rest
		}
		return s
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			return rename(v)
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			out := make(map[string]any, len(v))
			for k, e := range v {
				out[rename(k)] = walk(e)
			}
			return out
		}
		return v
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(walk(v)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
