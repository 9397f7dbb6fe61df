package policy

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// chatty prints what it should not, and finds what was approved.
var chatty = Review("chatty", Advisory, func(rev ReviewInput, r Reporter) {
	if rev.Approved && rev.Time.Year() == 2026 && rev.Environments[0].Protect {
		r.OnStack(rev.Stacks[0]).Report("approved by <%s>", rev.Actor)
	}
}, Doc("Talks."))

func TestTheProgramDescribesItsPolicies(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run([]string{"describe"}, nil, &out, &errs, []Policy{chatty}); code != 0 {
		t.Fatal(code, errs.String())
	}
	var d Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	at := d.Policies[0].Source
	d.Policies[0].Source = ""
	want := Description{DescriptionSchema, []Info{{Name: "chatty", Level: Advisory, Doc: "Talks.", About: AboutReview}}}
	if diff := cmp.Diff(want, d); diff != "" || !strings.HasPrefix(at, "policy/main_test.go:") {
		t.Errorf("source %s\n%s", at, diff)
	}
}

func TestTheProgramPolicesWhatItReads(t *testing.T) {
	t.Parallel()
	in, err := json.Marshal(ReviewInput{Schema: InputSchema, Actor: "ann", Approved: true,
		Time: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Environments: []Environment{{Name: "dev", Protect: true}},
		Stacks: []Stack{{Name: "site", Environment: "dev"}}})
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run([]string{"police"}, bytes.NewReader(in), &out, &errs, []Policy{chatty}); code != 0 {
		t.Fatal(code, errs.String())
	}
	want := `{"schema":"trunkline.violations/v1","policies":["chatty"],"violations":[{"policy":"chatty","level":"advisory",` +
		`"stack":"site","environment":"dev","message":"approved by <ann>"}]}`
	if diff := cmp.Diff("\n"+want+"\n", out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTheProgramRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args     []string
		in       string
		policies []Policy
		code     int
		want     string
	}{
		"no mode":         {nil, "", nil, 2, "it is started by trunkline"},
		"another mode":    {[]string{"serve"}, "", nil, 2, "it is started by trunkline"},
		"no JSON":         {[]string{"police"}, "x", nil, 1, "cannot be read"},
		"another version": {[]string{"police"}, `{"schema":"trunkline.policy-input/v2"}`, nil, 1, "use the same version of Trunkline"},
		"a broken table":  {[]string{"police"}, "", []Policy{chatty, chatty}, 2, `policy "chatty" is already made at`},
	} {
		var out, errs bytes.Buffer
		if code := run(c.args, strings.NewReader(c.in), &out, &errs, c.policies); code != c.code || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: code %d, stderr %q, stdout %q", name, code, errs.String(), out.String())
		}
	}
}
