// Package crash proves that an update can be ended at any point without losing
// or doubling anything.
//
// A command of Trunkline's engine runs in a process of its own, on a real store
// and a cloud that is served by the test. At a named point it is killed, stopped
// for longer than its lease lives, asked to end, given an error, or it panics.
// Then the test looks from outside: into the cloud, which keeps a log of every
// change, and into the store.
//
// The product has no code for this. All that an operation does to the world is
// a call to the store or to a provider, so the points are before and after each
// of these calls: "before" the call has done nothing, "after" it has done all
// and its caller does not know. A crash anywhere between two calls leaves the
// world as it is at the end of the first, so it is not another case.
//
// A case is called scenario/point/fault/store. Scenarios: create (an update that
// creates a chain of resources and some beside it), change (one that updates,
// replaces both ways, deletes and creates), refresh and destroy. Points: the
// calls lease, load, begin, append, renew, commit and release of the store, and
// check, diff, create, update, delete and read of the provider, with .before or
// .after; append#4 is the fourth append. Faults:
//
//	kill    SIGKILL
//	stop    SIGSTOP, and SIGCONT after the lease has run out and the next command has ended
//	late    the same with one resource at a time, and SIGCONT only after everything was
//	        settled and the next command has reached the goal
//	term    SIGTERM, as the first Ctrl-C
//	error   the call fails
//	panic   the call panics
//	gone    the provider's process ends in the call (provider calls only)
//
// An error after a create has taken effect is left out: a provider that says "I
// have not created it" when it has breaks its contract, and nobody can know. A
// provider that does not answer at all is the fault gone.
//
// A call to a provider that is on its way when its process is stopped, or cut
// off from the store, cannot be called back: no cloud knows of our leases. It is
// in the list of what is to be settled; whoever settles it has to end the process
// first. So the fault late is left out where such a call may be on its way. Nothing
// new is begun.
//
// What is checked after each case:
//
//   - once the next command has changed something, the first one changes nothing
//   - nothing is created twice
//   - what exists in the cloud is in the state or in the list of what is to be
//     settled, and the state is sound
//   - a command that reports success has reached its goal
//   - the next command reaches the goal, or is refused and names the command
//     that helps; after that, the next one reaches the goal
//   - in the end cloud, state and program agree, the stack is free, and no
//     update is recorded as in progress
//
// Besides, in a process that goes on, each call to the store and to the provider
// fails once: the first one, on a new stack the second one, and so on.
//
// go test runs a part of the cases. The script run in this directory runs all
// and prints a table.
package crash
