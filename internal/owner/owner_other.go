//go:build !linux

package owner

// bootAndSpace: this system does not tell.
func bootAndSpace() (boot, space string) { return "", "" }

// processStart: this system does not tell.
func processStart(int) (started string, ended bool) { return "", false }
