package delivery

import (
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func TestWhatWaitsNamesTheWayOfTheCISystem(t *testing.T) {
	t.Parallel()
	head := gitops.Revision{SHA: "4f2c9d1a0b3e5d6c7f8091a2b3c4d5e6f7081920", Ref: "main"}
	preview := &driver.Report{}
	for name, c := range map[string]struct {
		job  ci.Context
		next string
		say  string
	}{
		"a pipeline that takes approvals": {
			ci.Context{System: ci.GitHub, URL: "https://github.com", Repository: "acme/shop", Head: head, Approvals: []string{"trunkline.yml"}},
			"gh workflow run trunkline.yml --repo acme/shop --ref main -f environment=production -f commit=" + head.SHA + " -f digest=" + preview.Digest(),
			", or the same as inputs of Run workflow: https://github.com/acme/shop/actions/workflows/trunkline.yml",
		},
		"one that takes none": {
			ci.Context{System: ci.GitHub, URL: "https://github.com", Repository: "acme/shop", Head: head},
			"trunkline up -e production -s app,data --at " + head.SHA + " --approve " + preview.Digest(), "",
		},
	} {
		d := New(Job{Context: c.job})
		d.doc.Head = head
		st := review.DeployedStep{Environment: "production"}
		err := d.waits(&st, "up", driver.Selection{Environments: []string{"production"}, Stacks: []string{"app", "data"}}, preview,
			&gitops.Error{Kind: gitops.NeedsReview, What: "production: 2 resources change"})
		e, ok := err.(*gitops.Error)
		if !ok || e.Kind != gitops.NeedsReview || st.Next != c.next || !strings.HasSuffix(e.Next, c.next+c.say) {
			t.Errorf("%s: %+v\n%v, %+v", name, st, err, e)
		}
	}
}

func TestAnApprovalCountsForItsEnvironmentAlone(t *testing.T) {
	t.Parallel()
	for a, want := range map[Approval]string{
		{Digest: "sha256:1"}:                            "sha256:1",
		{Digest: "sha256:1", Environment: "production"}: "sha256:1",
		{Digest: "sha256:1", Environment: "staging"}:    "",
		{Environment: "production"}:                     "",
	} {
		if got := a.of("production"); got != want {
			t.Errorf("%+v: %q", a, got)
		}
	}
}
