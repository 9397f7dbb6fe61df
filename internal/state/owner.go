package state

import "os"

// owner tells which process holds a lease, precisely enough to know later that
// it is dead.
type owner struct {
	Host string
	// Boot names the start of the machine and Space the process namespace
	// (a container), where the system tells them. The same number in another
	// one is another process.
	Boot, Space string
	PID         int
	// Started is when the process started, in the system's own unit; "" when
	// the system does not tell. It tells a process from a later one that got
	// its number.
	Started string
}

// thisProcess is the owner of the leases taken by this process.
func thisProcess() owner {
	host, err := os.Hostname()
	if err != nil {
		host = "" // then nobody can say that this process is dead
	}
	o := owner{Host: host, PID: os.Getpid()}
	o.Boot, o.Space = bootAndSpace()
	o.Started, _ = processStart(o.PID)
	return o
}

// dead tells whether the process certainly has ended, as seen from me. What
// cannot be known is not dead.
func (o owner) dead(me owner) bool {
	if o.Host == "" || o.Host != me.Host || o.Boot != me.Boot || o.Space != me.Space {
		return false
	}
	if o == me {
		return false
	}
	if !processExists(o.PID) {
		return true
	}
	started, ended := processStart(o.PID)
	return ended || o.Started != "" && started != "" && started != o.Started
}
