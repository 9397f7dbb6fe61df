package ci_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAMisspeltVariableIsRefusedWithTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	for wrong, meant := range map[string]string{
		"TRUNKLINE_HED": "TRUNKLINE_HEAD", "TRUNKLINE_FROK": "TRUNKLINE_FORK", "TRUNKLINE_BASEBRANCH": "TRUNKLINE_BASE_BRANCH",
		"TRUNKLINE_PULL_REQEST": "TRUNKLINE_PULL_REQUEST", "TRUNKLINE_EVENTS": "TRUNKLINE_EVENT",
	} {
		_, err := ci.CheckNames([]string{"PATH", wrong, meant})
		if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), `"`+wrong+`" is no variable of trunkline; did you mean `+meant+"?") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestAVariableLikeNoneOfOursIsTold(t *testing.T) {
	t.Parallel()
	unknown, err := ci.CheckNames([]string{"TRUNKLINE_ROLE_OF_STAGING", "HOME", "TRUNKLINE_KEY", "TRUNKLINE_RUN_URL", "TRUNKLINE_DEV"})
	if diff := cmp.Diff([]string{"TRUNKLINE_DEV", "TRUNKLINE_ROLE_OF_STAGING"}, unknown); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// What is read anywhere in the driver is in the table, or it would be refused.
func TestTheTableHasEveryVariableThatIsRead(t *testing.T) {
	t.Parallel()
	known := ci.VariableTable()
	read := regexp.MustCompile(`"(TRUNKLINE_[A-Z_]+)"`)
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "gen" { // generates code, on a developer's machine
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "scaffold") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range read.FindAllStringSubmatch(string(text), -1) {
			found++
			if unknown, err := ci.CheckNames([]string{m[1]}); err != nil || len(unknown) > 0 {
				t.Errorf("%s reads %s, which is not in the table:\n%s", path, m[1], known)
			}
		}
		return err
	})
	if err != nil || found < 40 {
		t.Errorf("%d variables are read, %v", found, err)
	}
}

func TestMissingVariablesAreToldTogetherWithWhatTheyAre(t *testing.T) {
	t.Parallel()
	get := func(set ...string) func(string) string {
		return func(name string) string {
			i := slices.IndexFunc(set, func(s string) bool { return strings.HasPrefix(s, name+"=") })
			if i < 0 {
				return ""
			}
			return strings.TrimPrefix(set[i], name+"=")
		}
	}
	for name, c := range map[string]struct {
		set  []string
		want string
	}{
		"a push": {[]string{"TRUNKLINE_EVENT=push"}, `the environment does not say what this job is about:
  TRUNKLINE_HEAD is not set (the full name of the commit that the job is about)
  TRUNKLINE_HEAD_BRANCH is not set (its branch)
  TRUNKLINE_TRUNK is not set (the branch that environments are updated from)`},
		"a pull request on a forge": {[]string{"TRUNKLINE_EVENT=pull_request", "TRUNKLINE_FORGE=gitea"}, `the environment does not say what this job is about:
  TRUNKLINE_FORGE_URL is not set (its address, such as https://git.example.com)
  TRUNKLINE_REPOSITORY is not set (owner/name, on GitLab with all groups)
  TRUNKLINE_HEAD is not set (the full name of the commit that the job is about)
  TRUNKLINE_PULL_REQUEST is not set (its number)
  TRUNKLINE_BASE or TRUNKLINE_BASE_BRANCH is not set (what is proposed to)`},
		"a forge that there is not": {[]string{"TRUNKLINE_EVENT=schedule", "TRUNKLINE_FORGE=lokal", "TRUNKLINE_HEAD=4f2c9d1a0b3e5d6c7f8091a2b3c4d5e6f7081920"},
			`the environment does not say what this job is about: TRUNKLINE_FORGE is "lokal" and not github, gitlab, gitea or local`},
	} {
		_, err := ci.Detect(get(c.set...), nil)
		if gitops.KindOf(err) != gitops.Invalid || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
