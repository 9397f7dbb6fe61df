package driver

import (
	"context"
	"maps"
	"slices"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Nothing destroys an environment whose file is removed: a file is deleted sooner
// than a database is meant to be. What is here sees to it that it is not forgotten.

// removedSince lists the environments that a base has and this revision has not,
// as far as something of them is deployed. With blind the states are not asked, and
// all of them are listed.
func (s *Session) removedSince(ctx context.Context, base *Session, blind bool) []review.LeftBehind {
	var out []review.LeftBehind
	for _, env := range base.Environments {
		if _, err := s.Environment(env.Name); err == nil {
			continue
		}
		if left := base.leftBehind(ctx, env, blind || !s.reaches(env)); left.Unread != "" || len(left.Stacks) > 0 {
			out = append(out, left)
		}
	}
	return out
}

// reaches tells whether the session may ask the state of an environment: one that
// is about some environments asks only those that they use.
func (s *Session) reaches(env *environments.Environment) bool {
	return len(s.only) == 0 || slices.ContainsFunc(s.Environments, func(own *environments.Environment) bool {
		return slices.Contains(s.only, own.Name) && own.State == env.State
	})
}

// leftBehind says what is deployed of an environment of this revision.
func (s *Session) leftBehind(ctx context.Context, env *environments.Environment, blind bool) review.LeftBehind {
	out := review.LeftBehind{Environment: env.Name, Next: destroyAt(s.Revision.SHA, env)}
	infos, err := map[gitops.StackID]gitops.StackInfo{}, error(nil)
	if blind {
		out.Unread = "no state is asked"
	} else if infos, err = s.infos(ctx, env.Name); err != nil {
		out.Unread = "its state cannot be read: " + oneLine(err)
	}
	if out.Unread != "" {
		for _, name := range env.StackNames() {
			out.Stacks = append(out.Stacks, gitops.StackID{Name: name, Environment: env.Name})
		}
		return out
	}
	for _, id := range slices.SortedFunc(maps.Keys(infos), gitops.StackID.Compare) {
		if n := infos[id].Resources; n > 0 {
			out.Stacks, out.Resources = append(out.Stacks, id), out.Resources+n
		}
	}
	return out
}

// destroyAt is how a person destroys an environment that only an older commit has.
func destroyAt(commit string, env *environments.Environment) string {
	there, destroy := "git switch --detach "+commit, "trunkline destroy -e "+env.Name
	if env.Deploy.Protect {
		return there + ", take `protect: true` out of " + env.File + ", then: " + destroy
	}
	return there + " && " + destroy
}

// Abandoned lists the environments that this revision does not have and that are
// deployed all the same, whichever event removed them. They are found in the states
// of the other environments, and in the files of the commit before and of those
// that the stacks are at. An environment with a state of its own is found only by
// these files: once the other stacks have moved on it is out of sight. What cannot
// be read is a note.
func (s *Session) Abandoned(ctx context.Context, before string) []review.LeftBehind {
	lost := s.inSharedStates(ctx)
	var out []review.LeftBehind
	known := func(name string) bool {
		return slices.ContainsFunc(out, func(l review.LeftBehind) bool { return l.Environment == name })
	}
	for _, commit := range s.commitsBefore(ctx, before, lost) {
		if s.hasAllOf(ctx, commit) {
			continue
		}
		was, err := s.d.OpenPolicies(ctx, commit) // its files are enough
		if err != nil {
			s.unseen("the environments of "+commit, err)
			continue
		}
		for _, left := range s.removedSince(ctx, was, false) {
			if !known(left.Environment) {
				out = append(out, left)
			}
		}
		if err := was.Close(); err != nil {
			s.unseen("the checkout of "+commit, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if !known(name) {
			lost[name].Next = "put environments/" + name + ".yaml back, then: trunkline destroy -e " + name
			out = append(out, lost[name].LeftBehind)
		}
	}
	return out
}

// hasAllOf tells whether it is known, without a checkout, that this revision has
// every environment of a commit.
func (s *Session) hasAllOf(ctx context.Context, commit string) bool {
	rev, err := s.repo.Resolve(ctx, commit)
	if err != nil {
		return false
	}
	var was known
	key, err := s.d.factKey(ctx, s.repo, rev)
	if err != nil || !s.d.opts.Facts.Get(key, &was) {
		return false
	}
	return !slices.ContainsFunc(was.Environments, func(env affected.Environment) bool {
		_, err := s.Environment(env.Name)
		return err != nil
	})
}

// unseen notes what could not be read about environments that are gone.
func (s *Session) unseen(what string, err error) {
	s.d.report(gitops.Progress{Note: "whether an environment that is gone stays deployed is not quite known: " + what + ": " + oneLine(err)})
}

// lostEnvironment is one that is found in a state, with the commit that its stacks
// are at.
type lostEnvironment struct {
	review.LeftBehind
	commit string
}

// inSharedStates finds deployed stacks of environments that this revision does not
// have, in the states that its environments use.
func (s *Session) inSharedStates(ctx context.Context) map[string]*lostEnvironment {
	out := map[string]*lostEnvironment{}
	seen := map[string]bool{}
	for _, env := range s.Environments {
		if seen[env.State] || !s.reaches(env) {
			continue
		}
		seen[env.State] = true
		if err := s.lostIn(ctx, env, out); err != nil {
			s.unseen("the state of "+env.Name, err)
		}
	}
	return out
}

// lostIn adds what one state has of environments that this revision does not have.
func (s *Session) lostIn(ctx context.Context, env *environments.Environment, out map[string]*lostEnvironment) error {
	store, err := s.d.store(ctx, env)
	if err != nil {
		return err
	}
	all, err := store.Stacks(ctx, s.d.Project)
	if err != nil {
		return err
	}
	for _, info := range all {
		id, err := gitops.ParsePulumiName(info.Ref.Stack)
		if err != nil || info.Resources == 0 {
			continue
		}
		if _, err := s.Environment(id.Environment); err == nil {
			continue
		}
		l := out[id.Environment]
		if l == nil {
			l = &lostEnvironment{LeftBehind: review.LeftBehind{Environment: id.Environment}}
			out[id.Environment] = l
		}
		l.Stacks, l.Resources = append(l.Stacks, id), l.Resources+info.Resources
		if l.commit, err = deployedCommit(ctx, store, info.Ref); err != nil {
			return err
		}
	}
	return nil
}

// commitsBefore are the commits whose environments may still be deployed: the one
// before, those that stacks of lost environments are at, and those of the others.
// Commits that the repository does not have are left out.
func (s *Session) commitsBefore(ctx context.Context, before string, lost map[string]*lostEnvironment) []string {
	names := []string{before}
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		names = append(names, lost[name].commit)
	}
	for _, env := range s.Environments {
		for _, name := range env.StackNames() {
			if !s.reaches(env) {
				continue
			}
			if commit, err := s.commitOf(ctx, gitops.StackID{Name: name, Environment: env.Name}); err == nil { // else its update fails, and says so
				names = append(names, commit)
			}
		}
	}
	var out []string
	for _, name := range names {
		if name == "" || name == s.Revision.SHA || slices.Contains(out, name) || s.repo == nil {
			continue
		}
		if _, err := s.repo.Resolve(ctx, name); err == nil {
			out = append(out, name)
		}
	}
	return out
}
