//go:build !unix

package automation

import "os"

// lockFile does nothing: stack files are locked inside this process only.
func lockFile(*os.File) error { return nil }
