package stock

import "regexp"

// deliberate lists every difference from the stock CLI that is on purpose.
var deliberate = []Deliberate{
	{
		Where: "*/*/summary", Stock: line(`  "version": 0`), Ours: line(`  "version": \d+`),
		Reason: "an update has the version of the state that it made; the file backend always says 0",
	},
	{
		Where: "*/*/answer", Stock: line(`    "version": 0`), Ours: line(`    "version": \d+`),
		Reason: "an update has the version of the state that it made; the file backend always says 0",
	},
	{
		Where: "*/*/state", Stock: line(`secrets provider .*`), Ours: line(`secrets provider null`),
		Reason: "a state in plain text names no secrets provider: nothing in it is encrypted, and it can be imported under any",
	},
	{
		Where:  "second update at once/two updates/*",
		Stock:  regexp.MustCompile(`^(error: the stack is currently locked by 1 lock|  BACKEND/.pulumi/locks/)`),
		Ours:   regexp.MustCompile(`^error: the stack is currently locked by 1 lock`),
		Reason: "the lock is a lease: it tells who holds it instead of a file to delete",
	},
	{
		Where: "*/*/*", Stock: line(` *"message": "\\"(the end|says .*)\\""`), Ours: line(` *"message": "(the end|says .*)"`),
		Reason: "the message of an update is the caller's; the CLI keeps the quotes that auto puts around it",
	},
}

// line matches a whole line.
func line(pattern string) *regexp.Regexp { return regexp.MustCompile("^" + pattern + "$") }
