package state

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// writerOf names the variable that makes this test binary a writer of the
// store at its value.
const writerOf = "TRUNKLINE_TEST_STATE_WRITER"

// sleeperEnv makes this test binary wait for the end of its input.
const sleeperEnv = "TRUNKLINE_TEST_STATE_SLEEPER"

func TestMain(m *testing.M) {
	if os.Getenv(sleeperEnv) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	if path := os.Getenv(writerOf); path != "" {
		if err := writeForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

// batch is how many entries the writer appends at a time.
const batch = 3

// counted is the writer's deployment: how many entries it has taken up.
type counted struct {
	Deployment struct {
		Count int `json:"count"`
	} `json:"deployment"`
}

// writeForEver takes the stack and appends numbered entries, committing now and
// then. When a write is acknowledged it prints how many entries there are.
func writeForEver(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	l, err := s.Lease(ctx, dev, gitops.LeaseRequest{Holder: "writer", Operation: gitops.Update, TTL: time.Hour})
	if err != nil {
		return err
	}
	state, err := s.Load(ctx, dev)
	if err != nil {
		return err
	}
	n, err := count(state)
	if err != nil {
		return err
	}
	for i := 1; ; i++ {
		if i%4 == 0 {
			if err := l.Begin(ctx, gitops.UpdateRecord{Operation: gitops.Update}); err != nil {
				return err
			}
			var d counted
			d.Deployment.Count = n
			b, err := json.Marshal(d)
			if err != nil {
				return err
			}
			if _, err := l.Commit(ctx, b, gitops.UpdateRecord{}); err != nil {
				return err
			}
			continue
		}
		var entries [][]byte
		for k := range batch {
			entries = append(entries, fmt.Appendf(nil, "%d %s", n+k+1, strings.Repeat("x", 2000)))
		}
		if err := l.Append(ctx, entries); err != nil {
			return err
		}
		n += batch
		fmt.Println(n)
	}
}

// count returns how many entries a state has seen, and checks that each is
// there once and in order.
func count(state gitops.State) (int, error) {
	var d counted
	if err := json.Unmarshal(state.Deployment, &d); err != nil {
		return 0, err
	}
	n := d.Deployment.Count
	for _, entry := range state.Journal {
		n++
		if number, _, _ := strings.Cut(string(entry), " "); number != strconv.Itoa(n) {
			return 0, fmt.Errorf("entry %s is where %d belongs", number, n)
		}
	}
	return n, nil
}

// TestAKilledWriterLosesNothingItWasToldIsSaved kills writers at random points
// with SIGKILL. Each next one takes the stack over at once.
func TestAKilledWriterLosesNothingItWasToldIsSaved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	if err := s.Create(t.Context(), dev, []byte(`{"deployment":{"count":0}}`)); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	epoch := int64(0)
	for round := range 15 {
		acknowledged := runAndKill(t, path, 1+random.IntN(20), time.Duration(random.IntN(2000))*time.Microsecond)
		s := open(t, path)
		state, err := s.Load(t.Context(), dev)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		n, err := count(state)
		if err != nil || n < acknowledged || n%batch != 0 {
			t.Fatalf("round %d: %d entries are there, %d were acknowledged, %v", round, n, acknowledged, err)
		}
		if got := scalar(t, s.writer, "PRAGMA integrity_check"); got != "ok" {
			t.Fatalf("round %d: integrity check: %s", round, got)
		}
		l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "test", TTL: time.Hour})
		if err != nil || l.Info().Epoch < epoch+2 { // the writer had one in between
			t.Fatalf("round %d: lease %+v after epoch %d, %v", round, l, epoch, err)
		}
		epoch = l.Info().Epoch
		if err := l.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
}

// runAndKill starts a writer, kills it some time after so many
// acknowledgements, and returns the last number that it acknowledged.
func runAndKill(t *testing.T, path string, acknowledgements int, delay time.Duration) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerOf+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := 0
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); seen++ {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if seen == acknowledgements {
			time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // killed
	if last == 0 {
		t.Fatalf("the writer wrote nothing: %s", stderr.String())
	}
	return last
}
