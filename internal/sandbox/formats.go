package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// badFormat says why a text has not a form that the provider asks for by name,
// or "". A name that is not known accepts everything.
func badFormat(format, name, s string) string {
	check := formats[format]
	if check == nil || check(s) {
		return ""
	}
	switch format {
	case "json":
		return fmt.Sprintf("%q contains an invalid JSON: %s", name, jsonError(s))
	case "policy":
		return fmt.Sprintf("%q contains an invalid JSON policy: %s", name, jsonError(s))
	case "arn":
		return fmt.Sprintf("%q (%s) is an invalid ARN: it has the form arn:partition:service:region:account:resource", name, shortened(s))
	case "cidr", "cidr4", "cidr6":
		if p, err := netip.ParsePrefix(s); err == nil && p.Masked() != p {
			return fmt.Sprintf("%q is not a valid CIDR block; did you mean %q?", s, p.Masked())
		}
		return fmt.Sprintf("%q is not a valid CIDR block: invalid CIDR address: %s", shortened(s), shortened(s))
	}
	return fmt.Sprintf("expected %s to be %s, got %s", name, examples[format], shortened(s))
}

// examples say in words what a form is.
var examples = map[string]string{
	"account": "an AWS account ID of 12 digits", "region": "a region such as eu-west-1",
	"cidr4host": "an address with a prefix length such as 10.0.0.1/16", "cidr6host": "an address with a prefix length such as 2001:db8::1/56",
	"cidrhost": "an address with a prefix length such as 10.0.0.1/16",
	"ip4":      "an IPv4 address", "ip6": "an IPv6 address", "ip": "an IP address",
	"rfc3339": "a time such as 2030-01-01T00:00:00Z", "datetime": "a time such as 2030-01-01T00:00:00", "date": "a date such as 2030-01-01",
	"hours": "hours such as 03:00-04:00", "week": "a time of the week such as sun:03:00-sun:04:00", "clock": "a time of day such as 03:00",
	"duration": "a duration such as 1m", "uuid": "a UUID", "email": "an email address", "schedule": "rate(…) or cron(…)",
	"url": "a URL", "https": "a URL that begins with https://", "s3url": "a URL that begins with s3://", "path": "a path that begins with /",
	"base64": "base64 text", "bool": "true or false", "integer": "a whole number",
}

var (
	partition = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	region    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d{1,2}$`)
	account   = regexp.MustCompile(`^\d{12}$`)
	owner     = regexp.MustCompile(`^(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})$`)
	uuid      = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	hours     = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$`)
	week      = regexp.MustCompile(`(?i)^(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):[0-5]\d-(sun|mon|tue|wed|thu|fri|sat):([01]\d|2[0-3]):[0-5]\d$`)
	clock     = regexp.MustCompile(`^([01]?\d|2[0-3]):[0-5]\d$`)
	schedule  = regexp.MustCompile(`^(rate|cron|at)\(.*\)$`)
)

// formats are the forms of text that the data of types names.
var formats = map[string]func(string) bool{
	"arn":       isARN,
	"account":   account.MatchString,
	"region":    region.MatchString,
	"cidr4":     func(s string) bool { return isNetwork(s, true, false, false) },
	"cidr6":     func(s string) bool { return isNetwork(s, false, true, false) },
	"cidr":      func(s string) bool { return isNetwork(s, true, true, false) },
	"cidr4host": func(s string) bool { return isNetwork(s, true, false, true) },
	"cidr6host": func(s string) bool { return isNetwork(s, false, true, true) },
	"cidrhost":  func(s string) bool { return isNetwork(s, true, true, true) },
	"ip4":       func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() },
	"ip6":       func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() },
	"ip":        func(s string) bool { _, err := netip.ParseAddr(s); return err == nil },
	"json":      func(s string) bool { return json.Valid([]byte(s)) },
	"policy":    func(s string) bool { return json.Valid([]byte(s)) && strings.HasPrefix(strings.TrimSpace(s), "{") },
	"rfc3339":   func(s string) bool { _, err := time.Parse(time.RFC3339, s); return err == nil },
	"datetime":  func(s string) bool { _, err := time.Parse("2006-01-02T15:04:05", s); return err == nil },
	"date":      func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil },
	"hours":     hours.MatchString,
	"week":      week.MatchString,
	"clock":     clock.MatchString,
	"duration":  func(s string) bool { _, err := time.ParseDuration(s); return err == nil },
	"uuid":      uuid.MatchString,
	"email":     func(s string) bool { return strings.Contains(s, "@") },
	"schedule":  schedule.MatchString,
	"url":       func(s string) bool { u, err := url.Parse(s); return err == nil && u.Host != "" },
	"https":     func(s string) bool { return strings.HasPrefix(s, "https://") },
	"s3url":     func(s string) bool { return strings.HasPrefix(s, "s3://") },
	"base64":    func(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil },
	"bool":      func(s string) bool { _, err := strconv.ParseBool(s); return err == nil },
	"integer":   func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil },
	"path":      func(s string) bool { return strings.HasPrefix(s, "/") },
}

func isARN(s string) bool {
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && partition.MatchString(parts[1]) && parts[2] != "" && parts[5] != "" &&
		(parts[3] == "" || region.MatchString(parts[3])) && (parts[4] == "" || owner.MatchString(parts[4]))
}

func isNetwork(s string, four, six, host bool) bool {
	p, err := netip.ParsePrefix(s)
	return err == nil && (four && p.Addr().Is4() || six && p.Addr().Is6()) && (host || p == p.Masked())
}

func jsonError(s string) string {
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return err.Error()
	}
	return "not a JSON object"
}
