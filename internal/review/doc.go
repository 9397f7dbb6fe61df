// Package review turns what an operation will do, or did, into text that a
// person reads: on a terminal, in a log, in a pull request, or as JSON.
//
// All forms come from one Document. The package is pure: no I/O, no clock, no
// colour codes. A Line carries meanings (Style); whoever prints it decides what
// they look like.
package review
