// Package owner tells which process holds something, precisely enough that
// another one can know later that it has ended.
package owner

import "os"

// Process names a process across machines and restarts.
type Process struct {
	Host string `json:"host"`
	// Boot names the start of the machine and Space the process namespace
	// (a container), where the system tells them. The same number in another
	// one is another process.
	Boot  string `json:"boot,omitempty"`
	Space string `json:"space,omitempty"`
	PID   int    `json:"pid"`
	// Started is when the process started, in the system's own unit; "" when
	// the system does not tell. It tells a process from a later one that got
	// its number.
	Started string `json:"started,omitempty"`
}

// This is the running process.
func This() Process {
	host, err := os.Hostname()
	if err != nil {
		host = "" // then nobody can say that this process is dead
	}
	p := Process{Host: host, PID: os.Getpid()}
	p.Boot, p.Space = bootAndSpace()
	p.Started, _ = processStart(p.PID)
	return p
}

// Dead tells whether the process certainly has ended, as seen from me. What
// cannot be known is not dead.
func (p Process) Dead(me Process) bool {
	if p.Host == "" || p.Host != me.Host || p.Boot != me.Boot || p.Space != me.Space {
		return false
	}
	if p == me {
		return false
	}
	if !processExists(p.PID) {
		return true
	}
	started, ended := processStart(p.PID)
	return ended || p.Started != "" && started != "" && started != p.Started
}
