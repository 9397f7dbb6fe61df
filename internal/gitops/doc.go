// Package gitops holds the words of Trunkline and the seams between its parts.
//
// A word means one thing: the type here is the meaning. The package imports
// only the standard library, so that every other package may import it.
package gitops
