package program

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Builder compiles estate programs and keeps them. The zero value is right for
// a command of a user. It is safe for concurrent use, also by other processes
// on the same CacheDir.
type Builder struct {
	// CacheDir keeps the programs; "" means trunkline/programs in the user's
	// cache directory.
	CacheDir string
	// MaxBytes bounds the cache, least recently used first; 0 means 2 GiB.
	MaxBytes int64
	// Timeout bounds one compilation; 0 means 30 minutes.
	Timeout time.Duration
	// Environ is the environment from which the go command gets what it needs,
	// such as PATH, HOME and GOPROXY; nil means that of the process.
	Environ []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Source is the program of one checkout.
type Source struct {
	// Root is the absolute top of the checkout. Nothing outside of it goes into
	// the program, except modules of the versions that go.mod names.
	Root string
	// Dir is the directory of the estate in Root, with slashes; "" is Root.
	Dir string
	// Package is the main package relative to Dir; "" means "./stacks".
	Package string
}

// Binary is a compiled program.
type Binary struct {
	// Path is the executable.
	Path string
	// Key identifies everything that went into it: "sha256:…". It does not
	// depend on where the checkout lay.
	Key string
	// Module is the path of the estate's module, ModuleDir its directory in
	// Root with slashes. Together they lead from a source position of the
	// program to a file of the repository.
	Module, ModuleDir string
	// Cached tells that nothing had to be compiled.
	Cached bool
	// Took says how long Build took.
	Took Timings

	inputs *inputs
}

// Timings are the phases of Build.
type Timings struct {
	// Inputs is the time to find out what goes into the program, Compile the
	// time of the compiler and linker.
	Inputs, Compile time.Duration
}

// attempts is how often Build compiles a tree that somebody is editing.
const attempts = 3

// Build returns the compiled program of the source. What is wrong with the
// source is an error of kind Invalid; its cause is a *CompileError when the
// compiler has found it.
func (b *Builder) Build(ctx context.Context, src Source) (Binary, error) {
	start := b.now()
	job, err := b.prepare(ctx, src)
	if err != nil {
		return Binary{}, err
	}
	if found, ok := job.cache.find(job.family, job.src.Root); ok {
		return b.cached(job, found, start), nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.timeout())
	defer cancel()
	unlock, err := job.cache.lock(ctx, job.family)
	if err != nil {
		return Binary{}, err
	}
	defer unlock()
	if found, ok := job.cache.find(job.family, job.src.Root); ok { // by whom we waited for
		return b.cached(job, found, start), nil
	}
	for range attempts {
		bin, unchanged, err := b.make(ctx, job, start)
		if err != nil || unchanged {
			return bin, err
		}
		start = b.now()
	}
	return Binary{}, &gitops.Error{Kind: gitops.Failed, What: "the files of the estate change while they are compiled", Next: "save your work and try again"}
}

// job is what one Build works on.
type job struct {
	src    Source
	layout layout
	tool   goTool
	cache  cache
	family string
}

// prepare checks the source and finds the go command, without running it.
func (b *Builder) prepare(ctx context.Context, src Source) (job, error) {
	if src.Package == "" {
		src.Package = "./stacks"
	}
	if src.Dir = path.Clean(src.Dir); src.Dir == "." {
		src.Dir = ""
	}
	src.Package = "./" + path.Clean(src.Package)
	root, err := filepath.EvalSymlinks(src.Root)
	if err != nil {
		return job{}, gitops.Errorf(gitops.Invalid, "cannot open the estate: %w", err)
	}
	src.Root = root
	lay, err := locate(src)
	if err != nil {
		return job{}, err
	}
	environ := b.Environ
	if environ == nil {
		environ = os.Environ()
	}
	tool, err := findGo(ctx, environ, lay)
	if err != nil {
		return job{}, err
	}
	dir, err := b.cacheDir()
	if err != nil {
		return job{}, err
	}
	c := cache{dir: dir, max: b.MaxBytes, now: b.now}
	return job{src: src, layout: lay, tool: tool, cache: c, family: family(src, tool)}, nil
}

// make compiles once and keeps the result, unless a file changed meanwhile.
func (b *Builder) make(ctx context.Context, j job, start time.Time) (bin Binary, unchanged bool, err error) {
	in, env, err := j.list(ctx)
	if err != nil {
		return Binary{}, false, err
	}
	listed := b.now()
	draft, err := j.cache.draft()
	if err != nil {
		return Binary{}, false, err
	}
	defer os.RemoveAll(draft)
	if err := j.compile(ctx, env, filepath.Join(draft, binaryName)); err != nil {
		return Binary{}, false, err
	}
	if !newTree(j.src.Root).matches(in) {
		return Binary{}, false, nil
	}
	e, err := j.cache.publish(j.family, draft, in)
	if err != nil {
		return Binary{}, false, err
	}
	bin = e.binary()
	bin.Took = Timings{Inputs: listed.Sub(start), Compile: b.now().Sub(listed)}
	return bin, true, nil
}

func (b *Builder) cached(j job, e entry, start time.Time) Binary {
	j.cache.touch(e)
	bin := e.binary()
	bin.Cached = true
	bin.Took.Inputs = b.now().Sub(start)
	return bin
}

func (b *Builder) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

func (b *Builder) timeout() time.Duration {
	if b.Timeout > 0 {
		return b.Timeout
	}
	return 30 * time.Minute
}

func (b *Builder) cacheDir() (string, error) {
	if b.CacheDir != "" {
		return filepath.Abs(b.CacheDir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "there is no place to keep the compiled program", Err: err, Next: "set HOME or XDG_CACHE_HOME"}
	}
	return filepath.Join(dir, "trunkline", "programs"), nil
}

// family groups the programs that one go command could make of one package.
func family(src Source, tool goTool) string {
	return digest(fmt.Appendf(nil, "%d\n%s\n%s\n%s", scheme, src.Dir, src.Package, tool.identity))[:16]
}
