// Package script tests whole commands: each .txtar file is a story told with
// the real trunkline, and tour_test.go runs the tour of the README.
//
// A story runs in a directory of its own. Besides the commands of testscript it
// can say:
//
//	estate DIR [MODULE]     write a new estate into DIR and go there
//	variant                 change the program: a component with faults, a secret setting
//	thing [CLOUD...]        an estate with one stack on AWS, whose provider is a small real process
//	plugin FILE [WORDS]     write that provider's program, or a .tar.gz of it
//	serve DIR VARIABLE      serve files; the variable gets the URL
//	sts                     start a stand-in for AWS's STS; STS gets its URL
//	projects                let pulumi, which has the CLI's commands, run the projects that are here
//	exits CODE CMD ARGS...  run a command that ends with exactly this code
//	edit FILE OLD NEW       replace the one occurrence of OLD
//	commit MESSAGE          commit everything
//	json PATH VALUE         check a value in the JSON that the last command wrote
//	start NAME CMD ARGS...  run in the background, output in $WORK/NAME.{stdout,stderr}
//	signal NAME SIGNAL      send INT or KILL to it
//	ends NAME CODE          wait for it; CODE is "killed" after a KILL
//	await REGEXP CMD...     run a command again and again until its stdout matches
//	sql FILE STATEMENT      change a SQLite database behind everybody's back
//	keep VARIABLE REGEXP    set a variable to the first group in the last stdout or stderr
package script
