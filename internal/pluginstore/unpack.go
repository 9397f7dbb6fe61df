package pluginstore

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// unpack replaces an archive by the program in it and returns the program's
// digest. Nothing else is taken out: what is not locked by its own digest must
// not be there to be run.
func unpack(archive, program string) (_ string, err error) {
	packed := archive + ".tar.gz"
	if err := os.Rename(archive, packed); err != nil {
		return "", err
	}
	defer os.Remove(packed) // it lies in a directory that is removed too
	in, err := os.Open(packed)
	if err != nil {
		return "", err
	}
	defer in.Close()
	zipped, err := gzip.NewReader(in)
	if err != nil {
		return "", gitops.Errorf(gitops.Invalid, "the archive cannot be unpacked: %w", err)
	}
	for files := tar.NewReader(zipped); ; {
		h, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return "", gitops.Errorf(gitops.Invalid, "the archive has no program %s", program)
		case err != nil:
			return "", gitops.Errorf(gitops.Invalid, "the archive cannot be unpacked: %w", err)
		case h.Typeflag == tar.TypeReg && path.Clean(h.Name) == program:
			return save(files, archive)
		}
	}
}
