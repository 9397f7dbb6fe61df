package driver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// UpRequest asks for an update of some stacks to the session's revision.
type UpRequest struct {
	PreviewRequest
	// Approved is the digest of the preview that somebody has approved.
	Approved string
	// Message goes to the history.
	Message string
	// Confirm is asked after the preview, and only when something changes. nil:
	// nobody looks, and the guards alone decide.
	Confirm func(preview *Report) (bool, error)
}

// Digest identifies what a whole report will do: the same digest means the same
// changes to the same stacks.
func (r *Report) Digest() string {
	lines := make([]string, 0, len(r.Results))
	for _, res := range r.Results {
		if len(res.Changes.Changes) > 0 {
			lines = append(lines, res.Stack.String()+" "+res.Changes.Digest())
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Up previews, asks, and updates. The second report is nil when there was no
// update: the preview failed, or the answer was no. An update to where the
// stack is already changes nothing and is not asked about.
func (s *Session) Up(ctx context.Context, req UpRequest) (preview, result *Report, err error) {
	req.changes, req.approved = true, req.Approved
	if preview, err = s.Preview(ctx, req.PreviewRequest); err != nil {
		return nil, nil, err
	}
	if err := preview.Err(); err != nil {
		return preview, nil, err
	}
	if err := s.approved(preview, req.Approved); err != nil {
		return preview, nil, err
	}
	if len(preview.changed()) > 0 && req.Confirm != nil {
		if ok, err := req.Confirm(preview); err != nil || !ok {
			return preview, nil, err
		}
	}
	result, err = s.update(ctx, preview, req)
	if err != nil {
		return preview, nil, err
	}
	return preview, result, result.Err()
}

// changed lists the stacks that the report changes.
func (r *Report) changed() []gitops.StackID {
	var out []gitops.StackID
	for _, res := range r.Results {
		if res.Changes.Summary().Changed() > 0 {
			out = append(out, res.Stack)
		}
	}
	return out
}

func (s *Session) update(ctx context.Context, preview *Report, req UpRequest) (*Report, error) {
	var ids []gitops.StackID
	for _, res := range preview.Results {
		if !slices.Contains(preview.removed, res.Stack) {
			ids = append(ids, res.Stack)
		}
	}
	plan, err := rollout.New(s.definitions(), s.promotion(), ids, rollout.Options{Promote: true})
	if err != nil {
		return nil, err
	}
	message := req.Message
	if message == "" {
		message = strings.TrimSpace("trunkline up " + s.Revision.Short())
	}
	begin := s.d.now()
	rep := &Report{Operation: gitops.Update, Base: preview.Base, Head: s.Revision, Unaffected: preview.Unaffected, Violations: preview.Violations, reasons: preview.reasons, removed: preview.removed}
	results, err := s.d.rollout(ctx, plan, gitops.Update, false, func(ctx context.Context, id gitops.StackID) gitops.RunResult {
		a := action{operation: gitops.Update, refresh: req.Refresh, targets: req.Targets, message: message}
		return s.asPreviewed(ctx, id, preview, a, req.Confirm != nil || req.Approved != "")
	})
	rep.Took = s.d.now().Sub(begin)
	s.Timings.Engine += rep.Took.Milliseconds()
	rep.Results, rep.Timings = s.explain(results, rep), s.Timings
	return rep, err
}
