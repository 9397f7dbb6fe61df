package forgetest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
)

// Fault is one thing that goes wrong with a request.
type Fault struct {
	// After lets the request reach the forge first.
	After bool
	// Status is what is answered; 0 resets the connection.
	Status int
	Header http.Header
	Body   io.Reader
}

// Faulty is a transport on which the next requests go wrong, in turn.
type Faulty struct {
	inner http.RoundTripper

	mu     sync.Mutex
	method string
	faults []Fault
	tokens []string
}

// NewFaulty returns a transport on which nothing goes wrong yet.
func NewFaulty(inner http.RoundTripper) *Faulty { return &Faulty{inner: inner} }

// Fail makes the next requests of these methods go wrong; "" means any.
func (f *Faulty) Fail(method string, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.method, f.faults = method, faults
}

// Left is how many faults did not happen yet.
func (f *Faulty) Left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.faults)
}

// RoundTrip makes a request, or lets it go wrong.
func (f *Faulty) RoundTrip(req *http.Request) (*http.Response, error) {
	fault, ok := f.take(req)
	if !ok {
		return f.inner.RoundTrip(req)
	}
	if fault.After {
		resp, err := f.inner.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if fault.Status == 0 {
		return nil, syscall.ECONNRESET
	}
	if fault.Header == nil {
		fault.Header = http.Header{"Content-Type": {"application/json"}}
	}
	if fault.Body == nil {
		fault.Body = bytes.NewReader([]byte(`{"message":"no"}`))
	}
	return &http.Response{StatusCode: fault.Status, Header: fault.Header, Body: io.NopCloser(fault.Body), Request: req}, nil
}

func (f *Faulty) take(req *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{"Authorization", "Private-Token", "Job-Token"} {
		if v := req.Header.Get(name); v != "" {
			f.tokens = append(f.tokens, v)
		}
	}
	if len(f.faults) == 0 || f.method != "" && !strings.Contains(f.method, req.Method) {
		return Fault{}, false
	}
	fault := f.faults[0]
	f.faults = f.faults[1:]
	return fault, true
}
