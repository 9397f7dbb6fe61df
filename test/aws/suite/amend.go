package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The emulator's answers that would end a story, or make each preview of it find
// a change that is none. They are put right on the way, each with evidence of
// what is wrong; a row that needed one is "partly" at best.
const (
	redriveAllow = "SQS GetQueueAttributes answers InvalidAttributeName to RedriveAllowPolicy, and SetQueueAttributes forgets it; AWS keeps it"
	redrive      = `SQS GetQueueAttributes answers RedrivePolicy with spaces between its parts; AWS answers it as it was given`
	association  = "EC2 DescribeInstances answers an empty association for a network interface without a public address; AWS answers none"
	rotation     = "KMS GetKeyRotationStatus does not answer RotationPeriodInDays; AWS does"
	scalable     = "Application Auto Scaling answers 500 to ListTagsForResource; AWS answers the tags"
	signature    = "SNS GetTopicAttributes does not answer SignatureVersion; AWS does, as it was set"
)

// autoScaling is what Application Auto Scaling is called in its protocol.
const autoScaling = "AnyScaleFrontendService"

// amender is between the provider and the emulator.
type amender struct {
	mu       sync.Mutex
	amended  map[string]bool   // the evidence of what was put right
	remember map[string]string // what the emulator forgets
	made     int               // headers policies, for their ids
}

// proxy returns a handler that passes calls on to the emulator at target.
func (a *amender) proxy(target *url.URL) http.Handler {
	p := httputil.NewSingleHostReverseProxy(target)
	p.ModifyResponse = func(r *http.Response) error {
		c, _ := r.Request.Context().Value(callKey{}).(*call)
		if c == nil || r.StatusCode != http.StatusOK && !c.is(autoScaling, "ListTagsForResource") {
			return nil
		}
		r.StatusCode = http.StatusOK
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_ = r.Body.Close() // it was read to its end
		body = a.answer(c, body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		r.Header.Del("X-Amz-Crc32") // of what was there before
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.serveHeaders(w, r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c := parseCall(r.URL.Path, r.Header, body)
		body = a.ask(c, body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		p.ServeHTTP(w, r.WithContext(withCall(r.Context(), c)))
	})
}

// used returns the evidence of what was put right since it was asked last.
func (a *amender) used() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := slices.Sorted(maps.Keys(a.amended))
	a.amended, a.remember = map[string]bool{}, map[string]string{}
	return out
}

// ask sees a call before the emulator does.
func (a *amender) ask(c *call, body []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch c.action {
	case "":
		if strings.HasPrefix(c.path, distributionPath) {
			a.rememberOrigins(string(body))
		}
	case "SetQueueAttributes":
		attributes, _ := c.fields["Attributes"].(map[string]any)
		switch v, ok := attributes["RedriveAllowPolicy"].(string); {
		case ok && v != "":
			a.remember["queue "+c.text("QueueUrl")] = v
		case ok: // this is how it is taken away
			delete(a.remember, "queue "+c.text("QueueUrl"))
		}
	case "GetQueueAttributes":
		if names, _ := c.fields["AttributeNames"].([]any); slices.Contains(names, any("RedriveAllowPolicy")) {
			a.amended[redriveAllow] = true
			c.fields["AttributeNames"] = []any{"All"}
			return mustJSON(c.fields)
		}
	case "EnableKeyRotation":
		if days, ok := c.fields["RotationPeriodInDays"].(float64); ok {
			a.remember["key "+c.text("KeyId")] = fmt.Sprint(days)
		}
	case "CreateTopic":
		for i := 1; c.form.Has(fmt.Sprintf("Attributes.entry.%d.key", i)); i++ {
			if c.form.Get(fmt.Sprintf("Attributes.entry.%d.key", i)) == "SignatureVersion" {
				a.remember["new topic "+c.form.Get("Name")] = c.form.Get(fmt.Sprintf("Attributes.entry.%d.value", i))
			}
		}
	case "SetTopicAttributes":
		if c.form.Get("AttributeName") == "SignatureVersion" {
			a.remember["topic "+c.form.Get("TopicArn")] = c.form.Get("AttributeValue")
		}
	}
	return body
}

// answer sees what the emulator answers.
func (a *amender) answer(c *call, body []byte) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch c.action {
	case "":
		if strings.HasPrefix(c.path, distributionPath) {
			return []byte(a.distribution(string(body)))
		}
	case "GetQueueAttributes":
		return a.queue(c, body)
	case "RegisterScalableTarget":
		var made struct{ ScalableTargetARN string }
		if json.Unmarshal(body, &made) == nil {
			a.remember["tags "+made.ScalableTargetARN] = string(mustJSON(c.fields["Tags"]))
		}
	case "ListTagsForResource":
		if c.service == autoScaling {
			a.amended[scalable] = true
			return []byte(`{"Tags": ` + cmp.Or(a.remember["tags "+c.text("ResourceARN")], "{}") + "}")
		}
	case "GetKeyRotationStatus":
		if days, ok := a.remember["key "+c.text("KeyId")]; ok {
			a.amended[rotation] = true
			return bytes.Replace(body, []byte("{"), []byte(`{"RotationPeriodInDays": `+days+", "), 1)
		}
	case "DescribeInstances":
		return []byte(a.replace(association, string(body), empty.Replace(string(body))))
	case "GetTopicAttributes":
		arn := c.form.Get("TopicArn")
		if v := cmp.Or(a.remember["topic "+arn], a.remember["new topic "+afterLastColon(arn)]); v != "" {
			a.amended[signature] = true
			entry := "<entry><key>SignatureVersion</key><value>" + v + "</value></entry></Attributes>"
			return bytes.Replace(body, []byte("</Attributes>"), []byte(entry), 1)
		}
	}
	return body
}

var empty = strings.NewReplacer("<association></association>", "", "<association/>", "", "<association />", "")

func (a *amender) queue(c *call, body []byte) []byte {
	var answer map[string]map[string]any
	if json.Unmarshal(body, &answer) != nil || answer["Attributes"] == nil {
		return body
	}
	attributes := answer["Attributes"]
	if v, ok := a.remember["queue "+c.text("QueueUrl")]; ok {
		a.amended[redriveAllow] = true
		attributes["RedriveAllowPolicy"] = v
	}
	var compact bytes.Buffer
	if v, ok := attributes["RedrivePolicy"].(string); ok && json.Compact(&compact, []byte(v)) == nil && compact.String() != v {
		a.amended[redrive] = true
		attributes["RedrivePolicy"] = compact.String()
	}
	return mustJSON(answer)
}
