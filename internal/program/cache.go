package program

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	inputsName      = "inputs.json"
	descriptionName = "describe.json"

	defaultMaxBytes = 2 << 30
	// recent is for how long a program is kept after its last use, whatever the
	// size of the cache, because somebody may be about to start it.
	recent = 10 * time.Minute
	// abandoned is when a draft can belong to nobody any more.
	abandoned = 24 * time.Hour
)

// binaryName is the name of every compiled program.
var binaryName = executable(runtime.GOOS)

func executable(goos string) string {
	if goos == "windows" {
		return "estate.exe"
	}
	return "estate"
}

// cache keeps compiled programs: <dir>/<family>/<key>/{estate,inputs.json}. An
// entry appears by one rename and never changes.
type cache struct {
	dir string
	max int64
	now func() time.Time
}

// entry is one kept program.
type entry struct {
	dir string
	key string
	in  *inputs
}

func (e entry) path() string { return filepath.Join(e.dir, binaryName) }

func (e entry) binary() Binary {
	return Binary{Path: e.path(), Key: e.key, Module: e.in.Module, ModuleDir: e.in.ModuleDir, inputs: e.in}
}

// find returns the program that the tree would yield, when it is kept and
// whole. It runs nothing and reads each file once.
func (c cache) find(family, root string) (entry, bool) {
	t := newTree(root)
	for _, e := range c.entries(family) {
		in, err := readInputs(e.dir)
		if err != nil || !t.matches(in) || filepath.Base(e.dir) != entryName(in.key(family)) {
			continue
		}
		e.in, e.key = in, in.key(family)
		return e, in.Binary.holds(e.path())
	}
	return entry{}, false
}

// used is an entry with the time of its last use.
type used struct {
	entry
	last time.Time
	size int64
}

// entries lists the programs of a family, the last used first.
func (c cache) entries(family string) []entry {
	var out []entry
	for _, u := range c.list(filepath.Join(c.dir, family)) {
		out = append(out, u.entry)
	}
	return out
}

// list reads one family's directory. What cannot be read is not there.
func (c cache) list(dir string) []used {
	found, _ := os.ReadDir(dir)
	var out []used
	for _, d := range found {
		u := used{entry: entry{dir: filepath.Join(dir, d.Name())}}
		info, err := os.Stat(filepath.Join(u.dir, inputsName))
		if err != nil {
			continue
		}
		u.last = info.ModTime()
		if bin, err := os.Stat(u.path()); err == nil {
			u.size = bin.Size()
		}
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b used) int { return b.last.Compare(a.last) })
	return out
}

// draft makes a directory to compile into.
func (c cache) draft() (string, error) {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return "", c.failed(err)
	}
	dir, err := os.MkdirTemp(c.dir, "draft-")
	if err != nil {
		return "", c.failed(err)
	}
	return dir, nil
}

// publish makes the draft an entry. A broken entry of the same key gives way.
func (c cache) publish(family, draft string, in *inputs) (entry, error) {
	key := in.key(family)
	stamp, err := seal(filepath.Join(draft, binaryName))
	if err != nil {
		return entry{}, c.failed(err)
	}
	in.Binary = stamp
	content, err := json.Marshal(in)
	if err != nil {
		return entry{}, gitops.Errorf(gitops.Bug, "%w", err)
	}
	if err := os.WriteFile(filepath.Join(draft, inputsName), content, 0o600); err != nil {
		return entry{}, c.failed(err)
	}
	e := entry{dir: filepath.Join(c.dir, family, entryName(key)), key: key, in: in}
	if err := os.MkdirAll(filepath.Dir(e.dir), 0o700); err != nil {
		return entry{}, c.failed(err)
	}
	if err := os.RemoveAll(e.dir); err != nil {
		return entry{}, c.failed(err)
	}
	if err := os.Rename(draft, e.dir); err != nil {
		return entry{}, c.failed(err)
	}
	c.touch(e)
	c.prune(e)
	return e, nil
}

// entryName is the directory of a key.
func entryName(key string) string { return key[len("sha256:"):][:32] }

func readInputs(dir string) (*inputs, error) {
	content, err := os.ReadFile(filepath.Join(dir, inputsName))
	if err != nil {
		return nil, err
	}
	in := new(inputs)
	if err := json.Unmarshal(content, in); err != nil {
		return nil, err
	}
	if in.Scheme != scheme || len(in.Files) == 0 {
		return nil, fmt.Errorf("%s is of another version", dir)
	}
	return in, nil
}

// touch notes that an entry was used. That it fails costs only the entry's
// place in the cache.
func (c cache) touch(e entry) {
	now := c.now()
	_ = os.Chtimes(filepath.Join(e.dir, inputsName), now, now)
}

// prune removes the programs that were not used for longest, until the rest
// fits, and the drafts of builds that died. keep stays.
func (c cache) prune(keep entry) {
	most := c.max
	if most <= 0 {
		most = defaultMaxBytes
	}
	families, _ := os.ReadDir(c.dir)
	var all []used
	for _, d := range families {
		if !d.IsDir() {
			continue
		}
		if info, err := d.Info(); err == nil && isDraft(d) && c.now().Sub(info.ModTime()) > abandoned {
			_ = os.RemoveAll(filepath.Join(c.dir, d.Name())) // the next build tries again
		}
		all = append(all, c.list(filepath.Join(c.dir, d.Name()))...)
	}
	slices.SortFunc(all, func(a, b used) int { return cmp.Or(b.last.Compare(a.last), cmp.Compare(a.dir, b.dir)) })
	var total int64
	for _, u := range all {
		total += u.size
		if total > most && u.dir != keep.dir && c.now().Sub(u.last) > recent {
			_ = os.RemoveAll(u.dir) // the next build tries again
			total -= u.size
		}
	}
}

func isDraft(d fs.DirEntry) bool {
	ok, _ := filepath.Match("draft-*", d.Name())
	return ok
}

// lock waits until no other builder works on the family.
func (c cache) lock(ctx context.Context, family string) (unlock func(), err error) {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, c.failed(err)
	}
	f, err := os.OpenFile(filepath.Join(c.dir, family+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, c.failed(err)
	}
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		locked, err := tryLock(f)
		if err != nil {
			return nil, c.failed(errors.Join(err, f.Close()))
		}
		if locked {
			return func() { _ = f.Close() }, nil // which unlocks
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			_ = f.Close()
			kind := gitops.Cancelled
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				kind = gitops.Timeout
			}
			return nil, gitops.Errorf(kind, "another command is compiling the estate: %w", ctx.Err())
		}
	}
}

func (c cache) failed(err error) error {
	return &gitops.Error{
		Kind: gitops.Failed, What: "cannot keep the compiled program in " + c.dir, Err: err,
		Next: "make room or make it writable, or set XDG_CACHE_HOME to another directory",
	}
}
