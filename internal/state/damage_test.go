package state

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAnEmptyFileIsNeverANewStore(t *testing.T) {
	t.Parallel()
	path := saved(t)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path)
	wantError(t, err, gitops.Failed, "is empty: its content was lost", "backup")
	if content(t, path) != "" {
		t.Error("the empty file was filled")
	}
}

func TestAMissingFileWithItsLogLeftIsNeverANewStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	log := content(t, path+"-wal")
	closeStore(t, s)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-wal", []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path)
	wantError(t, err, gitops.Failed, "is missing, but", "put the file back")
	if content(t, path+"-wal") != log {
		t.Error("the log was changed")
	}
}

func TestAFileThatIsNotADatabaseIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"short": "hello", "long": string(bytes.Repeat([]byte("not a database\n"), 1000)),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), path)
		wantError(t, err, gitops.Failed, "not a database", "not a state store")
		if content(t, path) != text {
			t.Error("the file was changed")
		}
	}
}

func TestATruncatedFileIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	path := worked(t)
	whole := []byte(content(t, path))
	for cut := 1; cut <= len(whole)-4096; cut += 1000 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), path)
		if err == nil {
			t.Errorf("cut to %d of %d bytes: opened", cut, len(whole))
			continue
		}
		wantError(t, err, gitops.Failed, path, "backup")
		if content(t, path) != string(whole[:cut]) {
			t.Errorf("cut to %d bytes: the file was changed", cut)
		}
	}
}

// TestNoFlippedBitGoesUnnoticed flips bits all over a file, one at a time. The
// store then either says so or gives what was saved.
func TestNoFlippedBitGoesUnnoticed(t *testing.T) {
	t.Parallel()
	path := worked(t)
	whole := []byte(content(t, path))
	noticed := 0
	for at := 0; at < len(whole); at += 211 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), path)
		var state gitops.State
		if err == nil {
			state, err = s.Load(t.Context(), dev)
			_ = s.Close()
		}
		switch {
		case err != nil:
			noticed++
			if _, ok := err.(*gitops.Error); !ok {
				t.Errorf("byte %d: error %v (%T) does not say what to do", at, err, err)
			}
		case !bytes.Equal(state.Deployment, numbered(3)) || state.Version != 3 || len(state.Journal) != 2:
			t.Errorf("byte %d: version %d %s, %d entries went unnoticed", at, state.Version, state.Deployment, len(state.Journal))
		}
	}
	if noticed == 0 {
		t.Error("no flip was ever noticed")
	}
}

func TestAnOldVersionDoesNotPassForTheLastOne(t *testing.T) {
	t.Parallel()
	path := worked(t)
	s := open(t, path)
	run(t, s.writer, "UPDATE stacks SET version = 2, journal_length = 0")
	run(t, s.writer, "DELETE FROM journal")
	_, err := s.Load(t.Context(), dev)
	wantError(t, err, gitops.Failed, "version 3 was committed later", "trunkline state restore")
}

// worked returns the path of a closed store with one stack that has the
// versions 0 to 3 and two entries in its journal.
func worked(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	l := leased(t, s)
	for n := range 3 {
		if _, err := l.Commit(t.Context(), numbered(n+1), gitops.UpdateRecord{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Append(t.Context(), [][]byte{[]byte("a"), []byte("b")}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	return path
}

func numbered(n int) []byte { return fmt.Appendf(nil, `{"version":3,"deployment":{"n":%d}}`, n) }

func TestADamagedDeploymentNamesTheLastGoodVersion(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	for range 2 {
		commit(t, l)
	}
	run(t, s.writer, "UPDATE generations SET deployment = x'7b7d' WHERE version = 2")
	_, err := s.Load(t.Context(), dev)
	wantError(t, err, gitops.Failed, `stack "data.dev" in `+s.Path()+` is damaged at version 2: the deployment does not match what was recorded`,
		"version 1 of the stack is intact")
	if _, err := s.Generation(t.Context(), dev, 1); err != nil {
		t.Errorf("version 1: %v", err)
	}
	_, err = s.Generation(t.Context(), dev, 2)
	wantError(t, err, gitops.Failed, "does not match what was recorded", "")

	run(t, s.writer, "DELETE FROM generations")
	_, err = s.Load(t.Context(), dev)
	wantError(t, err, gitops.Failed, "the deployment is missing", "no older version of it is intact")
}

func TestADamagedJournalIsReportedAndKeptAsideByTheNextCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ damage, what string }{
		"an entry changed":      {"UPDATE journal SET entry = x'00' WHERE seq = 2", "entry 2 of the journal does not match"},
		"the epoch changed":     {"UPDATE journal SET epoch = 99 WHERE seq = 2", "entry 2 of the journal does not match"},
		"an entry in between":   {"DELETE FROM journal WHERE seq = 2", "has 2 of 3 entries"},
		"the last one gone":     {"DELETE FROM journal WHERE seq = 3", "has 2 of 3 entries"},
		"all gone":              {"DELETE FROM journal", "has 0 of 3 entries"},
		"the end changed":       {"UPDATE stacks SET journal_hash = x'00'", "the end of the journal does not match"},
		"another deployment":    {"UPDATE generations SET deployment = x'7b7d', sha256 = x'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'", "entry 1 of the journal does not match"},
		"one that was not ours": {"INSERT INTO journal SELECT stack, 4, epoch, entry, hash FROM journal WHERE seq = 3", "has 4 of 3 entries"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, filepath.Join(t.TempDir(), "state.db"))
			l := leased(t, s)
			if err := l.Append(t.Context(), [][]byte{[]byte("a"), []byte("b"), []byte("c")}); err != nil {
				t.Fatal(err)
			}
			run(t, s.writer, c.damage)
			_, err := s.Load(t.Context(), dev)
			wantError(t, err, gitops.Failed, c.what, "trunkline state restore")

			left := scalar(t, s.writer, "SELECT count(*) FROM journal")
			commit(t, l)
			if _, err := s.Load(t.Context(), dev); err != nil {
				t.Errorf("after a commit of a new deployment: %v", err)
			}
			if kept := scalar(t, s.writer, "SELECT count(*) FROM damaged_journal"); kept != left {
				t.Errorf("%s of %s damaged entries were kept", kept, left)
			}
		})
	}
}

func TestASoundJournalIsNotKept(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	for range 3 {
		if err := l.Append(t.Context(), [][]byte{[]byte("a")}); err != nil {
			t.Fatal(err)
		}
		commit(t, l)
	}
	if kept := scalar(t, s.writer, "SELECT count(*) FROM damaged_journal"); kept != "0" {
		t.Errorf("%s entries were put aside", kept)
	}
}

func TestTheLast50GenerationsAreKept(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	for range 60 {
		commit(t, l)
	}
	list, err := s.Generations(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 50 || list[0].Version != 60 || list[49].Version != 11 {
		t.Fatalf("%d generations are kept: %v", len(list), list)
	}
	if g := list[0]; g.Resources != 2 || g.Bytes != len(tiny) || g.Created.IsZero() {
		t.Errorf("the newest is described as %+v", g)
	}
	if d, err := s.Generation(t.Context(), dev, 11); err != nil || !bytes.Equal(d, tiny) {
		t.Errorf("the oldest is %s, %v", d, err)
	}
	_, err = s.Generation(t.Context(), dev, 10)
	wantError(t, err, gitops.NotFound, "version 10 of stack", "last 50 versions")
}

func TestWhatIsNotADeploymentIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	for _, bad := range []string{"", "{", "hello"} {
		wantError(t, s.Create(t.Context(), gitops.StackRef{Project: "p", Stack: "new"}, []byte(bad)), gitops.Failed, "is not a deployment", "")
		_, err := l.Commit(t.Context(), []byte(bad), gitops.UpdateRecord{})
		wantError(t, err, gitops.Failed, "is not a deployment", "")
	}
}

// TestAFullDiskAtEveryPageChangesNothing lets the disk run full at each page
// that an update would write, until it has room enough.
func TestAFullDiskAtEveryPageChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	commit(t, l)
	big := [][]byte{bytes.Repeat([]byte("x"), 30_000)}
	deployment := fmt.Appendf(nil, `{"version":3,"deployment":{"x":"%s"}}`, bytes.Repeat([]byte("y"), 30_000))
	u := gitops.UpdateRecord{Operation: gitops.Update, Message: string(bytes.Repeat([]byte("z"), 9000))}
	begun, appended, failures := false, false, 0
	for pages := number(t, s.writer, "PRAGMA page_count"); ; pages++ {
		run(t, s.writer, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		var err error
		if !begun {
			err = l.Begin(t.Context(), u)
			begun = err == nil
		}
		if err == nil && !appended {
			err = l.Append(t.Context(), big)
			appended = err == nil
		}
		if err == nil {
			_, err = l.Commit(t.Context(), deployment, gitops.UpdateRecord{})
		}
		if err == nil {
			break
		}
		failures++
		wantError(t, err, gitops.Failed, "full", "free space on the disk")
		state, err := s.Load(t.Context(), dev)
		if err != nil || state.Version != 1 || (len(state.Journal) == 1) != appended {
			t.Fatalf("%d pages: version %d, %d entries, appended %v, %v", pages, state.Version, len(state.Journal), appended, err)
		}
		if h, err := s.History(t.Context(), dev, 0, 0); err != nil || (len(h) == 1) != begun {
			t.Fatalf("%d pages: history %v, begun %v, %v", pages, h, begun, err)
		}
	}
	if failures < 10 {
		t.Errorf("only %d failures: the disk was hardly ever full", failures)
	}
	state, err := s.Load(t.Context(), dev)
	if err != nil || state.Version != 2 || !bytes.Equal(state.Deployment, deployment) {
		t.Errorf("in the end: version %d, %v", state.Version, err)
	}
	if got := scalar(t, s.writer, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("integrity check: %s", got)
	}
}

func number(t *testing.T, db *sql.DB, query string) int {
	t.Helper()
	n, err := strconv.Atoi(scalar(t, db, query))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// leased makes the stack and takes it.
func leased(t *testing.T, s *Store) gitops.Lease {
	t.Helper()
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "ana", Operation: gitops.Update, TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func commit(t *testing.T, l gitops.Lease) {
	t.Helper()
	if _, err := l.Commit(t.Context(), tiny, gitops.UpdateRecord{}); err != nil {
		t.Fatal(err)
	}
}
