// Package trunkline carries the reference estate: the components, stacks,
// environments and kit of this repository, as files. `trunkline init` and
// `trunkline demo` write repositories from them.
package trunkline

import "embed"

// Estate holds the files of the reference estate, tests included.
//
//go:embed all:components all:environments all:estate all:policies all:policy all:stacks Pulumi.yaml go.mod go.sum LICENSE
var Estate embed.FS
