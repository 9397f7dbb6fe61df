//go:build unix

package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// cloudCall is one call to the cloud, and an entry of its log.
type cloudCall struct {
	Who, Verb, URN, ID string
	Properties         map[string]string
}

// found is the cloud's answer.
type found struct {
	ID         string
	Exists     bool
	Properties map[string]string
}

// clouder is the cloud, near or far.
type clouder interface {
	do(c cloudCall) (found, error)
}

// object is something that exists.
type object struct {
	urn        string
	properties map[string]string
}

// cloud keeps what exists and a log of what was changed. It outlives those who
// use it.
type cloud struct {
	mu      sync.Mutex
	serial  int
	objects map[string]object // by ID
	log     []cloudCall
	reached []string // who has reached its point

	socket string
	open   map[net.Conn]bool
	closed *sync.Cond // on mu: one of open was closed
}

func newCloud() *cloud { return &cloud{objects: map[string]object{}} }

// copy returns a cloud with the same objects and an empty log.
func (c *cloud) copy() *cloud {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &cloud{serial: c.serial, objects: maps.Clone(c.objects)}
}

// do implements clouder. What exists already is updated, and what is gone
// already is deleted, without an error, as in most clouds.
func (c *cloud) do(in cloudCall) (found, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, exists := c.objects[in.ID]
	switch in.Verb {
	case "reached":
		c.reached = append(c.reached, in.Who)
		return found{}, nil
	case "read":
		return found{ID: in.ID, Exists: exists, Properties: o.properties}, nil
	case "create":
		c.serial++
		in.ID = fmt.Sprintf("thing-%d", c.serial)
		c.objects[in.ID] = object{in.URN, in.Properties}
	case "update":
		if !exists {
			return found{}, fmt.Errorf("there is no %s", in.ID)
		}
		c.objects[in.ID] = object{in.URN, in.Properties}
	case "delete":
		if !exists {
			return found{}, nil
		}
		delete(c.objects, in.ID)
	default:
		return found{}, fmt.Errorf("the cloud cannot %q", in.Verb)
	}
	c.log = append(c.log, in)
	return found{ID: in.ID, Exists: in.Verb != "delete", Properties: in.Properties}, nil
}

// history returns the log.
func (c *cloud) history() []cloudCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// inventory returns what exists, by ID.
func (c *cloud) inventory() map[string]object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.objects)
}

// wasReached tells whether somebody has reached its point.
func (c *cloud) wasReached(who string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.reached, who)
}

// serve serves the cloud on a socket until the test ends.
func (c *cloud) serve(t *testing.T, socket string) {
	t.Helper()
	c.socket, c.open, c.closed = socket, map[net.Conn]bool{}, sync.NewCond(&c.mu)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in cloudCall
		err := json.NewDecoder(r.Body).Decode(&in)
		var out found
		if err == nil {
			out, err = c.do(in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // who asked may be dead by now
	}), ConnState: c.note}
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }() // it ends by Close
	t.Cleanup(func() { _ = s.Close(); <-done })
}

// note keeps the list of connections.
func (c *cloud) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open[conn] = true
	case http.StateClosed:
		delete(c.open, conn)
		c.closed.Broadcast()
	default:
	}
}

// calmDown returns when everything is done that was asked for by a process that
// has ended: what it had sent is on its way, as in any cloud.
func (c *cloud) calmDown(t *testing.T) {
	t.Helper()
	me := newFarCloud(c.socket) // comes after all others
	if _, err := me.do(cloudCall{Verb: "read"}); err != nil {
		t.Fatal(err)
	}
	me.client.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) > 0 {
		c.closed.Wait()
	}
}

// farCloud is a cloud on the other end of a socket.
type farCloud struct{ client *http.Client }

func newFarCloud(socket string) farCloud {
	return farCloud{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}}
}

// do implements clouder.
func (f farCloud) do(in cloudCall) (out found, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	res, err := f.client.Post("http://cloud/", "application/json", bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body) // it only explains the error
		return out, fmt.Errorf("the cloud says: %s", text)
	}
	return out, json.NewDecoder(res.Body).Decode(&out)
}
