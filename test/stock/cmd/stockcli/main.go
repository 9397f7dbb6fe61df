// Command stockcli builds the stock Pulumi CLI when it is not there yet, and
// prints the directory whose bin/pulumi it is.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/trunkline-dev/trunkline/test/stock/cli"
)

func main() {
	root, err := cli.Root(context.Background(), os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "stockcli:", err)
		os.Exit(1)
	}
	fmt.Println(root)
}
