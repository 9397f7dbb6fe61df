package driver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/factstore"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginstore"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/internal/recorder"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// Options configures a Driver.
type Options struct {
	// Dir is where to look for Pulumi.yaml: here or in a parent.
	Dir string
	// Getenv reads one variable of the environment, for what users hand over that
	// way (a passphrase). The estate program never sees it.
	Getenv func(string) string
	// Store is a private repository with commits that the clone may not have, ""
	// for none: that of a checkout.Repo which has fetched them.
	Store string
	// Plugins keeps provider plugins; the zero value is where a user's are.
	Plugins pluginstore.Store
	// Facts keeps what was found out about commits; the zero value is where a
	// user's is.
	Facts factstore.Store
	// Progress receives what happens. It must not block for long.
	Progress func(gitops.Progress)
	// Terminate closes when an operation must stop at once.
	Terminate <-chan struct{}
	// Parallel is how many stacks run at once; 0 means 4.
	Parallel int
	// NoWait makes an operation fail at once when its stack is held, instead of
	// waiting in line.
	NoWait bool
	// Log receives what the estate program prints. nil: discarded.
	Log io.Writer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Driver runs use cases on one estate.
type Driver struct {
	opts     Options
	builder  program.Builder
	recorder recorder.Recorder
	// Root is the directory of Pulumi.yaml.
	Root string
	// Project is the name of the Pulumi project, "" while the Pulumi.yaml of the
	// work tree cannot be read: a session of a commit then has its own.
	Project string

	mu       sync.Mutex
	cloud    *sandbox.Cloud
	stores   map[string]gitops.StateStore
	commands map[string]*automation.Command
	closer   []func() error

	broker *awsauth.Broker // nil before somebody calls AWS
	grants grants
}

// New finds the estate.
func New(opts Options) (*Driver, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Parallel <= 0 {
		opts.Parallel = 4
	}
	root, err := findRoot(opts.Dir)
	if err != nil {
		return nil, err
	}
	project, _ := projectName(root) // a session says what is wrong with it
	return &Driver{opts: opts, Root: root, Project: project, stores: map[string]gitops.StateStore{},
		commands: map[string]*automation.Command{}}, nil
}

// Close releases what the use cases opened.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for i := len(d.closer) - 1; i >= 0; i-- {
		errs = append(errs, d.closer[i]())
	}
	d.closer = nil
	return errors.Join(errs...)
}

func (d *Driver) now() time.Time { return d.opts.Now() }

// dataDir is where local state lives. It exists afterwards.
func (d *Driver) dataDir() (string, error) {
	dir := filepath.Join(d.Root, ".trunkline")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot make the directory for state", Err: err,
			Next: "make " + d.Root + " writable, or set `state:` in the environment file"}
	}
	return dir, nil
}

// holder says who runs this, for leases and history.
func holder() string {
	name := userName()
	if name == "" {
		name = "somebody"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s@%s pid %d", name, host, os.Getpid())
}

// userName is the user of this machine, "" when nobody knows.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// findRoot looks for Pulumi.yaml in dir and its parents.
func findRoot(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "Pulumi.yaml")); err == nil {
			return filepath.EvalSymlinks(at)
		}
		if at == filepath.Dir(at) {
			return "", &gitops.Error{Kind: gitops.Invalid, What: "no Pulumi.yaml in " + start + " or above: this is not an estate",
				Next: "trunkline init DIR, or trunkline -C DIR …"}
		}
	}
}
