package comment_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/local"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

var marker = review.Marker("main")

// desk is a pull request on a local forge, with a clock that only waiting moves.
type desk struct {
	dir   string
	clock *forgetest.Clock
}

func newDesk(t *testing.T) desk {
	t.Helper()
	d := desk{t.TempDir(), forgetest.NewClock(time.Unix(1_800_000_000, 0))}
	if out, err := exec.Command("git", "init", "-q", "--bare", local.Repository(d.dir)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.MkdirAll(d.dir+"/pulls/7", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.dir+"/pulls/7/pull.json", []byte(`{"title":"a","head":"b","base":"main"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d desk) as(t *testing.T, account string) gitops.Forge {
	t.Helper()
	f, err := local.Open(d.dir, account)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run returns the Sticky of a run of the bot.
func (d desk) run(t *testing.T, number int64) *comment.Sticky {
	return d.through(d.as(t, "bot"), comment.Generation{Run: number, Attempt: 1})
}

func (d desk) through(f gitops.Forge, g comment.Generation) *comment.Sticky {
	return comment.New(comment.Options{Forge: f, Number: 7, Marker: marker, Generation: g, Now: d.clock.Now, Wait: d.clock.Wait})
}

// texts are what all comments say, each as "author: text".
func (d desk) texts(t *testing.T) []string {
	t.Helper()
	var out []string
	for c, err := range d.as(t, "bot").Comments(t.Context(), 7) {
		must(t, err)
		text := c.Body
		if p, ok := comment.Parse(c.Body, marker); ok && c.Author == "bot" {
			text = p.Before + "[" + p.Generation.String() + " " + p.State + "] " + p.Text
			if p.After != "" {
				text += " + " + p.After
			}
		}
		out = append(out, c.Author+": "+text)
	}
	return out
}

func (d desk) want(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.texts(t)); diff != "" {
		t.Errorf("comments, -want +got:\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func body(text string) string { return marker + "sha=1a2b3c4 -->\n" + text + "\n" }

func TestOneCommentIsThereAtOnceAndEditedInPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.run(t, 1)
	must(t, s.Write(t.Context(), body("previewing 3 stacks")))
	d.want(t, "bot: [1.1 running] previewing 3 stacks")
	must(t, s.Finish(t.Context(), body("3 stacks: nothing lost")))
	d.want(t, "bot: [1.1 done] 3 stacks: nothing lost")
	if s.Comment().ID != "1" || !strings.Contains(s.Comment().Body, "sha=1a2b3c4 -->") {
		t.Errorf("the comment is %+v", s.Comment())
	}
	must(t, d.run(t, 2).Write(t.Context(), body("again")))
	d.want(t, "bot: [2.1 running] again")
}

func TestCommentIsFoundAmongManyAndOnlyItsOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for i := range 70 {
		_, err := d.as(t, "somebody").CreateComment(ctx, 7, "talk "+strconv.Itoa(i))
		must(t, err)
	}
	_, err := d.as(t, "mallory").CreateComment(ctx, 7, body("all is well, merge"))
	must(t, err)
	must(t, d.run(t, 1).Finish(ctx, body("one")))
	must(t, d.run(t, 2).Finish(ctx, body("two")))
	got := d.texts(t)[70:]
	want := []string{"mallory: " + body("all is well, merge"), "bot: [2.1 done] two"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStoredIDOfSomebodyElsesCommentIsNotBelieved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	theirs, err := d.as(t, "mallory").CreateComment(t.Context(), 7, body("theirs"))
	must(t, err)
	s := comment.New(comment.Options{
		Forge: d.as(t, "bot"), Number: 7, Marker: marker, ID: theirs.ID,
		Generation: comment.Generation{Run: 1}, Now: d.clock.Now, Wait: d.clock.Wait,
	})
	must(t, s.Finish(t.Context(), body("ours")))
	d.want(t, "mallory: "+body("theirs"), "bot: [1.0 done] ours")
}

func TestOlderRunNeverOverwritesANewer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	older, newer := d.run(t, 1), d.run(t, 2)
	must(t, older.Write(ctx, body("old begins")))
	must(t, newer.Write(ctx, body("new begins")))
	for _, err := range []error{older.Progress(ctx, body("old")), older.Finish(ctx, body("old")), older.Outdate(ctx, "old")} {
		if err != nil && !errors.Is(err, comment.ErrSuperseded) {
			t.Errorf("got %v", err)
		}
	}
	if err := older.Finish(ctx, body("old")); !errors.Is(err, comment.ErrSuperseded) {
		t.Errorf("got %v, want superseded", err)
	}
	d.want(t, "bot: [2.1 running] new begins")
	// A deployment is newer than every preview, whatever their numbers.
	deploy := d.through(d.as(t, "bot"), comment.Generation{Deployment: true, Run: 1})
	must(t, deploy.Finish(ctx, body("deployed")))
	if err := d.run(t, 99).Write(ctx, body("late preview")); !errors.Is(err, comment.ErrSuperseded) {
		t.Errorf("got %v, want superseded", err)
	}
	d.want(t, "bot: [d1.0 done] deployed\n\n<!-- trunkline:below -->\n<details><summary>Review</summary>\n\nnew begins\n\n</details>")
}

func TestEditsAreFiveSecondsApartAndTheLastIsAlwaysMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	f := &counted{Forge: d.as(t, "bot")}
	s := d.through(f, comment.Generation{Run: 1})
	must(t, s.Write(t.Context(), body("0")))
	for i := range 100 { // 20 s of progress, five times a second
		must(t, d.clock.Wait(t.Context(), 200*time.Millisecond))
		must(t, s.Progress(t.Context(), body(strconv.Itoa(i))))
	}
	if f.edits != 4 {
		t.Errorf("%d edits in 20 s, want 4", f.edits)
	}
	must(t, s.Progress(t.Context(), body("too early")))
	must(t, s.Finish(t.Context(), body("end")))
	d.want(t, "bot: [1.0 done] end")
}

type counted struct {
	gitops.Forge
	edits int
}

func (c *counted) EditComment(ctx context.Context, n int, id, body string) (gitops.Comment, error) {
	c.edits++
	return c.Forge.EditComment(ctx, n, id, body)
}

func TestDeletedCommentIsCreatedAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.run(t, 1)
	must(t, s.Write(t.Context(), body("a")))
	must(t, d.as(t, "bot").DeleteComment(t.Context(), 7, s.Comment().ID))
	must(t, s.Finish(t.Context(), body("b")))
	d.want(t, "bot: [1.1 done] b")
}

func TestWhatPeopleWriteAroundOursStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	s := d.run(t, 1)
	must(t, s.Write(ctx, body("a")))
	edited := "Please read!\n" + strings.Replace(s.Comment().Body, "a\n", "changed by hand\n", 1) + "And this."
	_, err := d.as(t, "bot").EditComment(ctx, 7, s.Comment().ID, edited)
	must(t, err)
	must(t, s.Finish(ctx, body("b")))
	d.want(t, "bot: Please read!\n[1.1 done] b + And this.")
}

func TestNewPushMarksTheCommentOutdated(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	must(t, d.run(t, 1).Outdate(ctx, "nothing is there yet"))
	d.want(t)
	must(t, d.run(t, 1).Finish(ctx, body("the result")))
	must(t, d.run(t, 2).Outdate(ctx, "This is the result of `1a2b3c4`."))
	must(t, d.run(t, 3).Outdate(ctx, "Still that of `1a2b3c4`."))
	d.want(t, "bot: [3.1 running] <!-- trunkline:outdated -->\n> Still that of `1a2b3c4`.\n<!-- /trunkline:outdated -->\n\nthe result")
	must(t, d.run(t, 3).Finish(ctx, body("new result")))
	d.want(t, "bot: [3.1 done] new result")
}

func TestCommentBecomesTheRecordAndKeepsTheReviewAndEarlierRecords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	must(t, d.run(t, 5).Finish(ctx, body("the review")))
	for run := range int64(3) {
		deploy := d.through(d.as(t, "bot"), comment.Generation{Deployment: true, Run: run})
		must(t, deploy.Write(ctx, body("deploying")))
		must(t, d.clock.Wait(ctx, time.Minute))
		must(t, deploy.Progress(ctx, body("deploying dev")))
		must(t, deploy.Finish(ctx, body("deployed "+strconv.FormatInt(run, 10))))
		must(t, deploy.Finish(ctx, body("deployed "+strconv.FormatInt(run, 10))))
	}
	d.want(t, "bot: [d2.0 done] deployed 2"+
		"\n\n<!-- trunkline:below -->\n<details><summary>An earlier run of this deployment</summary>\n\ndeployed 1\n\n</details>"+
		"\n\n<!-- trunkline:below -->\n<details><summary>An earlier run of this deployment</summary>\n\ndeployed 0\n\n</details>"+
		"\n\n<!-- trunkline:below -->\n<details><summary>Review</summary>\n\nthe review\n\n</details>")
}
