// Package awsauthtest has a stand-in for AWS's Security Token Service, for tests.
package awsauthtest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// STS answers as AWS's Security Token Service does. It is safe for concurrent use.
type STS struct {
	server *httptest.Server

	mu     sync.Mutex
	now    func() time.Time
	keys   map[string]string // ARN by access key
	roles  map[string]func(caller string) bool
	tokens []string
	broken map[string]fault // by access key
	faults []fault
	calls  []string
	serial int
}

type fault struct {
	status        int
	code, message string
	times         int // less than 0: always
}

// New starts an STS. It must be closed.
func New() *STS {
	s := &STS{now: time.Now, keys: map[string]string{}, roles: map[string]func(string) bool{}, broken: map[string]fault{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.answer))
	return s
}

// Close stops it.
func (s *STS) Close() { s.server.Close() }

// URL is where it answers.
func (s *STS) URL() string { return s.server.URL }

// SetNow sets the clock from which credentials last for an hour.
func (s *STS) SetNow(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// User makes an access key known.
func (s *STS) User(key, arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = arn
}

// Role makes a role that callers with one of these ARNs may assume, and, with
// "token", those with a known token.
func (s *STS) Role(arn string, callers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[arn] = func(caller string) bool { return slices.Contains(callers, caller) }
}

// Token makes an OIDC token known.
func (s *STS) Token(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, token)
}

// Fail lets the next calls fail: so many times, or always when times is negative.
func (s *STS) Fail(status int, code, message string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault{status, code, message, times})
}

// Broken makes an access key known whose calls always fail.
func (s *STS) Broken(key string, status int, code, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[key] = fault{status: status, code: code, message: message}
}

// Calls lists what was asked: "AssumeRole arn:… trunkline-dev-preview".
func (s *STS) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

var keyPattern = regexp.MustCompile(`Credential=([^/]+)/`)

func (s *STS) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "MalformedInput", err.Error())
		return
	}
	action, role := r.Form.Get("Action"), r.Form.Get("RoleArn")
	s.calls = append(s.calls, strings.TrimSpace(action+" "+role+" "+r.Form.Get("RoleSessionName")))
	if f := s.fault(); f != nil {
		refuse(w, f.status, f.code, f.message)
		return
	}
	caller := "token"
	if action != "AssumeRoleWithWebIdentity" {
		key := ""
		if m := keyPattern.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
			key = m[1]
		}
		if f, ok := s.broken[key]; ok {
			refuse(w, f.status, f.code, f.message)
			return
		}
		if caller = s.keys[key]; caller == "" {
			refuse(w, http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
			return
		}
	} else if !slices.Contains(s.tokens, r.Form.Get("WebIdentityToken")) {
		refuse(w, http.StatusBadRequest, "InvalidIdentityToken", "No OpenIDConnect provider found in your account")
		return
	}
	if action == "GetCallerIdentity" {
		reply(w, action, "<Arn>"+caller+"</Arn><UserId>AIDA</UserId><Account>"+account(caller)+"</Account>")
		return
	}
	if may := s.roles[role]; may == nil || !may(caller) {
		refuse(w, http.StatusForbidden, "AccessDenied", "User: "+caller+" is not authorized to perform: sts:"+action+" on resource: "+role)
		return
	}
	s.serial++
	key := fmt.Sprintf("ASIA%016d", s.serial)
	s.keys[key] = strings.Replace(strings.Replace(role, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1) + "/" + r.Form.Get("RoleSessionName")
	reply(w, action, fmt.Sprintf("<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>secret-of-%s</SecretAccessKey><SessionToken>session-of-%s</SessionToken><Expiration>%s</Expiration></Credentials>",
		key, key, key, s.now().Add(time.Hour).UTC().Format(time.RFC3339)))
}

// fault returns the fault that the present call meets.
func (s *STS) fault() *fault {
	for i := range s.faults {
		if f := &s.faults[i]; f.times != 0 {
			f.times--
			return f
		}
	}
	return nil
}

func account(arn string) string { return strings.Split(arn, ":")[4] }

const namespace = `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`

func reply(w http.ResponseWriter, action, result string) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, "<%[1]sResponse %[2]s><%[1]sResult>%[3]s</%[1]sResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></%[1]sResponse>", action, namespace, result)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(message)) // a Builder takes everything
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<ErrorResponse %s><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>", namespace, code, escaped.String())
}
