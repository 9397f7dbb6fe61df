package views_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/cli/views"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func env(vars ...string) func(string) string {
	return func(name string) string {
		for _, v := range vars {
			if k, value, _ := strings.Cut(v, "="); k == name {
				return value
			}
		}
		return ""
	}
}

func wide() (int, int) { return 80, 24 }

func TestColourFollowsTheFlagThenNoColorThenForceThenTheTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		color    views.Color
		env      []string
		terminal bool
		want     bool
	}{
		{"a terminal has colour", views.ColorAuto, nil, true, true},
		{"a pipe has none", views.ColorAuto, nil, false, false},
		{"NO_COLOR takes it away", views.ColorAuto, []string{"NO_COLOR=1"}, true, false},
		{"NO_COLOR counts whatever it says", views.ColorAuto, []string{"NO_COLOR=yes"}, true, false},
		{"an empty NO_COLOR is none", views.ColorAuto, []string{"NO_COLOR="}, true, true},
		{"NO_COLOR beats FORCE_COLOR", views.ColorAuto, []string{"NO_COLOR=1", "FORCE_COLOR=1"}, true, false},
		{"FORCE_COLOR colours a pipe", views.ColorAuto, []string{"FORCE_COLOR=1"}, false, true},
		{"CLICOLOR_FORCE colours a pipe", views.ColorAuto, []string{"CLICOLOR_FORCE=1"}, false, true},
		{"CLICOLOR_FORCE=0 does not", views.ColorAuto, []string{"CLICOLOR_FORCE=0"}, false, false},
		{"a dumb terminal has none", views.ColorAuto, []string{"TERM=dumb"}, true, false},
		{"--color always beats NO_COLOR", views.ColorAlways, []string{"NO_COLOR=1"}, false, true},
		{"--color never beats FORCE_COLOR", views.ColorNever, []string{"FORCE_COLOR=1"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			o := views.Options{Color: c.color, Getenv: env(c.env...)}
			if c.terminal {
				o.Size = wide
			}
			if err := views.NewScreen(&b, o).Print(review.Line{{Text: "created", Style: review.Created}}); err != nil {
				t.Fatal(err)
			}
			want := "created\n"
			if c.want {
				want = "\x1b[32mcreated\x1b[0m\n"
			}
			if got := b.String(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestALocaleWithoutUnicodeGetsASCII(t *testing.T) {
	t.Parallel()
	for vars, want := range map[string]bool{
		"LANG=C": true, "LC_ALL=POSIX": true, "LANG=de_DE.ISO-8859-1": true, "TERM=dumb": true,
		"LANG=C.UTF-8": false, "LC_CTYPE=en_US.utf8": false, "": false,
	} {
		s := views.NewScreen(io.Discard, views.Options{Getenv: env(vars)})
		if got := s.TextOptions().ASCII; got != want {
			t.Errorf("%s: ASCII is %v, want %v", vars, got, want)
		}
	}
}

func TestAnUnknownColorIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := views.ParseColor("sometimes"); gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("got %v, want an error of kind Invalid", err)
	}
	if c, err := views.ParseColor(""); c != views.ColorAuto || err != nil {
		t.Errorf("got %q, %v, want auto", c, err)
	}
}

func TestErrorsSayWhereAndWhatNextOneByOne(t *testing.T) {
	t.Parallel()
	place := &gitops.Error{
		Kind: gitops.Invalid, What: "replicas is 40, the maximum is 20",
		Where: "environments/dev.yaml:14:15", Next: "lower it",
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"plain":  {errors.New("no disk"), "error: no disk\n"},
		"placed": {place, "error: replicas is 40, the maximum is 20\n  --> environments/dev.yaml:14:15\n  next: lower it\n"},
		"wrapped": {
			fmt.Errorf("validate: %w", place),
			"error: validate: replicas is 40, the maximum is 20\n  --> environments/dev.yaml:14:15\n  next: lower it\n",
		},
		"joined": {
			errors.Join(place, errors.New("and more")),
			"error: replicas is 40, the maximum is 20\n  --> environments/dev.yaml:14:15\n  next: lower it\nerror: and more\n",
		},
		"joined inside": {
			&gitops.Error{Kind: gitops.Invalid, Err: errors.Join(errors.New("one"), errors.New("two"))},
			"error: one\nerror: two\n",
		},
		"several lines": {errors.New("does not compile\n\ta.go:1: x"), "error: does not compile\n           a.go:1: x\n"},
		"escapes":       {errors.New("bad \x1b[2J name"), "error: bad \\u001b[2J name\n"},
		"none":          {nil, ""},
	} {
		var b bytes.Buffer
		views.Error(&b, c.err)
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func stacks() views.Table {
	t := views.Table{Columns: []views.Column{{Title: "stack"}, {Title: "resources", Right: true}, {Title: "updated by"}}}
	t.Add("dev/network", "12", "ana@laptop with a comment that goes on")
	t.Add("production/data", "104", "")
	return t
}

func printed(t *testing.T, columns int, table views.Table) string {
	t.Helper()
	var b bytes.Buffer
	o := views.Options{Color: views.ColorNever}
	if columns > 0 {
		o.Size = func() (int, int) { return columns, 24 }
	}
	if err := views.NewScreen(&b, o).Table(table); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestATableAlignsItsColumns(t *testing.T) {
	t.Parallel()
	want := "STACK            RESOURCES  UPDATED BY\n" +
		"dev/network             12  ana@laptop with a comment that goes on\n" +
		"production/data        104\n"
	if diff := cmp.Diff(want, printed(t, 0, stacks())); diff != "" {
		t.Error(diff)
	}
}

func TestATableCutsItsWidestColumnToFit(t *testing.T) {
	t.Parallel()
	want := "STACK            RESOURCES  UPDATED BY\n" +
		"dev/network             12  ana@laptop with a…\n" +
		"production/data        104\n"
	if diff := cmp.Diff(want, printed(t, 46, stacks())); diff != "" {
		t.Error(diff)
	}
}

func TestATableBecomesBlocksWhereItCannotFit(t *testing.T) {
	t.Parallel()
	want := "stack       dev/network\n" +
		"resources   12\n" +
		"updated by  ana@laptop wi…\n" +
		"\n" +
		"stack       production/da…\n" +
		"resources   104\n"
	if diff := cmp.Diff(want, printed(t, 26, stacks())); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyTableSaysSo(t *testing.T) {
	t.Parallel()
	if got := printed(t, 80, views.Table{Columns: []views.Column{{Title: "stack"}}, Empty: "no stacks yet"}); got != "no stacks yet\n" {
		t.Errorf("got %q", got)
	}
}

func TestNoRowOfATableIsWiderThanTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		table := views.Table{}
		columns := rapid.IntRange(1, 6).Draw(rt, "columns")
		for i := range columns {
			table.Columns = append(table.Columns, views.Column{Title: fmt.Sprint("column ", i), Right: rapid.Bool().Draw(rt, "right")})
		}
		for range rapid.IntRange(1, 4).Draw(rt, "rows") {
			table.Add(rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.Just("数据库数据库")), 0, columns+1).Draw(rt, "cells")...)
		}
		width := rapid.IntRange(20, 100).Draw(rt, "width")
		for _, line := range strings.Split(printed(t, width, table), "\n") {
			if w := (review.Line{{Text: line}}).Width(); w > width {
				rt.Fatalf("%d columns in %d: %q", w, width, line)
			}
		}
	})
}

func TestChecksSayWhatToDoAboutWhatIsWrong(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := views.NewScreen(&b, views.Options{}).Checks([]views.Check{
		{Level: views.OK, Name: "git", Detail: "2.47.1"},
		{Level: views.Warn, Name: "memory", Detail: "1 GB", Fix: "building the AWS SDK wants 4 GB"},
		{Level: views.Fail, Name: "key", Detail: ".trunkline/key can be read by everybody", Fix: "chmod 600 .trunkline/key"},
	})
	want := "ok    git  2.47.1\n" +
		"warn  memory  1 GB\n      fix: building the AWS SDK wants 4 GB\n" +
		"fail  key  .trunkline/key can be read by everybody\n      fix: chmod 600 .trunkline/key\n"
	if diff := cmp.Diff(want, b.String()); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestOnlyAClearYesIsAYes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		"y\n": true, "Yes\r\n": true, " y \n": true, "y": true,
		"\n": false, "": false, "n\n": false, "yess\n": false, "details\n": false,
	} {
		screen := views.NewScreen(io.Discard, views.Options{})
		got, err := screen.Confirm(context.Background(), strings.NewReader(answer), "Update dev?", nil)
		if got != want || err != nil {
			t.Errorf("%q: got %v, %v, want %v", answer, got, err, want)
		}
	}
}

func TestDetailsAreShownAndTheQuestionIsAskedAgain(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	in := strings.NewReader("d\ny\nleft over")
	details := func() []review.Line { return []review.Line{{{Text: "1 to create"}}} }
	ok, err := views.NewScreen(&b, views.Options{}).Confirm(context.Background(), in, "Update dev?", details)
	if !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	want := "Update dev? [y/N/details] 1 to create\nUpdate dev? [y/N/details] "
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "left over" {
		t.Errorf("%q is left of the input", rest)
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	in, feed := io.Pipe()
	defer feed.Close() // lets the read end
	ctx, stop := context.WithCancel(context.Background())
	stop()
	ok, err := views.NewScreen(io.Discard, views.Options{}).Confirm(ctx, in, "Update dev?", nil)
	if ok || gitops.KindOf(err) != gitops.Cancelled {
		t.Errorf("got %v, %v, want an error of kind Cancelled", ok, err)
	}
}

func TestADocumentIsStreamedAsOneValueALine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	doc := review.Document{Verb: review.Preview, Stacks: []gitops.RunResult{{Stack: stack("network"), State: gitops.RunSucceeded}}}
	if err := views.JSONLines(&b, doc); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 || lines[0] != `{"type":"version","ui":"1.0","schema":"trunkline.preview/v1"}` ||
		!strings.HasPrefix(lines[1], `{"type":"stack","stack":"network","environment":"dev"`) ||
		!strings.HasPrefix(lines[2], `{"type":"summary",`) {
		t.Errorf("got\n%s", b.String())
	}
}
