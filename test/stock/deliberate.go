package stock

import "regexp"

// deliberate lists every difference from the stock CLI that is on purpose.
var deliberate = []Deliberate{
	{
		Where: "*/*/summary", Stock: regexp.MustCompile(`^  "version": 0$`), Ours: regexp.MustCompile(`^  "version": \d+$`),
		Reason: "an update has the version of the state that it made; the file backend always says 0",
	},
	{
		Where: "*/history/answer", Stock: regexp.MustCompile(`^    "version": 0$`), Ours: regexp.MustCompile(`^    "version": \d+$`),
		Reason: "an update has the version of the state that it made; the file backend always says 0",
	},
	{
		Where: "*/*/*", Stock: regexp.MustCompile(`^ +"(pulumi\.(env|flag)\..*|updatePlan|stack\.environments)": `),
		Reason: "the history does not tell the variables and flags of a CLI process: there is none",
	},
	{
		Where: "*/*/state", Stock: regexp.MustCompile(`^secrets provider `), Ours: regexp.MustCompile(`^secrets provider null$`),
		Reason: "a state in plain text names no secrets provider: nothing in it is encrypted, and it can be imported under any",
	},
	{
		Where:  "second update at once/two updates/*",
		Stock:  regexp.MustCompile(`^(error: the stack is currently locked by 1 lock|  BACKEND/.pulumi/locks/)`),
		Ours:   regexp.MustCompile(`^error: the stack is currently locked by 1 lock`),
		Reason: "the lock is a lease: it tells who holds it instead of a file to delete",
	},
}
