//go:build !linux

package program

// Isolation tells how far this system can confine a program.
func Isolation() Isolated { return NotIsolated }

// confine does nothing: there is no way without privileges.
func confine(Confinement, string, string) error { return nil }
