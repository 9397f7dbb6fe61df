package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// installed returns a provider that is a plugin on this machine.
func (h *host) installed(ctx *plugin.Context, d workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	path, err := h.lookup(ctx, d)
	if err != nil {
		return nil, h.op.refuse(err)
	}
	vars, err := h.pluginEnv(ctx, d.Name, e)
	if err != nil {
		return nil, h.op.refuse(err)
	}
	if path != "" && d.Kind == apitype.ResourcePlugin {
		return h.warm(ctx, d, path, vars)
	}
	p, err := h.Host.Provider(ctx, d, env.NewEnv(scrubbed(vars)))
	var missing *workspace.MissingError
	if errors.As(err, &missing) { // an error of this type makes Pulumi download the plugin
		dir, _ := workspace.GetPluginDir() // it has just been read
		return nil, h.op.refuse(notInstalled(d, dir))
	}
	return p, err
}

// warm returns a provider in a process that is kept for the next operation.
func (h *host) warm(ctx *plugin.Context, d workspace.PluginDescriptor, path string, vars []string) (plugin.Provider, error) {
	dir, err := h.workplace(ctx.Pwd)
	if err != nil {
		return nil, fmt.Errorf("a directory for provider %s: %w", d.Name, err)
	}
	what := plugins.Plugin{Name: d.Name, Path: path, Dir: dir, Env: vars}
	if d.Version != nil {
		what.Version = d.Version.String()
	}
	session, err := h.op.eng.plugins.Open(what, plugins.Use{
		Engine: h.ServerAddr(), Cancel: h.op.cancel.Canceled(), Stop: h.op.abandoned, Lost: h.op.doubts.add,
	})
	if err != nil {
		return nil, h.op.refuse(err)
	}
	h.keep(session)
	p := warmProvider{plugin.NewProviderWithClient(ctx, pulumirpc.NewResourceProviderClient(session), h.op.req.Switches.NoProviderPreview), session}
	// One that does not know the call negotiates when it is configured.
	if _, err := p.Handshake(ctx.Request(), handshake(h.ServerAddr())); err != nil && status.Code(err) != codes.Unimplemented {
		return nil, errors.Join(errors.New(status.Convert(err).Message()), session.Close())
	}
	return p, nil
}

// ScratchDir is how the names of directories begin that are made for the settings
// of one stack and hold nothing else. The Automation API names its own so.
const ScratchDir = "pulumi_auto"

// workplace is the working directory of a process for a project. Providers
// resolve relative paths in it, so processes are shared only within one. But
// nothing is in a ScratchDir that a path could lead to: these count as one.
func (h *host) workplace(dir string) (string, error) {
	if !strings.HasPrefix(filepath.Base(dir), ScratchDir) {
		return dir, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !settingsFile.MatchString(e.Name()) }) {
		return dir, nil
	}
	return h.op.eng.plugins.Scratch()
}

// settingsFile matches the files of a project that are Pulumi's own.
var settingsFile = regexp.MustCompile(`^Pulumi(\.[^/]+)?\.ya?ml(\.lock)?$`)

// warmProvider gives its process back when it is closed.
type warmProvider struct {
	plugin.Provider
	session *plugins.Session
}

// Close implements plugin.Provider.
func (p warmProvider) Close() error { return p.session.Close() }

// sessions are the uses of warm processes by one operation.
type sessions struct {
	mu   sync.Mutex
	list []*plugins.Session
}

func (s *sessions) keep(session *plugins.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, session)
}

func (s *sessions) each(do func(*plugins.Session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.list {
		do(session)
	}
}

// SignalCancellation implements plugin.Host. Calls in flight go on to their end;
// no other operation gets these processes.
func (h *host) SignalCancellation() error {
	h.each((*plugins.Session).Poison)
	return h.Host.SignalCancellation()
}

// ReleaseContext implements plugin.Host.
func (h *host) ReleaseContext(ctx *plugin.Context) error {
	h.giveBack()
	return h.Host.ReleaseContext(ctx)
}

// Close implements plugin.Host.
func (h *host) Close() error {
	h.giveBack()
	return h.Host.Close()
}

func (h *host) giveBack() {
	h.each(func(s *plugins.Session) { _ = s.Close() }) // it has nothing to say
}

// doubts are the creates of which nobody knows what came of them, by URN.
type doubts struct {
	mu   sync.Mutex
	urns map[string]bool
}

func (d *doubts) add(urn string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.urns == nil {
		d.urns = map[string]bool{}
	}
	d.urns[urn] = true
}

func (d *doubts) has(urn string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.urns[urn]
}

// refuse remembers the first error of ours that the engine only passes on as
// text, and returns err.
func (op *operation) refuse(err error) error {
	var ours *gitops.Error
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.refused == nil && errors.As(err, &ours) {
		op.refused = ours
	}
	return err
}

func (op *operation) refusal() error {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.refused == nil {
		return nil
	}
	return op.refused
}
