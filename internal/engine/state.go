package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// base is the state that an operation starts from.
type base struct {
	version    int64
	deployment apitype.TypedDeployment
	snapshot   *deploy.Snapshot
	// journal tells that entries were replayed that nobody has committed. lost is
	// their writer, when it may still be at work.
	journal bool
	lost    *gitops.LeaseInfo
}

// expected refuses to go on from a state that somebody has changed since it was
// decided to.
func (op *operation) expected() error {
	want := op.req.Expect
	if want == nil || *want == op.base.version {
		return nil
	}
	return gitops.Errorf(gitops.Stale, "the state of stack %s is at version %d, and this was decided on version %d",
		op.req.Ref.Stack, op.base.version, *want)
}

// loadState reads the state, with the journal of a writer that died replayed.
func (op *operation) loadState() (err error) {
	op.base, err = op.eng.load(op.ctx, op.req.Ref)
	op.version = op.base.version
	return err
}

func (e *Engine) load(ctx context.Context, ref gitops.StackRef) (base, error) {
	st, err := e.opts.Store.Load(ctx, ref)
	if err != nil {
		return base{}, err
	}
	d, err := parseDeployment(ctx, st.Deployment)
	if err != nil {
		return base{}, gitops.Errorf(gitops.Failed, "the state of stack %s cannot be read: %w", ref, err)
	}
	b := base{version: st.Version, deployment: d, journal: len(st.Journal) > 0, lost: st.Lost}
	if b.journal {
		if b.deployment, err = replay(d, st.Journal); err != nil {
			return base{}, gitops.Errorf(gitops.Failed, "the journal of stack %s cannot be replayed: %w", ref, err)
		}
	}
	return b, nil
}

// parseDeployment reads the JSON of an apitype.UntypedDeployment.
func parseDeployment(ctx context.Context, raw []byte) (apitype.TypedDeployment, error) {
	var u apitype.UntypedDeployment
	if err := json.Unmarshal(raw, &u); err != nil {
		return apitype.TypedDeployment{}, err
	}
	return typed(ctx, u)
}

func typed(ctx context.Context, u apitype.UntypedDeployment) (_ apitype.TypedDeployment, err error) {
	defer damaged(&err)
	if len(u.Deployment) == 0 {
		return apitype.TypedDeployment{}, errors.New("there is no deployment in it")
	}
	d, err := stack.UnmarshalUntypedDeployment(ctx, &u)
	return apitype.TypedDeployment{
		Deployment: d, Version: max(u.Version, apitype.DeploymentSchemaVersionCurrent), Features: u.Features,
	}, err
}

func untyped(d apitype.TypedDeployment) (apitype.UntypedDeployment, error) {
	raw, err := json.Marshal(d.Deployment)
	return apitype.UntypedDeployment{Version: d.Version, Features: d.Features, Deployment: raw}, err
}

// deserialize reads the resources of a deployment.
func deserialize(ctx context.Context, d apitype.TypedDeployment, p secrets.Provider) (_ *deploy.Snapshot, err error) {
	defer damaged(&err)
	return stack.DeserializeDeploymentV3(ctx, *d.Deployment, p)
}

// damaged turns a panic over damaged data into an error. Pulumi trusts what it
// reads from a store.
func damaged(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("it is damaged: %v", r)
	}
}

// replay applies journal entries to a deployment. Operations that were begun
// and never ended become its pending operations: nobody knows how they ended,
// also when their writer is dead, and what comes next need not do them again.
func replay(d apitype.TypedDeployment, journal [][]byte) (_ apitype.TypedDeployment, err error) {
	defer damaged(&err)
	r := backend.NewJournalReplayer(d.Deployment)
	for i, raw := range journal {
		var e apitype.JournalEntry
		if err := json.Unmarshal(raw, &e); err != nil {
			return d, fmt.Errorf("entry %d: %w", i+1, err)
		}
		if err := r.Add(e); err != nil {
			return d, fmt.Errorf("entry %d: %w", i+1, err)
		}
	}
	out, err := r.GenerateDeployment()
	if err != nil {
		return out, err
	}
	settle(out.Deployment, onlyInState)
	keepPending(out.Deployment, d.Deployment, func(apitype.OperationV2) bool { return false })
	return out, nil
}

// keepPending adds the pending operations of the state before, which Pulumi's
// replay drops when they are no creates: only what has settled them may do that.
func keepPending(d, before *apitype.DeploymentV3, settled func(apitype.OperationV2) bool) {
	for _, o := range before.PendingOperations {
		if o.Type != apitype.OperationTypeCreating && !onlyInState(o) && !settled(o) {
			d.PendingOperations = append(d.PendingOperations, o)
		}
	}
}

// settles tells that the operation, when it succeeds, reads back what another one
// may have changed: its end is known then.
func (op *operation) settles(o apitype.OperationV2) bool {
	targets, excludes := deploy.NewUrnTargets(op.req.Targets), deploy.NewUrnTargets(op.req.Excludes)
	return op.req.Operation == gitops.Refresh && targets.Contains(o.Resource.URN) &&
		!(excludes.IsConstrained() && excludes.Contains(o.Resource.URN))
}

// settle drops the pending operations that over is true for.
func settle(d *apitype.DeploymentV3, over func(apitype.OperationV2) bool) {
	d.PendingOperations = slices.DeleteFunc(d.PendingOperations, over)
}

// onlyInState tells that an operation changes nothing outside the state: it
// reads, or is about a component, the stack itself or a provider. It is done
// again without asking.
func onlyInState(o apitype.OperationV2) bool {
	switch o.Type {
	case apitype.OperationTypeCreating, apitype.OperationTypeUpdating, apitype.OperationTypeDeleting:
		return !o.Resource.Custom || strings.HasPrefix(string(o.Resource.Type), "pulumi:providers:")
	}
	return true
}

// recover commits what the journal of a dead writer says, before anything else
// is written.
func (op *operation) recover() error {
	if !op.base.journal || op.lease == nil {
		return nil
	}
	return op.rebase()
}

// rebase commits the state that the operation starts from.
func (op *operation) rebase() error {
	raw, err := marshalDeployment(op.base.deployment)
	if err != nil {
		return err
	}
	v, err := op.lease.Commit(op.ctx, raw, gitops.UpdateRecord{})
	if err != nil {
		return err
	}
	op.base.version, op.base.journal, op.version = v, false, v
	return nil
}

// marshalDeployment writes a deployment in the form that stores keep.
func marshalDeployment(d apitype.TypedDeployment) ([]byte, error) {
	u, err := untyped(d)
	if err != nil {
		return nil, err
	}
	return json.Marshal(u)
}

// refusePending refuses to go on while operations have an unknown end: to create
// again could make the resource twice, to destroy could leave it behind, and
// whoever updates or deletes may still be at it.
func (op *operation) refusePending() error {
	if op.req.DryRun || op.req.Operation == gitops.Refresh {
		return nil
	}
	var lines []string
	for _, p := range pendingOf(op.base.deployment) {
		lines = append(lines, p.Kind+" "+p.URN)
	}
	if len(lines) == 0 {
		return nil
	}
	if l := op.base.lost; l != nil {
		lines = append(lines, "("+l.Holder+", which began them, may still be at work: make sure first that it has ended)")
	}
	return &gitops.Error{Kind: gitops.Failed,
		What: fmt.Sprintf("stack %s needs recovery: an earlier operation ended in the middle of these, and nobody knows how they ended:\n  %s",
			op.req.Ref.Stack, strings.Join(lines, "\n  ")),
		Next: recoverCommand(op.req.Ref)}
}

// toRecover adds to an error what is to be done when the operation has left
// others pending.
func (op *operation) toRecover(err error) error {
	var told *gitops.Error
	if !op.unsettled || !errors.As(err, &told) || told.Next != "" {
		return err
	}
	more := *told
	more.Next = recoverCommand(op.req.Ref)
	return &more
}

func recoverCommand(ref gitops.StackRef) string { return "trunkline stack recover " + ref.Flags() }

func pendingOf(d apitype.TypedDeployment) []PendingOperation {
	var out []PendingOperation
	for _, p := range d.Deployment.PendingOperations {
		out = append(out, PendingOperation{URN: string(p.Resource.URN), Type: string(p.Resource.Type), Kind: string(p.Type)})
	}
	return out
}

// openSecrets opens the stack's secrets manager and reads the state with it.
func (op *operation) openSecrets() error {
	sm, _, err := op.eng.manager(op.ctx, op.req.Secrets, op.base.deployment.Deployment.SecretsProviders)
	if err != nil {
		return err
	}
	op.secrets = stack.NewBatchingCachingSecretsManager(sm)
	saved := op.base.deployment.Deployment.SecretsProviders
	op.base.snapshot, op.base.deployment, err = op.eng.open(op.ctx, op.base.deployment, op.secrets, op.req.Secrets)
	if err != nil {
		return gitops.Errorf(gitops.KindOf(err), "the state of stack %s cannot be read: %w", op.req.Ref, err)
	}
	if err := belongs(op.base.snapshot, op.req.Ref); err != nil {
		return &gitops.Error{Kind: gitops.Failed, What: fmt.Sprintf("the state of stack %s is another stack's", op.req.Ref), Err: err,
			Next: "finish the rename that was interrupted, or import the right state"}
	}
	if op.lease == nil {
		return nil
	}
	if now := op.base.deployment.Deployment.SecretsProviders; now != saved {
		// A journal must be encrypted as the state is that it comes after.
		if err := op.rebase(); err != nil {
			return err
		}
	}
	op.openJournal()
	return nil
}

// open decrypts a deployment. When it was encrypted with another secrets
// manager than sm, the deployment returned is encrypted with sm.
func (e *Engine) open(ctx context.Context, d apitype.TypedDeployment, sm secrets.Manager, s SecretsSettings) (*deploy.Snapshot, apitype.TypedDeployment, error) {
	snap, err := deserialize(ctx, d, known{sm, secretsProvider{e, s}})
	if err != nil {
		return nil, d, err
	}
	if secrets.AreCompatible(snap.SecretsManager, sm) {
		return snap, d, nil
	}
	snap.SecretsManager = sm
	d, err = serialize(ctx, snap, false)
	return snap, d, err
}

func serialize(ctx context.Context, snap *deploy.Snapshot, show bool) (apitype.TypedDeployment, error) {
	d, version, features, err := stack.SerializeDeploymentWithMetadata(ctx, snap, show)
	return apitype.TypedDeployment{Deployment: d, Version: version, Features: features}, err
}

// known is a secrets.Provider that has one manager open already.
type known struct {
	sm   secrets.Manager
	rest secrets.Provider
}

// OfType implements secrets.Provider.
func (k known) OfType(ctx context.Context, ty string, state json.RawMessage) (secrets.Manager, error) {
	if k.sm != nil && ty == k.sm.Type() && string(state) == string(k.sm.State()) {
		return k.sm, nil
	}
	return k.rest.OfType(ctx, ty, state)
}

// save commits what the operation did.
func (op *operation) save(runErr error) error {
	if op.lease == nil {
		return nil
	}
	if err := op.lost(); err != nil {
		return err
	}
	d, err := op.journal.compact(op.base.deployment)
	if err == nil {
		settle(d.Deployment, onlyInState)
		keepPending(d.Deployment, op.base.deployment.Deployment, func(o apitype.OperationV2) bool { return runErr == nil && op.settles(o) })
	}
	if err != nil {
		return &gitops.Error{Kind: gitops.Bug, What: "the operation's journal does not add up to a state; it is kept as it is", Err: err}
	}
	raw, err := marshalDeployment(d)
	if err != nil {
		return err
	}
	result := "succeeded"
	if runErr != nil {
		result = "failed"
	}
	op.version, err = op.lease.Commit(op.ctx, raw, op.record(result))
	if err != nil {
		op.version, op.leave = op.base.version, op.stopped() != notStopped
		return err
	}
	op.unsettled = len(pendingOf(d)) > 0
	return verify(op.ctx, d)
}

// verify checks that a state can be used as the start of the next operation.
func verify(ctx context.Context, d apitype.TypedDeployment) error {
	snap, err := deserialize(ctx, d, blindProvider{})
	if err == nil {
		err = snap.VerifyIntegrity()
	}
	if err != nil {
		return &gitops.Error{Kind: gitops.Bug, What: "the state was saved, but is not sound", Err: err}
	}
	return nil
}
