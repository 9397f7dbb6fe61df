package diy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// files keeps objects in a directory, as fileblob does, but durably, and with a
// Create that excludes other processes.
type files struct{ root string }

func (f files) path(key string) string { return filepath.Join(f.root, filepath.FromSlash(key)) }

func (f files) Get(_ context.Context, key string) ([]byte, error) {
	b, err := os.ReadFile(f.path(key))
	return b, known(err)
}

func (f files) Put(_ context.Context, key string, data []byte) error {
	return f.write(key, data, os.Rename)
}

func (f files) Create(_ context.Context, key string, data []byte) error {
	return known(f.write(key, data, func(from, to string) error {
		if err := os.Link(from, to); err != nil {
			return err
		}
		return os.Remove(from)
	}))
}

// write puts the data into a file beside the object and calls place to give it
// the object's name.
func (f files) write(key string, data []byte, place func(from, to string) error) error {
	to := f.path(key)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil { // less the user's umask, as Pulumi's own
		return err
	}
	from, err := temporary(to, data)
	if err != nil {
		return err
	}
	if err := place(from, to); err != nil {
		_ = os.Remove(from) // the first error says why
		return err
	}
	return syncDir(filepath.Dir(to))
}

// temporary writes the data to a new file beside to, durably.
func temporary(to string, data []byte) (string, error) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s.%d%s", to, n, temporarySuffix)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the user's umask
		if errors.Is(err, fs.ErrExist) {
			continue // of another writer, or left by one that died
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(data)
		if err == nil {
			err = file.Sync()
		}
		if err := errors.Join(err, file.Close()); err != nil {
			_ = os.Remove(name) // the first error says why
			return "", err
		}
		return name, nil
	}
}

const temporarySuffix = ".tmp"

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // this file system has no such thing
	}
	return errors.Join(err, d.Close())
}

func (f files) Delete(_ context.Context, key string) error {
	for _, name := range []string{f.path(key), f.path(key) + attributesSuffix} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f files) List(_ context.Context, prefix string) ([]object, error) {
	dir, start := path.Split(prefix)
	entries, err := os.ReadDir(f.path(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []object
	for _, e := range entries {
		name := e.Name()
		switch path.Ext(name) {
		case temporarySuffix, attributesSuffix:
			continue
		}
		if e.IsDir() || !strings.HasPrefix(name, start) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // it has just gone
		}
		list = append(list, object{Key: dir + name, Modified: info.ModTime()})
	}
	slices.SortFunc(list, func(a, b object) int { return cmp.Compare(a.Key, b.Key) })
	return list, nil
}

func (f files) Sync(_ context.Context, key string) error {
	file, err := os.Open(f.path(key))
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(f.path(key)))
}

// attributesSuffix ends the name of the file in which fileblob keeps a checksum.
const attributesSuffix = ".attrs"

func (f files) MD5(_ context.Context, key string) ([]byte, error) {
	raw, err := os.ReadFile(f.path(key) + attributesSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var a struct {
		MD5 []byte `json:"md5"`
	}
	if err != nil || json.Unmarshal(raw, &a) != nil {
		return nil, err // a file that is being written says nothing
	}
	return a.MD5, nil
}

func (files) Close() error { return nil }

func known(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errMissing
	case errors.Is(err, fs.ErrExist):
		return errExists
	}
	return err
}
