package driver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/exemption"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/policy"
)

// policiesDir is where the program of the policies is.
const policiesDir = "policies"

// policies returns the compiled program of the policies of the session's tree. A
// tree without one has none: the zero Binary.
func (s *Session) policies(ctx context.Context) (program.Binary, error) {
	entries, err := os.ReadDir(filepath.Join(s.Root, policiesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return program.Binary{}, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the policies", Err: err}
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			return s.d.builder.Build(ctx, program.Source{Root: s.Top, Dir: s.Dir, Package: "./" + policiesDir})
		}
	}
	return program.Binary{}, nil
}

// exemptions reads the exemptions of the session's tree.
func (s *Session) exemptions() ([]exemption.Exemption, error) {
	data, err := os.ReadFile(filepath.Join(s.Root, filepath.FromSlash(exemption.File)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the exemptions", Err: err}
	}
	list, err := exemption.Parse(exemption.File, data)
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, Err: err, Next: "mend the file, then: trunkline validate"}
	}
	return list, nil
}

// OpenPolicies opens a revision as far as its policies need it: without building
// its stacks. only is that of OpenOptions.
func (d *Driver) OpenPolicies(ctx context.Context, at string, only ...string) (*Session, error) {
	return d.openCode(ctx, at, only...)
}

// Policies are the policies of the session's tree, and who is exempt from them.
func (s *Session) Policies(ctx context.Context) (policy.Description, []exemption.Exemption, error) {
	none := policy.Description{Schema: policy.DescriptionSchema, Policies: []policy.Info{}}
	list, err := s.exemptions()
	if err != nil {
		return none, nil, err
	}
	bin, err := s.policies(ctx)
	if err != nil || bin.Path == "" {
		return none, list, err
	}
	d, err := program.Policies(ctx, bin)
	return d, list, err
}

// judge returns the session whose policies hold for a report: the base that it is
// compared with, otherwise the work tree, also when another commit runs. It is
// closed with s.
func (s *Session) judge(ctx context.Context, rep *Report) (*Session, error) {
	if rep.Base.SHA == "" && s.At == "" {
		return s, nil
	}
	j, err := s.d.OpenPolicies(ctx, rep.Base.SHA, s.only...)
	switch {
	case err == nil:
		s.atClose(j.Close)
	case rep.Base.SHA == "": // the work tree is in the middle of something: the commit judges itself
		s.d.report(gitops.Progress{Note: "the work tree is broken; the policies of " + s.place() + " hold"})
		return s, nil
	}
	return j, err
}

// judged holds the session's own preview against the policies that hold for it.
func (s *Session) judged(ctx context.Context, rep *Report, by Asking, approved string) (err error) {
	j, err := s.judge(ctx, rep)
	if err != nil {
		rep.Violations = []gitops.Violation{notAsked(rep.Base.Short(), err)}
		return ctx.Err()
	}
	rep.judge = j
	rep.Violations, err = j.police(ctx, s, rep, by, approved != "" && approved == rep.Digest())
	return err
}

// stillAllowed asks the policies again, with another preview of one stack in the
// place of the first.
func (s *Session) stillAllowed(ctx context.Context, preview *Report, again gitops.RunResult) error {
	if preview.judge == nil { // a refresh: no policy was asked
		return nil
	}
	rep := *preview
	rep.Results = slices.Clone(preview.Results)
	for i, res := range rep.Results {
		if res.Stack == again.Stack {
			rep.Results[i] = again
		}
	}
	found, err := preview.judge.police(ctx, s, &rep, Asking{}, false)
	if err != nil {
		return err
	}
	return Blocked(found, rep.Base)
}
