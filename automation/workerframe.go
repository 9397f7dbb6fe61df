package automation

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// workerProtocol is the version of what a pool and its workers say to each
// other. Both are normally one program; the number catches a worker that was
// built from something else.
const workerProtocol = 1

// maxFrame bounds one frame. Larger texts are sent in pieces; what cannot be
// cut, such as one event, is far smaller.
const maxFrame = 256 << 20

// maxPiece is the longest piece of a text in one frame.
const maxPiece = 256 << 10

// toWorker is a frame from the pool. One field besides Call is set.
type toWorker struct {
	// Call numbers the calls of a worker, so that what belongs to an earlier one
	// is told apart.
	Call      int64      `json:"call"`
	Run       *runFrame  `json:"run,omitempty"`
	Stdin     *dataFrame `json:"stdin,omitempty"` // the answer to Read
	Cancel    bool       `json:"cancel,omitempty"`
	Terminate bool       `json:"terminate,omitempty"`
}

// runFrame is one call of auto.PulumiCommand, with the options of the pool.
type runFrame struct {
	Dir      string            `json:"dir"`
	Args     []string          `json:"args"`
	Env      []string          `json:"env"`
	HasStdin bool              `json:"hasStdin,omitempty"`
	State    string            `json:"state,omitempty"`
	Program  string            `json:"program,omitempty"`
	Holder   string            `json:"holder,omitempty"`
	Environ  *[]string         `json:"environ,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Observe  bool              `json:"observe,omitempty"`
	Overlay  *Overlay          `json:"overlay,omitempty"`
	Expect   *int64            `json:"expect,omitempty"`
	Wait     bool              `json:"wait,omitempty"`
	Memory   memory            `json:"memory"`
}

// dataFrame is a piece of a text. End tells that there is no more, Err why it
// could not be read.
type dataFrame struct {
	Data []byte `json:"data,omitempty"`
	End  bool   `json:"end,omitempty"`
	Err  string `json:"err,omitempty"`
}

// fromWorker is a frame from a worker. One field besides Call is set.
type fromWorker struct {
	Call  int64       `json:"call"`
	Hello *helloFrame `json:"hello,omitempty"` // the first frame
	Began bool        `json:"began,omitempty"` // from here on the call is not repeated
	Out   *textFrame  `json:"out,omitempty"`
	Read  int         `json:"read,omitempty"` // asks for so many bytes of stdin
	Event *eventFrame `json:"event,omitempty"`
	Line  *lineFrame  `json:"line,omitempty"` // the operation waits for its stack
	Done  *doneFrame  `json:"done,omitempty"`
	Fail  *failFrame  `json:"fail,omitempty"`
	End   *endFrame   `json:"end,omitempty"` // the last frame of a call
}

type helloFrame struct {
	Protocol int    `json:"protocol"`
	Engine   string `json:"engine"`
}

// textFrame is a piece of what the call prints.
type textFrame struct {
	Err  bool   `json:"err,omitempty"` // stderr instead of stdout
	Data []byte `json:"data"`
}

type eventFrame struct {
	Stack string `json:"stack"`
	Event Event  `json:"event"`
}

type lineFrame struct {
	Stack   string  `json:"stack"`
	Waiting Waiting `json:"waiting"`
}

type doneFrame struct {
	Stack  string `json:"stack"`
	Result Result `json:"result"`
}

type failFrame struct {
	Stack string     `json:"stack"`
	Err   *wireError `json:"err"`
}

type endFrame struct {
	Code    int        `json:"code"`
	Err     *wireError `json:"err,omitempty"`
	Memory  memory     `json:"memory"`
	Overlay *Overlay   `json:"overlay,omitempty"`
	// Resident is the worker's memory in bytes, 0 when it cannot be told.
	Resident int64 `json:"resident,omitempty"`
}

// frameWriter writes frames: four bytes of length, then JSON. It is safe for
// concurrent use.
type frameWriter struct {
	mu  sync.Mutex
	w   io.Writer
	max int // of one frame; 0 means maxFrame
}

// unsendableError is why a frame was not written at all. The pipe is as good as
// before: only the call that the frame belongs to has failed.
type unsendableError struct{ err error }

func (e *unsendableError) Error() string { return e.err.Error() }
func (e *unsendableError) Unwrap() error { return e.err }

func (f *frameWriter) write(frame any) error {
	body, err := json.Marshal(frame)
	longest := f.max
	if longest == 0 {
		longest = maxFrame
	}
	if err == nil && len(body) > longest {
		err = fmt.Errorf("a message of %d bytes is longer than the %d that pass between a pool and its worker", len(body), longest)
	}
	if err != nil {
		return &unsendableError{err}
	}
	b := make([]byte, 4, 4+len(body))
	binary.BigEndian.PutUint32(b, uint32(len(body))) //nolint:gosec // at most maxFrame
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err = f.w.Write(append(b, body...))
	return err
}

// readFrame reads one frame. The end between two frames is io.EOF.
func readFrame(r io.Reader, frame any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return fmt.Errorf("a message of %d bytes: this is not a worker's", n)
	}
	// Grow with what arrives: a wrong length must not cost its memory.
	body, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil {
		return err
	}
	if len(body) < int(n) {
		return io.ErrUnexpectedEOF
	}
	return json.Unmarshal(body, frame)
}
