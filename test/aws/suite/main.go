// Command suite runs every component alone, and then the whole reference estate,
// through the real terraform-provider-aws against moto, an emulator of AWS, and
// prints one row for each:
//
//	go run . [--bounded] [--parallel N] [--run REGEXP] [-v]
//
// A row is a story: preview, create, a preview that finds no changes, a change
// in place, a change that replaces, drift that somebody makes with the AWS CLI,
// a refresh that finds it, an update that repairs it, destroy, and an emulator
// that is empty afterwards. "ok" means that all of that happened. What the
// emulator gets wrong is listed in the row, with evidence, and makes it "partly";
// anything else that is not as it should be makes it "failed".
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	bounded  bool
	verbose  bool
	parallel int
	only     *regexp.Regexp
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, o)
	stop()
	os.Exit(code)
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("suite", flag.ContinueOnError)
	flags.BoolVar(&o.bounded, "bounded", false, "only what takes less than three minutes; missing tools are not an error")
	flags.BoolVar(&o.verbose, "v", false, "say what each row is doing")
	flags.IntVar(&o.parallel, "parallel", 3, "rows at once; each has an emulator and a provider of its own")
	only := flags.String("run", "", "only rows whose name matches the regular expression")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.only, err = regexp.Compile(*only)
	return o, err
}

// run returns the exit code.
func run(ctx context.Context, o options) int {
	began := time.Now()
	tools, missing := find(ctx)
	if len(missing) > 0 {
		for _, m := range missing {
			fmt.Fprintln(os.Stderr, "missing:", m)
		}
		if o.bounded {
			fmt.Println("SKIPPED: the real AWS provider was NOT tested here: see what is missing above")
			return 0
		}
		return 2
	}
	home, err := os.MkdirTemp("", "trunkline-aws-")
	if err == nil {
		defer os.RemoveAll(home) // what is left is only a copy
		err = tools.install(ctx, home)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	outcomes, peak := all(ctx, o, tools, home)
	return report(outcomes, peak, time.Since(began))
}
