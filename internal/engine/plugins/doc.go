// Package plugins runs provider plugins as processes and keeps them warm from
// one operation to the next.
//
// A process is used by one operation at a time. Providers are made for
// concurrent calls, but they send their logs to the one engine address that they
// were started with, without saying for which operation, and their Cancel means
// everything that they are doing. Each process therefore has an engine address
// of its own, which hands what arrives on to the operation that has the process.
//
// Whatever a process can see is part of what it is kept for: executable, working
// directory, environment, parameters and configuration. It is not told the URN
// and the ID of the provider resource that it is configured for, because these
// are different in each stack; the protocol lets an engine keep them to itself.
package plugins
