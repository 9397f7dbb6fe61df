package main

import (
	"slices"
	"strings"
)

// texts are values of many forms. Which of them the provider accepts tells which
// form it wants.
var texts = []string{
	"arn:aws:iam::123456789012:role/a", "123456789012", "eu-west-1", "eu-west-1a",
	"10.0.0.0/16", "10.0.0.1/16", "2001:db8::/56", "2001:db8::1/56", "10.0.0.1", "2001:db8::1",
	`{"a":1}`, `{"Version":"2012-10-17","Statement":[]}`, `[1]`,
	"2030-01-01T00:00:00Z", "2030-01-01T00:00:00", "2030-01-01", "03:00-04:00", "sun:03:00-sun:04:00", "03:00", "Mon:03:00",
	"true", "7", "-7", "1.5", "YWJj", "https://example.com/a", "http://example.com/a", "example.com", "a@example.com", "+15551234567",
	"1m", "PT1H", "P1D", "rate(5 minutes)", "cron(0 12 * * ? *)", "550e8400-e29b-41d4-a716-446655440000", "1-100", "/a/b", "alias/a", "s3://bucket/key",
}

// formats are the forms that are known by name, each with all that it accepts
// of the texts. The first that fits wins.
var formats = []struct {
	name    string
	accepts []string
}{
	{"arn", []string{"arn:aws:iam::123456789012:role/a"}},
	{"account", []string{"123456789012"}},
	{"region", []string{"eu-west-1"}},
	{"cidr4", []string{"10.0.0.0/16"}},
	{"cidr4host", []string{"10.0.0.0/16", "10.0.0.1/16"}},
	{"cidr6", []string{"2001:db8::/56"}},
	{"cidr6host", []string{"2001:db8::/56", "2001:db8::1/56"}},
	{"cidr", []string{"10.0.0.0/16", "2001:db8::/56"}},
	{"cidrhost", []string{"10.0.0.0/16", "10.0.0.1/16", "2001:db8::/56", "2001:db8::1/56"}},
	{"ip4", []string{"10.0.0.1"}},
	{"ip6", []string{"2001:db8::1"}},
	{"ip", []string{"10.0.0.1", "2001:db8::1"}},
	{"policy", []string{`{"Version":"2012-10-17","Statement":[]}`, `{"a":1}`}},
	{"policy", []string{`{"Version":"2012-10-17","Statement":[]}`}},
	{"json", []string{`{"a":1}`, `{"Version":"2012-10-17","Statement":[]}`, `[1]`, "true", "7", "-7", "1.5", "123456789012"}},
	{"json", []string{`{"a":1}`, `{"Version":"2012-10-17","Statement":[]}`, `[1]`}},
	{"rfc3339", []string{"2030-01-01T00:00:00Z"}},
	{"datetime", []string{"2030-01-01T00:00:00"}},
	{"date", []string{"2030-01-01"}},
	{"hours", []string{"03:00-04:00"}},
	{"week", []string{"sun:03:00-sun:04:00"}},
	{"clock", []string{"03:00"}},
	{"duration", []string{"1m"}},
	{"uuid", []string{"550e8400-e29b-41d4-a716-446655440000"}},
	{"email", []string{"a@example.com"}},
	{"schedule", []string{"rate(5 minutes)", "cron(0 12 * * ? *)"}},
	{"url", []string{"https://example.com/a", "http://example.com/a"}},
	{"https", []string{"https://example.com/a"}},
	{"s3url", []string{"s3://bucket/key"}},
	{"integer", []string{"123456789012", "7", "-7"}},
	{"path", []string{"/a/b"}},
}

// formatOf names the form that accepts exactly these texts, or "".
func formatOf(accepted []string) string {
	want := slices.Sorted(slices.Values(accepted))
	for _, f := range formats {
		if slices.Equal(slices.Sorted(slices.Values(f.accepts)), want) {
			return f.name
		}
	}
	return ""
}

// worded names the form that a complaint speaks of where examples could not
// tell it from others.
func worded(says string) string {
	switch {
	case strings.Contains(says, "base64"):
		return "base64"
	case strings.Contains(says, "as boolean"):
		return "bool"
	}
	return ""
}
