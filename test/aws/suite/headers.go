package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// headersPolicies is what is missing in the emulator.
const headersPolicies = "CloudFront answers 404 to CreateResponseHeadersPolicy, which the emulator does not have; AWS does. " +
	"What is in front of it keeps the policies as they are given"

const (
	policiesPath = "/2020-05-31/response-headers-policy"
	policyKey    = "headers policy "
	policyTag    = "E1" // of every version, as nobody else changes one
	cloudFront   = `xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"`
)

// serveHeaders answers requests about response headers policies; false means that
// this one is about something else.
func (a *amender) serveHeaders(w http.ResponseWriter, r *http.Request) bool {
	id, ok := strings.CutPrefix(r.URL.Path, policiesPath)
	if !ok {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.amended[headersPolicies] = true
	id, part, _ := strings.Cut(strings.TrimPrefix(id, "/"), "/")
	kept, there := a.remember[policyKey+id]
	switch {
	case r.Method == http.MethodPost && id == "":
		a.made++
		id = fmt.Sprintf("00000000-0000-4000-8000-%012d", a.made)
		a.remember[policyKey+id] = string(body)
		w.Header().Set("Location", policiesPath+"/"+id)
		answerPolicy(w, http.StatusCreated, id, string(body))
	case r.Method == http.MethodGet && id == "":
		a.listPolicies(w)
	case !there:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `<ErrorResponse %s><Error><Type>Sender</Type><Code>NoSuchResponseHeadersPolicy</Code><Message>%s</Message></Error></ErrorResponse>`, cloudFront, id)
	case r.Method == http.MethodGet && part == "config":
		w.Header().Set("ETag", policyTag)
		fmt.Fprint(w, kept)
	case r.Method == http.MethodGet:
		answerPolicy(w, http.StatusOK, id, kept)
	case r.Method == http.MethodPut:
		a.remember[policyKey+id] = string(body)
		answerPolicy(w, http.StatusOK, id, string(body))
	default:
		delete(a.remember, policyKey+id)
		w.WriteHeader(http.StatusNoContent)
	}
	return true
}

// answerPolicy writes a policy whose configuration is as it was given.
func answerPolicy(w http.ResponseWriter, code int, id, config string) {
	w.Header().Set("ETag", policyTag)
	w.WriteHeader(code)
	fmt.Fprintf(w, `<ResponseHeadersPolicy %s><Id>%s</Id><LastModifiedTime>2021-11-27T10:34:26Z</LastModifiedTime>%s</ResponseHeadersPolicy>`, cloudFront, id, config)
}

func (a *amender) listPolicies(w http.ResponseWriter) {
	var items strings.Builder
	n := 0
	for key, config := range a.remember {
		if id, ok := strings.CutPrefix(key, policyKey); ok {
			n++
			fmt.Fprintf(&items, `<ResponseHeadersPolicySummary><Type>custom</Type><ResponseHeadersPolicy><Id>%s</Id>%s</ResponseHeadersPolicy></ResponseHeadersPolicySummary>`, id, config)
		}
	}
	fmt.Fprintf(w, `<ResponseHeadersPolicyList %s><MaxItems>100</MaxItems><Quantity>%d</Quantity><Items>%s</Items></ResponseHeadersPolicyList>`, cloudFront, n, items.String())
}
