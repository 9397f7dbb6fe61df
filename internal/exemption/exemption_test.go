package exemption

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const one = `# who may what
version: 1
exemptions:
  - policy: no-public-buckets
    stack: site
    environment: "*"
    resource: assets*
    owner: ann
    reason: The site is public.
    expires: 2026-12-31
`

var devSite, prodSite, devData = gitops.StackID{Name: "site", Environment: "dev"}, gitops.StackID{Name: "site", Environment: "production"}, gitops.StackID{Name: "data", Environment: "dev"}

func parse(t *testing.T, text string) []Exemption {
	t.Helper()
	list, err := Parse(File, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func violation(id gitops.StackID, name string) gitops.Violation {
	return gitops.Violation{Policy: "no-public-buckets", Mandatory: true, Stack: id, Name: name, Message: "it is public"}
}

func on(day string) Context {
	now, err := time.Parse(time.DateTime, day+" 23:59:59")
	if err != nil {
		panic(err)
	}
	return Context{Now: now, Policies: []string{"no-public-buckets", "encrypted"},
		Looked: []gitops.StackID{devSite, prodSite}, Estate: []gitops.StackID{devSite, prodSite, devData}}
}

func TestAnExemptionLetsPassWhatItIsForUntilItsLastDayIsOver(t *testing.T) {
	t.Parallel()
	found := []gitops.Violation{violation(devSite, "assets"), violation(prodSite, "assets-2"), violation(devSite, "other"), violation(devData, "assets"),
		{Policy: "encrypted", Mandatory: true, Stack: devSite, Name: "assets"}}
	got := Apply(parse(t, one), found, on("2026-12-31"))
	var blocks []bool
	for _, v := range got {
		blocks = append(blocks, v.Blocks())
	}
	if diff := cmp.Diff([]bool{false, false, true, true, true}, blocks); diff != "" {
		t.Error(diff)
	}
	want := &gitops.Exemption{Owner: "ann", Reason: "The site is public.", Expires: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Where: "policies/exemptions.yaml:4"}
	if diff := cmp.Diff(want, got[0].Exempt); diff != "" {
		t.Error(diff)
	}
	if found[0].Exempt != nil {
		t.Error("what was found is changed")
	}
}

func TestAnExpiredExemptionLetsNothingPassAndIsNamed(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]string{
		"2027-01-01": "it is public; its exemption expired yesterday, owner ann, policies/exemptions.yaml:4",
		"2027-01-03": "it is public; its exemption expired 3 days ago, owner ann, policies/exemptions.yaml:4",
	} {
		got := Apply(parse(t, one), []gitops.Violation{violation(devSite, "assets")}, on(day))
		if len(got) != 1 || !got[0].Blocks() || got[0].Message != want {
			t.Errorf("%s: %+v", day, got)
		}
	}
	renewed := one + strings.Replace(one[strings.Index(one, "  - policy"):], "2026-12-31", "2027-12-31", 1)
	if got := Apply(parse(t, renewed), []gitops.Violation{violation(devSite, "assets")}, on("2027-01-03")); got[0].Blocks() {
		t.Errorf("the longer one does not hold: %+v", got)
	}
}

func TestWhatIsNotNeededIsAdviceOnlyWhenAllOfItWasLookedAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, day string
		want      []string
	}{
		"not needed":            {one, "2026-01-01", []string{"nothing here needs the exemption of ann from no-public-buckets"}},
		"expired":               {one, "2027-01-03", []string{"the exemption of ann from no-public-buckets expired 3 days ago and nothing needs it: remove it"}},
		"not all was looked at": {strings.Replace(one, "stack: site", `stack: "*"`, 1), "2026-01-01", nil},
		"no such policy":        {strings.Replace(one, "no-public-buckets", "no-public-bucket", 1), "2026-01-01", []string{`the exemption of ann is for the policy "no-public-bucket", which there is not; did you mean no-public-buckets?`}},
	} {
		var got []string
		for _, v := range Apply(parse(t, c.text), nil, on(c.day)) {
			if v.Blocks() || v.Policy != Name || v.Source != "policies/exemptions.yaml:4" {
				t.Errorf("%s: %+v", name, v)
			}
			got = append(got, v.Message)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMistakesInTheFileAreReportedWithTheirPlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "policies/exemptions.yaml:1:1: the file is empty"},
		"no version":      {"exemptions: []", "version is required"},
		"a later version": {"version: 2", "policies/exemptions.yaml:1:10: version"},
		"an unknown key":  {strings.Replace(one, "owner:", "onwer:", 1), "policies/exemptions.yaml:8:5: exemptions[0].onwer"},
		"no reason":       {strings.Replace(one, "    reason: The site is public.\n", "", 1), "exemptions[0].reason is required"},
		"an empty reason": {strings.Replace(one, "The site is public.", `""`, 1), "policies/exemptions.yaml:9:13: reason is empty"},
		"no day":          {strings.Replace(one, "2026-12-31", "soon", 1), "policies/exemptions.yaml:10:14: exemptions[0].expires"},
		"a day too many":  {strings.Replace(one, "2026-12-31", "2026-02-30", 1), "policies/exemptions.yaml:10:14: expires is 2026-02-30, and there is no such day"},
		"no list":         {"version: 1\nexemptions: yes", "policies/exemptions.yaml:2:13: exemptions"},
		"a secret":        {strings.Replace(one, "owner: ann", "owner: {secure: abc}", 1), "policies/exemptions.yaml:8:"},
	} {
		if list, err := Parse(File, []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", name, list, err, c.want)
		}
	}
	if list, err := Parse(File, []byte("version: 1\n")); err != nil || len(list) != 0 {
		t.Error("a file without exemptions:", list, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(one))
	f.Add([]byte("version: 1\nexemptions: [{policy: a, <<: *x}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Parse(File, data)
		if err != nil {
			return
		}
		for _, e := range list {
			if e.Policy == "" || e.Owner == "" || e.Reason == "" || e.day.IsZero() || e.Where == "" {
				t.Errorf("%+v is taken for an exemption", e)
			}
		}
	})
}

// TestAnEntryExemptsTheViolationOnceItIsFilledIn, and not before: nobody is exempt
// by pasting what a command prints.
func TestAnEntryExemptsTheViolationOnceItIsFilledIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "work", "on", "NULL", "007", "a: b", `"`, "#", "a*b", "- x", "<b>", "\u0085", "\x7f", "\u2028"}))
		v := violation(gitops.StackID{Name: name.Draw(t, "stack"), Environment: name.Draw(t, "environment")}, name.Draw(t, "resource"))
		text := "version: 1\nexemptions:\n  " + strings.Join(Entry(v), "\n  ") + "\n"
		if _, err := Parse(File, []byte(text)); err == nil {
			t.Fatalf("nobody has to answer for it:\n%s", text)
		}
		filled := strings.NewReplacer("<who answers for it>", "ann", "<why it is right, or how long it takes to mend>", "Soon.", "<the last day, such as 2026-12-31>", "2026-12-31").Replace(text)
		list, err := Parse(File, []byte(filled))
		if err != nil {
			t.Fatalf("%v\n%s", err, filled)
		}
		if got := Apply(list, []gitops.Violation{v}, on("2026-12-31")); got[0].Blocks() {
			t.Fatalf("%+v still blocks\n%s", v, filled)
		}
	})
}
