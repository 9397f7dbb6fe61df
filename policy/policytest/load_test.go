package policytest

import (
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
)

var looks = policy.Resource("looks", policy.Advisory, func(c policy.Change, r policy.Reporter) {
	r.Report("%s: acl %s, was %s, size changed %s", c.Op, c.New("acl").There(), c.Old("acl").There(), c.Changed("size"))
})

func TestAPreviewInAFileIsJudgedByWhatItShows(t *testing.T) {
	t.Parallel()
	rev := Load(t, "testdata/preview.json")
	if rev.Head.SHA != "4f2c9d1" || rev.Base.SHA != "1c0ffee" {
		t.Errorf("head %+v, base %+v", rev.Head, rev.Base)
	}
	Want(t, rev, looks,
		"dev/data fresh: create: acl yes, was no, size changed no",
		"dev/data grows: update: acl unclear, was unclear, size changed yes",
		"dev/data gone: delete: acl no, was unclear, size changed unclear",
	)
}

func TestAFileThatIsNoPreviewIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", `{"schema":"trunkline.up/v1"}`} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%q is taken for a preview", text)
		}
	}
}
