package program_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/program"
)

// curious is a program that tries what it is told to, and says what it could.
const curious = `package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

func main() {
	fmt.Println("{\"trunkline\":1,\"address\":\"127.0.0.1:4711\"}")
	for _, try := range strings.Split(os.Getenv("TRY"), "\n") {
		what, with, _ := strings.Cut(try, " ")
		var err error
		switch what {
		case "read":
			_, err = os.ReadFile(with)
		case "write":
			err = os.WriteFile(with+"/written", nil, 0o600)
		case "connect":
			_, err = net.Dial("tcp", with)
		case "send":
			var c net.Conn
			if c, err = net.Dial("udp", with); err == nil {
				_, err = c.Write([]byte("x"))
			}
		case "unix":
			_, err = net.Dial("unix", with)
		case "mptcp":
			var fd int
			if fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 262); err == nil {
				err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}})
			}
			if err == syscall.ECONNREFUSED {
				err = nil
			}
		case "listen":
			_, err = net.Listen("tcp", with)
		case "signal":
			err = syscall.Kill(os.Getppid(), 0)
		case "home":
			err = os.WriteFile(os.Getenv("HOME")+"/mine", nil, 0o600)
		case "link":
			if err = os.Symlink(with, os.Getenv("HOME")+"/link"); err == nil {
				_, err = os.ReadFile(os.Getenv("HOME")+"/link")
			}
		case "parent":
			_, err = os.ReadFile(fmt.Sprintf("/proc/%d/environ", os.Getppid()))
		}
		fmt.Println("TRIED", what, err == nil)
	}
	io.Copy(io.Discard, os.Stdin)
}
`

// tried runs the curious program and returns what it could do.
func tried(t *testing.T, bin program.Binary, dir string, c *program.Confinement, tries ...string) map[string]bool {
	t.Helper()
	var out printed
	p, err := program.Start(t.Context(), bin, program.StartOptions{Dir: dir, Env: []string{"TRY=" + strings.Join(tries, "\n")}, Stderr: &out, Confine: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	could := map[string]bool{}
	for line := range strings.Lines(out.text()) {
		var what string
		var ok bool
		if _, err := fmt.Sscanf(line, "TRIED %s %t", &what, &ok); err == nil {
			could[what] = ok
		}
	}
	return could
}

// port is a TCP port on which somebody listens until the test ends.
func port(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

func at(port uint16) string { return "127.0.0.1:" + strconv.Itoa(int(port)) }

// TestAConfinedProgramDoesNothingButWhatItMay expects as much as the system can:
// doctor says which that is.
func TestAConfinedProgramDoesNothingButWhatItMay(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{"go.mod": "module example.com/estate\n\ngo 1.26\n", "stacks/main.go": curious,
		"site/index.html": "hello", "top.txt": "hello", ".trunkline/key": "key", ".git/config": "token"})
	bin := build(t, newBuilder(t), root)
	elsewhere := t.TempDir()
	write(t, elsewhere, map[string]string{"file": "x"})
	if err := os.Symlink(filepath.Join(elsewhere, "file"), filepath.Join(root, "way-out")); err != nil {
		t.Fatal(err)
	}
	open, other := port(t), port(t)
	files, web := program.Isolation() == program.NotIsolated, program.Isolation() != program.NetworkIsolated
	confined := &program.Confinement{Read: []string{root}, Listen: true, Connect: []uint16{open}}
	for _, c := range []struct {
		try  string
		want bool
	}{
		{"read " + root + "/site/index.html", true},
		{"read " + root + "/top.txt", true},
		{"read " + root + "/.trunkline/key", files},
		{"read " + root + "/.git/config", files},
		{"read " + root + "/way-out", files},
		{"read " + elsewhere + "/file", files},
		{"read /etc/passwd", files},
		{"link " + elsewhere + "/file", files},
		{"parent -", files},
		{"write " + root, files},
		{"write " + elsewhere, files},
		{"home -", true},
		{"connect " + at(open), true},
		{"connect " + at(other), web},
		{"send " + at(other), web},
		{"unix " + socket(t), web},
		{"listen 127.0.0.1:0", true},
		{"listen " + at(freed(t)), web},
	} {
		what, _, _ := strings.Cut(c.try, " ")
		if got := tried(t, bin, root, confined, c.try)[what]; got != c.want {
			t.Errorf("%s: it could: %v, want %v", c.try, got, c.want)
		}
	}
	want := map[string]bool{"connect": web, "listen": web, "home": true}
	if d := cmp.Diff(want, tried(t, bin, "", &program.Confinement{}, "connect "+at(open), "listen 127.0.0.1:0", "home -")); d != "" {
		t.Errorf("a program that describes itself (-want +got):\n%s", d)
	}
	if isolated := program.Isolation() == program.NetworkIsolated; isolated && tried(t, bin, root, confined, "mptcp -")["mptcp"] {
		t.Error("it gets around the rules for TCP")
	}
	want = map[string]bool{"read": true, "connect": true, "write": true}
	if d := cmp.Diff(want, tried(t, bin, root, nil, "read /etc/passwd", "connect "+at(other), "write "+elsewhere)); d != "" {
		t.Errorf("a program that is not confined (-want +got):\n%s", d)
	}
}

// socket is a file on which somebody listens until the test ends.
func socket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = l.Close(), os.RemoveAll(dir) })
	return l.Addr().String()
}

// freed is a port on which nobody listens.
func freed(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := uint16(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAProgramIsConfinedWhileItDescribesItself lets it put into its description
// whether it could read a file.
func TestAProgramIsConfinedWhileItDescribesItself(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{"go.mod": "module example.com/estate\n\ngo 1.26\n", "stacks/main.go": `package main

import (
	"fmt"
	"os"
)

func main() {
	_, err := os.ReadFile("/etc/passwd")
	fmt.Printf("{\"schema\":\"trunkline.estate/v1\",\"module\":\"read: %v\",\"stacks\":[]}", err == nil)
}
`})
	d, err := program.Describe(t.Context(), build(t, newBuilder(t), root))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprint("read: ", program.Isolation() == program.NotIsolated); d.Module != want {
		t.Errorf("it says %q, want %q", d.Module, want)
	}
}
