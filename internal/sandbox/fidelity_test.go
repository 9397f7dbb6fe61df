package sandbox_test

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/sandbox"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// facts are what the real provider answered about one type; test/aws/fidelity
// says how they were obtained, and the archive's manifest when.
type facts struct {
	Token string `json:"token"`
	Facts struct {
		Changes []struct {
			Path, How            string
			Before, After, State props
			Does, Error          string
			Replaces             []string
		} `json:"changes"`
		Odd []struct {
			Path, What string
			In         props
			Refused    []struct{ Reason string }
			Error      string
		} `json:"odd"`
	} `json:"facts"`
}

func readFacts(t *testing.T) []facts {
	t.Helper()
	r, err := zip.OpenReader(filepath.Join("..", "..", "test", "aws", "fidelity", "facts.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []facts
	for _, file := range r.File {
		f, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		var one facts
		if err := json.NewDecoder(f).Decode(&one); err != nil {
			t.Fatalf("%s: %v", file.Name, err)
		}
		if one.Token != "" { // the manifest has none
			out = append(out, one)
		}
	}
	return out
}

// The sandbox answers the requests that the real provider answered. Where it
// answers otherwise is listed in testdata, one line each: the list may only
// change on purpose.
func TestChangesDoWhatTheyDoOnTheRealProvider(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	asked, byHand, differ := 0, 0, map[string]string{}
	seen := map[string]bool{}
	for _, f := range readFacts(t) {
		for _, c := range f.Facts.Changes {
			if c.Does == "" {
				continue // the provider refused the inputs, which is no answer to this
			}
			asked++
			seen[f.Token] = true
			want := strings.TrimSpace(c.Does + " " + strings.Join(c.Replaces, ","))
			switch got := does(t, e, f.Token, c.Before, c.After, c.State); got {
			case want:
			case refusedByHand:
				byHand++
			default:
				differ[f.Token+" "+c.Path+" "+c.How] = fmt.Sprintf("real: %s; sandbox: %s", want, got)
			}
		}
	}
	t.Logf("%d of %d changes of %d types do what they do on the real provider; %d more are of inputs that AWS refuses, as the sandbox says earlier",
		asked-byHand-len(differ), asked, len(seen), byHand)
	if asked-byHand < 500 || len(seen) < 40 {
		t.Errorf("only %d facts about %d types", asked, len(seen))
	}
	compareWithList(t, filepath.Join("testdata", "fidelity-changes.txt"), differ)
}

// refusedByHand is what does says of inputs that only a rule written by hand
// refuses: what AWS would say at the update. The provider cannot be asked about
// those.
const refusedByHand = "refused by hand"

// does says what the sandbox's Diff answers: "nothing", "update" or "replace"
// with the properties that make it so.
func does(t *testing.T, e *engine, token string, before, after, state props) string {
	t.Helper()
	u := urn(token, "x")
	olds, failures := e.check(u, nil, before)
	if len(failures) > 0 {
		return refusal(t, token, olds)
	}
	news, failures := e.check(u, olds, after)
	if len(failures) > 0 {
		return refusal(t, token, news)
	}
	d, err := e.server.Diff(context.Background(), &pulumirpc.DiffRequest{Id: "x-1", Urn: u, Olds: wire(t, state), OldInputs: olds, News: news})
	switch {
	case err != nil:
		return err.Error()
	case len(d.GetReplaces()) > 0:
		return "replace " + strings.Join(slices.DeleteFunc(d.GetReplaces(), func(k string) bool { return k == "tagsAll" }), ",")
	case d.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME:
		return "update"
	}
	return "nothing"
}

func refusal(t *testing.T, token string, in *structpb.Struct) string {
	t.Helper()
	var c types.Catalog
	described, err := c.Find(token)
	if err != nil {
		t.Fatal(err)
	}
	told, err := sandbox.RefusedByDescription(described, in)
	switch {
	case err != nil:
		t.Fatal(err)
	case told:
		return "refused"
	}
	return refusedByHand
}

func TestOddInputsAreRefusedWhereTheRealProviderRefusesThem(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	asked, refused, named, byHand, differ := 0, 0, 0, 0, map[string]string{}
	for _, f := range readFacts(t) {
		for _, o := range f.Facts.Odd {
			if o.Error != "" {
				continue
			}
			asked++
			in, failures := e.check(urn(f.Token, "x"), nil, o.In)
			key, real, ours := f.Token+" "+o.Path+" "+o.What, len(o.Refused) > 0, len(failures) > 0
			switch {
			case ours && refusal(t, f.Token, in) == refusedByHand && !real:
				byHand++
			case real && !ours:
				differ[key] = "the sandbox accepts it; real: " + strings.Join(strings.Fields(o.Refused[0].Reason), " ")
			case !real && ours:
				differ[key] = "the sandbox refuses it: " + strings.Join(failures, "; ")
			case ours:
				refused++
				if namesIt(t, key, o.Path, failures) {
					named++
				}
			}
		}
	}
	t.Logf("%d of %d odd inputs are refused or accepted as the real provider does, %d of them refused; %d more are refused as AWS would",
		asked-byHand-len(differ), asked, refused, byHand)
	t.Logf("%d of %d refusals name the odd property; in others something else is wrong too", named, refused)
	if refused < 200 || named < refused*9/10 {
		t.Errorf("only %d inputs are refused by both, and %d refusals name the property", refused, named)
	}
	compareWithList(t, filepath.Join("testdata", "fidelity-odd.txt"), differ)
}

// namesIt tells whether a complaint names the property that is odd, and fails
// when one is of no use.
func namesIt(t *testing.T, key, path string, failures []string) bool {
	t.Helper()
	top, _, _ := strings.Cut(path, ".")
	named := false
	for _, f := range failures {
		if property, reason, ok := strings.Cut(f, ": "); !ok || property == "" || len(reason) < 10 {
			t.Errorf("%s: the complaint %q is of no use", key, f)
		}
		named = named || strings.Contains(f, top)
	}
	return named
}

// compareWithList holds the disagreements against the list of the known ones.
// With SANDBOX_FIDELITY=write it writes the list, which keeps the reasons.
func compareWithList(t *testing.T, path string, differ map[string]string) {
	t.Helper()
	known, reasons := map[string]string{}, map[string]string{}
	f, err := os.Open(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	reason := ""
	for lines := bufio.NewScanner(f); f != nil && lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "# "):
			reason = line
		case line != "":
			key, what, _ := strings.Cut(line, " | ")
			known[key], reasons[key] = what, reason
		}
	}
	if f != nil {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("SANDBOX_FIDELITY") == "write" {
		writeList(t, path, differ, reasons)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(differ)) {
		if _, ok := known[key]; !ok {
			t.Errorf("a new disagreement with the real provider: %s: %s", key, differ[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if _, ok := differ[key]; !ok {
			t.Errorf("%s lists a disagreement that is gone: %s", path, key)
		}
	}
}

// writeList writes the disagreements under the reasons that they had, the new
// ones first.
func writeList(t *testing.T, path string, differ, reasons map[string]string) {
	t.Helper()
	byReason := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(differ)) {
		what := differ[key]
		if r := []rune(what); len(r) > 160 {
			what = string(r[:160]) + "…"
		}
		byReason[reasons[key]] = append(byReason[reasons[key]], key+" | "+what)
	}
	var b strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		b.WriteString(reason + "\n" + strings.Join(byReason[reason], "\n") + "\n\n")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
