// Package cloud is a resource provider for tests: a cloud in memory whose
// behaviour is asked for by the inputs of its resources.
//
// Its package is "test", with three types whose inputs are their outputs, plus
// "serial", the number of the create of that name, and "arn", which is not
// known before the create. IDs are made of the name and that number, so that
// they do not depend on the order of parallel creates.
//
//   - test:index:Thing
//   - test:index:Vault also has the secret output "token"
//   - test:index:Named gets the input "name" from Pulumi's automatic naming
//
// These inputs have a meaning:
//
//   - key: a change of it replaces the thing
//   - dbr: true makes a replacement delete before it creates
//   - value: "bad" is refused by Check
//   - fail: the call that fails: create, update, delete, read, diff, partial (a
//     create that leaves the thing half-made), partialUpdate
//   - wait: its value names a gate; the create waits until the test opens it
//
// The functions are test:index:echo, test:index:fail and test:index:refuse.
package cloud

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
)

// The types and the size limit of a message between the engine and a provider.
const (
	Thing = "test:index:Thing"
	Vault = "test:index:Vault"
	Named = "test:index:Named"

	maxMessage = 400 << 20
)

// Cloud is the provider and everything that exists in it.
type Cloud struct {
	pulumirpc.UnimplementedResourceProviderServer

	mu      sync.Mutex
	serials map[string]int // by name
	things  map[string]*structpb.Struct
	log     []string
	gates   map[string]*gate
}

type gate struct {
	reached, open         chan struct{}
	reachOnce, openedOnce sync.Once
}

// New returns an empty cloud.
func New() *Cloud {
	return &Cloud{serials: map[string]int{}, things: map[string]*structpb.Struct{}, gates: map[string]*gate{}}
}

// Serve serves the cloud on 127.0.0.1 and returns the port. stop ends it.
func (c *Cloud) Serve() (port int, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(s, c)
	go func() { _ = s.Serve(l) }() // it returns when the server is stopped
	return l.Addr().(*net.TCPAddr).Port, s.Stop, nil
}

// Take returns the calls since the last Take, sorted: parallel calls come in any
// order.
func (c *Cloud) Take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Sorted(slices.Values(c.log))
	c.log = nil
	return out
}

// Things returns what exists, by ID, as JSON.
func (c *Cloud) Things() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]string{}
	for id, t := range c.things {
		out[id] = text(t)
	}
	return out
}

// Put makes a thing, or changes one, behind everybody's back.
func (c *Cloud) Put(id string, props map[string]any) error {
	s, err := structpb.NewStruct(props)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.things[id] = s
	return nil
}

// Touch changes a property of a thing behind everybody's back.
func (c *Cloud) Touch(id, key string, value any) error {
	v, err := structpb.NewValue(value)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.things[id]
	if t == nil {
		return fmt.Errorf("no thing %s", id)
	}
	t.Fields[key] = v
	return nil
}

// Forget deletes a thing behind everybody's back.
func (c *Cloud) Forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.things, id)
}

// Open lets everything pass that waits at the gate, now and later.
func (c *Cloud) Open(name string) {
	g := c.gate(name)
	g.openedOnce.Do(func() { close(g.open) })
}

// Reached is closed when a call has come to the gate.
func (c *Cloud) Reached(name string) <-chan struct{} { return c.gate(name).reached }

func (c *Cloud) gate(name string) *gate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gates[name] == nil {
		c.gates[name] = &gate{reached: make(chan struct{}), open: make(chan struct{})}
	}
	return c.gates[name]
}

// note logs a call: the method, what it is about, and its properties.
func (c *Cloud) note(method, about string, props ...*structpb.Struct) {
	line := []string{method, about}
	for _, p := range props {
		line = append(line, text(p))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, strings.Join(line, " "))
}

// text renders properties with sorted keys.
func text(s *structpb.Struct) string {
	b, err := json.Marshal(s.AsMap())
	if err != nil {
		return err.Error()
	}
	return string(b)
}
