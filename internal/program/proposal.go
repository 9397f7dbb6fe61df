package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/trunkline-dev/trunkline/policy"
)

// proposalReader writes what is proposed as one JSON document, one stack at a time,
// while somebody reads it: it may be large, and the program of the policies
// decodes one stack while the next is written.
type proposalReader struct {
	mu   sync.Mutex // a process that was killed may leave its reader behind
	in   policy.ReviewInput
	next int // the stack that is written next; -1: nothing is written yet
	size int
	buf  bytes.Buffer
	err  error // why it ended early
}

func newProposalReader(in policy.ReviewInput) *proposalReader {
	return &proposalReader{in: in, next: -1}
}

// Read implements io.Reader.
func (r *proposalReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.buf.Len() == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if r.next > len(r.in.Stacks) {
			return 0, io.EOF
		}
		if r.err = r.write(); r.err == nil && r.size > maxProposal {
			r.err = fmt.Errorf("what is proposed has more than the %d MiB that policies can read", maxProposal>>20)
		}
		r.next++
	}
	return r.buf.Read(p)
}

// failure is why it ended early, nil when it did not.
func (r *proposalReader) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// write writes the next part: everything but the stacks, a stack, or the end.
func (r *proposalReader) write() error {
	r.buf.Reset()
	switch {
	case r.next < 0:
		head := r.in
		head.Stacks = []policy.Stack{}
		if err := r.encode(head); err != nil {
			return err
		}
		if !bytes.HasSuffix(r.buf.Bytes(), []byte("[]}\n")) {
			return fmt.Errorf("the stacks are not the last of %T", head)
		}
		r.buf.Truncate(r.buf.Len() - len("]}\n"))
	case r.next == len(r.in.Stacks):
		r.buf.WriteString("]}")
	default:
		if r.next > 0 {
			r.buf.WriteByte(',')
		}
		if err := r.encode(r.in.Stacks[r.next]); err != nil {
			return err
		}
	}
	r.size += r.buf.Len()
	return nil
}

func (r *proposalReader) encode(v any) error {
	enc := json.NewEncoder(&r.buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
