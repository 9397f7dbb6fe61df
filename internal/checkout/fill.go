package checkout

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// fill writes the files of a commit below dir: directories first, then the
// files, then the links, so that nothing is ever written through a link.
func (r *Repo) fill(ctx context.Context, dir string, entries []entry) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	defer root.Close()
	if err := makeDirs(root, entries); err != nil {
		return gitops.Errorf(gitops.Failed, "cannot write the files of the commit: %w", err)
	}
	links := map[string]string{}
	write := func(e entry, content []byte) error {
		if e.mode == modeLink {
			links[e.path] = string(content)
			return nil
		}
		return writeFile(root, e, content)
	}
	if err := r.blobs(ctx, entries, write); err != nil {
		return err
	}
	if err := checkLinks(links); err != nil {
		return err
	}
	for at, target := range links {
		if err := root.Symlink(target, filepath.FromSlash(at)); err != nil {
			return gitops.Errorf(gitops.Failed, "cannot write the files of the commit: %w", err)
		}
	}
	return nil
}

// makeDirs makes each directory once.
func makeDirs(root *os.Root, entries []entry) error {
	made := map[string]bool{".": true}
	for _, e := range entries {
		dir := path.Dir(e.path)
		if e.mode == modeSubmodule {
			dir = e.path
		}
		if made[dir] {
			continue
		}
		if err := root.MkdirAll(filepath.FromSlash(dir), 0o755); err != nil {
			return err
		}
		made[dir] = true
	}
	return nil
}

func writeFile(root *os.Root, e entry, content []byte) error {
	mode := fs.FileMode(0o444)
	if e.mode == modeExecute {
		mode = 0o555
	}
	f, err := root.OpenFile(filepath.FromSlash(e.path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return gitops.Errorf(gitops.Failed, "cannot write the files of the commit: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return gitops.Errorf(gitops.Failed, "cannot write the files of the commit: %w", err)
	}
	return nil
}

// blobs reads the content of every file and link in order and hands it to
// write. Submodules have none.
func (r *Repo) blobs(ctx context.Context, entries []entry, write func(entry, []byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*patience)
	defer cancel()
	complaint := &bounded{max: maxErrors, drop: true}
	cmd := r.git.command(ctx, "cat-file", "--batch", "--buffer")
	cmd.Stderr = complaint
	in, err := cmd.StdinPipe()
	if err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	if err := cmd.Start(); err != nil {
		return gitops.Errorf(gitops.Failed, "cannot run git: %w", err)
	}
	var asking sync.WaitGroup
	asking.Go(func() { ask(in, entries) })
	err = r.receive(bufio.NewReaderSize(out, 1<<20), entries, write)
	stopped := ctx.Err() != nil
	if err != nil {
		cancel() // nobody reads on, so git must not wait for it
	}
	exit := cmd.Wait()
	asking.Wait()
	if err == nil || stopped {
		err = explain(ctx, exit, "cat-file", complaint.buf.String())
	}
	return err
}

// ask names the objects. When git is gone, the receiver reports it.
func ask(in io.WriteCloser, entries []entry) {
	defer in.Close()
	w := bufio.NewWriter(in)
	for _, e := range entries {
		if e.mode != modeSubmodule {
			w.WriteString(e.blob + "\n")
		}
	}
	_ = w.Flush()
}

// receive reads "object type size\ncontent\n" records, one for each entry.
func (r *Repo) receive(in *bufio.Reader, entries []entry, write func(entry, []byte) error) error {
	room := r.opts.MaxBytes
	if room == 0 {
		room = defaultMaxBytes
	}
	for _, e := range entries {
		if e.mode == modeSubmodule {
			continue
		}
		size, err := blobSize(in, e)
		if err != nil {
			return err
		}
		if room -= size; room < 0 {
			return gitops.Errorf(gitops.Invalid, "the files of the commit are larger than is allowed; the last one is %s", e.path)
		}
		content := make([]byte, size+1)
		if _, err := io.ReadFull(in, content); err != nil {
			return gitops.Errorf(gitops.Failed, "git ended before it gave %s: %w", e.path, err)
		}
		if err := write(e, content[:size]); err != nil {
			return err
		}
	}
	return nil
}

// blobSize reads the first line of a record.
func blobSize(in *bufio.Reader, e entry) (int64, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, gitops.Errorf(gitops.Failed, "git ended before it gave %s: %w", e.path, err)
	}
	parts := strings.Fields(line)
	if len(parts) != 3 || parts[0] != e.blob || parts[1] != "blob" {
		return 0, &gitops.Error{
			Kind: gitops.Failed, What: fmt.Sprintf("the repository lacks the content of %s (%s)", e.path, strings.TrimSpace(line)),
			Next: "git fsck, then git fetch --refetch",
		}
	}
	size, err := strconv.ParseInt(parts[2], 10, 63)
	if err != nil || size < 0 || size > defaultMaxBytes {
		return 0, gitops.Errorf(gitops.Invalid, "%s is larger than is allowed", e.path)
	}
	return size, nil
}
