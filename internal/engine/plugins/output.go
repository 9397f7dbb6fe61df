package plugins

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

const (
	longestHello = 1 << 10 // bytes of the line that says where a plugin listens
	keptOutput   = 8 << 10 // last bytes that are kept
)

// output reads what a plugin prints: its first line says where it listens, the
// last bytes say why it died.
type output struct {
	hello chan string // gets the first line of the standard output

	mu    sync.Mutex
	first []byte
	said  bool
	last  []byte
}

func newOutput() *output { return &output{hello: make(chan string, 1)} }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// stdout never fails: the plugin must not notice that nobody reads.
func (o *output) stdout() io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		rest := b
		if !o.said {
			line, more, ended := bytes.Cut(b, []byte("\n"))
			o.first = append(o.first, line[:min(len(line), longestHello-len(o.first))]...)
			if rest = more; ended || len(o.first) == longestHello {
				o.said = true
				o.hello <- string(o.first)
			}
		}
		o.keep(rest)
		return len(b), nil
	})
}

func (o *output) stderr() io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.keep(b)
		return len(b), nil
	})
}

func (o *output) keep(b []byte) {
	o.last = append(o.last, b...)
	if over := len(o.last) - keptOutput; over > 0 {
		o.last = append(o.last[:0], o.last[over:]...)
	}
}

// forget drops what was printed so far: it was for another operation.
func (o *output) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = nil
}

// tail returns the last lines, indented, each after a line break.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := strings.TrimSpace(strings.ToValidUTF8(string(o.last), "\uFFFD"))
	if text == "" {
		return ""
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}
