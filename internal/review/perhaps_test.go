package review

import (
	"errors"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAReplacementIsOnlyPossibleWhenNothingMakesItCertain(t *testing.T) {
	t.Parallel()
	run := func(name string, err error, changes ...gitops.Change) gitops.RunResult {
		id := gitops.StackID{Environment: "dev", Name: name}
		return gitops.RunResult{Stack: id, Err: err, Changes: gitops.ChangeSet{Stack: id, Changes: changes}}
	}
	vm := func(p gitops.PropertyChange) gitops.Change {
		return gitops.Change{Op: gitops.OpReplace, Type: "aws:ec2/instance:Instance", Name: "vm", Diff: []gitops.PropertyChange{p}}
	}
	open := func(from ...string) gitops.Change {
		return vm(gitops.PropertyChange{Path: "subnetId", Kind: "update-replace", Old: "subnet-1", New: gitops.Unknown, From: from})
	}
	longer := run("network", nil, gitops.Change{Op: gitops.OpCreate, Type: "subnet", Name: "c"}, gitops.Change{Op: gitops.OpUpdate, Type: "endpoint", Name: "s3"})
	shorter := run("network", nil, gitops.Change{Op: gitops.OpDelete, Type: "subnet", Name: "b"})
	broken := run("network", errors.New("no"))
	for name, c := range map[string]struct {
		app  gitops.RunResult
		up   gitops.RunResult
		want bool
	}{
		"a list of the upstream stack gets longer":      {run("app", nil, open("network")), longer, true},
		"the upstream stack deletes something":          {run("app", nil, open("network")), shorter, false},
		"the upstream stack fails":                      {run("app", nil, open("network")), broken, false},
		"nobody knows where the value comes from":       {run("app", nil, open()), longer, false},
		"it comes from a stack that is not previewed":   {run("app", nil, open("data")), longer, false},
		"it comes from what is only updated":            {run("app", nil, open("endpoint s3"), gitops.Change{Op: gitops.OpUpdate, Type: "endpoint", Name: "s3"}), longer, true},
		"it comes from what is created":                 {run("app", nil, open("subnet c"), gitops.Change{Op: gitops.OpCreate, Type: "subnet", Name: "c"}), longer, false},
		"one of two sources is replaced":                {run("app", nil, open("network", "subnet c"), gitops.Change{Op: gitops.OpReplace, Type: "subnet", Name: "c"}), longer, false},
		"the second of two with one name is replaced":   {run("app", nil, open("subnet c"), gitops.Change{Op: gitops.OpUpdate, Type: "subnet", Name: "c"}, gitops.Change{Op: gitops.OpReplace, Type: "subnet", Name: "c"}), longer, false},
		"the value is known":                            {run("app", nil, vm(gitops.PropertyChange{Path: "subnetId", Kind: "update-replace", Old: "a", New: "b"})), longer, false},
		"there was no value":                            {run("app", nil, vm(gitops.PropertyChange{Path: "subnetId", Kind: "add-replace", New: gitops.Unknown, From: []string{"network"}})), longer, false},
		"only the name of the property is known":        {run("app", nil, gitops.Change{Op: gitops.OpReplace, ReplaceKeys: []string{"subnetId"}}), longer, false},
		"the property that is not known forces nothing": {run("app", nil, vm(gitops.PropertyChange{Path: "tags", Kind: "update", Old: "a", New: gitops.Unknown, From: []string{"network"}})), longer, false},
	} {
		d := Document{Stacks: []gitops.RunResult{c.up, c.app}}
		if got := d.MayReplace(c.app, c.app.Changes.Changes[0]); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
