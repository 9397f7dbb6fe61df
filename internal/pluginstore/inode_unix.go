//go:build unix

package pluginstore

import (
	"io/fs"
	"syscall"
)

// inode is the number of the file on its disk.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
