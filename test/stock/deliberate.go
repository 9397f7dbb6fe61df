package stock

import "regexp"

const (
	stateVersion   = "an update has the version of the state that it made, where the file backend always says 0"
	passphrases    = "a wrong passphrase is told in one way, with what to do"
	settingCodes   = "a setting or name that cannot be is a usage error: exit code 2, not 1"
	planFirst      = "an update by a plan previews under it first, so that a plan that does not fit changes nothing"
	noHost         = "an import that generates no code needs no language plugin"
	renamed        = "a rename succeeds, and is in the history; the CLI renames and then fails to find the old name"
	ownBytes       = "the kept state says what is wrong with it in its own words"
	pendingKept    = "an import keeps pending creates: dropping them could make a resource twice"
	noDownload     = "a provider that is missing is not searched for again and again, and the error says how to install it"
	keyDefault     = "the default is the key file, so that a stack with a passphrase says so in its file"
	noPropertyDeps = `propertyDependencies|"value": \[\]|^      }$`

	lastRow = "which row of a resource the display prints last is a matter of time, on both sides"
	masked  = "what the program marks as a secret output is masked in inputs, too"
)

// deliberate lists every difference from the stock CLI that is on purpose.
var deliberate = []Deliberate{
	{Where: "*/*/summary", Stock: line(`  "version": 0`), Ours: line(`  "version": \d+`), Reason: stateVersion},
	{Where: "*/*/answer", Stock: line(`    "version": 0`), Ours: line(`    "version": \d+`), Reason: stateVersion},
	{
		Where: "second update at once/two updates/*", Stock: start(`error: the stack is currently locked by 1 lock`, `  BACKEND/.pulumi/locks/`),
		Ours: start(`error: the stack is currently locked by 1 lock`), Reason: "the lock is a lease: it tells who holds it instead of a file to delete",
	},
	{
		Where: "*/*/*", Stock: line(` *"message": "\\"(the end|says .*)\\""`), Ours: line(` *"message": "(the end|says .*)"`),
		Reason: "the message of an update is the caller's; the CLI keeps the quotes that auto puts around it",
	},
	{
		Where: "*/*/provider", Side: "attached", Stock: start("Configure "), Ours: start("Configure "),
		Reason: "a provider process that is kept warm is configured once",
	},
	{
		Where: "version of a provider/*/*", Stock: anything, Ours: anything,
		Reason: "a provider in this process, or attached to it, is used whatever version is asked for",
	},
	{Where: "missing provider/*/*", Stock: with("absent"), Ours: with("absent"), Reason: noDownload},
	{Where: "*/*/stdout", Stock: bareRow, Ours: bareRow, Sometimes: true, Reason: lastRow},
	{Where: "refused provider configuration/*/events", Stock: with("resOutputsEvent"), Ours: with("resOutputsEvent"), Sometimes: true, Reason: lastRow},
	{Where: "missing provider/*/events", Stock: with("resOutputsEvent"), Ours: with("resOutputsEvent"), Sometimes: true, Reason: lastRow},
	{Where: "missing provider/*/stdout", Stock: with("Stack shop-dev created"), Ours: with("Stack shop-dev created"), Sometimes: true, Reason: lastRow},
	{Where: "*/*/file", Ours: line("secretsprovider: passphrase"), Reason: keyDefault},
	{Where: "additionalSecretOutputs/*/events", Stock: with("Thing::a"), Ours: with("Thing::a"), Reason: masked},

	{Where: "wrong passphrase/*/*", Stock: with("passphrase"), Ours: with("passphrase|^set PULUMI_CONFIG"), Reason: passphrases},
	{Where: "no passphrase/*/*", Stock: with("passphrase must be set"), Ours: with("passphrase must be set|^put the passphrase into a file"), Reason: passphrases},

	{Where: "existing stack/bad name/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "export and import/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "paths and objects/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "autonaming mode/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "typed in the project/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "change the secrets provider/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "colours/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "missing provider/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "target and exclude together/*/*", Stock: code(1), Ours: code(2), Reason: settingCodes},
	{Where: "paths and objects/*/*", Stock: with("out of range"), Ours: with("out of range"), Reason: "a setting that cannot be set is named"},
	{
		Where: "typed in the project/*/*", Ours: line("Pulumi.yaml requires it. Set it with .*"), Reason: "an error says what to do next",
	},
	{
		Where: "change the secrets provider/*/*", Stock: with("supported values"), Ours: with("supported values"),
		Reason: "one more secrets provider is supported: the key file",
	},

	{Where: "a plan that fits/up --plan/provider", Stock: anything, Ours: anything, Reason: planFirst},
	{Where: "a plan that does not fit/*/*", Stock: anything, Ours: anything, Reason: planFirst},
	{Where: "import of resources/*/*", Stock: anything, Ours: anything, Reason: noHost},
	{Where: "rename/rename/*", Stock: anything, Ours: anything, Reason: renamed},
	{Where: "rename/history of other/answer", Stock: anything, Ours: anything, Reason: renamed},
	{Where: "rename/rename to a taken name of other/*", Stock: with("already exists"), Ours: with("already exists"), Reason: "a name that is taken is told as everywhere"},
	{Where: "export and import/*/stderr of stack", Stock: anything, Ours: anything, Reason: ownBytes},
	{Where: "pending creates/*/*", Stock: anything, Ours: anything, Reason: pendingKept},
	{Where: "remove/remove/stderr of stack", Stock: start("error: 'dev' still", "- "), Ours: start("error: 'dev' still", "destroy the stack"), Reason: "an error says what to do next, shorter"},
	{
		Where: "lists/*/answer", Stock: line(` *"(lastUpdate|resourceCount)": .*`),
		Ours: line(` *"(lastUpdate|resourceCount)": .*`), Reason: "a stack that was never updated has no last update",
	},
	{Where: "lists/cancel/*", Stock: anything, Ours: anything, Reason: "cancelling where nothing runs is an error; the CLI says that it cancelled something"},
	{Where: "hooks/destroy/stderr of destroy", Stock: with("delete hooks"), Ours: with("delete hooks"), Reason: "a hook that cannot run is named with its resource"},
	{
		Where: "preview and up with refresh/export/state", Stock: with(noPropertyDeps), Ours: with(noPropertyDeps),
		Reason: "Pulumi's journal, which its cloud has too, leaves empty lists of property dependencies out after a refresh",
	},
	{
		Where: "program that logs/up/stdout", Stock: with("only logged"), Ours: with("only logged"), Sometimes: true,
		Reason: lastRow,
	},
	{
		Where: "replacement whose delete fails/*/stdout", Stock: with("Thing a"), Ours: with("Thing a"), Sometimes: true,
		Reason: lastRow,
	},
	{
		Where: "colours/*/stdout", Stock: with("Updating|Previewing"), Ours: with("Updating|Previewing"),
		Reason: "headers have no colour; the CLI garbles them with --color raw",
	},
}

// bareRow is a row of the stack itself without a status.
var bareRow = line(`    pulumi:pulumi:Stack shop-dev( running)?`)

// anything matches every line.
var anything = regexp.MustCompile("")

// line matches a whole line.
func line(pattern string) *regexp.Regexp { return regexp.MustCompile("^" + pattern + "$") }

// with matches lines that contain the pattern.
func with(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// start matches lines that start with one of the texts.
func start(texts ...string) *regexp.Regexp {
	pattern := "^("
	for i, t := range texts {
		if i > 0 {
			pattern += "|"
		}
		pattern += regexp.QuoteMeta(t)
	}
	return regexp.MustCompile(pattern + ")")
}

// code matches the lines that tell an exit code.
func code(n int) *regexp.Regexp {
	return regexp.MustCompile("(exit status|^code|→) " + string(rune('0'+n)) + "$")
}
