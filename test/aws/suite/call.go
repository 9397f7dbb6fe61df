package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// call is a request to AWS: an action with fields, in JSON or in a form. What is
// asked in another way has only a path.
type call struct {
	path    string
	service string // of a call in JSON: "AmazonSQS"
	action  string
	fields  map[string]any
	form    url.Values
}

func parseCall(path string, h http.Header, body []byte) *call {
	c := &call{path: path}
	if target := h.Get("X-Amz-Target"); target != "" {
		c.service, c.action, _ = strings.Cut(target, ".")
		if json.Unmarshal(body, &c.fields) != nil {
			c.fields = map[string]any{} // nothing that is amended
		}
		return c
	}
	if strings.HasPrefix(h.Get("Content-Type"), "application/x-www-form-urlencoded") {
		c.form, _ = url.ParseQuery(string(body)) // what it could read of it is enough
		c.action = c.form.Get("Action")
	}
	return c
}

func (c *call) is(service, action string) bool { return c.service == service && c.action == action }

func (c *call) text(field string) string {
	s, _ := c.fields[field].(string)
	return s
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// mustJSON writes what came from JSON.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return b
}
