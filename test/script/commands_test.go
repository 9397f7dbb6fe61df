package script

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // the driver of sql

	"github.com/trunkline-dev/trunkline/test/small"
)

var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"estate":  estate,
	"exits":   exits,
	"variant": variant,
	"edit":    edit,
	"commit":  commit,
	"json":    jsonHas,
	"start":   start,
	"signal":  signalProcess,
	"ends":    ends,
	"await":   await,
	"keep":    keep,
	"sql":     sqlExec,
	"leaks":   leaks,
	"thing":   thing,
	"plugin":  plugin,
	"serve":   serve,
	"sts":     sts,

	"projects": projects,
}

// arguments checks how many there are. No command of ours can be negated.
func arguments(ts *testscript.TestScript, neg bool, args []string, usage string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func estate(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "estate DIR [MODULE]", 1)
	module := "example.com/estate"
	if len(args) > 1 {
		module = args[1]
	}
	ts.Check(ts.Exec("trunkline", "init", args[0], "--module", module))
	ts.Check(ts.Chdir(args[0]))
	ts.Check(small.Write(ts.MkAbs("."), module))
	if _, err := os.Stat(ts.MkAbs(".git")); err != nil {
		return // a directory of another repository, which commits it itself
	}
	ts.Check(ts.Exec("git", "add", "--all"))
	ts.Check(ts.Exec("git", "commit", "--quiet", "--amend", "--no-edit"))
}

// variant makes another program of the estate, always the same, so that it is
// compiled once for all stories: components/queue has faults that the setting
// keepVersionsDays of the stack data chooses, and that stack asks for a secret.
func variant(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "variant", 0)
	fault, err := os.ReadFile(filepath.Join(ts.Getenv("TESTDATA"), "fault.go"))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("components/queue/fault.go"), fault, 0o644))
	const data = "stacks/data/data.go"
	for _, e := range [][2]string{
		{"\tQueue            Queue ", "\tPassword estate.Secret `estate:\"password\" required:\"true\" doc:\"of the database\"`\n\tQueue            Queue "},
		{"type Outputs struct {", "type Outputs struct {\n\tToken pulumi.StringOutput `pulumi:\"token\"`"},
		{"\t\tQueueARN:   work.ARN,", "\t\tQueueARN:   work.ARN,\n\t\tToken: cfg.Password.Output(),"},
		{"cfg Config) (*Outputs, error) {", "cfg Config) (*Outputs, error) {\n\tif err := queue.Fault(ctx, cfg.KeepVersionsDays); err != nil {\n\t\treturn nil, err\n\t}"},
	} {
		edit(ts, false, []string{data, e[0], e[1]})
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "exits CODE CMD ARGS...", 2)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got, err := exitCode(ts.Exec(args[1], args[2:]...))
	ts.Check(err)
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func edit(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "edit FILE OLD NEW", 3)
	text := ts.ReadFile(args[0])
	old, replacement := unescape(args[1]), unescape(args[2])
	if n := strings.Count(text, old); n != 1 {
		ts.Fatalf("%q occurs %d times in %s, want once", args[1], n, args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, old, replacement, 1)), 0o644))
}

func commit(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "commit MESSAGE", 1)
	ts.Check(ts.Exec("git", "add", "--all"))
	ts.Check(ts.Exec("git", "commit", "--quiet", "--message", args[0]))
}

func jsonHas(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "json PATH VALUE", 2)
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	got, err := find(doc, args[0])
	if err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if fmt.Sprint(got) != args[1] {
		ts.Fatalf("%s is %v, want %s", args[0], got, args[1])
	}
}

func keep(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "keep VARIABLE REGEXP", 2)
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout") + ts.ReadFile("stderr"))
	if len(found) != 2 {
		ts.Fatalf("%s matches nothing, or has not one group", args[1])
	}
	ts.Setenv(args[0], found[1])
}

func sqlExec(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "sql FILE STATEMENT", 2)
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// process is a command in the background.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of Wait, once done
}

// processes is the key of a story's background commands.
type processes struct{}

func running(ts *testscript.TestScript, name string) *process {
	p := ts.Value(processes{}).(map[string]*process)[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "start NAME CMD ARGS...", 2)
	// env finds the command in the PATH of the story, becomes it, and leaves the
	// story's variables as they are.
	cmd := exec.Command("env", args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "XDG_CACHE_HOME", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN", "GOENV", "TMPDIR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	base := filepath.Join(ts.Getenv("WORK"), args[0])
	stdout, err := os.Create(base + ".stdout")
	ts.Check(err)
	stderr, err := os.Create(base + ".stderr")
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	ts.Check(cmd.Start())
	p := &process{cmd: cmd, done: make(chan struct{})}
	ts.Value(processes{}).(map[string]*process)[args[0]] = p
	go func() {
		p.err = cmd.Wait()
		stdout.Close()
		stderr.Close()
		close(p.done)
	}()
	ts.Defer(func() {
		_ = cmd.Process.Kill() // it has ended, when all went well
		<-p.done
	})
}

func signalProcess(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "signal NAME INT|KILL", 2)
	sig, ok := map[string]syscall.Signal{"INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[1]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[1])
	}
	ts.Check(running(ts, args[0]).cmd.Process.Signal(sig))
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "ends NAME CODE|killed", 2)
	p := running(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s still runs after %s", args[0], patience)
	}
	base := filepath.Join(ts.Getenv("WORK"), args[0])
	ts.Logf("[%s]\n%s%s", args[0], ts.ReadFile(base+".stdout"), ts.ReadFile(base+".stderr"))
	code, err := exitCode(p.err)
	ts.Check(err)
	if want := strings.Replace(args[1], "killed", "-1", 1); strconv.Itoa(code) != want {
		ts.Fatalf("%s ended with %d, want %s", args[0], code, want)
	}
}

// patience is how long something may take that must happen.
const patience = time.Minute

func await(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "await REGEXP CMD ARGS...", 2)
	want := regexp.MustCompile(args[0])
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if err := ts.Exec(args[1], args[2:]...); err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("%s never printed %s", strings.Join(args[1:], " "), args[0])
}

// unescape lets an argument contain the end of a line.
func unescape(s string) string { return strings.ReplaceAll(s, `\n`, "\n") }
