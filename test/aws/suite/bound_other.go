//go:build !linux

package main

import "os/exec"

// boundToParent does nothing: a program that is killed leaves its emulators
// behind.
func boundToParent(*exec.Cmd) {}
