package driver

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAStackThatReadsOthersTooEarlySaysWhichAndHowToDeployThem(t *testing.T) {
	t.Parallel()
	id := gitops.StackID{Name: "app", Environment: "dev"}
	unknown := func(project, stack string) string {
		return `unknown stack "organization/` + project + "/" + stack + `"`
	}
	other := gitops.Diagnostic{Message: "something else"}
	for name, c := range map[string]struct{ text, want, next string }{
		"one":                  {unknown("shop", "network.dev"), "dev/app reads the outputs of dev/network, which was never deployed", "trunkline up -e dev -s network"},
		"two, one of it twice": {unknown("shop", "network.dev") + unknown("shop", "data.dev") + unknown("shop", "data.dev"), "dev/app reads the outputs of dev/data and dev/network, which were never deployed", "trunkline up -e dev -s data && trunkline up -e dev -s network"},
		"of another project":   {unknown("net", "network.dev"), unknown("net", "network.dev"), ""},
		"of no environment":    {unknown("shop", "network"), unknown("shop", "network"), ""},
	} {
		failed := &gitops.Error{Kind: gitops.Deployment, What: c.text}
		list, err := inOurWords(failed, []gitops.Diagnostic{{Message: c.text}, other}, id, "shop")
		var e *gitops.Error
		if !errors.As(err, &e) || e.Kind != gitops.Deployment || e.Error() != c.want || e.Next != c.next {
			t.Errorf("%s: got %v, next %q", name, err, e.Next)
		}
		want := []gitops.Diagnostic{{Message: c.text}, other}
		if c.next != "" {
			want = want[1:]
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
