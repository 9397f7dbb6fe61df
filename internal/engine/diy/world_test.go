package diy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/pkg/v3/backend"
	pulumidiy "github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var dev = gitops.StackRef{Project: "shop", Stack: "dev"}

// world is a directory of Pulumi's with the stack dev in it.
type world struct {
	*testing.T
	dir string
	*Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir()}
	w.Store = w.again()
	w.must(w.Create(t.Context(), dev, deployment(0)))
	return w
}

// again opens another handle, as another process does.
func (w *world) again() *Store {
	w.Helper()
	s, err := Open(w.Context(), "file://"+filepath.ToSlash(w.dir))
	w.must(err)
	return s.(*Store)
}

// dies makes the handle one of a process that has ended, and returns another.
func (w *world) dies() *Store {
	w.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	w.must(cmd.Run())
	alive := w.again()
	w.self.PID, w.self.Started = cmd.Process.Pid, "1"
	return alive
}

// file is the path of a file below .pulumi.
func (w *world) file(name string) string {
	return filepath.Join(w.dir, ".pulumi", filepath.FromSlash(name))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) lease(s *Store) gitops.Lease {
	w.Helper()
	l, err := s.Lease(w.Context(), dev, request())
	w.must(err)
	return l
}

func request() gitops.LeaseRequest {
	return gitops.LeaseRequest{Holder: "ana", Operation: gitops.Update, TTL: time.Minute}
}

func (w *world) commit(s *Store, n int) int64 {
	w.Helper()
	l := w.lease(s)
	u := gitops.UpdateRecord{Operation: gitops.Update, Message: fmt.Sprint("number ", n)}
	w.must(l.Begin(w.Context(), u))
	version, err := l.Commit(w.Context(), deployment(n), u)
	w.must(err)
	w.must(l.Release(w.Context()))
	return version
}

func (w *world) wantState(s *Store, version int64, n int, journal ...string) {
	w.Helper()
	st, err := s.Load(w.Context(), dev)
	w.must(err)
	var entries []string
	for _, e := range st.Journal {
		entries = append(entries, string(e))
	}
	if st.Version != version || string(st.Deployment) != string(deployment(n)) {
		w.Errorf("version %d with %s, want version %d with %s", st.Version, st.Deployment, version, deployment(n))
	}
	if diff := cmp.Diff(journal, entries); diff != "" {
		w.Error("journal (-want +got):", diff)
	}
}

// wantRefused checks that the state cannot be read, for a reason and with advice.
func (w *world) wantRefused(s *Store, reason, advice string) {
	w.Helper()
	st, err := s.Load(w.Context(), dev)
	var e *gitops.Error
	if !errors.As(err, &e) || e.Kind != gitops.Failed || !strings.Contains(err.Error(), reason) || !strings.Contains(e.Next, advice) {
		w.Errorf("got %+v, %v (%+v), want an error with %q that advises %q", st, err, e, reason, advice)
	}
}

// deployment is one that can be told from others.
func deployment(n int) []byte {
	return fmt.Appendf(nil, `{"version":3,"deployment":{"manifest":{"time":"2026-03-01T12:00:00Z","magic":"","version":"v%d"}}}`, n)
}

// cli is what the Pulumi CLI does with the same directory.
type cli struct {
	*testing.T
	be  pulumidiy.Backend
	ref backend.StackReference
}

func (w *world) cli() cli {
	w.Helper()
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	be, err := pulumidiy.New(w.Context(), sink, "file://"+filepath.ToSlash(w.dir), nil)
	w.must(err)
	ref, err := be.ParseStackReference("organization/shop/dev")
	w.must(err)
	return cli{w.T, be, ref}
}

// imports is pulumi stack import.
func (c cli) imports(n int) error {
	c.Helper()
	stack, err := c.be.GetStack(c.Context(), c.ref)
	if err != nil || stack == nil {
		c.Fatal(stack, err)
	}
	_, u, err := parseDeployment(deployment(n))
	if err != nil {
		c.Fatal(err)
	}
	return c.be.ImportDeployment(c.Context(), stack, &u)
}

func (c cli) export() *apitype.UntypedDeployment {
	c.Helper()
	stack, err := c.be.GetStack(c.Context(), c.ref)
	if err != nil || stack == nil {
		c.Fatal(stack, err)
	}
	u, err := c.be.ExportDeployment(context.WithoutCancel(c.Context()), stack)
	if err != nil {
		c.Fatal(err)
	}
	return u
}
