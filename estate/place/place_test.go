package place

import (
	"strings"
	"testing"
)

const here = "github.com/trunkline-dev/trunkline/estate/place"

func called() (pkg, file string, line int) { return Caller(0) }

func TestTheCallerIsPlacedInItsModule(t *testing.T) {
	t.Parallel()
	pkg, file, line := called()
	got := Source("github.com/trunkline-dev/trunkline", pkg, file, line)
	if pkg != here || got != "estate/place/place_test.go:14" {
		t.Errorf("package %s, source %s", pkg, got)
	}
}

func TestAPanicLeadsToTheModulesFramesUntilItIsTold(t *testing.T) {
	t.Parallel()
	var all, few []string
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
			all = Panic("github.com/trunkline-dev/trunkline", 5, func(string) bool { return false })
			few = Panic("github.com/trunkline-dev/trunkline", 5, func(f string) bool { return strings.HasSuffix(f, ".outer") })
		}()
		outer(nil)
	}()
	if len(all) < 3 || all[0] != "estate/place/place_test.go:46 (place.inner)" || all[1] != "estate/place/place_test.go:43 (place.outer)" {
		t.Errorf("all frames: %q", all)
	}
	if len(few) != 1 || few[0] != all[0] {
		t.Errorf("frames below outer: %q", few)
	}
}

//go:noinline
func outer(m map[string]int) { inner(m) }

//go:noinline
func inner(m map[string]int) { m["x"] = 1 }
