// Package automation runs Pulumi's Automation API without the Pulumi CLI.
//
// A Command is an auto.PulumiCommand with Pulumi's engine inside. Programs that
// use github.com/pulumi/pulumi/sdk/v3/go/auto keep their code and pass one more
// option:
//
//	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "shop", program,
//		auto.Pulumi(automation.New()))
//
// No process is started and nothing needs to be installed, except provider
// plugins and policy packs; an operation that changes a stack in a Git work tree
// asks `git status` whether that differs from its commit, for the history. State
// is kept in SQLite. What is not served fails with exit code 2 and names itself;
// nothing is ignored silently.
//
// The environment of a call is its own, as auto.EnvVars say: the options that
// the CLI reads from it (PULUMI_PARALLEL, PULUMI_DEBUG_PROVIDERS, PULUMI_OPTION_…)
// are for that call. Some that Pulumi's packages read from the process's
// environment cannot be, such as PULUMI_DEBUG_GRPC: a call that wants them
// different is refused. PULUMI_HOME is the process's where plugins are looked
// for. Others mean nothing here, such as PULUMI_SKIP_CHECKPOINTS: every step is
// durable.
//
// An inline program runs in the caller's process, as it always does with the
// Automation API: a panic in one of its goroutines ends that process. Program
// names one that runs elsewhere.
//
// Pulumi's engine leaks a little with each operation. A program that runs for
// months calls it through a Pool, whose workers are processes that are replaced
// from time to time; see NewPool.
//
// The functions of auto decide by exit codes and texts. A Command gives them
// the ones of the CLI, and keeps the error itself for OnError.
package automation
