package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// parsePath returns the absolute path that a store's URL or path names.
func parsePath(s string) (string, error) {
	scheme, _, isURL := strings.Cut(s, "://")
	invalid := func(why string) error {
		return &gitops.Error{
			Kind: gitops.Invalid,
			What: fmt.Sprintf("%q does not name a local state store: %s", redact(s), why),
			Next: "write sqlite:///absolute/path/state.db, or a path",
		}
	}
	switch {
	case s == "":
		return "", invalid("it is empty")
	case isURL && scheme != "sqlite":
		return "", invalid("its scheme is not sqlite")
	case isURL:
		u, err := url.Parse(s)
		switch {
		case err != nil:
			return "", invalid("it is not a URL")
		case u.Host != "" || u.User != nil:
			return "", invalid("it names a host; a local path starts with a third slash")
		case u.RawQuery != "" || u.Fragment != "":
			return "", invalid("it has parameters")
		case strings.Trim(u.Path, "/") == "":
			return "", invalid("it has no path")
		}
		s = filepath.FromSlash(u.Path)
	}
	path, err := filepath.Abs(s)
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot find the state store " + s, Err: err}
	}
	return path, nil
}

// redact hides a password in a URL.
func redact(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return "…" + s[i:]
	}
	return s
}

// ensureFile makes the store when there is none and refuses what must not be
// taken for a new one.
//
// A new store gets its name only when it is complete: it is built under
// another name and linked. So a file that exists was always a store before,
// and an empty one lost its content. It is never filled again in silence. That a
// store was made is written down beside it, so that a missing one is told from
// one that never was.
func ensureFile(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := createFile(ctx, path); err != nil {
			return err
		}
		return markMade(path)
	case err != nil:
		return explainFile(path, "open", err)
	case !info.Mode().IsRegular():
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("the state store %s is not a file", path),
			Next: "give the path of a file",
		}
	case info.Size() == 0:
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("the state store %s is empty: its content was lost", path),
			Next: "put a backup of the file there; only if it never held any state, delete it and a new store is made",
		}
	}
	if err := tighten(path, info); err != nil {
		return err
	}
	return markMade(path)
}

// madeSuffix names the file that says that the store beside it was made.
const madeSuffix = "-made"

// markMade says beside a store that it exists, when nothing does yet.
func markMade(path string) error {
	f, err := os.OpenFile(path+madeSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "%s was made beside this file. As long as this file is here, no new one is made in its place.\n", filepath.Base(path))
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return explainFile(path, "open", err)
	}
	return explainFile(path, "open", syncDir(filepath.Dir(path)))
}

// createFile builds a new store and gives it its name. When another process
// was faster, its store stays.
func createFile(ctx context.Context, path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("the state store %s is missing, but %s-wal with its last changes is there", path, path),
			Next: "put the file back next to it; only if the state is not needed, delete the -wal file too",
		}
	}
	if _, err := os.Stat(path + madeSuffix); err == nil {
		if _, err := os.Stat(path); err == nil {
			return nil // another process has made both meanwhile
		}
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("the state store %s is missing, and %s%s says that there was one", path, path, madeSuffix),
			Next: fmt.Sprintf("put the file or a backup of it back; only if nothing that it held is still deployed: rm '%s%s', and a new store is made", path, madeSuffix),
		}
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return explainFile(path, "make", err)
	}
	tmp, err := os.CreateTemp(dir, ".new-store-*") // mode 0600, as SQLite's side files then are
	if err != nil {
		return explainFile(path, "make", err)
	}
	defer removeAll(tmp.Name())
	err = tmp.Close()
	if err == nil {
		err = buildStore(ctx, tmp.Name())
	}
	if err == nil {
		err = os.Link(tmp.Name(), path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return explainFile(path, "make", err)
	}
	return explainFile(path, "make", syncDir(dir))
}

// removeAll removes a database with its side files.
func removeAll(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(path + suffix)
	}
}

// tighten takes the rights of others from the file, which a copy or a restored
// backup may have.
func tighten(path string, info fs.FileInfo) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(path, info.Mode().Perm()&0o700); err != nil {
		return &gitops.Error{
			Kind: gitops.Failed,
			What: fmt.Sprintf("others can read the state store %s", path),
			Err:  err,
			Next: fmt.Sprintf("let its owner run: chmod 600 '%s'", path),
		}
	}
	return nil
}

// syncDir makes a new name in the directory survive a power cut, where the
// system can do that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
