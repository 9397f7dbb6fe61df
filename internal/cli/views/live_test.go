package views_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func stack(name string) gitops.StackID { return gitops.StackID{Name: name, Environment: "dev"} }

func running(name string, op gitops.Operation) gitops.Progress {
	return gitops.Progress{Run: &gitops.RunProgress{Stack: stack(name), Operation: op, State: gitops.RunRunning}}
}

func ended(name string, state gitops.RunState, s gitops.Summary, detail string) gitops.Progress {
	return gitops.Progress{Run: &gitops.RunProgress{
		Stack: stack(name), Operation: gitops.Update, State: state, Summary: s, Detail: detail, Took: 1200 * time.Millisecond,
	}}
}

func resource(name, res string, op gitops.Op, state gitops.RunState) gitops.Progress {
	return gitops.Progress{Resource: &gitops.ResourceProgress{
		Stack: stack(name), URN: name + res, Type: "aws:ec2/vpc:Vpc", Name: res, Op: op, State: state, Took: 300 * time.Millisecond,
	}}
}

// updateOfThree is a story: network creates a VPC, data fails, app is skipped.
var updateOfThree = []gitops.Progress{
	{Phase: "building stacks"},
	{Phase: "building stacks", Took: 3200 * time.Millisecond},
	running("network", gitops.Update),
	resource("network", "main", gitops.OpCreate, gitops.RunRunning),
	resource("network", "main", gitops.OpCreate, gitops.RunSucceeded),
	ended("network", gitops.RunSucceeded, gitops.Summary{Create: 1}, ""),
	running("data", gitops.Update),
	resource("data", "queue", gitops.OpReplace, gitops.RunRunning),
	resource("data", "queue", gitops.OpReplace, gitops.RunFailed),
	ended("data", gitops.RunFailed, gitops.Summary{}, ""),
	ended("app", gitops.RunSkipped, gitops.Summary{}, "needs dev/data, which failed"),
}

func TestALogGetsOneLineForEachThingThatHappens(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	live := views.NewLive(views.NewScreen(&b, views.Options{}), views.LiveOptions{})
	for _, p := range updateOfThree {
		live.Report(p)
	}
	live.Stop()
	want := `building stacks  3.2s
dev/network  updating
dev/network  creating aws:ec2/vpc:Vpc main
dev/network  created aws:ec2/vpc:Vpc main  300ms
dev/network  1 created  1.2s
dev/data  updating
dev/data  replacing aws:ec2/vpc:Vpc queue
dev/data  replacing aws:ec2/vpc:Vpc queue  failed
dev/data  failed
dev/app  skipped: needs dev/data, which failed
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAPreviewInALogNamesNoResources(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	live := views.NewLive(views.NewScreen(&b, views.Options{}), views.LiveOptions{})
	live.Report(running("network", gitops.Preview))
	live.Report(resource("network", "main", gitops.OpCreate, gitops.RunRunning))
	live.Stop()
	if got, want := b.String(), "dev/network  previewing\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// locked is a buffer that a Live and a test use at the same time.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestASilentLogGetsAHeartbeatEveryThirtySeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b locked
		live := views.NewLive(views.NewScreen(&b, views.Options{}), views.LiveOptions{})
		live.Report(running("data", gitops.Update))
		live.Report(resource("data", "main", gitops.OpCreate, gitops.RunRunning))
		before := b.String()
		time.Sleep(time.Minute + time.Second)
		live.Stop()
		want := "still running: dev/data creating aws:ec2/vpc:Vpc main (30.0s)\n" +
			"still running: dev/data creating aws:ec2/vpc:Vpc main (1m00s)\n"
		if diff := cmp.Diff(want, strings.TrimPrefix(b.String(), before)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestALogStaysSilentWhenNothingRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b locked
		live := views.NewLive(views.NewScreen(&b, views.Options{}), views.LiveOptions{})
		time.Sleep(5 * time.Minute)
		live.Stop()
		if b.String() != "" {
			t.Errorf("said %q", b.String())
		}
	})
}

// onTerminal runs f with a Live on a terminal of that size.
func onTerminal(t *testing.T, columns, rows int, f func(tm *terminal, live *views.Live)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tm := newTerminal(t, columns, rows)
		live := views.NewLive(views.NewScreen(tm, views.Options{Size: tm.size}), views.LiveOptions{})
		defer live.Stop()
		f(tm, live)
	})
}

func TestATerminalIsRedrawnInPlaceAndKeepsTheLastFrame(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 24, func(tm *terminal, live *views.Live) {
		for _, p := range updateOfThree[:4] {
			live.Report(p)
		}
		time.Sleep(450 * time.Millisecond)
		want := "✓ building stacks  3.2s\n⠼ dev/network  updating  400ms\n    creating aws:ec2/vpc:Vpc main  400ms\n"
		if diff := cmp.Diff(want, tm.text()); diff != "" {
			t.Error(diff)
		}
		for _, p := range updateOfThree[4:] {
			live.Report(p)
		}
		time.Sleep(time.Second)
		live.Stop()
		want = "✓ building stacks  3.2s\n✓ dev/network  1 created  1.2s\n✗ dev/data  failed\n⊘ dev/app  skipped: needs dev/data, which failed\n"
		if diff := cmp.Diff(want, tm.text()); diff != "" {
			t.Error(diff)
		}
		if tm.hidden {
			t.Error("the cursor stays hidden")
		}
	})
}

func TestATerminalIsRedrawnTenTimesASecondAtMost(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 24, func(tm *terminal, live *views.Live) {
		live.Report(running("network", gitops.Update))
		for i := range 1000 {
			live.Report(resource("network", fmt.Sprint(i), gitops.OpCreate, gitops.RunSucceeded))
			time.Sleep(time.Millisecond)
		}
		live.Stop()
		if tm.frames > 11 {
			t.Errorf("%d frames in one second", tm.frames)
		}
	})
}

func TestFortyColumnsNeverWrap(t *testing.T) {
	t.Parallel()
	onTerminal(t, 40, 10, func(tm *terminal, live *views.Live) {
		live.Report(running("a-stack-with-a-name-that-is-long", gitops.Update))
		live.Report(resource("a-stack-with-a-name-that-is-long", "数据库数据库数据库数据库数据库数据库", gitops.OpCreate, gitops.RunRunning))
		time.Sleep(time.Second)
		if n := strings.Count(tm.text(), "\n"); n != 2 {
			t.Errorf("%d rows, want 2:\n%s", n, tm.text())
		}
	})
}

func TestANarrowerTerminalIsCleanedUp(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 24, func(tm *terminal, live *views.Live) {
		live.Report(running("network", gitops.Update))
		live.Report(resource("network", "a-name-that-makes-the-line-long", gitops.OpCreate, gitops.RunRunning))
		time.Sleep(150 * time.Millisecond)
		tm.resize(30)
		time.Sleep(time.Second)
		live.Report(ended("network", gitops.RunSucceeded, gitops.Summary{Create: 1}, ""))
		live.Stop()
		if diff := cmp.Diff("✓ dev/network  1 created  1.…\n", tm.text()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMoreStacksThanRowsShowWhatRuns(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 6, func(tm *terminal, live *views.Live) {
		for i := range 30 {
			name := fmt.Sprintf("s%02d", i)
			live.Report(running(name, gitops.Update))
			if i != 17 {
				live.Report(ended(name, gitops.RunSucceeded, gitops.Summary{}, ""))
			}
		}
		time.Sleep(150 * time.Millisecond)
		got := tm.text()
		if strings.Count(got, "\n") > 5 || !strings.Contains(got, "dev/s17  updating") || !strings.Contains(got, "29 more stacks") {
			t.Errorf("got\n%s", got)
		}
	})
}

func TestLinesPrintedMeanwhileStandAboveTheFrame(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 24, func(tm *terminal, live *views.Live) {
		live.Report(running("network", gitops.Preview))
		time.Sleep(150 * time.Millisecond)
		if err := live.Print(review.Line{{Text: "program: hello"}}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("program: hello\n⠙ dev/network  previewing  100ms\n", strings.ReplaceAll(tm.text(), "150ms", "100ms")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestClearLeavesNothingBehindAndLetsTheNextOperationStart(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 24, func(tm *terminal, live *views.Live) {
		live.Report(running("network", gitops.Preview))
		time.Sleep(time.Second)
		live.Clear()
		if tm.text() != "\n" || tm.hidden {
			t.Errorf("left %q, cursor hidden: %v", tm.text(), tm.hidden)
		}
		time.Sleep(time.Second)
		if tm.text() != "\n" || tm.hidden {
			t.Errorf("an empty frame was drawn: %q, cursor hidden: %v", tm.text(), tm.hidden)
		}
		live.Report(running("network", gitops.Update))
		time.Sleep(150 * time.Millisecond)
		if !strings.Contains(tm.text(), "dev/network  updating") {
			t.Errorf("got %q", tm.text())
		}
	})
}

func TestDataOnTheSameTerminalStandsBelowWhatWasLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tm := newTerminal(t, 80, 24)
		data := views.NewScreen(tm, views.Options{Size: tm.size})
		live := views.NewLive(views.NewScreen(tm, views.Options{Size: tm.size}), views.LiveOptions{Beside: data})
		for _, p := range updateOfThree[2:6] {
			live.Report(p)
		}
		time.Sleep(950 * time.Millisecond)
		for _, text := range []string{"one", "two"} {
			if err := data.Print(review.Line{{Text: text}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(950 * time.Millisecond)
		}
		live.Report(running("data", gitops.Update))
		live.Stop()
		if err := data.Print(review.Line{{Text: "three"}}); err != nil {
			t.Fatal(err)
		}
		want := "✓ dev/network  1 created  1.2s\none\ntwo\n⠇ dev/data  updating  0ms\nthree\n"
		if diff := cmp.Diff(want, tm.text()); diff != "" || tm.hidden {
			t.Errorf("cursor hidden: %v\n%s", tm.hidden, diff)
		}
	})
}

func TestWhatIsTooShortToSeeLeavesNoTrace(t *testing.T) {
	t.Parallel()
	onTerminal(t, 80, 24, func(tm *terminal, live *views.Live) {
		live.Report(updateOfThree[0])
		live.Report(updateOfThree[1])
		live.Stop()
		if tm.text() != "\n" || tm.frames > 0 {
			t.Errorf("got %q", tm.text())
		}
	})
}
