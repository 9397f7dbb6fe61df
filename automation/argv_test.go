package automation

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// autoLines are all the command lines that package auto builds, each with every
// flag that it can have: served ones, and those that are refused by the name
// behind "!".
var autoLines = []string{
	"version",
	"whoami --json", "whoami",
	"stack select --stack dev", "stack --stack dev", "stack init dev --secrets-provider p", "stack init dev --no-select",
	"stack rm --yes dev --force", "stack ls --json --all", "stack rename new --stack dev",
	"stack change-secrets-provider --stack dev passphrase",
	"stack tag get a --stack dev", "stack tag set a b --stack dev", "stack tag rm a --stack dev", "stack tag ls --json --stack dev",
	"stack output --json --show-secrets --stack dev", "stack history --json --show-secrets --page-size 1 --page 1 --stack dev",
	"stack export --show-secrets --stack dev", "stack import --file f --stack dev",
	"config get --path --config-file f a --json --stack dev", "config --show-secrets --config-file f --json --stack dev",
	"config set --stack dev --path --config-file f a --secret -- v", "config set --stack dev a --plaintext -- v",
	"config set-all --stack dev --path --config-file f --plaintext a=b --secret c=d", "config set-all --stack dev --json {} --config-file f",
	"config rm --path --config-file f a --stack dev", "config rm-all --stack dev --path --config-file f a b",
	"config refresh --force --stack dev",
	"preview --client=a --exec-kind=k --logtostderr --logflow --verbose=9 --debug --tracing=t --message=\"m\" --expect-no-changes --diff --replace=u " +
		"--target=u --exclude=u --policy-pack=p --policy-pack-config=c --target-dependents --exclude-dependents --parallel=2 --exec-agent=a " +
		"--color=never --save-plan=f --refresh --suppress-outputs --suppress-progress --import-file=f --config-file=f --run-program=true " +
		"--event-log tcp://localhost:1 --stack dev",
	"up --yes --skip-preview --client=a --exec-kind=k --logtostderr --logflow --verbose=9 --debug --tracing=t --event-log tcp://localhost:1 " +
		"--message=\"m\" --expect-no-changes --diff --replace=u --target=u --exclude=u --policy-pack=p --policy-pack-config=c --target-dependents " +
		"--exclude-dependents --parallel=2 --exec-agent=a --color=never --plan=f --refresh --suppress-outputs --suppress-progress " +
		"--continue-on-error --config-file=f --run-program=false --stack dev",
	"refresh --yes --skip-preview --preview-only --message=\"m\" --expect-no-changes --clear-pending-creates --import-pending-creates=u --target=u " +
		"--exclude=u --target-dependents --exclude-dependents --parallel=2 --exec-agent=a --color=never --suppress-outputs --suppress-progress " +
		"--config-file=f --diff --run-program=true --client=a --exec-kind=k --event-log tcp://localhost:1 --stack dev",
	"destroy --yes --skip-preview --preview-only --message=\"m\" --target=u --exclude=u --target-dependents --exclude-dependents --parallel=2 " +
		"--exec-agent=a --color=never --refresh --suppress-outputs --suppress-progress --continue-on-error --config-file=f --run-program=true " +
		"--diff --client=a --exec-kind=k --event-log tcp://localhost:1 --stack dev",
	"import --preview-only --yes --skip-preview --diff --file f --protect=false --generate-code=false --out f --stack dev",
	"cancel --yes --color never --disable-integrity-checking --fully-qualify-stack-names --logflow --logtostderr --memprofilerate 1 " +
		"--otel-traces t --profiling p --stack dev --tracing t --tracing-header h --verbose 9 -- dev",

	"config env add e --yes --stack dev !config env", "config env ls --stack dev --json !config env", "config env rm e --yes --stack dev !config env",
	"preview --attach-debugger !--attach-debugger", "up --attach-debugger !--attach-debugger",
	"import --from terraform -- a !--from",
	"plugin install resource aws v6.0.0 --server s !plugin install", "plugin rm resource aws v6.0.0 --yes !plugin rm", "plugin ls --json !plugin ls",
	"install --use-language-version-tools --no-plugins --no-dependencies --reinstall !install", "new --yes !new",
	"org !org", "org get-default !org get-default", "org set-default x !org set-default", "org search !org search", "org search ai !org search ai",
	"preview --remote !--remote", "up --remote-env=a=b !--remote-env", "refresh --remote-git-branch=b !--remote-git-branch",
	"destroy --remote-skip-install-dependencies !--remote-skip-install-dependencies",
}

func TestEveryLineOfAutoIsServedOrRefusedByName(t *testing.T) {
	t.Parallel()
	for _, line := range autoLines {
		line, refused, isRefused := strings.Cut(line, " !")
		_, err := parseLine(strings.Fields(line))
		switch {
		case !isRefused && err != nil:
			t.Errorf("pulumi %s: %v", line, err)
		case isRefused && (exitCode(err) != 2 || gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), refused)):
			t.Errorf("pulumi %s: got %v, want exit 2 that names %s", line, err, refused)
		}
	}
}

// elsewhere are words that look like flags in auto's sources and are none of a
// command line that a Command gets: options of git, of remote workspaces, which
// are refused one and all, and of `pulumi new`, which is refused as a whole.
var elsewhere = []string{"--help"}

func TestTheTableHasEveryFlagOfAutosSources(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, line := range autoLines {
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '=' || r == '!' }) {
			known[word] = true
		}
	}
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3")
	cmd.Env = os.Environ()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	auto := filepath.Join(strings.TrimSpace(string(out)), "go", "auto")
	found := 0
	for _, name := range []string{"stack.go", "local_workspace.go", "debug/debuglogging.go", "automation/commands.go"} {
		for _, flag := range flagsIn(t, filepath.Join(auto, name)) {
			found++
			if !known[flag] && !slices.Contains(elsewhere, flag) && !strings.HasPrefix(flag, "--remote") && name != "automation/commands.go" {
				t.Errorf("%s can pass %s, and the table does not say what becomes of it", name, flag)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d flags were found: the sources look otherwise now", found)
	}
}

// flagsIn lists the flags among the string constants of a Go file.
func flagsIn(t *testing.T, path string) (flags []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if flag, _, _ := strings.Cut(text, "="); err == nil && strings.HasPrefix(flag, "--") && len(flag) > 2 && !strings.ContainsAny(flag, " %") {
			flags = append(flags, flag)
		}
		return true
	})
	return flags
}
