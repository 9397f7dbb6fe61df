// Command trunkline delivers infrastructure written in Go: it previews, updates
// and rolls back stacks by commit.
package main

import (
	"os"
	"runtime"

	"github.com/trunkline-dev/trunkline/internal/app"
)

// heapFloor is what the collector takes for live from the start, in bytes, so
// that it does not run again and again while the heap is small. It is never
// touched and takes no memory; the heap grows by as much more before the
// collector runs. A higher GOGC would let a big heap grow many times over.
const heapFloor = 128 << 20

func main() {
	floor := make([]byte, heapFloor)
	code := app.Main(os.Args[1:], app.Process())
	runtime.KeepAlive(floor)
	os.Exit(code)
}
