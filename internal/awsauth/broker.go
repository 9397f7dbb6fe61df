package awsauth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Broker finds credentials and serves them. It is safe for concurrent use.
type Broker struct {
	opts Options

	mu     sync.Mutex
	server *http.Server // nil before the first grant
	addr   string
	grants []*Grant
	closed bool
}

// New returns a Broker. Nothing is asked or served yet.
func New(opts Options) *Broker {
	if opts.Getenv == nil {
		opts.Getenv = func(string) string { return "" }
	}
	if opts.Chain == nil {
		opts.Chain = load
	}
	if opts.Client == nil {
		opts.Client = &http.Client{Timeout: tokenPatience}
	}
	return &Broker{opts: opts}
}

// Close ends all grants.
func (b *Broker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.grants = true, nil
	if b.server == nil {
		return nil
	}
	return b.server.Close()
}

// serve makes the grant one that is answered to.
func (b *Broker) serve(g *Grant) (*Grant, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, gitops.Errorf(gitops.Cancelled, "no more credentials are given out")
	}
	if b.server == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, gitops.Errorf(gitops.Failed, "cannot serve credentials to providers: %w", err)
		}
		b.addr = l.Addr().String()
		b.server = &http.Server{Handler: http.HandlerFunc(b.answer), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 1 << 14}
		go func() { _ = b.server.Serve(l) }() // it returns when the server is closed
	}
	token := rand.Text() + rand.Text() // 260 random bits
	g.address, g.token = "http://"+b.addr+"/", func() string { return token }
	b.grants = append(b.grants, g)
	return g, nil
}

// credentialsJSON is the form in which containers are served credentials by AWS.
type credentialsJSON struct {
	AccessKeyID     string     `json:"AccessKeyId"`
	SecretAccessKey string     `json:"SecretAccessKey"`
	Token           string     `json:"Token,omitempty"`
	Expiration      *time.Time `json:"Expiration,omitempty"`
}

// answer serves the credentials of the grant whose token a request has.
func (b *Broker) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	g := b.grantOf(r.Header.Get("Authorization"))
	if g == nil || r.Method != http.MethodGet || r.URL.Path != "/" || r.Host != b.addr {
		refuse(w, http.StatusUnauthorized, "no such grant")
		return
	}
	c, err := g.cache.Retrieve(r.Context())
	if err != nil {
		err = g.explain(r.Context(), err)
		code := http.StatusServiceUnavailable // which is tried again
		if gitops.KindOf(err) == gitops.Denied {
			code = http.StatusForbidden
		}
		refuse(w, code, err.Error())
		return
	}
	out := credentialsJSON{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, Token: c.SessionToken}
	if c.CanExpire {
		out.Expiration = &c.Expires
	}
	_ = json.NewEncoder(w).Encode(out) // the process that asked may have ended
}

func refuse(w http.ResponseWriter, code int, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": http.StatusText(code), "message": message}) // as above
}

// grantOf looks at every grant, so that the time it takes tells nothing.
func (b *Broker) grantOf(token string) *Grant {
	b.mu.Lock()
	defer b.mu.Unlock()
	var has *Grant
	for _, g := range b.grants {
		if subtle.ConstantTimeCompare([]byte(g.token()), []byte(token)) == 1 {
			has = g
		}
	}
	return has
}
