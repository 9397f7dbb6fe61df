package diy

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// commit is one Commit on its way.
type commit struct {
	*lease
	want    content
	untyped apitype.UntypedDeployment
	update  gitops.UpdateRecord

	version int64
	last    versionRecord
	broken  bool // what was there before cannot be used
	written checkpoint
	record  versionRecord
}

// Commit implements gitops.Lease.
func (l *lease) Commit(ctx context.Context, deployment []byte, u gitops.UpdateRecord) (int64, error) {
	c := &commit{lease: l, update: u}
	var err error
	if c.want, c.untyped, err = parseDeployment(deployment); err != nil {
		return 0, gitops.Errorf(gitops.Failed, "what should be saved for stack %q is not a deployment: %w", l.ref.Stack, err)
	}
	l.order.Lock()
	defer l.order.Unlock()
	err = l.write(ctx, "write", func(ctx context.Context) error {
		for _, step := range []func(context.Context) error{
			c.prepare,
			c.announce, // the number in the journal is the fence
			c.replace,
			c.readBack,
			c.copyToHistory,
			c.recordVersion,
			c.finishUpdate,
			c.tidy,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return c.version, nil
}

// prepare finds out what is replaced. A state that cannot be used is replaced
// too: that is how it is repaired.
func (c *commit) prepare(ctx context.Context) error {
	v, err := c.store.look(ctx, c.ref)
	var unusable *gitops.Error
	if errors.As(err, &unusable) && unusable.Kind == gitops.Failed {
		c.broken = true
		if v.version, v.record, _, err = c.store.lastVersion(ctx, c.ref); err != nil {
			return err
		}
		end, err := c.store.journalEnd(ctx, c.ref, v.record, nil)
		if err != nil {
			return err
		}
		c.tail = &end
	}
	if err != nil {
		return err
	}
	c.version, c.last = v.version, v.record
	return nil
}

func (c *commit) announce(ctx context.Context) error {
	return c.add(ctx, journalRecord{Epoch: c.epoch, Commit: c.want.hash})
}

// replace writes the checkpoint. Pulumi's code takes its lock file away in
// passing; when the CLI was faster than we to write the next one, the next write
// of this lease is refused.
func (c *commit) replace(ctx context.Context) error {
	c.replacing.Store(true)
	defer c.replacing.Store(false)
	err := c.store.pulumi.write(ctx, c.ref, c.untyped)
	if errors.Is(err, errNoStack) {
		return gitops.NoStack(c.ref)
	}
	if c.known().Lock == "" {
		return err
	}
	if again := c.store.pulumi.lock(ctx, c.ref); again != nil && err == nil {
		var busy *gitops.LockedError
		work := c.store.cliWorks(ctx, c.ref, []numberedLease{{c.epoch, c.known()}})
		if !errors.As(work, &busy) {
			return again
		}
	}
	return err
}

// readBack makes sure that the checkpoint is what was to be written, and stays.
func (c *commit) readBack(ctx context.Context) error {
	return c.store.settled(ctx, func() (err error) {
		if c.written, err = c.store.readCheckpoint(ctx, c.ref); err != nil {
			return err
		}
		if c.written.hash != c.want.hash {
			return fmt.Errorf("the checkpoint %s was replaced by somebody else while it was written", c.written.key)
		}
		return c.store.medium.Sync(ctx, c.written.key)
	})
}

// copyToHistory keeps a copy of the checkpoint: in Pulumi's history when there is
// an update to tell of, else in its backups.
func (c *commit) copyToHistory(ctx context.Context) (err error) {
	if c.known().Update == nil {
		c.record, err = c.store.keep(ctx, c.ref, c.written, c.last)
	} else {
		c.record = c.store.describe(c.written, c.last)
		c.record.Kept = historyKey(c.ref, c.record.Stamp, "checkpoint", kindOf(c.written.key))
		err = c.store.medium.Put(ctx, c.record.Kept, c.written.raw)
	}
	c.record.Seq = c.tail.seq
	return err
}

// recordVersion makes it a version. A reader may have been faster.
func (c *commit) recordVersion(ctx context.Context) error {
	for {
		c.version++
		_, err := c.store.createNumbered(ctx, versionDir(c.ref), c.version, c.record)
		if err == nil {
			break
		}
		if !errors.Is(err, errExists) {
			return err
		}
		there, err := c.store.readVersion(ctx, c.ref, c.version)
		if err != nil {
			return err
		}
		if there.Hash == c.record.Hash && there.Seq == c.record.Seq {
			break
		}
	}
	c.tail.hash = c.record.Hash
	return nil
}

func (c *commit) finishUpdate(ctx context.Context) error {
	begun := c.known().Update
	if begun == nil {
		return nil
	}
	done := finished(*begun, c.update, c.version, c.store.now())
	if err := c.store.writeHistory(ctx, c.ref, c.record.Stamp, kindOf(c.written.key), done); err != nil {
		return err
	}
	return c.save(ctx, func(r *leaseRecord) { r.Update = nil })
}

func (c *commit) tidy(ctx context.Context) error {
	if err := c.store.clearJournal(ctx, c.ref, c.tail.seq, c.fence, c.broken); err != nil {
		return err
	}
	return c.store.pruneVersions(ctx, c.ref, c.version)
}
