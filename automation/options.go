package automation

import (
	"maps"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// ScratchDir is how the name of a working directory begins that is made for one
// stack and holds nothing but its settings. Operations in such directories share
// warm providers; others only within one directory.
const ScratchDir = engine.ScratchDir

// Event is one thing that the engine reports: a step on a resource, a
// diagnostic, or the summary at the end.
type Event = engine.Event

// Step is one engine step on one resource, secrets masked.
type Step = engine.Step

// The phases of a Step.
const (
	StepPlanned = engine.StepPlanned
	StepDone    = engine.StepDone
	StepFailed  = engine.StepFailed
)

// Result is what an operation did, and to which version of the state.
type Result = engine.Result

// Waiting is what an operation waits for: who holds the stack, and its own
// place in line (1 is next; 0 where the store keeps no line).
type Waiting = gitops.LockedError

// Overlay carries the previewed, not yet deployed, outputs of stacks to the
// previews of the stacks that refer to them.
type Overlay = engine.Overlay

// NewOverlay returns an empty Overlay.
func NewOverlay() *Overlay { return engine.NewOverlay() }

// Option changes what a Command does.
type Option func(*settings)

type settings struct {
	stateURL, keyFile string
	store             gitops.StateStore
	providers         map[string]pulumirpc.ResourceProviderServer
	environ           []string
	findPlugin        func(name, version string) (string, error)
	providerEnv       func(name string) []string

	program, holder string
	observers       []func(string, Event)
	onError         []func(string, error)
	onResult        []func(string, Result)
	extra           map[string]string
	overlay         *Overlay
	terminate       <-chan struct{}
	wait            func(string, Waiting)
	expect          *int64
	brief           bool

	// rebuild tells that an option changed what engines are made from.
	rebuild bool
}

// State names the store of the stacks' state: sqlite:///home/ana/state.db, or
// postgres://user@host/database, where Trunkline has its own tables, not those of
// the Pulumi CLI.
//
// Without it, a call takes the first of: PULUMI_BACKEND_URL of its environment,
// backend.url of its Pulumi.yaml, and trunkline/state.db in the user's
// configuration directory. file://, s3://, gs:// and azblob:// keep the state
// where and how the Pulumi CLI does, so that both can be used in turns; the
// credentials of a bucket come from the environment of the process, not of the
// call. A relative file URL starts at the working directory of the call. Other
// schemes are refused with exit code 2.
func State(url string) Option { return func(s *settings) { s.stateURL = url } }

// Store uses a store that is already open. The Command does not close it.
func Store(store gitops.StateStore) Option {
	return func(s *settings) { s.store, s.rebuild = store, true }
}

// KeyFile names the file with the key that encrypts the secrets of stacks that
// have no passphrase and no KMS. It is made at first use, mode 0600. The default
// is the file "key" beside the state.
func KeyFile(path string) Option {
	return func(s *settings) { s.keyFile, s.rebuild = path, true }
}

// Provider serves a Pulumi package, such as "aws", in this process instead of
// starting its plugin. All operations share the server.
func Provider(name string, server pulumirpc.ResourceProviderServer) Option {
	return func(s *settings) {
		s.providers = maps.Clone(s.providers)
		if s.providers == nil {
			s.providers = map[string]pulumirpc.ResourceProviderServer{}
		}
		s.providers[name], s.rebuild = server, true
	}
}

// FindPlugin says where the executable of a provider is that is not served in
// this process: f gets its name and the version that is wanted, which may be "".
// Without it, plugins are where the Pulumi CLI looks for them.
func FindPlugin(f func(name, version string) (path string, err error)) Option {
	return func(s *settings) { s.findPlugin, s.rebuild = f, true }
}

// ProviderEnv hands "KEY=value" to the processes of one provider alone: f gets
// its name. Credentials belong here; nothing else of a call sees them.
func ProviderEnv(f func(name string) []string) Option {
	return func(s *settings) { s.providerEnv = f }
}

// Environ replaces the process's environment as the base of every call's:
// "KEY=value" each. auto.EnvVars come on top of it, as they do over the CLI.
func Environ(kv ...string) Option {
	return func(s *settings) { s.environ = append([]string{}, kv...) }
}

// Program names a running LanguageRuntime server, "host:port", to use instead of
// the project's runtime. An inline program of the call goes first.
func Program(addr string) Option { return func(s *settings) { s.program = addr } }

// Observe calls f with every event of every operation, in order, together with
// the stack's name. f runs on the engine's goroutine: it must not wait for the
// operation. Observers add up.
func Observe(f func(stack string, e Event)) Option {
	return func(s *settings) { s.observers = append(slices.Clip(s.observers), f) }
}

// Brief leaves the progress of operations out of what a call prints, and sends
// nothing but the summary to the event streams of package auto, which makes its
// results from it. It is for callers that Observe: what they do not read need
// not be rendered, encoded and sent.
func Brief() Option { return func(s *settings) { s.brief = true } }

// OnError calls f with the cause of every call that fails, before the call
// returns. The errors of package auto hold only the text of it, so this is the
// way to errors.As. Observers add up.
func OnError(f func(stack string, err error)) Option {
	return func(s *settings) { s.onError = append(slices.Clip(s.onError), f) }
}

// OnResult calls f with the result of every operation, before the call returns.
// That of one that failed says what was done until then; it is zero when nothing
// was. Observers add up.
func OnResult(f func(stack string, r Result)) Option {
	return func(s *settings) { s.onResult = append(slices.Clip(s.onResult), f) }
}

// Metadata adds to what the history says about each operation, such as
// "git.head". It wins over what is read from the work tree.
func Metadata(m map[string]string) Option { return func(s *settings) { s.extra = maps.Clone(m) } }

// WithOverlay answers stack references from the overlay first, and lets
// previews record their outputs in it.
func WithOverlay(o *Overlay) Option { return func(s *settings) { s.overlay = o } }

// Holder says who runs the operations. Others see it when they find the stack
// locked. The default is user, host and process.
func Holder(name string) Option { return func(s *settings) { s.holder = name } }

// Terminate stops operations at once when the channel is closed: calls in flight
// are given up and their resources are left pending. The end of a call's context
// is the graceful way.
func Terminate(c <-chan struct{}) Option { return func(s *settings) { s.terminate = c } }

// Wait makes operations wait in line for a stack that is held, instead of
// failing at once as the CLI does. f is called when the wait begins, and when
// the holder or the place in line has changed. The end of the call's context
// ends the wait.
func Wait(f func(stack string, w Waiting)) Option { return func(s *settings) { s.wait = f } }

// Expect refuses operations when the state is not at this version any more (see
// Result), so that what was decided on a preview runs on what was previewed.
func Expect(version int64) Option { return func(s *settings) { s.expect = &version } }
