package pluginstore

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
)

// maxBytes bounds an archive and a program: the largest provider has about 1 GB.
const maxBytes = 4 << 30

// Fetched is a plugin that was fetched and is not installed yet. It must be
// closed.
type Fetched struct {
	// Artifact is what it is, and where it came from.
	Artifact pluginlock.Artifact
	// Server is where Pulumi's code found it, "" when somebody named a file.
	Server string
	path   string // of the program, in a directory of its own
}

// Close removes what was not kept.
func (f *Fetched) Close() error { return os.RemoveAll(filepath.Dir(f.path)) }

// Fetch gets a plugin for a platform: from a file, directory or URL when from
// names one, else from where the lock says, else through Pulumi's own code. When
// the platform is locked, anything else than what was locked is an error of kind
// Invalid; an archive is not unpacked then.
func (s *Store) Fetch(ctx context.Context, p pluginlock.Plugin, platform, from string) (_ *Fetched, err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "cannot keep plugins", Err: err}
	}
	dir, err := os.MkdirTemp(s.Dir, "fetch-")
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Failed, What: "cannot keep plugins", Err: err}
	}
	f := &Fetched{path: filepath.Join(dir, p.Program(platform))}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	want := p.Platforms[platform] // nothing when it is not locked
	body, err := s.open(ctx, p, platform, from, f)
	if err != nil {
		return nil, err
	}
	got, err := save(body, f.path)
	if closeErr := body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, cannot(ctx, p, err)
	}
	packed, err := isArchive(f.path)
	if err != nil {
		return nil, cannot(ctx, p, err)
	}
	if packed {
		f.Artifact.Archive = got
		if want.Archive != "" && got != want.Archive {
			return nil, differs(p, platform, "archive", got, want.Archive)
		}
		if got, err = unpack(f.path, p.Program(platform)); err != nil {
			return nil, cannot(ctx, p, err)
		}
	}
	f.Artifact.Binary = got
	if want.Binary != "" && got != want.Binary {
		return nil, differs(p, platform, "program", got, want.Binary)
	}
	return f, nil
}

func cannot(ctx context.Context, p pluginlock.Plugin, err error) error {
	out := &gitops.Error{Kind: gitops.KindOf(err), What: "cannot fetch provider " + p.String(), Err: err,
		Next: "where there is no way to the server, or a private one wants GITHUB_TOKEN or GITLAB_TOKEN: --from PATH|URL takes a file"}
	var known *gitops.Error
	if errors.As(err, &known) && known.Next != "" {
		out.Next = known.Next
	}
	if ctx.Err() != nil {
		out.Kind = gitops.Cancelled
	}
	return out
}

func differs(p pluginlock.Plugin, platform, what, got, want string) error {
	return &gitops.Error{Kind: gitops.Invalid,
		What: fmt.Sprintf("the %s of provider %s for %s is not the one in %s: its checksum is %s, and %s is locked", what, p, platform, pluginlock.File, got, want),
		Next: "find out why; if it is right: trunkline plugin lock " + p.Name + "@" + p.Version}
}

// save writes a stream to a new file and returns its digest.
func save(r io.Reader, path string) (string, error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, h), io.LimitReader(r, maxBytes+1))
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err == nil && n > maxBytes {
		err = fmt.Errorf("it has more than %d bytes", int64(maxBytes))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), err
}

// magic are the first bytes of programs: ELF, Windows, macOS (one processor and
// several), and a script.
var magic = [][]byte{
	[]byte("\x7fELF"), []byte("MZ"), []byte("\xcf\xfa\xed\xfe"), []byte("\xca\xfe\xba\xbe"), []byte("#!"),
}

// isArchive tells a .tar.gz from a program, and refuses what is neither, such as
// the page on which a server says that it is sorry.
func isArchive(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head, _ := bufio.NewReader(f).Peek(4) // a shorter file is neither
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return true, nil
	}
	for _, m := range magic {
		if bytes.HasPrefix(head, m) {
			return false, nil
		}
	}
	return false, gitops.Errorf(gitops.Invalid, "what came is neither a .tar.gz nor a program")
}
