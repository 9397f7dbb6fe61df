// Package engine runs Pulumi's engine in this process.
//
// It is the only package that imports github.com/pulumi/pulumi/pkg/v3, whose
// API moves between releases. Everything here is typed: no argv, no process
// environment, no working directory, no signal handlers.
package engine

import (
	"context"
	"io"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// KeyCrypter encrypts with the key of one installation. internal/secrets has
// the key file. Its ciphertexts carry the key's ID, so that a wrong key is told
// from a damaged text.
type KeyCrypter interface {
	KeyID() string
	Encrypt(plaintext string) (ciphertext string, err error)
	Decrypt(ciphertext string) (plaintext string, err error)
}

// Options configures an Engine.
type Options struct {
	// Store keeps the state.
	Store gitops.StateStore
	// Key opens the key for stacks whose secrets provider is "key", the default.
	// It is called for every operation that needs it. An error that is
	// fs.ErrNotExist says that there is none.
	Key func() (KeyCrypter, error)
	// KeyByID opens the key that a state names. nil: there is only the one of Key.
	KeyByID func(id string) (KeyCrypter, error)
	// MakeKey makes the key when there is none and no state in Store needs one.
	// nil: none is made.
	MakeKey func() (KeyCrypter, error)
	// Providers are served in this process, by package name ("aws"). They are
	// shared by all operations and must be safe for that.
	Providers map[string]pulumirpc.ResourceProviderServer
	// Plugins says how long processes of other providers are kept, and how many.
	Plugins plugins.Options
	// FindPlugin returns the executable of every other provider, by its name and
	// the version that is wanted, which may be "". It answers from what is on this
	// machine. nil: plugins are where the Pulumi CLI would look for them.
	FindPlugin func(name, version string) (path string, err error)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// LeaseTTL is how long a lease, or a place in line, lasts without a sign of
	// life; 0 means 30 seconds. One is given three times as often.
	LeaseTTL time.Duration
}

// SecretsSettings chooses how a stack's secrets are encrypted. It mirrors the
// fields of Pulumi.<stack>.yaml.
type SecretsSettings struct {
	// Provider is "key", "passphrase", "" (passphrase when Passphrase is set,
	// else key) or a KMS URL that Pulumi supports ("awskms://…").
	Provider       string
	EncryptedKey   string
	EncryptionSalt string
	// Passphrase reads the caller's passphrase, not the process's environment.
	// ok is false when there is none.
	Passphrase func() (phrase string, ok bool, err error)
}

// Stack is a stack together with what is needed to read its secrets.
type Stack struct {
	Ref     gitops.StackRef
	Secrets SecretsSettings
}

// Request is one preview, update, refresh or destroy.
type Request struct {
	Stack
	Operation gitops.Operation
	// DryRun changes nothing: the preview of the Operation. Operation Preview is
	// the dry run of Update.
	DryRun bool

	// Project is the Pulumi project; Root its directory.
	Project *workspace.Project
	Root    string
	// Program is the address "host:port" of a LanguageRuntime that runs the
	// program. Empty: the project's own runtime is started as a plugin.
	Program string
	// Config is the stack's configuration, secrets encrypted with the stack's
	// own secrets manager.
	Config config.Map
	// Env is the environment for plugin processes. The engine never reads the
	// process's own.
	Env map[string]string
	// ProviderEnv, when set, returns "NAME=value" for processes of one provider, by
	// its name. What is secret belongs here: nothing else of the operation sees it,
	// and no program can have it mapped onto another variable.
	ProviderEnv func(name string) []string

	Targets, Excludes, Replaces          []string
	TargetDependents, ExcludeDependents  bool
	ContinueOnError, Refresh, RunProgram bool
	// Parallel is the number of resource operations at once; 0 means the default.
	Parallel int
	// Switches are the engine's own.
	Switches Switches
	// Tags are the stack's tags, which policies and components may read.
	Tags map[string]string

	// Policies check what the program declares.
	Policies []PolicyPack
	// Plan, from an earlier Result, is what an update must keep to. Let a dry run
	// with it come first: an update that leaves it stops half-way.
	Plan []byte
	// MakePlan asks an update for a plan of what it does, MakeImportFile for a
	// list of what it creates, in the form of ImportFile.
	MakePlan, MakeImportFile bool
	// ImportFile, of a ResourceImport, is the JSON that `pulumi import --file`
	// reads. Unprotected imports resources without the mark that refuses deletes.
	ImportFile  []byte
	Unprotected bool

	// Message and Metadata go to the history.
	Message  string
	Metadata map[string]string
	// Holder says who runs the operation, for the lease.
	Holder string
	// Wait makes the operation wait in line for a stack that is held, instead of
	// failing with a LockedError. It is called when the wait begins and when the
	// holder or the place in line has changed.
	Wait func(gitops.LockedError)
	// Expect, when not nil, is the state version that the operation was decided
	// on. Under the lease, any other version is an error of kind Stale and
	// nothing is done.
	Expect *int64

	// Observe receives every event, in order, on one goroutine. Optional.
	Observe func(Event)
	// Events receives the events in the Automation API's JSON form, secrets
	// blinded. Optional.
	Events func(apitype.EngineEvent)
	// SummaryOnly leaves all other events out of Events.
	SummaryOnly bool
	// Out receives Pulumi's own progress display. Optional.
	Out io.Writer
	// Color of Out is always, never or raw; empty means never.
	Color string
	// Diff shows the display as a diff instead of a tree.
	Diff, SuppressOutputs, SuppressProgress bool

	// Overlay, when set, answers stack references from previewed outputs first
	// and, in a dry run of an update, records this stack's.
	Overlay *Overlay
}

// Result is what an operation did.
type Result struct {
	// Changes counts resources by Pulumi's operation names.
	Changes map[string]int
	// Base is the state version that the operation started from, Version the
	// one it committed (equal to Base in a dry run).
	Base, Version int64
	// Plan and ImportFile are what the request asked to make, as JSON. Secrets in
	// them are encrypted as the stack's are.
	Plan, ImportFile []byte
}

// ResourceImport takes resources that exist into a stack.
const ResourceImport gitops.Operation = "resource-import"

// PolicyPack is a policy pack on disk.
type PolicyPack struct {
	// Path is a directory with a PulumiPolicy.yaml, or an executable.
	Path string
	// Config is a JSON file with the pack's settings, or empty.
	Config string
}

// Switches are the options of Pulumi's engine that its command line reads from
// the environment (PULUMI_PARALLEL_DIFF and so on).
type Switches struct {
	ParallelDiff         bool
	Experimental         bool
	LegacyDiff           bool
	LegacyRefreshDiff    bool
	NoProviderPreview    bool
	NoResourceReferences bool
	NoOutputValues       bool
	// Debug reports what plugins say at the level debug.
	Debug bool
}

// API is what package automation needs of an engine. *Engine implements it.
//
// Contexts: the end of ctx cancels gracefully. Calls in flight finish and the
// state is saved; the error is then of kind Cancelled. Second is a channel in
// the context made by WithTerminate, whose close stops at once.
type API interface {
	// Init creates the stack. It returns the settings to save when a key or salt
	// was made.
	Init(ctx context.Context, s Stack) (SecretsSettings, error)
	// Run does the operation. A failed resource is an error of kind Deployment,
	// a lock a *gitops.LockedError. An update or destroy is refused while
	// operations are pending.
	Run(ctx context.Context, req Request) (Result, error)
	// Cancel stops an operation of this process gracefully, or ends the lease of
	// another process. No operation is an error of kind NotFound.
	Cancel(ctx context.Context, ref gitops.StackRef) error
	// Remove deletes a stack; one with resources only by force.
	Remove(ctx context.Context, ref gitops.StackRef, force bool) error
	// Outputs returns the stack's outputs as JSON values. Without show, secrets
	// are "[secret]".
	Outputs(ctx context.Context, s Stack, show bool) (map[string]any, error)
	// Export returns the deployment in Pulumi's standard form, journal included.
	// With show, secrets are in plain text.
	Export(ctx context.Context, s Stack, show bool) (apitype.UntypedDeployment, error)
	// Import replaces the deployment after checking it. Plain secrets are
	// encrypted. force accepts another stack's deployment and a broken one.
	Import(ctx context.Context, s Stack, d apitype.UntypedDeployment, force bool) error
	// Rename gives a stack another name, or moves it to another project, and
	// rewrites the URNs in its state. It can be repeated after a crash.
	Rename(ctx context.Context, from, to gitops.StackRef) error
	// Crypter returns the stack's encrypter and decrypter for configuration, and
	// the settings to save when a key or salt was made.
	Crypter(ctx context.Context, s Stack) (config.Crypter, SecretsSettings, error)
	// Reencrypt encrypts the stack's state with what to chooses; a salt or data
	// key that to does not name is made. It returns the settings to save, for
	// which the caller encrypts the stack's configuration. It can be repeated
	// after a crash. History and kept generations stay as they are.
	Reencrypt(ctx context.Context, s Stack, to SecretsSettings) (SecretsSettings, error)
	// Pending lists operations that a crash left unfinished.
	Pending(ctx context.Context, s Stack) ([]PendingOperation, error)
	// Settle ends one pending operation. With an ID, the resource that a create
	// left behind is read back and adopted; without one, the operation is
	// forgotten.
	Settle(ctx context.Context, req Request, urn, adoptID string) error
}

// PendingOperation is a resource operation whose end was never recorded.
type PendingOperation struct {
	URN  string `json:"urn"`
	Type string `json:"type"`
	// Kind is creating, updating, deleting, reading or importing.
	Kind string `json:"kind"`
}

// Event is one thing the engine reports. Exactly one of the pointers is set.
type Event struct {
	Time       time.Time
	Step       *Step
	Diagnostic *gitops.Diagnostic
	Summary    *Summary
}

// Phase is where a step is.
type Phase string

// The phases of a step.
const (
	StepPlanned Phase = "planned" // about to happen, or would happen
	// StepDone: it happened; in a dry run, all is known that a dry run can know.
	// Only now a refresh has the Op (update, same, delete) and Diff of what it
	// found. Components get a second one when their outputs are registered.
	StepDone   Phase = "done"
	StepFailed Phase = "failed"
)

// Step is one engine step on one resource. Values are plain JSON with secrets
// masked (gitops.Masked) and unknowns marked (gitops.Unknown); assets are
// described, not included.
type Step struct {
	Phase Phase
	// Op is Pulumi's own word: same, create, update, delete, replace,
	// create-replacement, delete-replaced, read, refresh, import, discard, …
	Op       string
	URN      string
	Type     string
	Name     string
	ID       string
	Parent   string
	Provider string
	// Custom is false for components.
	Custom  bool
	Protect bool
	// Retain tells that the resource stays in the cloud when the stack deletes it.
	Retain bool
	// Logical is false for the physical halves of a replacement.
	Logical bool
	// Internal marks what a person does not want to see: the stack itself and
	// default providers.
	Internal bool
	// Stack marks the stack's own resource; its New outputs are the stack's.
	Stack       bool
	ReplaceKeys []string
	Diff        []gitops.PropertyChange
	// OldInputs … are nil where there is no such side.
	OldInputs, NewInputs, OldOutputs, NewOutputs map[string]any
	// Chosen names the new inputs that the provider chose itself, such as
	// automatic names. They may be different in each preview of a create.
	Chosen []string
	// Needs maps the new inputs that come from other resources to their URNs.
	Needs map[string][]string
	// Source is "path:line" of the Go line that declared the resource, as the
	// compiler recorded it; Trace the same for the calls above it, outermost
	// last.
	Source string
	Trace  []string
}

// Summary ends an operation.
type Summary struct {
	Changes  map[string]int
	Duration time.Duration
}
