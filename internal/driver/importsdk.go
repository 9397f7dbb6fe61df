package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/gosdk"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// importSDKs finds the Go SDKs that go.mod names for the types of an import, and
// makes sure that they have these types.
func (s *Session) importSDKs(ctx context.Context, im Imports) (map[string]*gosdk.SDK, error) {
	end := s.d.phase("reading Go SDKs")
	modules, err := s.d.builder.Modules(ctx, s.source())
	if err != nil {
		return nil, err
	}
	all, err := sdksOf(modules)
	if err != nil {
		return nil, err
	}
	out := map[string]*gosdk.SDK{}
	for _, r := range im.Resources {
		if r.ID == "" {
			continue
		}
		name, _, _ := strings.Cut(r.Type, ":")
		sdk := all[name]
		if sdk == nil {
			return nil, noSDK(r.Type, all)
		}
		if _, err := sdk.Resource(r.Type); err != nil {
			return nil, unknownType(r.Type, sdk.Tokens(), err)
		}
		out[name] = sdk
	}
	end()
	return out, nil
}

// sdksOf opens the Go SDKs among modules, by the name of their Pulumi package. The
// root of an SDK is at most two directories below that of its module.
func sdksOf(modules []program.Module) (map[string]*gosdk.SDK, error) {
	out := map[string]*gosdk.SDK{}
	for _, m := range modules {
		for _, below := range []string{".", "*", "*/*"} {
			found, err := filepath.Glob(filepath.Join(escaped(m.Dir), filepath.FromSlash(below), "pulumi-plugin.json"))
			if err != nil {
				return nil, err
			}
			for _, file := range found {
				dir := filepath.Dir(file)
				rel, err := filepath.Rel(m.Dir, dir)
				if err != nil {
					return nil, err
				}
				sdk, err := gosdk.Open(os.DirFS(dir), path.Join(m.Path, filepath.ToSlash(rel)))
				if errors.Is(err, gosdk.ErrNoSDK) {
					continue
				}
				if err != nil {
					return nil, gitops.Errorf(gitops.Invalid, "cannot read the Go SDK in module %s %s: %w", m.Path, m.Version, err)
				}
				out[sdk.Name] = sdk
			}
		}
	}
	return out, nil
}

// escaped is a directory as a pattern that matches only it.
func escaped(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

func noSDK(typ string, all map[string]*gosdk.SDK) error {
	var tokens []string
	for _, sdk := range all {
		tokens = append(tokens, sdk.Tokens()...)
	}
	slices.Sort(tokens)
	if gosdk.Suggest(typ, tokens) != "" || !strings.Contains(typ, ":") {
		return unknownType(typ, tokens, nil)
	}
	name, _, _ := strings.Cut(typ, ":")
	return &gitops.Error{Kind: gitops.NotFound,
		What: fmt.Sprintf("%s: no module in go.mod is the Go SDK of the Pulumi package %q", typ, name),
		Next: "go get the module of its Go SDK, such as github.com/pulumi/pulumi-" + name + "/sdk"}
}

// unknownType is the error for a type that the SDK does not have.
func unknownType(typ string, tokens []string, err error) error {
	e := &gitops.Error{Kind: gitops.NotFound, What: fmt.Sprintf("there is no resource type %q", typ), Err: err,
		Next: "a type looks like aws:sqs/queue:Queue; the documentation of each resource ends with its import line"}
	near := gosdk.Suggest(typ, tokens)
	if hint := settings.DidYouMean(typ, tokens); near == "" && strings.HasSuffix(hint, "?") {
		e.Next = hint
	}
	if near != "" {
		e.Next = "did you mean " + near + "?"
	}
	return e
}
