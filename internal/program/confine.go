package program

import (
	"os"
	"path/filepath"
)

// Confinement is what a program is kept to that nobody has reviewed, where the
// system can: see Isolation. Besides what it names, the program reads its own
// file, system libraries and time zones, and writes nothing but its private HOME
// and TMPDIR. It uses the network for nothing else.
type Confinement struct {
	// Read are directories whose files it may read, without the data of Trunkline
	// and git in them.
	Read []string
	// Listen tells that it may listen on ports that the system chooses.
	Listen bool
	// Connect are the TCP ports that it may connect to, on any host: the system
	// does not tell hosts apart.
	Connect []uint16
}

// Isolated is how far the system can confine a program.
type Isolated int

// How far a program is confined.
const (
	// NotIsolated: it can do what its user can.
	NotIsolated Isolated = iota
	// FilesIsolated: it is kept from files and other processes, not from the
	// network.
	FilesIsolated
	// NetworkIsolated: from both.
	NetworkIsolated
)

// systemFiles are read by the Go runtime, the C library and TLS.
var systemFiles = []string{
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo", "/etc/localtime",
	"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/usr/share/ca-certificates",
	"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/mime.types", "/usr/share/mime",
	"/sys/kernel/mm/transparent_hugepage", "/dev/urandom", "/dev/random", "/dev/zero",
}

// inTree lists what may be read in a directory: everything in it but the data of
// Trunkline and git. A link may lead anywhere, so it is not followed.
func inTree(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.Name() != ".trunkline" && e.Name() != ".git" && (e.IsDir() || e.Type().IsRegular()) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}
