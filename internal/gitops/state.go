package gitops

import (
	"context"
	"fmt"
	"time"
)

// StackRef names a stack in a state store, in Pulumi's words.
type StackRef struct {
	Project string // Pulumi project, such as "trunkline"
	Stack   string // Pulumi stack, such as "data.dev"
}

func (r StackRef) String() string { return r.Project + "/" + r.Stack }

// Flags names the stack on Trunkline's command line: "-e dev -s data".
func (r StackRef) Flags() string {
	id, err := ParsePulumiName(r.Stack)
	if err != nil {
		return "-s " + r.Stack
	}
	return "-e " + id.Environment + " -s " + id.Name
}

// NoStack is the error of a store that does not have the stack.
func NoStack(r StackRef) error {
	return &Error{
		Kind: NotFound,
		What: fmt.Sprintf("no stack named %q found in project %q", r.Stack, r.Project),
		Next: "trunkline stack ls shows the stacks that exist",
	}
}

// StackExists is the error for a name that is taken.
func StackExists(r StackRef) error {
	return &Error{
		Kind: Unexpected,
		What: fmt.Sprintf("stack %q already exists in project %q", r.Stack, r.Project),
		Next: "choose another name, or select the stack instead of creating it",
	}
}

// StackInfo is a row of a list of stacks.
type StackInfo struct {
	Ref       StackRef
	Version   int64
	Resources int       // resources in the last committed deployment
	Pending   int       // operations in it whose end is unknown
	Journal   int       // entries that nobody has committed yet
	Updated   time.Time // zero when nothing was ever committed
}

// State is what a store knows about one stack.
type State struct {
	// Version is a number that grows with every commit. 0: created, never committed.
	Version int64
	// Deployment is the last committed deployment: the JSON of Pulumi's
	// apitype.UntypedDeployment. Never empty.
	Deployment []byte
	// Journal holds the entries appended since. Not empty means that a writer
	// died before its commit; replay them over Deployment.
	Journal [][]byte
	// Lost is the lease under which the journal was written when that lease ran
	// out or was unlocked while its holder may have been alive, so that what the
	// journal has begun may still be going on. nil when the holder is known to
	// have ended, and after the next commit.
	Lost *LeaseInfo
}

// Generation is one kept deployment of a stack.
type Generation struct {
	Version   int64
	Resources int
	Bytes     int
	Created   time.Time
}

// LeaseRequest asks for the exclusive right to change a stack.
type LeaseRequest struct {
	// Holder says who asks, for people: "ana@laptop pid 4711".
	Holder string
	// Operation is what for.
	Operation Operation
	// TTL is how long the lease lasts without Renew, by the store's clock.
	TTL time.Duration
	// Ticket puts the request in line while the stack is held. Tickets are served
	// in the order in which they were first shown; one that is not shown again
	// within TTL has left. Without a ticket the stack must be free and nobody in
	// line.
	Ticket string
}

// LeaseInfo is what others see of a lease.
type LeaseInfo struct {
	ID        string
	Ref       StackRef
	Holder    string
	Operation Operation
	Epoch     int64
	Since     time.Time
	Expires   time.Time
}

// LockedError tells that somebody else holds the stack.
type LockedError struct {
	// Lease is the one that holds the stack. When nobody does and others are in
	// line, it describes the first of them and has no ID.
	Lease LeaseInfo
	// Position is the place of the request's ticket in line: 1 is next, 0 is not
	// in line.
	Position int
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("the stack is currently locked by 1 lock(s): %s (%s) since %s",
		e.Lease.Holder, e.Lease.Operation, e.Lease.Since.Format(time.RFC3339))
}

// FencedError tells that the lease was lost to a newer holder or to time. What
// was to be written was not written. A store may let a lease that has expired
// write as long as nobody else has taken it.
type FencedError struct{ Lease LeaseInfo }

func (e *FencedError) Error() string {
	return fmt.Sprintf("lease %s on %s was lost: nothing was written", e.Lease.ID, e.Lease.Ref)
}

// UpdateRecord is one entry of a stack's history.
type UpdateRecord struct {
	// Version of the state that this update committed; 0 while it runs.
	Version     int64             `json:"version"`
	Operation   Operation         `json:"operation"`
	Started     time.Time         `json:"started"`
	Ended       time.Time         `json:"ended,omitzero"`
	Message     string            `json:"message,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	// Config is the JSON of the configuration, secrets encrypted.
	Config []byte `json:"config,omitempty"`
	// Result is in-progress, succeeded or failed.
	Result  string         `json:"result"`
	Changes map[string]int `json:"changes,omitempty"`
}

// StateStore keeps the state of stacks. Implementations are safe for
// concurrent use by goroutines and by processes. Errors are Error values of
// kind NotFound (no such stack), Unexpected (stack exists), Failed (cannot read
// or write, corrupt; the text says what to do), or LockedError and FencedError.
type StateStore interface {
	// Stacks lists the stacks of a project, or of all when project is "",
	// ordered by project and stack.
	Stacks(ctx context.Context, project string) ([]StackInfo, error)
	// Info returns what Stacks says of one stack, without looking at the others.
	Info(ctx context.Context, ref StackRef) (StackInfo, error)
	// Create adds a stack whose first deployment is given.
	Create(ctx context.Context, ref StackRef, deployment []byte) error
	// Load returns the state. It takes no lease. Content that does not match
	// its recorded hash is an error, never a new stack.
	Load(ctx context.Context, ref StackRef) (State, error)
	// Remove deletes the stack and its history. A leased stack is a LockedError.
	Remove(ctx context.Context, ref StackRef) error
	// Rename gives a stack another name and keeps its history.
	Rename(ctx context.Context, from, to StackRef) error
	// Lease takes the stack, or returns a LockedError at once. A lease whose
	// holder is known to be dead, or that has expired, is taken over with a
	// higher epoch; when it has expired with a journal, State tells so.
	Lease(ctx context.Context, ref StackRef, req LeaseRequest) (Lease, error)
	// Leave gives a ticket's place in line up. One that is not in line is no error.
	Leave(ctx context.Context, ref StackRef, ticket string) error
	// Leases lists the live leases of the stack: none or one.
	Leases(ctx context.Context, ref StackRef) ([]LeaseInfo, error)
	// Unlock ends a lease by its ID, whoever holds it. Its holder is fenced.
	Unlock(ctx context.Context, ref StackRef, leaseID string) error
	// History lists updates, newest first. limit 0 means all.
	History(ctx context.Context, ref StackRef, limit, offset int) ([]UpdateRecord, error)
	// Generations lists the kept deployments, newest first. They are not checked.
	Generations(ctx context.Context, ref StackRef) ([]Generation, error)
	// Generation returns one kept deployment, checked, without the journal after
	// it. A version that is not kept is NotFound.
	Generation(ctx context.Context, ref StackRef, version int64) ([]byte, error)
	// Close releases the store.
	Close() error
}

// Lease is the exclusive right to change one stack. Each write checks the
// lease in the same transaction and returns a FencedError when it is lost.
type Lease interface {
	Info() LeaseInfo
	// Renew moves the expiry.
	Renew(ctx context.Context) error
	// Begin records an update that has started.
	Begin(ctx context.Context, u UpdateRecord) error
	// Append adds journal entries, durably, in order, all or none.
	Append(ctx context.Context, entries [][]byte) error
	// Commit replaces the deployment, empties the journal, finishes the update
	// record (when Begin was called) and returns the new version.
	Commit(ctx context.Context, deployment []byte, u UpdateRecord) (int64, error)
	// Release gives the stack back. Releasing a lost lease is not an error.
	Release(ctx context.Context) error
}
