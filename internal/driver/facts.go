package driver

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/factstore"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// factScheme is the version of what is kept about commits.
const factScheme = "1"

// known is what is kept about a commit.
type known struct {
	affected.Revision
	// Checked tells that its settings fit the types that ask for them.
	Checked bool `json:"checked"`
}

// factsAt finds out what decides what the stacks of a commit do: from what is
// kept, or from a checkout.
func (d *Driver) factsAt(ctx context.Context, repo *checkout.Repo, rev gitops.Revision) (affected.Revision, error) {
	return d.facts(ctx, repo, rev, false)
}

// checkedFacts is factsAt for a commit that has to be right, or it is an error;
// when only some environments are asked for, as far as it is about those.
func (d *Driver) checkedFacts(ctx context.Context, repo *checkout.Repo, rev gitops.Revision, only []string) (affected.Revision, error) {
	return d.facts(ctx, repo, rev, true, only...)
}

func (d *Driver) facts(ctx context.Context, repo *checkout.Repo, rev gitops.Revision, check bool, only ...string) (affected.Revision, error) {
	var out known
	key, err := d.factKey(ctx, repo, rev)
	if err != nil {
		return out.Revision, err
	}
	var found known
	if d.opts.Facts.Get(key, &found) && (found.Checked || !check) {
		return found.Revision, nil
	}
	s, err := d.openCode(ctx, rev.SHA, only...)
	if err != nil {
		return out.Revision, err
	}
	out.Revision, err = s.revisionFacts(ctx)
	if err == nil && check {
		err = s.check(ctx)
		s.only = nil
		out.Checked = err == nil && s.check(ctx) == nil // all of it
	}
	if err = errors.Join(err, s.Close()); err == nil && s.leftOut == nil {
		d.opts.Facts.Put(key, out)
	}
	return out.Revision, err
}

// remember keeps the facts of a commit that was opened for something else: it may
// be the base of the next one.
func (s *Session) remember(ctx context.Context, facts affected.Revision) {
	if s.At == "" || s.repo == nil || s.leftOut != nil {
		return
	}
	key, err := s.d.factKey(ctx, s.repo, s.commit)
	if err != nil { // it will be found out again
		return
	}
	var found known
	if !s.d.opts.Facts.Get(key, &found) {
		s.d.opts.Facts.Put(key, known{Revision: facts})
	}
}

// factKey names all that the facts of a commit are derived from: its files, where
// the estate is in them, the compilers that go.mod may choose from, and this
// command.
func (d *Driver) factKey(ctx context.Context, repo *checkout.Repo, rev gitops.Revision) (string, error) {
	tree, err := repo.TreeID(ctx, rev)
	if err != nil {
		return "", err
	}
	toolchain, err := d.builder.Toolchain(ctx, program.Source{Root: d.Root})
	if err != nil {
		return "", err
	}
	return factstore.Key(factScheme, tree, repo.Prefix, toolchain, self()), nil
}

// self tells apart the versions of this command, those that are being worked on
// too.
func self() string {
	var b strings.Builder
	if info, ok := debug.ReadBuildInfo(); ok {
		b.WriteString(info.String())
	}
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(&b, "%d %d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// openCode opens a commit as far as its facts need it: read, and neither checked
// nor compiled yet.
func (d *Driver) openCode(ctx context.Context, at string, only ...string) (*Session, error) {
	s := &Session{d: d, At: at, Root: d.Root, Top: d.Root, only: only}
	for _, st := range []step{(*Session).findRevision, (*Session).readProject, (*Session).readEnvironments, (*Session).readPlugins} {
		if err := st(s, ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// revisionFacts are all that decides what the session's stacks do.
func (s *Session) revisionFacts(ctx context.Context) (affected.Revision, error) {
	out := affected.Revision{Project: string(s.Project.Name), Plugins: map[string]string{}, PluginContent: map[string]string{}}
	var err error
	if out.Code, err = s.code(ctx); err != nil {
		return out, err
	}
	for _, e := range s.Environments {
		out.Environments = append(out.Environments, settingsOf(e))
	}
	for _, p := range s.Plugins.Plugins {
		out.Plugins[p.Name] = strings.Join(s.Plugins.Versions(p.Name), " and ")
		for platform, a := range p.Platforms {
			out.PluginContent[p.String()+" on "+platform] = a.Binary
		}
	}
	return out, nil
}

// code is what goes into the program. It is compiled only when no program of the
// same code has ever said what its stacks are.
func (s *Session) code(ctx context.Context) (affected.Code, error) {
	if s.Binary.Path != "" {
		return s.Binary.Listing().Code(s.Estate), nil
	}
	listing, description, known, err := s.d.builder.List(ctx, s.source())
	if err != nil {
		return affected.Code{}, err
	}
	if known {
		s.Estate = description
		return listing.Code(description), nil
	}
	for _, st := range []step{(*Session).build, (*Session).describe} {
		if err := st(s, ctx); err != nil {
			return affected.Code{}, err
		}
	}
	return s.Binary.Listing().Code(s.Estate), nil
}

// settingsOf lists the values of an environment file that reach its stacks.
func settingsOf(env *environments.Environment) affected.Environment {
	out := affected.Environment{Name: env.Name, Shared: map[string]affected.Setting{}, Stacks: map[string]map[string]affected.Setting{}}
	share := func(path, text string) {
		out.Shared[path] = affected.Setting{Text: text, At: env.Places[path].String()}
	}
	share("deploy.protect", strconv.FormatBool(env.Deploy.Protect))
	share("state", cmp.Or(env.State, "the local store"))
	for k, v := range env.Cloud.Reaching() {
		share(k, v)
	}
	for k, v := range env.Tags {
		share("tags."+k, v)
	}
	for k, v := range env.Config {
		flatten(out.Shared, "config."+k, v)
		if v.Kind == settings.Null { // it removes what is there without it
			out.Shared["config."+k] = affected.Setting{Text: "null", At: v.Pos.String()}
		}
	}
	for name, st := range env.Stacks {
		own := map[string]affected.Setting{}
		for key, v := range st.Values {
			if v.Kind != settings.Null { // which is as if it were not there
				flatten(own, name+"."+key, v)
			}
		}
		out.Stacks[name] = own
	}
	return out
}

// flatten lists the scalars in a value by path. A list counts as one value, and
// so does a map that is empty.
func flatten(into map[string]affected.Setting, path string, v settings.Value) {
	s := affected.Setting{Text: v.String(), At: v.Pos.String()}
	switch {
	case v.Kind == settings.Map && len(v.Map) > 0:
		for _, k := range v.Keys() {
			step := k
			if strings.Contains(k, ".") { // which must not look like two steps
				step = strconv.Quote(k)
			}
			flatten(into, path+"."+step, v.Map[k])
		}
		return
	case v.Kind == settings.SecretValue:
		s.Text, s.Secret = v.Text, true
	case v.Kind == settings.List:
		sum := sha256.Sum256([]byte(v.Canonical()))
		s.Exact = hex.EncodeToString(sum[:8])
	}
	into[path] = s
}
