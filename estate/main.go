package estate

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// usage is what somebody reads who starts the program by hand.
const usage = `This is an estate program: it is started by trunkline or by the Pulumi CLI.

  describe   print its stacks, needs and settings as JSON
  serve      run stacks on request until standard input ends
`

// Main is the main function of an estate program: the table of its stacks. It
// does not return.
//
// Its first argument chooses what it does: "describe" prints a Description as
// JSON; "serve" prints its address as one line of JSON and runs stacks for the
// engine until standard input ends. Without an argument it is a plain Pulumi
// program for the stock CLI. A table that contradicts itself ends it with code
// 2 and one line for each problem.
func Main(stacks ...AnyStack) {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr, stacks)) //nolint:forbidigo // Main is the main function
}

func run(args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer, stacks []AnyStack) int {
	p, err := newProgram(stacks)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 2
	}
	mode := ""
	if len(args) > 0 {
		mode = args[0]
	}
	switch {
	case mode == "describe":
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		err = enc.Encode(p.describe())
	case mode == "serve":
		err = p.serve(stdin, stdout)
	case mode == "" && (getenv(pulumi.EnvMonitor) != "" || getenv("PULUMI_PLUGINS") != ""):
		pulumi.Run(p.run) // ends the process itself when it fails
	default:
		_, _ = fmt.Fprint(stderr, usage)
		return 2
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
