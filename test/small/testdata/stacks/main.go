// Command stacks is the estate program: the table of everything that is
// deployed. It is started by trunkline, and by the stock Pulumi CLI.
package main

import (
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/stacks/app"
	"github.com/trunkline-dev/trunkline/stacks/data"
	"github.com/trunkline-dev/trunkline/stacks/network"
)

func main() { estate.Main(network.Stack, data.Stack, app.Stack) }
