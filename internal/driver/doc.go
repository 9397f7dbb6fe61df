// Package driver holds the use cases: what a person or CI asks Trunkline to do,
// one verb per file.
//
// A use case opens a Session (an estate at one revision, its program running),
// selects stacks, orders them, and calls the Automation API once per stack. It
// prints nothing: it returns documents and reports progress.
package driver
