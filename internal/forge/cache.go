package forge

import (
	"net/http"
	"sync"
)

const (
	maxKept     = 64      // answers
	maxKeptBody = 1 << 20 // bytes of one
)

// cache keeps answers that have an ETag. A forge that says they are unchanged
// does not count the request against the limit.
type cache struct {
	mu    sync.Mutex
	byURL map[string]Answer
	order []string
}

func cacheKey(req *http.Request) string {
	return req.URL.String() + " " + req.Header.Get("Accept") + " " + req.Header.Get("Authorization") + req.Header.Get("Private-Token") + req.Header.Get("Job-Token")
}

// ask makes a read conditional.
func (c *cache) ask(req *http.Request) {
	if req.Method != http.MethodGet {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.byURL[cacheKey(req)]; ok {
		req.Header.Set("If-None-Match", a.Header.Get("ETag"))
	}
}

// keep remembers an answer, and returns the remembered one when the forge says
// that it is unchanged.
func (c *cache) keep(req *http.Request, a Answer) Answer {
	if req.Method != http.MethodGet {
		return a
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cacheKey(req)
	old, known := c.byURL[key]
	switch {
	case a.Status == http.StatusNotModified && known:
		return old
	case a.Status != http.StatusOK || a.Header.Get("ETag") == "" || len(a.Body) > maxKeptBody || isPage(a):
		return a
	}
	if c.byURL == nil {
		c.byURL = map[string]Answer{}
	}
	if !known {
		c.order = append(c.order, key)
	}
	c.byURL[key] = a
	if len(c.order) > maxKept {
		delete(c.byURL, c.order[0])
		c.order = c.order[1:]
	}
	return a
}
