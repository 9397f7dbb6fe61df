//go:build !unix

package pluginstore

import "io/fs"

// inode is 0: the system does not say it here.
func inode(fs.FileInfo) uint64 { return 0 }
