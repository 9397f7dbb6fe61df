package automation

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// action is one command with its flags: a typed request.
type action interface {
	flags(fs *pflag.FlagSet)
	run(s *session, args []string) error
}

// command is a row of the table of what is served.
type command struct {
	make     func() action
	min, max int // positional arguments
}

// commands lists everything that is served. Flags and commands that are not
// here are refused, so that nothing passes by doing nothing.
func commands() map[string]command {
	no := func(f func() action) command { return command{make: f} }
	upTo := func(n int, f func() action) command { return command{make: f, max: n} }
	return map[string]command{
		"version": no(func() action { return versionAction{} }),
		"whoami":  no(func() action { return &whoamiAction{} }),
		"cancel":  upTo(1, func() action { return &cancelAction{} }),

		"preview": no(func() action { return newPreview() }),
		"up":      no(func() action { return newUp() }),
		"refresh": no(func() action { return newRefresh() }),
		"destroy": no(func() action { return newDestroy() }),
		"import":  upTo(3, func() action { return newImport() }),

		"stack":         no(func() action { return stackShow{} }),
		"stack select":  upTo(1, func() action { return stackSelect{} }),
		"stack init":    upTo(1, func() action { return &stackInit{} }),
		"stack ls":      no(func() action { return &stackList{} }),
		"stack rm":      upTo(1, func() action { return &stackRemove{} }),
		"stack rename":  {make: func() action { return stackRename{} }, min: 1, max: 1},
		"stack settle":  {make: func() action { return stackSettle{} }, min: 1, max: 2},
		"stack output":  upTo(1, func() action { return &stackOutput{} }),
		"stack history": no(func() action { return &stackHistory{} }),
		"stack export":  no(func() action { return &stackExport{} }),
		"stack import":  no(func() action { return &stackImport{} }),

		"stack tag get":    {make: func() action { return tagGet{} }, min: 1, max: 1},
		"stack tag set":    {make: func() action { return tagSet{} }, min: 2, max: 2},
		"stack tag rm":     {make: func() action { return tagRemove{} }, min: 1, max: 1},
		"stack tag remove": {make: func() action { return tagRemove{} }, min: 1, max: 1},
		"stack tag ls":     no(func() action { return &tagList{} }),
		"stack tag list":   no(func() action { return &tagList{} }),

		"stack change-secrets-provider": {make: func() action { return changeSecrets{} }, min: 1, max: 1},

		"config":         no(func() action { return &configList{} }),
		"config get":     {make: func() action { return &configGet{} }, min: 1, max: 1},
		"config set":     {make: func() action { return &configSet{} }, min: 2, max: 2},
		"config set-all": no(func() action { return &configSetAll{} }),
		"config rm":      {make: func() action { return &configRemove{} }, min: 1, max: 1},
		"config rm-all":  {make: func() action { return &configRemove{} }, min: 1, max: maxKeys},
		"config refresh": no(func() action { return &configRefresh{} }),
	}
}

const maxKeys = 1 << 20

// common holds the flags that every command takes.
type common struct {
	stack, cwd, configFile string
	// color is auto, always, never or raw.
	color     string
	help, yes bool
	// noted are flags that are accepted and have no effect here.
	noted []string
}

// invocation is a parsed command line.
type invocation struct {
	common
	name   string
	action action
	args   []string
	flags  *pflag.FlagSet
}

// parse reads a command line, with the defaults that the environment has for
// flags. It is pure. Every error is of kind Invalid and names the command or the
// flag.
func parse(argv []string, env map[string]string) (*invocation, error) {
	argv = slices.DeleteFunc(slices.Clone(argv), func(a string) bool { return a == "--non-interactive" })
	table := commands()
	name, rest := lookup(table, argv)
	if name == "" {
		return nil, notServed(argv)
	}
	cmd := table[name]
	inv := &invocation{name: name, action: cmd.make(), flags: pflag.NewFlagSet(name, pflag.ContinueOnError)}
	inv.flags.SetOutput(io.Discard)
	inv.action.flags(inv.flags)
	inv.common.define(inv.flags)
	if err := flagDefaults(inv.flags, env); err != nil {
		return nil, err
	}
	if err := inv.flags.Parse(rest); err != nil {
		if inv.help {
			return inv, nil
		}
		return nil, usage("pulumi %s: %v: not served in this process", name, err)
	}
	inv.args = inv.flags.Args()
	if inv.help {
		return inv, nil
	}
	if n := len(inv.args); n > cmd.max {
		if cmd.max == 0 { // "stack" and "config" are groups, too
			return nil, notServed(append(strings.Fields(name), inv.args...))
		}
		return nil, usage("pulumi %s takes at most %d argument(s), not %d", name, cmd.max, n)
	} else if n < cmd.min {
		return nil, usage("pulumi %s needs %d argument(s), got %d", name, cmd.min, n)
	}
	inv.noted = inv.ineffective()
	if !slices.Contains([]string{"auto", "always", "never", "raw"}, inv.color) {
		return nil, usage("unsupported color option: '%s'.  Supported values are: auto, always, never, raw", inv.color)
	}
	return inv, nil
}

// lookup finds the longest command that the arguments start with.
func lookup(table map[string]command, argv []string) (name string, rest []string) {
	for n := min(3, len(argv)); n > 0; n-- {
		name := strings.Join(argv[:n], " ")
		if _, ok := table[name]; ok {
			return name, argv[n:]
		}
	}
	return "", nil
}

func notServed(argv []string) error {
	words := argv
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }); i > 0 {
		words = words[:i]
	}
	if len(words) > 3 {
		words = words[:3]
	}
	if len(words) == 0 {
		return usage("no command given")
	}
	return usage("the command %q is not served in this process", "pulumi "+strings.Join(words, " "))
}

// define adds the common flags, except those that the command has itself.
func (c *common) define(fs *pflag.FlagSet) {
	fs.StringVarP(&c.stack, "stack", "s", "", "the stack to operate on")
	fs.StringVarP(&c.cwd, "cwd", "C", "", "run as if started in this directory")
	fs.BoolVarP(&c.help, "help", "h", false, "list the flags that are served")
	fs.BoolVarP(&c.yes, "yes", "y", false, "confirm")
	if fs.Lookup("config-file") == nil {
		fs.StringVar(&c.configFile, "config-file", "", "use this file instead of Pulumi.<stack>.yaml")
	}
	fs.StringVar(&c.color, "color", "auto", "always, never, raw, or auto: never, as nobody is at a terminal here")
	for _, f := range ineffectiveStrings {
		fs.String(f, "", "no effect here")
	}
	for _, f := range ineffectiveBools {
		if fs.Lookup(f) == nil {
			fs.Bool(f, false, "no effect here")
		}
	}
	fs.IntP("verbose", "v", 0, "no effect here")
	for _, f := range slices.Concat(ineffectiveStrings, ineffectiveBools, []string{"verbose"}) {
		_ = fs.MarkHidden(f)
	}
}

// Flags about the CLI's logs. They are taken, because auto offers them, and
// answered with a note.
var (
	ineffectiveStrings = []string{"tracing", "tracing-header", "profiling", "memprofilerate", "otel-traces"}
	ineffectiveBools   = []string{"logtostderr", "logflow", "disable-integrity-checking", "fully-qualify-stack-names"}
)

func (inv *invocation) ineffective() (list []string) {
	for _, f := range slices.Concat(ineffectiveStrings, ineffectiveBools, []string{"verbose"}) {
		if inv.flags.Lookup(f).Changed {
			list = append(list, f)
		}
	}
	return list
}

// usageText is the answer to --help.
func (inv *invocation) usageText() string {
	return fmt.Sprintf("pulumi %s, in process. Flags:\n%s", inv.name, inv.flags.FlagUsages())
}
