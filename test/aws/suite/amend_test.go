package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// forgetful answers calls as the emulator does: the same whatever it was told.
func forgetful(t *testing.T, answers map[string]string) (*amender, func(action, fields string) string) {
	t.Helper()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer, ok := answers[parseCall(r.URL.Path, r.Header, body).action]
		if !ok || strings.Contains(string(body), `["RedriveAllowPolicy"]`) {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(behind.Close)
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	a := &amender{amended: map[string]bool{}, remember: map[string]string{}}
	front := httptest.NewServer(a.proxy(target))
	t.Cleanup(front.Close)
	return a, func(action, fields string) string {
		req, err := http.NewRequest(http.MethodPost, front.URL, strings.NewReader(fields))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(fields, "{") {
			req.Header.Set("X-Amz-Target", action)
		} else {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v %s", action, resp.Status, err, body)
		}
		return string(body)
	}
}

func TestWhatTheEmulatorForgetsIsRemembered(t *testing.T) {
	t.Parallel()
	a, ask := forgetful(t, map[string]string{
		"SetQueueAttributes": "{}", "EnableKeyRotation": "{}", "SetTopicAttributes": "<ok/>", "CreateTopic": "<ok/>",
		"GetQueueAttributes":   `{"Attributes":{"RedrivePolicy":"{\"a\": 1, \"b\": 2}"}}`,
		"GetKeyRotationStatus": `{"KeyRotationEnabled": true}`,
		"DescribeInstances":    `<item><association></association><id>i-1</id></item>`,
		"GetTopicAttributes":   `<Attributes><entry></entry></Attributes>`,
	})
	ask("AmazonSQS.SetQueueAttributes", `{"QueueUrl":"q","Attributes":{"RedriveAllowPolicy":"{}"}}`)
	ask("TrentService.EnableKeyRotation", `{"KeyId":"k","RotationPeriodInDays":365}`)
	ask("", "Action=CreateTopic&Name=news&Attributes.entry.1.key=SignatureVersion&Attributes.entry.1.value=2")
	for _, c := range []struct{ action, fields, want string }{
		{"AmazonSQS.GetQueueAttributes", `{"QueueUrl":"q","AttributeNames":["RedriveAllowPolicy"]}`,
			`{"Attributes":{"RedriveAllowPolicy":"{}","RedrivePolicy":"{\"a\":1,\"b\":2}"}}`},
		{"TrentService.GetKeyRotationStatus", `{"KeyId":"k"}`, `{"RotationPeriodInDays": 365, "KeyRotationEnabled": true}`},
		{"TrentService.GetKeyRotationStatus", `{"KeyId":"another"}`, `{"KeyRotationEnabled": true}`},
		{"", "Action=DescribeInstances", `<item><id>i-1</id></item>`},
		{"", "Action=GetTopicAttributes&TopicArn=arn:aws:sns:eu-west-1:123456789012:news",
			`<Attributes><entry></entry><entry><key>SignatureVersion</key><value>2</value></entry></Attributes>`},
	} {
		if got := ask(c.action, c.fields); got != c.want {
			t.Errorf("%s %s\ngot  %s\nwant %s", c.action, c.fields, got, c.want)
		}
	}
	want := []string{association, redriveAllow, redrive, rotation, signature}
	slices.Sort(want)
	if got := a.used(); !slices.Equal(got, want) {
		t.Errorf("put right: %q", got)
	}
	if got := a.used(); len(got) != 0 {
		t.Errorf("still put right in the next row: %q", got)
	}
}

func TestADistributionIsAnsweredAsItWasMade(t *testing.T) {
	t.Parallel()
	a := &amender{amended: map[string]bool{}, remember: map[string]string{}}
	c := parseCall(distributionPath, http.Header{"Content-Type": {"application/xml"}}, nil)
	a.ask(c, []byte("<Origin><DomainName>b</DomainName><OriginAccessControlId>E1</OriginAccessControlId></Origin>"))
	got := string(a.answer(c, []byte("<Origin><DomainName>b</DomainName></Origin><Origin><DomainName>c</DomainName></Origin>"+
		"<CachePolicyId>p</CachePolicyId><ResponseHeadersPolicyId>h</ResponseHeadersPolicyId><ForwardedValues><x/></ForwardedValues>"+
		"<CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate><IAMCertificateId></IAMCertificateId><ACMCertificateArn>arn</ACMCertificateArn>")))
	want := "<Origin><DomainName>b</DomainName><OriginAccessControlId>E1</OriginAccessControlId></Origin><Origin><DomainName>c</DomainName></Origin>" +
		"<CachePolicyId>p</CachePolicyId><ResponseHeadersPolicyId>h</ResponseHeadersPolicyId>" +
		"<CloudFrontDefaultCertificate>false</CloudFrontDefaultCertificate><ACMCertificateArn>arn</ACMCertificateArn>"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if used := a.used(); !slices.Equal(used, []string{ownCertificate, forwarded, accessControl, noCertificate}) {
		t.Errorf("put right: %q", used)
	}
}

func TestHeadersPoliciesAreKeptInFrontOfTheEmulator(t *testing.T) {
	t.Parallel()
	a, _ := forgetful(t, nil)
	ask := func(method, path, body string) string {
		t.Helper()
		w := httptest.NewRecorder()
		if !a.serveHeaders(w, httptest.NewRequest(method, path, strings.NewReader(body))) {
			t.Fatalf("%s %s was not answered", method, path)
		}
		return fmt.Sprint(w.Code, " ", w.Body)
	}
	const one = policiesPath + "/00000000-0000-4000-8000-000000000001"
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", policiesPath, "<Config>1</Config>", "201 <ResponseHeadersPolicy "},
		{"GET", one, "", "<Config>1</Config></ResponseHeadersPolicy>"},
		{"PUT", one, "<Config>2</Config>", "200 "},
		{"GET", one + "/config", "", "200 <Config>2</Config>"},
		{"GET", policiesPath, "", "<Quantity>1</Quantity>"},
		{"DELETE", one, "", "204 "},
		{"GET", one, "", "404 "},
		{"GET", policiesPath, "", "<Quantity>0</Quantity>"},
	} {
		if got := ask(c.method, c.path, c.body); !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %s, without %s", c.method, c.path, got, c.want)
		}
	}
	if a.serveHeaders(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) {
		t.Error("another request was answered, too")
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add("/", "AmazonSQS.X", "", `{"QueueUrl":"q"}`)
	f.Add("/", "", "application/x-www-form-urlencoded", "Action=A&B=%zz")
	f.Add(distributionPath, "", "application/xml", "<Origin><DomainName>b</DomainName></Origin>")
	f.Fuzz(func(t *testing.T, path, target, contentType, body string) {
		a := &amender{amended: map[string]bool{}, remember: map[string]string{}}
		c := parseCall(path, http.Header{"X-Amz-Target": {target}, "Content-Type": {contentType}}, []byte(body))
		if got := a.ask(c, []byte(body)); c.action == "" && string(got) != body {
			t.Errorf("what is no call became %q", got)
		}
		a.answer(c, []byte(body))
	})
}
