package diy

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/authhelpers"
	"gocloud.dev/blob"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// Store is a gitops.StateStore in a directory or bucket of Pulumi's.
type Store struct {
	place  place
	medium medium
	pulumi pulumi
	now    func() time.Time
	self   owner.Process

	probing  sync.Mutex
	excludes bool // the medium is known to refuse to create an object twice
}

var _ gitops.StateStore = (*Store)(nil)

// Option changes how a store is opened.
type Option func(*Store)

// WithClock sets the clock that leases expire by; the default is the system's.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// Open opens the store at a URL that the Pulumi CLI understands too: file://,
// s3://, gs:// or azblob:// with their parameters. It marks an empty bucket as
// Pulumi's, as the CLI does; it does not make a directory or a bucket. The
// concrete type is *Store.
//
// A URL of another form is an error of kind Invalid. A place that cannot be
// reached, and one whose stacks have no project, are of kind Failed.
func Open(ctx context.Context, url string, opts ...Option) (gitops.StateStore, error) {
	s := &Store{now: time.Now, self: owner.This()}
	for _, o := range opts {
		o(s)
	}
	dir, err := os.Getwd()
	if err == nil {
		url, err = Resolve(url, dir)
	}
	if err == nil {
		s.place, err = parseURL(url, dir, "")
	}
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "cannot tell where the state is: %w", err)
	}
	if s.pulumi, err = openPulumi(ctx, s.place.url); err != nil {
		return nil, s.explain("open", err)
	}
	if err := s.pulumi.byProject(); err != nil {
		return nil, &gitops.Error{
			Kind: gitops.Failed, What: "cannot use the state in " + s.place.shown, Err: err,
			Next: "pulumi state upgrade there moves them to the layout with projects",
		}
	}
	if s.medium, err = openMedium(ctx, s.place); err != nil {
		return nil, s.explain("open", err)
	}
	return s, nil
}

// openMedium opens the bucket that Pulumi's backend has, for the objects beside
// Pulumi's.
func openMedium(ctx context.Context, p place) (medium, error) {
	if p.scheme == "file" {
		return files{p.dir}, nil
	}
	mux := blob.DefaultURLMux()
	if p.scheme == "gs" {
		var err error
		if mux, err = authhelpers.GoogleCredentialsMux(ctx); err != nil {
			return nil, err
		}
	}
	bucket, err := mux.OpenBucket(ctx, p.url)
	if err != nil {
		return nil, err
	}
	if p.prefix != "" {
		bucket = blob.PrefixedBucket(bucket, p.prefix)
	}
	return blobs{bucket}, nil
}

// Close releases the store. Leases stay until they are released or expire.
func (s *Store) Close() error {
	if err := s.medium.Close(); err != nil {
		return s.explain("close", err)
	}
	return nil
}

// URL is where the state is, without what must stay secret.
func (s *Store) URL() string { return s.place.shown }

// Limits says what this store cannot promise and the other state stores do, one
// sentence each.
func (s *Store) Limits() []string { return limits(s.place.scheme) }

// Limits says the same of a URL, without opening it.
func Limits(url string) []string {
	scheme, ok := schemeOf(url)
	if !ok {
		return nil
	}
	return limits(scheme)
}

func limits(scheme string) []string {
	list := []string{
		"A lease expires by the clocks of the machines that use it: keep them in step.",
		"The journal is fenced, the checkpoint is not: a process that stops while it writes the checkpoint, for longer than its lease, may overwrite a newer one when it goes on.",
		"While a checkpoint is written the Pulumi CLI can slip in for a moment: the run that finds it there stops.",
		"The Pulumi CLI's lock does not expire: when it died with one, only pulumi cancel removes it.",
		"Renaming a stack is not atomic: after a crash in the middle both names may exist.",
		"What the Pulumi CLI writes becomes a version when Trunkline next reads the stack.",
	}
	switch scheme {
	case "file":
		list = append(list,
			"Share the directory only over a file system with hard links that exclude each other, such as NFS 3 or newer.")
	case "s3":
		list = append(list,
			"A changed byte that leaves a checkpoint well-formed is noticed by the bucket or not at all.",
			"The server must honour If-None-Match on writes, as AWS does: another one is refused at the first lease.")
	default:
		list = append(list,
			"A changed byte that leaves a checkpoint well-formed is noticed by the bucket or not at all.",
			scheme+":// has been tested less than file:// and s3://: it was never run against the real service.")
	}
	return list
}
