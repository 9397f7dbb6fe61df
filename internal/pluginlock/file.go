package pluginlock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// maxFile bounds the file: it may be anybody's.
const maxFile = 1 << 20 // bytes

// again is the command that writes the file as it should be.
const again = "take the file from Git again, or: trunkline plugin lock"

// Parse reads the file. The error is of kind Invalid and names the line.
func Parse(data []byte) (Lock, error) {
	if len(data) > maxFile {
		return Lock{}, broken(1, fmt.Errorf("it has %d bytes, more than %d", len(data), maxFile))
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) // what Git may make of it
	var l Lock
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return Lock{}, broken(lineOf(data, dec, err), plain(err))
	}
	if l.Schema != Schema {
		return Lock{}, broken(1, fmt.Errorf("its schema is %q, and this program knows %s", l.Schema, Schema))
	}
	for _, p := range l.Plugins {
		if err := p.Check(); err != nil {
			return Lock{}, broken(lineWith(data, p.Name), err)
		}
	}
	canonical, err := Format(l)
	if err != nil {
		return Lock{}, err
	}
	if line := firstDifference(data, canonical); line > 0 {
		return Lock{}, broken(line, errors.New("it is not as trunkline writes it"))
	}
	return l, nil
}

// Format writes the file.
func Format(l Lock) ([]byte, error) {
	l.Schema, l.Plugins = Schema, slices.Clone(l.Plugins)
	if l.Plugins == nil {
		l.Plugins = []Plugin{}
	}
	slices.SortStableFunc(l.Plugins, compare)
	l.Plugins = slices.CompactFunc(l.Plugins, func(a, b Plugin) bool { return compare(a, b) == 0 })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(l); err != nil {
		return nil, &gitops.Error{Kind: gitops.Bug, What: "cannot write " + File, Err: err}
	}
	return b.Bytes(), nil
}

func broken(line int, err error) error {
	return &gitops.Error{Kind: gitops.Invalid, Where: fmt.Sprintf("%s:%d", File, line), Err: err, Next: again}
}

// plain takes the decoder's words for what a reader of the file can use.
func plain(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// lineOf is the line on which the decoder gave up.
func lineOf(data []byte, dec *json.Decoder, err error) int {
	at := dec.InputOffset()
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	return 1 + bytes.Count(data[:min(at, int64(len(data)))], []byte("\n"))
}

func lineWith(data []byte, name string) int {
	before, _, _ := bytes.Cut(data, []byte(`"name": "`+name+`"`))
	return 1 + bytes.Count(before, []byte("\n"))
}

// firstDifference returns the first line in which two texts differ, 0 when they
// are the same.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return i + 1
		}
	}
	return min(len(as), len(bs))
}
