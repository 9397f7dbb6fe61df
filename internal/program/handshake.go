package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"sync"
)

const (
	// protocol is the version of the handshake.
	protocol = 1
	// maxPreamble is how much a program may print before the handshake.
	maxPreamble = 64 << 10
)

// handshake reads the line by which a program says where it listens. What the
// program prints before and after goes to rest.
type handshake struct {
	rest *tail
	done chan struct{} // closed when address or err is known

	mu      sync.Mutex
	buf     []byte
	seen    int
	over    bool
	address string
	err     error
}

func newHandshake(rest *tail) *handshake {
	return &handshake{rest: rest, done: make(chan struct{})}
}

// Write never fails: the program must not notice that nobody listens.
func (h *handshake) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return h.rest.Write(p)
	}
	h.seen += len(p)
	h.buf = append(h.buf, p[:min(len(p), maxPreamble+1)]...)
	for !h.over {
		line, more, ok := bytes.Cut(h.buf, []byte("\n"))
		if !ok {
			break
		}
		h.buf = more
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte(`{"trunkline"`)) {
			_, _ = h.rest.Write(append(line, '\n'))
			continue
		}
		h.address, h.err = parseHandshake(line)
		h.end()
		_, _ = h.rest.Write(more)
	}
	if !h.over && h.seen > maxPreamble {
		h.err = fmt.Errorf("it printed more than %d KiB without saying where it listens", maxPreamble>>10)
		h.end()
	}
	return len(p), nil
}

func (h *handshake) end() {
	h.over, h.buf = true, nil
	close(h.done)
}

// result returns the address after done.
func (h *handshake) result() (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.address, h.err
}

// parseHandshake reads {"trunkline":1,"address":"127.0.0.1:PORT"}. The address
// must be on this machine.
func parseHandshake(line []byte) (string, error) {
	var hello struct {
		Trunkline int    `json:"trunkline"`
		Address   string `json:"address"`
	}
	if err := json.Unmarshal(line, &hello); err != nil {
		return "", fmt.Errorf("its first line is not what was expected: %w", err)
	}
	if hello.Trunkline != protocol {
		return "", fmt.Errorf("it speaks version %d of the protocol, this command speaks version %d: use the same version of Trunkline in go.mod", hello.Trunkline, protocol)
	}
	host, port, err := net.SplitHostPort(hello.Address)
	if err != nil {
		return "", fmt.Errorf("it listens at %.60q, which is not an address", hello.Address)
	}
	ip := net.ParseIP(host)
	n, err := strconv.ParseUint(port, 10, 16)
	if ip == nil || !ip.IsLoopback() || err != nil || n == 0 {
		return "", fmt.Errorf("it listens at %.60q, which is not on this machine", hello.Address)
	}
	return net.JoinHostPort(ip.String(), strconv.FormatUint(n, 10)), nil
}
