package types

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ../gen

//go:embed types.zip
var archive []byte

//go:embed overrides.json
var overrides []byte

// UnknownError tells that pulumi-aws has no such type.
type UnknownError struct {
	Token string
	// Similar is a type that may be meant, or empty.
	Similar string
}

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("the sandbox has no type %s", e.Token)
	if e.Similar != "" {
		s += fmt.Sprintf(" (did you mean %s?)", e.Similar)
	}
	return s + "; it has all of pulumi-aws " + Version
}

// Version is the release of pulumi-aws whose types these are.
const Version = "6.83.2"

// Catalog finds types. The zero value is ready, and safe for concurrent use.
type Catalog struct {
	open  sync.Once
	index *Index
	err   error
	found sync.Map // token → func() (*Type, error)
}

// Find returns the type of a token, or an *UnknownError. The result is shared
// and must not be changed.
func (c *Catalog) Find(token string) (*Type, error) {
	if f, ok := c.found.Load(token); ok {
		return f.(func() (*Type, error))()
	}
	index, err := c.entries()
	if err != nil {
		return nil, err
	}
	if !index.Has(token) {
		return nil, &UnknownError{Token: token, Similar: Nearest(token, index.near(token))}
	}
	f, _ := c.found.LoadOrStore(token, sync.OnceValues(func() (*Type, error) { return index.Type(token) }))
	return f.(func() (*Type, error))()
}

// Tokens lists every known type, sorted.
func (c *Catalog) Tokens() ([]string, error) {
	index, err := c.entries()
	if err != nil {
		return nil, err
	}
	return slices.Clone(index.tokens), nil
}

func (c *Catalog) entries() (*Index, error) {
	c.open.Do(func() { c.index, c.err = OpenIndex(archive, overrides) })
	return c.index, c.err
}

// Index is an opened archive of types.
type Index struct {
	files  map[string]*zip.File
	tokens []string // sorted
	people people
}

// OpenIndex reads the table of contents of an archive, and the overrides that go
// with it. It does not keep the archive's bytes from changing: they must not.
func OpenIndex(archive, overrides []byte) (*Index, error) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("the sandbox's description of types is damaged: %w", err)
	}
	x := &Index{files: map[string]*zip.File{}}
	for _, f := range r.File {
		if token, ok := strings.CutSuffix(f.Name, ".json"); ok && strings.HasPrefix(token, "aws:") {
			x.files[token] = f
			x.tokens = append(x.tokens, token)
		}
	}
	slices.Sort(x.tokens)
	if err := strict(overrides, &x.people); err != nil {
		return nil, fmt.Errorf("overrides.json: %w", err)
	}
	return x, nil
}

// Has tells whether the archive has the type.
func (x *Index) Has(token string) bool { return x.files[token] != nil }

// near lists the tokens of the same package, or all when there is none.
func (x *Index) near(token string) []string {
	pkg, _, _ := strings.Cut(token, "/")
	if in := slices.DeleteFunc(slices.Clone(x.tokens), func(t string) bool { return !strings.HasPrefix(t, pkg+"/") }); len(in) > 0 {
		return in
	}
	if !strings.HasPrefix(token, "aws:") {
		return nil
	}
	return x.tokens
}

// mostText bounds the description of one type, so that a damaged archive cannot
// ask for all memory. The largest is a tenth of it.
const mostText = 32 << 20

// Type reads one type.
func (x *Index) Type(token string) (*Type, error) {
	f := x.files[token]
	if f == nil {
		return nil, &UnknownError{Token: token}
	}
	text, err := content(f)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's description of %s is damaged: %w", token, err)
	}
	t := &Type{}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("the sandbox's description of %s is damaged: %w", token, err)
	}
	t.Token = token
	if err := t.complete(); err != nil {
		return nil, fmt.Errorf("the sandbox's description of %s is damaged: %w", token, err)
	}
	return t, x.people.apply(t)
}

func content(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, mostText+1))
	if err == nil && len(text) > mostText {
		err = fmt.Errorf("it is longer than %d bytes", mostText)
	}
	return text, err
}

// strict decodes JSON in which every field must be known.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
