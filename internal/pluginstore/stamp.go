package pluginstore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"
)

// stamp says which content a file had when it was last read whole. A provider
// has hundreds of megabytes, and every command would read them again.
//
// It is as good as the directory: who can write there can write both the program
// and its stamp, and that is only the user whom all of this belongs to, who could
// as well replace trunkline itself. What it cannot miss is an accident: a copy
// that was cut short, a disk that gave other bytes to a new file, a restored
// backup, a plugin that was put there by hand. The lock, which says what the
// content must be, is in Git.
type stamp struct {
	Digest string `json:"digest"`
	// Size, Modified and Inode are those of the file then.
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Inode    uint64    `json:"inode"`
}

const stampName = "verified.json"

// holds tells whether the file has the digest.
func holds(dir, path, digest string) (bool, error) {
	now, err := stampOf(path, digest)
	if err != nil {
		return false, err
	}
	if known, ok := readStamp(dir); ok && known == now {
		return true, nil
	}
	got, err := digestOf(path)
	if err != nil || got != digest {
		return false, err
	}
	_ = writeStamp(dir, path, digest) // else it is read again
	return true, nil
}

// stampOf is the stamp that a file would have with that digest.
func stampOf(path, digest string) (stamp, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return stamp{}, err
	}
	if !info.Mode().IsRegular() {
		return stamp{}, &os.PathError{Op: "run", Path: path, Err: os.ErrInvalid}
	}
	return stamp{Digest: digest, Size: info.Size(), Modified: info.ModTime().UTC(), Inode: inode(info)}, nil
}

func readStamp(dir string) (stamp, bool) {
	raw, err := os.ReadFile(filepath.Join(dir, stampName))
	var s stamp
	return s, err == nil && json.Unmarshal(raw, &s) == nil
}

func writeStamp(dir, path, digest string) error {
	s, err := stampOf(path, digest)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	draft := filepath.Join(dir, stampName+".new")
	if err := os.WriteFile(draft, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(dir, stampName))
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
