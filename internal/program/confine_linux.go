package program

import (
	"errors"
	"fmt"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Versions of Landlock, the kernel's way for a process without privileges to give
// rights up, and what came with them (landlock(7)).
const (
	withRefer    = 2
	withTruncate = 3
	withTCP      = 4
	withIoctl    = 5
	withScopes   = 6
)

// landlock returns the version of Landlock that the kernel has, 0 for none.
func landlock() int {
	v, _, err := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if err != 0 {
		return 0
	}
	return int(v)
}

// Isolation tells how far this system can confine a program.
func Isolation() Isolated {
	switch v := landlock(); {
	case v == 0:
		return NotIsolated
	case v < withTCP || !canFilter():
		return FilesIsolated
	}
	return NetworkIsolated
}

const (
	readFile = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readTree = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	execute  = readTree | unix.LANDLOCK_ACCESS_FS_EXECUTE
	// onFiles are the rights that a rule about a single file may give.
	onFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | readFile | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
)

// all are the rights on files that a version of Landlock knows.
func all(version int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1)
	if version >= withRefer {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= withTruncate {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= withIoctl {
		rights |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return rights
}

// confine takes rights from the calling thread, for good, and from what it starts
// from now on. The caller has locked the thread and never unlocks it. A kernel
// without Landlock changes nothing.
func confine(c Confinement, bin, home string) error {
	version := landlock()
	if version == 0 {
		return nil
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: all(version)}
	if version >= withTCP {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= withScopes {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("make a ruleset: %w", errno)
	}
	defer unix.Close(int(fd))
	r := ruleset{fd: fd, rights: attr.Handled_access_fs}
	r.allow(home, r.rights)
	r.allow(bin, execute)
	r.allow("/dev/null", readFile|unix.LANDLOCK_ACCESS_FS_WRITE_FILE)
	for _, path := range systemFiles {
		r.allow(path, execute)
	}
	for _, dir := range c.Read {
		for _, path := range inTree(dir) {
			r.allow(path, readTree)
		}
	}
	if version >= withTCP {
		r.ports(c)
	}
	if r.err != nil {
		return r.err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("give up rights: %w", errno)
	}
	return filterSockets()
}

// ruleset collects rules, up to the first that fails.
type ruleset struct {
	fd     uintptr
	rights uint64
	err    error
}

// allow gives rights on a file, or on a directory and everything in it. What is
// not there needs none.
func (r *ruleset) allow(path string, rights uint64) {
	if r.err != nil {
		return
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return
	}
	if err != nil {
		r.err = fmt.Errorf("%s: %w", path, err)
		return
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		r.err = fmt.Errorf("%s: %w", path, err)
		return
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= onFiles
	}
	// The kernel's struct is packed: the file descriptor follows at byte 8.
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights & r.rights, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, r.fd, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		r.err = fmt.Errorf("%s: %w", path, errno)
	}
}

// netPort is struct landlock_net_port_attr.
type netPort struct{ access, port uint64 }

// rulePort is LANDLOCK_RULE_NET_PORT.
const rulePort = 2

// ports gives the rights on TCP. Port 0 stands for one that the system chooses.
func (r *ruleset) ports(c Confinement) {
	var rules []netPort
	if c.Listen {
		rules = append(rules, netPort{unix.LANDLOCK_ACCESS_NET_BIND_TCP, 0})
	}
	for _, port := range c.Connect {
		rules = append(rules, netPort{unix.LANDLOCK_ACCESS_NET_CONNECT_TCP, uint64(port)})
	}
	for i := range rules {
		if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, r.fd, rulePort, uintptr(unsafe.Pointer(&rules[i])), 0, 0, 0); errno != 0 && r.err == nil {
			r.err = fmt.Errorf("port %d: %w", rules[i].port, errno)
		}
	}
}
