package comment

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const mark = "<!-- trunkline:pr v1 id=a "

var (
	anyGeneration = rapid.Custom(func(t *rapid.T) Generation {
		return Generation{
			Deployment: rapid.Bool().Draw(t, "deployment"),
			Run:        rapid.Int64Range(0, 5).Draw(t, "run"), Attempt: rapid.Int64Range(0, 3).Draw(t, "attempt"),
		}
	})
	// anyText is what people write, with the lines that we look for in it.
	anyText = rapid.Custom(func(t *rapid.T) string {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{
			"text", "", "### a", mark[:20], "x " + endLine, endLine + " x", "> " + mark, belowLine, outdatedTop, "gen=9.9", "-->", "ü",
		}), 0, 6).Draw(t, "lines")
		return strings.Join(lines, "\n")
	})
)

func TestCommentsThatWereCountedByWorkflowAreOlderThanThoseByRun(t *testing.T) {
	t.Parallel()
	old, ok := ParseGeneration("1207.3")
	if !ok || old.Compare(Generation{Run: 17283940561, Attempt: 1}) >= 0 {
		t.Errorf("%+v, %v", old, ok)
	}
}

func TestGenerationsAreReadAsTheyWereWrittenAndOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyGeneration.Draw(t, "a"), anyGeneration.Draw(t, "b"), anyGeneration.Draw(t, "c")
		if got, ok := ParseGeneration(a.String()); !ok || got != a {
			t.Fatalf("%s was read as %+v", a, got)
		}
		if a.Compare(b) != -b.Compare(a) || (a.Compare(b) == 0) != (a == b) {
			t.Fatalf("%s and %s are not ordered", a, b)
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Fatalf("%s, %s, %s are not ordered", a, b, c)
		}
	})
}

func TestOurPartIsReadAsItWasWrittenWhateverIsAroundIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := anyGeneration.Draw(t, "generation")
		text := strings.Trim(anyText.Draw(t, "text"), "\n")
		before := rapid.SampledFrom([]string{"", "hello\n", "> " + mark + "\n"}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", "bye", "bye\n\n"}).Draw(t, "after")
		whole := before + stamp(text, mark, g, done) + after
		p, ok := Parse(whole, mark)
		if !ok || !p.Stamped || p.Generation != g || p.State != done || p.Text != text || p.Before != before || p.After != after {
			t.Fatalf("%q\nwas read as %+v", whole, p)
		}
		again := around(stamp(p.Text, mark, g, done), p, 0)
		if again != whole {
			t.Fatalf("%q\nbecame %q", whole, again)
		}
		if crlf, _ := Parse(strings.ReplaceAll(whole, "\n", "\r\n"), mark); crlf != p {
			t.Fatalf("with CRLF it was read as %+v", crlf)
		}
	})
}

func TestStampKeepsTheRestOfTheFirstLine(t *testing.T) {
	t.Parallel()
	got := stamp(mark+"sha=1 x=2 -->\ntext\n", mark, Generation{Run: 3, Attempt: 1}, running)
	want := mark + "gen=3.1 state=running sha=1 x=2 -->\ntext\n" + endLine + "\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestForeignTextIsLeftOutWhereThereIsNoRoom(t *testing.T) {
	t.Parallel()
	ours := stamp("text", mark, Generation{}, done)
	old := Part{Before: strings.Repeat("ü", 60) + "\n", After: "after"}
	if got := around(ours, old, len(ours)+50); got != ours {
		t.Errorf("got %q", got)
	}
	if got := around(ours, old, len(ours)+66); got != old.Before+ours+old.After {
		t.Errorf("got %q", got)
	}
}

func TestRecordIsTheSameWhenWrittenAgainAndFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		review := Part{Text: strings.Repeat("review\n", rapid.IntRange(1, 2000).Draw(t, "length")), Stamped: true}
		const limit = 10_000
		first := record("deployed", review, "Review", limit, false)
		if n := len([]rune(first)); n > limit {
			t.Fatalf("%d characters", n)
		}
		after := Part{Text: first, Stamped: true, Generation: Generation{Deployment: true}}
		if second := record("deployed", after, "Review", limit, false); second != first {
			t.Fatalf("%q\nbecame %q", first, second)
		}
	})
}

func TestRecordsOfRepeatedRunsFitAndTheReviewIsTheLastToGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const limit = 5_000
		at := Part{Text: "the review", Stamped: true}
		for run := range rapid.IntRange(1, 8).Draw(t, "runs") {
			said := "run " + strconv.Itoa(run) + strings.Repeat(" did something", rapid.IntRange(0, 200).Draw(t, "length"))
			text := record(said, at, "Review", limit, run > 0)
			if n := len([]rune(text)); n > limit {
				t.Fatalf("run %d: %d characters", run, n)
			}
			if !strings.HasPrefix(text, said+"\n\n") || !strings.HasSuffix(text, "the review\n\n</details>") {
				t.Fatalf("run %d left %q", run, text)
			}
			at = Part{Text: text, Stamped: true, Generation: Generation{Deployment: true, Run: int64(run)}}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(mark + "gen=1.2 state=done -->\na\n" + endLine + "\nb")
	f.Add("x\r\n" + mark + "gen=d1.2 -->")
	f.Add(mark + "-->")
	f.Fuzz(func(t *testing.T, body string) {
		p, ok := Parse(body, mark)
		if !ok {
			return
		}
		if rest := strings.ReplaceAll(body, "\r\n", "\n"); !strings.HasPrefix(rest, p.Before+mark) || !strings.HasSuffix(rest, p.After) {
			t.Fatalf("%q was read as %+v", body, p)
		}
		if p.Stamped && p.Generation.Compare(p.Generation) != 0 {
			t.Fatal("a generation differs from itself")
		}
	})
}
