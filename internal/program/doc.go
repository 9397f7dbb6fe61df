// Package program compiles the estate program of a commit, keeps the result,
// and runs it as a process that knows nothing of the driver's secrets.
//
// The program is material from outside: it is compiled without cgo, generators
// or configuration of the machine, and what it prints, takes and fails with is
// bounded.
package program
