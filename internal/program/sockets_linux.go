package program

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Landlock knows TCP only. A filter of system calls refuses every other kind of
// socket: UDP, those in the file system such as Docker's, and MPTCP, over which a
// program could reach any host.

// socketCalls are the numbers that the filter knows on this machine.
type socketCalls struct{ arch, socket, ring uint32 }

// callsHere returns false where the filter was never tried.
func callsHere() (socketCalls, bool) {
	switch runtime.GOARCH {
	case "amd64":
		return socketCalls{unix.AUDIT_ARCH_X86_64, 41, 425}, true
	case "arm64":
		return socketCalls{unix.AUDIT_ARCH_AARCH64, 198, 425}, true
	}
	return socketCalls{}, false
}

// Where the filter finds a call (struct seccomp_data); the machines above put the
// lower half of an argument first.
const (
	atNumber = 0
	atArch   = 4
	atArgs   = 16
	// foreignCalls is where x86-64 has the calls of x32.
	foreignCalls = 0x40000000
)

const (
	permit = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)
)

// filter is the program that the kernel runs at each system call. A jump counts
// the instructions that it leaves out.
func (c socketCalls) filter() []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(v uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: v, Jt: yes, Jf: no}
	}
	end := func(v uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: v} }
	return []unix.SockFilter{
		load(atArch),
		equal(c.arch, 0, 15), // another machine's calls: refused
		load(atNumber),
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: foreignCalls, Jt: 13},
		equal(c.ring, 12, 0), // io_uring opens sockets by itself: refused
		equal(c.socket, 1, 0),
		end(permit),
		load(atArgs), // the family
		equal(unix.AF_INET, 1, 0),
		equal(unix.AF_INET6, 0, 7),
		load(atArgs + 8), // the type, with flags above
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xf},
		equal(unix.SOCK_STREAM, 0, 4),
		load(atArgs + 16), // the protocol
		equal(0, 1, 0),
		equal(unix.IPPROTO_TCP, 0, 1),
		end(permit),
		end(refuse),
	}
}

// canFilter tells whether the kernel has filters.
func canFilter() bool {
	_, known := callsHere()
	_, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	return known && err == nil
}

// filterSockets refuses sockets other than TCP to the calling thread and what it
// starts. The thread has given up new privileges.
func filterSockets() error {
	calls, known := callsHere()
	if !known || !canFilter() {
		return nil
	}
	code := calls.filter()
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0); err != nil {
		return fmt.Errorf("filter system calls: %w", err)
	}
	return nil
}
