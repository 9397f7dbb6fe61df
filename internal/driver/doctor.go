package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// Finding is what one check of the doctor found.
type Finding struct {
	// Level is ok, warn or fail.
	Level  string `json:"level"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	// Fix is what to do.
	Fix string `json:"fix,omitempty"`
}

// Levels of a finding.
const (
	LevelOK   = "ok"
	LevelWarn = "warn"
	LevelFail = "fail"
)

// Doctor looks at everything that Trunkline needs and changes nothing but the
// local data directory, which it may create. For the named environments it also
// asks AWS as whom it would be called.
func Doctor(ctx context.Context, opts Options, envs ...string) []Finding {
	out := []Finding{tool(ctx, "go", "version"), tool(ctx, "git", "--version")}
	d, err := New(opts)
	if err != nil {
		return append(out, finding("estate", "", err))
	}
	if _, err := loadProject(d.Root); err != nil {
		return append(out, finding("estate", "", errors.Join(err, d.Close())))
	}
	out = append(out, Finding{Level: LevelOK, Name: "estate", Detail: d.Project + " in " + d.Root})
	for _, check := range []func(context.Context) Finding{d.checkRepository, d.checkEnvironments, d.checkState, d.checkKey, d.checkSandbox, d.checkPlugins, d.checkIsolation, d.checkCache} {
		out = append(out, check(ctx))
	}
	for _, env := range envs {
		out = append(out, d.checkCloud(ctx, env)...)
	}
	if err := d.Close(); err != nil {
		out = append(out, finding("close", "", err))
	}
	return out
}

// finding turns the end of a check into a line.
func finding(name, detail string, err error) Finding {
	if err == nil {
		return Finding{Level: LevelOK, Name: name, Detail: detail}
	}
	f := Finding{Level: LevelFail, Name: name, Detail: err.Error()}
	var known *gitops.Error
	if errors.As(err, &known) {
		f.Fix = known.Next
	}
	return f
}

func tool(ctx context.Context, name string, args ...string) Finding {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return Finding{Level: LevelFail, Name: name, Detail: err.Error(), Fix: "install " + name}
	}
	return Finding{Level: LevelOK, Name: name, Detail: strings.TrimSpace(string(out))}
}

func (d *Driver) checkRepository(ctx context.Context) Finding {
	repo, err := checkout.Open(ctx, d.Root, checkout.Options{})
	if err != nil {
		f := finding("repository", "", err)
		f.Level = LevelWarn // an estate can be tried outside git
		return f
	}
	rev, err := repo.Head(ctx)
	if gitops.KindOf(err) == gitops.NotFound {
		return Finding{Level: LevelWarn, Name: "repository", Detail: "no commit yet", Fix: "git commit"}
	}
	return finding("repository", rev.Short()+" "+rev.Ref, err)
}

func (d *Driver) checkEnvironments(context.Context) Finding {
	envs, err := environments.Load(os.DirFS(d.Root), "environments")
	var names []string
	for _, e := range envs {
		on := e.Cloud.Provider
		if e.Cloud.Emulator {
			on = "an emulator"
		}
		names = append(names, e.Name+" on "+on)
	}
	return finding("environments", strings.Join(names, ", "), err)
}

// checkState opens the store of every environment. When their files cannot be
// read, there is still the local one.
func (d *Driver) checkState(ctx context.Context) Finding {
	envs, err := environments.Load(os.DirFS(d.Root), "environments")
	if err != nil || len(envs) == 0 {
		envs = []*environments.Environment{{}}
	}
	var places, limits []string
	for _, env := range envs {
		place := env.State // without a password, or the file is refused
		if place == "" {
			place = ".trunkline/state.db"
		}
		store, err := d.store(ctx, env)
		if err != nil {
			return finding("state", place, err)
		}
		stacks, err := store.Stacks(ctx, d.Project)
		if err != nil {
			return finding("state", place, err)
		}
		for _, l := range limitsOf(store) {
			if !slices.Contains(limits, l) {
				limits = append(limits, l)
			}
		}
		for _, info := range stacks {
			if _, err := store.Load(ctx, info.Ref); err != nil {
				return finding("state", place, err)
			}
		}
		if told := fmt.Sprintf("%d stacks in %s", len(stacks), place); !slices.Contains(places, told) {
			places = append(places, told)
		}
	}
	f := finding("state", strings.Join(places, ", "), nil)
	if len(limits) > 0 {
		f.Level, f.Fix = LevelWarn, strings.Join(limits, " ")
	}
	return f
}

func (d *Driver) checkSandbox(ctx context.Context) Finding {
	cloud, err := d.Cloud()
	if err != nil {
		return finding("sandbox", "", err)
	}
	list, err := cloud.List(ctx, sandbox.Filter{})
	return finding("sandbox", fmt.Sprintf("%d resources", len(list)), err)
}

func (d *Driver) checkCache(context.Context) Finding {
	dir, err := os.UserCacheDir()
	return finding("engine", fmt.Sprintf("Pulumi in this process, %s %s/%s, programs in %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, dir), err)
}

// checkIsolation says what programs that nobody has reviewed are kept from.
func (d *Driver) checkIsolation(context.Context) Finding {
	f := Finding{Level: LevelWarn, Name: "isolation", Fix: "review pull requests of strangers before their programs run here, or use Linux 6.7 or newer with Landlock"}
	switch program.Isolation() {
	case program.NetworkIsolated:
		return Finding{Level: LevelOK, Name: "isolation", Detail: "programs are described and recorded without other files and network"}
	case program.FilesIsolated:
		f.Detail = "programs are described and recorded without other files; this system does not keep them from the network"
	default:
		f.Detail = "this system does not keep programs from files and network"
	}
	return f
}
