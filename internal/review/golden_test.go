package review_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with the file named after the test.
func golden(t *testing.T, ext, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "_")+ext)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update when it is right:\n%s", path, diff)
	}
}

func TestPullRequestAsText(t *testing.T) {
	t.Parallel()
	golden(t, ".txt", review.Join(review.Text(pullRequest(), review.TextOptions{Width: 100})))
}

func TestAReviewAsTextSaysWhatIsAroundIt(t *testing.T) {
	t.Parallel()
	d := replacedDatabase()
	d.Same = onlyRefactored().Same
	golden(t, ".txt", review.Join(review.Text(d, review.TextOptions{Width: 100})))
}

func TestPullRequestFitsFortyColumns(t *testing.T) {
	t.Parallel()
	golden(t, ".txt", review.Join(review.Text(pullRequest(), review.TextOptions{Width: 40})))
}

func TestPullRequestInASCIIWithEveryProperty(t *testing.T) {
	t.Parallel()
	golden(t, ".txt", review.Join(review.Text(pullRequest(), review.TextOptions{ASCII: true, Diff: true})))
}

func TestPullRequestAsJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := review.Encode(&b, review.JSON(pullRequest())); err != nil {
		t.Fatal(err)
	}
	golden(t, ".json", b.String())
}

func TestPullRequestAsComment(t *testing.T) {
	t.Parallel()
	golden(t, ".md", review.Markdown(pullRequest(), review.MarkdownOptions{
		ID: "acme/infra", Next: []string{"trunkline preview -e staging"},
	}))
}

func TestPullRequestAsJSONLines(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, v := range review.JSONLines(pullRequest()) {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, ".jsonl", b.String())
}

func TestTheCodeOfAJSONErrorIsTheExitCode(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(review.ErrorJSON(gitops.Errorf(gitops.NotFound, "there is no stack %q", "nope")))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"code":6`; !strings.Contains(string(b), want) {
		t.Errorf("%s is not in %s", want, b)
	}
}
