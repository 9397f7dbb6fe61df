package program

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"runtime"
)

// binaryStamp tells whether a compiled program is still what was published.
type binaryStamp struct {
	Size    int64  `json:"size"`
	ModTime int64  `json:"modTime"` // nanoseconds since 1970
	SHA256  string `json:"sha256"`
}

// seal makes a compiled program durable and takes its stamp. It does not open
// it for writing: a process that is started meanwhile would inherit that, and a
// file that is open for writing cannot be run.
func seal(path string) (binaryStamp, error) {
	f, err := os.Open(path)
	if err != nil {
		return binaryStamp{}, err
	}
	sum, err := sumOf(f)
	if runtime.GOOS != "windows" { // where only writers can
		err = errors.Join(err, f.Sync())
	}
	if err := errors.Join(err, f.Close(), os.Chmod(path, 0o500)); err != nil {
		return binaryStamp{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return binaryStamp{}, err
	}
	return binaryStamp{Size: info.Size(), ModTime: info.ModTime().UnixNano(), SHA256: sum}, nil
}

// holds tells whether the program at path is whole. Its content is read only
// when its size or time says that somebody has touched it.
func (s binaryStamp) holds(path string) bool {
	info, err := os.Stat(path)
	if err != nil || info.Size() != s.Size || s.SHA256 == "" {
		return false
	}
	if info.ModTime().UnixNano() == s.ModTime {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	sum, err := sumOf(f)
	return err == nil && sum == s.SHA256
}

func sumOf(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}
