package diy

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	sdkdisplay "github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// The results of an update, in Pulumi's words.
const (
	inProgress = "in-progress"
	succeeded  = "succeeded"
	failed     = "failed"
)

// historyFile is a file of Pulumi's history. The CLI does not mind what it does
// not know.
type historyFile struct {
	backend.UpdateInfo
	// Trunkline is what we know; nil in the CLI's files.
	Trunkline *gitops.UpdateRecord `json:"trunkline,omitempty"`
}

// toPulumi writes an update in Pulumi's words.
func toPulumi(u gitops.UpdateRecord) historyFile {
	f := historyFile{Trunkline: &u, UpdateInfo: backend.UpdateInfo{
		Kind: apitype.UpdateKind(u.Operation), StartTime: u.Started.Unix(), EndTime: u.Ended.Unix(),
		Message: u.Message, Environment: u.Environment, Result: backend.UpdateResult(u.Result),
		Config: config.Map{}, ResourceChanges: sdkdisplay.ResourceChanges{},
	}}
	if f.Environment == nil {
		f.Environment = map[string]string{}
	}
	if len(u.Config) > 0 && json.Unmarshal(u.Config, &f.Config) != nil {
		f.Config = config.Map{} // ours keeps what is not in Pulumi's form
	}
	for op, n := range u.Changes {
		f.ResourceChanges[sdkdisplay.StepOp(op)] = n
	}
	return f
}

// fromPulumi reads an update of the CLI.
func fromPulumi(f historyFile) gitops.UpdateRecord {
	if f.Trunkline != nil {
		return *f.Trunkline
	}
	u := gitops.UpdateRecord{
		Operation: gitops.Operation(f.Kind), Started: time.Unix(f.StartTime, 0).UTC(), Ended: time.Unix(f.EndTime, 0).UTC(),
		Message: f.Message, Environment: f.Environment, Result: string(f.Result),
	}
	if len(f.Config) > 0 {
		u.Config, _ = json.Marshal(f.Config) // what was just read marshals
	}
	for op, n := range f.ResourceChanges {
		if u.Changes == nil {
			u.Changes = map[string]int{}
		}
		u.Changes[string(op)] = n
	}
	return u
}

// parseHistory reads a file of Pulumi's history.
func parseHistory(raw []byte) (gitops.UpdateRecord, error) {
	var f historyFile
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(raw))
	if err := m.Unmarshal(raw, &f); err != nil {
		return gitops.UpdateRecord{}, err
	}
	return fromPulumi(f), nil
}

// finished is the update that begun described, at its end. What end leaves
// empty stays as it was.
func finished(begun, end gitops.UpdateRecord, version int64, now time.Time) gitops.UpdateRecord {
	u := begun
	u.Version, u.Ended, u.Result, u.Changes = version, end.Ended, end.Result, end.Changes
	if u.Ended.IsZero() {
		u.Ended = now.UTC()
	}
	if u.Result == "" || u.Result == inProgress {
		u.Result = succeeded
	}
	if end.Message != "" {
		u.Message = end.Message
	}
	if end.Environment != nil {
		u.Environment = end.Environment
	}
	if end.Config != nil {
		u.Config = end.Config
	}
	return u
}

func (s *Store) writeHistory(ctx context.Context, ref gitops.StackRef, stamp int64, kind string, u gitops.UpdateRecord) error {
	var compression encoding.Compression
	for _, c := range []encoding.Compression{encoding.CompressionGzip, encoding.CompressionZstd} {
		if kind == ".json"+c.Ext() {
			compression = c
		}
	}
	raw, err := encoding.Compress(encoding.JSON, compression).Marshal(toPulumi(u))
	if err != nil {
		return err
	}
	for {
		err := s.medium.Create(ctx, historyKey(ref, stamp, "history", kind), raw)
		if !errors.Is(err, errExists) {
			return err
		}
		stamp++
	}
}

// recordFailure ends an update whose lease ended before its commit.
func (s *Store) recordFailure(ctx context.Context, ref gitops.StackRef, u *gitops.UpdateRecord) error {
	if u == nil {
		return nil
	}
	f := *u
	f.Result, f.Ended = failed, s.now().UTC()
	return s.writeHistory(ctx, ref, f.Ended.UnixNano(), ".json", f)
}

// History implements gitops.StateStore. The CLI's updates have no version.
func (s *Store) History(ctx context.Context, ref gitops.StackRef, limit, offset int) ([]gitops.UpdateRecord, error) {
	var list []gitops.UpdateRecord
	err := s.settled(ctx, func() (err error) {
		list, err = s.history(ctx, ref, limit, max(offset, 0))
		return err
	})
	return list, s.explain("read", err)
}

func (s *Store) history(ctx context.Context, ref gitops.StackRef, limit, offset int) ([]gitops.UpdateRecord, error) {
	if err := s.exists(ctx, ref); err != nil {
		return nil, err
	}
	leases, err := s.readLeases(ctx, ref)
	if err != nil {
		return nil, err
	}
	var list []gitops.UpdateRecord
	wanted := func() bool { return limit <= 0 || len(list) < limit }
	for _, l := range slices.Backward(leases) {
		if l.Update == nil || l.Ended {
			continue
		}
		if offset--; offset < 0 && wanted() {
			list = append(list, *l.Update)
		}
	}
	files, err := s.medium.List(ctx, historyDir(ref))
	if err != nil {
		return nil, err
	}
	for _, o := range slices.Backward(files) {
		if _, ok := stampOf(o.Key, "history"); !ok {
			continue
		}
		if offset--; offset >= 0 {
			continue
		}
		if !wanted() {
			break
		}
		u, err := s.readUpdate(ctx, o.Key)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

func (s *Store) readUpdate(ctx context.Context, key string) (gitops.UpdateRecord, error) {
	raw, err := s.medium.Get(ctx, key)
	if errors.Is(err, errMissing) {
		return gitops.UpdateRecord{}, errMoved
	}
	if err != nil {
		return gitops.UpdateRecord{}, err
	}
	u, err := parseHistory(raw)
	if err != nil {
		err = &gitops.Error{
			Kind: gitops.Failed, Err: err, What: "the history file " + key + " in " + s.place.shown + " cannot be read",
			Next: "move it away: it is only needed for the history",
		}
	}
	return u, err
}
