// Command trunkline delivers infrastructure written in Go: it previews, updates
// and rolls back stacks by commit.
package main

import (
	"os"

	"github.com/trunkline-dev/trunkline/internal/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], app.Process()))
}
