package plugins

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

type timer struct {
	at      time.Time
	f       func()
	stopped bool
}

func TestPool(t *testing.T) {
	t.Parallel()
	p := enginetest.InstallPlugin(t)
	for name, test := range map[string]func(*testing.T, *enginetest.Plugin){
		"idle processes end after a time":                    idleEnds,
		"the longest idle end when memory is short":          budgetEnds,
		"parameters make another process":                    parameters,
		"a word that comes too late reaches nobody":          lateWords,
		"an answer that sounds like an end is an answer":     soundsLikeTheEnd,
		"a session that is over starts nothing":              overIsOver,
		"a session that is stopped while it starts ends":     stoppedStart,
		"a session that is cancelled while it starts ends":   cancelledStart,
		"a process that is closed over a call is ended":      closedOver,
		"processes die with the thread that started them":    dieTogether,
		"keys hold nothing in plain text":                    plainText,
		"a plugin that was installed anew is another plugin": newInstallation,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

func idleEnds(t *testing.T, p *enginetest.Plugin) {
	c := &clock{now: time.Unix(1_000_000, 0)}
	y := newYard(t, p, Options{Idle: time.Minute, Now: c.Now, AfterFunc: c.AfterFunc})
	s1, first := y.busy("eu")
	s2, second := y.busy("us")
	y.close(s1)
	c.pass(40 * time.Second)
	y.close(s2)
	c.pass(20 * time.Second)
	<-first.done
	if !second.alive() {
		t.Error("a process ended before its time")
	}
	c.pass(39 * time.Second)
	if s3, third := y.busy("us"); third != second { // used again: its time starts anew
		t.Error("the second process was not used again")
	} else {
		c.pass(time.Hour)
		y.close(s3)
	}
	if !second.alive() {
		t.Error("a process ended while it was used")
	}
	c.pass(time.Minute)
	<-second.done
}

func budgetEnds(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{Memory: 250, Resident: func(int) int64 { return 100 }})
	var sessions []*Session
	var procs []*process
	for i := range 4 {
		s, proc := y.busy(fmt.Sprint("r", i))
		sessions, procs = append(sessions, s), append(procs, proc)
	}
	for _, s := range sessions { // four at a time are used, and may be
		y.close(s)
	}
	<-procs[0].done
	<-procs[1].done
	if !procs[2].alive() || !procs[3].alive() {
		t.Error("more ended than had to")
	}
}

func parameters(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	use := func(name string) *process {
		c, s := y.open()
		defer y.close(s)
		if name != "" {
			res, err := c.Parameterize(t.Context(), &pulumirpc.ParameterizeRequest{Parameters: &pulumirpc.ParameterizeRequest_Value{
				Value: &pulumirpc.ParameterizeRequest_ParametersValue{Name: name, Version: "2.0.0"},
			}})
			if err != nil || res.GetName() != name || res.GetVersion() != "2.0.0" {
				t.Fatalf("parameterize %s: %v, %v", name, res, err)
			}
		}
		if _, err := c.Configure(t.Context(), region("eu")); err != nil {
			t.Fatal(err)
		}
		return s.proc
	}
	plain, one, two := use(""), use("one"), use("two")
	if plain == one || one == two || plain == two {
		t.Error("different parameters share a process")
	}
	if use("two") != two || use("") != plain || use("one") != one {
		t.Error("equal parameters do not share a process")
	}
}

func lateWords(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	s, proc := y.busy("eu")
	conn, err := grpc.NewClient("passthrough:///"+proc.relay.addr, grpc.WithTransportCredentials(insecureCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say := func() {
		if _, err := pulumirpc.NewEngineClient(conn).Log(t.Context(), &pulumirpc.LogRequest{Message: "hello"}); err != nil {
			t.Errorf("a provider would fail: %v", err)
		}
	}
	say()
	y.close(s)
	say()
	if n := y.engine.count(); n != 1 {
		t.Errorf("the operation heard %d words, want the one while it had the process", n)
	}
	other := newEngine(t)
	first := y.engine
	y.engine = other
	s, again := y.busy("eu")
	defer y.close(s)
	if again != proc {
		t.Fatal("the process was not used again")
	}
	say()
	if first.count() != 1 || other.count() != 1 {
		t.Errorf("the first operation heard %d words and the second %d, want one each", first.count(), other.count())
	}
	if _, err := pulumirpc.NewEngineClient(conn).GetRootResource(t.Context(), &pulumirpc.GetRootResourceRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("other calls should reach the operation's engine as well: %v", err)
	}
}

func soundsLikeTheEnd(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	var lost []string
	s, err := y.Open(y.plugin, Use{Engine: y.engine.addr, Lost: func(urn string) { lost = append(lost, urn) }})
	if err != nil {
		t.Fatal(err)
	}
	c := pulumirpc.NewResourceProviderClient(s)
	_, err = c.Create(t.Context(), &pulumirpc.CreateRequest{Urn: "u", Properties: &structpb.Struct{
		Fields: map[string]*structpb.Value{"unavailable": structpb.NewBoolValue(true)},
	}})
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "come back later") {
		t.Errorf("want the provider's own answer, got %v", err)
	}
	if len(lost) != 0 {
		t.Errorf("creates %v count as lost", lost)
	}
	proc := s.proc
	y.close(s)
	<-proc.done // an error poisons
}

func overIsOver(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	c, s := y.open()
	y.close(s)
	y.close(s)
	if _, err := c.Configure(t.Context(), region("eu")); status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	if calls := p.Calls(t, t.Name()); len(calls) != 0 {
		t.Errorf("a process was started: %v", calls)
	}
}

func stoppedStart(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	y.plugin.Path = script(t, "sleep 600")
	stop := make(chan struct{})
	s, err := y.Open(y.plugin, Use{Engine: y.engine.addr, Stop: stop})
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	if _, err := pulumirpc.NewResourceProviderClient(s).Configure(t.Context(), region("eu")); status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	y.close(s)
}

func cancelledStart(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	y.plugin.Path = script(t, "sleep 600")
	cancel := make(chan struct{})
	s, err := y.Open(y.plugin, Use{Engine: y.engine.addr, Cancel: cancel})
	if err != nil {
		t.Fatal(err)
	}
	close(cancel)
	if _, err := pulumirpc.NewResourceProviderClient(s).Configure(t.Context(), region("eu")); status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	y.close(s)
}

func closedOver(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	s, proc := y.busy("eu")
	stopped := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := s.begin(ctx, anything); err != nil { // a call that does not end
		t.Fatal(err)
	}
	go func() { stopped <- s.Close() }()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	<-proc.done
}

// dieTogether ends the thread as the end of the whole process would.
func dieTogether(t *testing.T, p *enginetest.Plugin) {
	if runtime.GOOS != "linux" {
		return // only this system can do it
	}
	y := newYard(t, p, Options{})
	_, proc := y.busy("eu")
	y.thread.close()
	<-proc.done
	y.thread = newThread() // for the end of the test
}

func plainText(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	y.plugin.Env = append(y.plugin.Env, "AWS_SECRET_ACCESS_KEY=hunter22")
	s, proc := y.busy("secret-region")
	y.close(s)
	if text := fmt.Sprintf("%v %+v %q", proc.config.answer, proc.plugin, proc.base+proc.config.digest); strings.Contains(text, "hunter22") || strings.Contains(text, "secret-region") {
		t.Errorf("a kept process tells what it was given: %s", text)
	}
	if other := New(Options{}); other.digest("a") == y.digest("a") {
		t.Error("two pools have the same digests")
	}
}

func newInstallation(t *testing.T, p *enginetest.Plugin) {
	y := newYard(t, p, Options{})
	raw, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	y.plugin.Path = filepath.Join(t.TempDir(), "pulumi-resource-test")
	install := func(at time.Time) {
		if err := os.WriteFile(y.plugin.Path+".new", raw, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(y.plugin.Path+".new", at, at); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(y.plugin.Path+".new", y.plugin.Path); err != nil {
			t.Fatal(err)
		}
	}
	install(time.Unix(1_000_000, 0))
	s, first := y.busy("eu")
	y.close(s)
	install(time.Unix(2_000_000, 0))
	s, second := y.busy("eu")
	y.close(s)
	if first == second {
		t.Error("a process of the old installation was used")
	}
}

// script is an executable shell script.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pulumi-resource-script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPluginsThatDoNotStartSayWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines string
		text  []string
	}{
		"it ends":             {"echo no license >&2; exit 7", []string{"provider bad 0.1.0 did not start", "exit status 7", "no license"}},
		"it says no port":     {"echo hello; sleep 600", []string{"did not start", `"hello"`, "not the port"}},
		"it is gone at once":  {"echo 9; exit 3", []string{"did not start", "exit status 3"}},
		"it says a huge port": {"echo 99999; sleep 600", []string{"did not start", "99999"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := New(Options{})
			s, err := p.Open(Plugin{Name: "bad", Version: "0.1.0", Path: script(t, c.lines), Dir: t.TempDir(), Env: []string{"PATH=" + os.Getenv("PATH")}},
				Use{Engine: newEngine(t).addr})
			if err != nil {
				t.Fatal(err)
			}
			_, err = pulumirpc.NewResourceProviderClient(s).GetPluginInfo(t.Context(), &emptypb.Empty{})
			for _, text := range c.text {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("%q is not in %v", text, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAPluginThatIsNotThereIsInvalid(t *testing.T) {
	t.Parallel()
	_, err := New(Options{}).Open(Plugin{Name: "aws", Path: filepath.Join(t.TempDir(), "gone")}, Use{})
	if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "provider aws") {
		t.Errorf("got %v", err)
	}
}
