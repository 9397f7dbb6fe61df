package automation

import (
	"encoding/binary"
	"io"
	"os"
)

// spoolMemory is how many bytes of waiting events are kept in memory. The rest
// waits in a temporary file.
const spoolMemory = 4 << 20

// spool is a queue of texts that drops nothing and never waits: what does not
// fit into memory waits in a file, which has no name and goes with the process.
// It is not safe for concurrent use.
type spool struct {
	limit  int
	first  []string // before everything in the file
	bytes  int      // in first
	file   *os.File
	waits  int   // texts in the file
	at     int64 // where the next one is read
	end    int64 // where the next one is written
	create func() (*os.File, error)
}

func newSpool(limit int) *spool { return &spool{limit: limit, create: unnamedFile} }

// unnamedFile returns a file that nobody else can open.
func unnamedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "trunkline-events-")
	if err == nil {
		_ = os.Remove(f.Name()) // where an open file cannot be removed, close does it
	}
	return f, err
}

// put adds a text. When there is no room for a file, memory has to do.
func (s *spool) put(text string) {
	if s.waits == 0 && s.bytes+len(text) <= s.limit || !s.spill(text) {
		if s.waits > 0 { // the disk is full: what is on it comes first
			s.recall(s.waits)
		}
		s.first = append(s.first, text)
		s.bytes += len(text)
	}
}

func (s *spool) spill(text string) bool {
	if s.file == nil {
		f, err := s.create()
		if err != nil {
			return false
		}
		s.file = f
	}
	record := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(text)), uint32(len(text)))
	if _, err := s.file.WriteAt(append(record, text...), s.end); err != nil {
		return false
	}
	s.end += int64(4 + len(text))
	s.waits++
	return true
}

// take returns the oldest texts; none when the queue is empty.
func (s *spool) take() []string {
	if len(s.first) == 0 && s.waits > 0 {
		s.recall(min(s.waits, 256))
	}
	out := s.first
	s.first, s.bytes = nil, 0
	return out
}

// recall reads n texts back from the file.
func (s *spool) recall(n int) {
	for range n {
		var size [4]byte
		_, err := s.file.ReadAt(size[:], s.at)
		text := make([]byte, binary.BigEndian.Uint32(size[:]))
		if err == nil {
			_, err = s.file.ReadAt(text, s.at+4)
		}
		if err != nil && err != io.EOF { // a disk that forgets; the reader learns it from the sequence
			s.waits = 0
			break
		}
		s.first = append(s.first, string(text))
		s.bytes += len(text)
		s.at += int64(4 + len(text))
		s.waits--
	}
	if s.waits == 0 {
		s.at, s.end = 0, 0
		_ = s.file.Truncate(0) // it is written over in any case
	}
}

// empty tells whether nothing waits.
func (s *spool) empty() bool { return len(s.first) == 0 && s.waits == 0 }

// close gives the file back.
func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name()) // it is gone already, mostly
	}
}
