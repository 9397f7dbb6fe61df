// Package typestest makes inputs for any resource type from its description.
package typestest

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// forms are two texts of each format that types name.
var forms = map[string][2]string{
	"arn":     {"arn:aws:iam::123456789012:role/one", "arn:aws:iam::123456789012:role/two"},
	"account": {"123456789012", "210987654321"}, "region": {"eu-west-1", "eu-west-2"},
	"cidr4": {"10.1.0.0/16", "10.2.0.0/16"}, "cidr6": {"2001:db8:1::/56", "2001:db8:2::/56"}, "cidr": {"10.1.0.0/16", "10.2.0.0/16"},
	"cidr4host": {"10.1.0.0/16", "10.2.0.0/16"}, "cidr6host": {"2001:db8:1::/56", "2001:db8:2::/56"}, "cidrhost": {"10.1.0.0/16", "10.2.0.0/16"},
	"ip4": {"10.0.0.4", "10.0.0.5"}, "ip6": {"2001:db8::4", "2001:db8::5"}, "ip": {"10.0.0.4", "10.0.0.5"},
	"policy": {document("Allow"), document("Deny")}, "json": {`{"a":1}`, `{"a":2}`},
	"rfc3339": {"2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"}, "datetime": {"2030-01-01T00:00:00", "2031-01-01T00:00:00"}, "date": {"2030-01-01", "2031-01-01"},
	"hours": {"03:00-04:00", "05:00-06:00"}, "week": {"sun:03:00-sun:04:00", "mon:03:00-mon:04:00"}, "clock": {"03:00", "04:00"},
	"duration": {"1m", "2m"}, "uuid": {"550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440001"},
	"email": {"a@example.com", "b@example.com"}, "schedule": {"rate(5 minutes)", "rate(10 minutes)"},
	"url": {"https://example.com/a", "https://example.com/b"}, "https": {"https://example.com/a", "https://example.com/b"}, "s3url": {"s3://bucket/a", "s3://bucket/b"},
	"base64": {"b25l", "dHdv"}, "bool": {"true", "false"}, "integer": {"1", "2"}, "path": {"/one", "/two"},
}

func document(effect string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"s3:GetObject","Resource":"*"}]}`
}

// named are two texts for properties whose name tells what they hold, by the end
// of the name in small letters. The first that fits wins.
var named = []struct {
	end   string
	texts [2]string
}{
	{"cidrblock", [2]string{"10.1.0.0/16", "10.2.0.0/16"}}, {"cidripv4", [2]string{"10.1.0.0/16", "10.2.0.0/16"}}, {"cidrblocks", [2]string{"10.1.0.0/16", "10.2.0.0/16"}},
	{"arn", forms["arn"]}, {"arns", forms["arn"]}, {"kmskeyid", [2]string{"arn:aws:kms:eu-west-1:123456789012:key/a", "arn:aws:kms:eu-west-1:123456789012:key/b"}},
	{"vpcid", [2]string{"vpc-0123456789abcdef0", "vpc-0123456789abcdef1"}}, {"subnetid", [2]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}},
	{"subnetids", [2]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}}, {"subnets", [2]string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}},
	{"securitygroupids", [2]string{"sg-0123456789abcdef0", "sg-0123456789abcdef1"}}, {"securitygroups", [2]string{"sg-0123456789abcdef0", "sg-0123456789abcdef1"}},
	{"availabilityzone", [2]string{"eu-west-1a", "eu-west-1b"}}, {"availabilityzones", [2]string{"eu-west-1a", "eu-west-1b"}},
	{"policy", forms["policy"]}, {"policydocument", forms["policy"]}, {"instancetype", [2]string{"t3.micro", "t3.small"}}, {"imageid", [2]string{"ami-0123456789abcdef0", "ami-0123456789abcdef1"}},
	{"ami", [2]string{"ami-0123456789abcdef0", "ami-0123456789abcdef1"}}, {"url", forms["url"]}, {"bucket", [2]string{"one-bucket", "two-bucket"}}, {"email", forms["email"]},
}

// plainTexts are tried where only a pattern or a length is known.
var plainTexts = []string{"one", "two", "One", "Two", "one-name", "two-name", "11111111", "22222222", "1", "2", "12", "13", "one.example.com", "two.example.com",
	"/one/", "/two/", "aaaaaaaaaaaa", "bbbbbbbbbbbb", "alias/one", "alias/two", "200", "404", "HTTP_301", "1.1", "1.2", "*", "a", "b",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}

// Example returns the n-th (0 or 1) value that the limits allow; false when none
// is known. Two differ, except where only one value is allowed.
func Example(name string, p *types.Property, n int) (any, bool) {
	switch p.Kind {
	case types.Bool:
		return n == 1, true
	case types.Int, types.Number:
		return exampleNumber(p, n), true
	case types.String:
		return exampleText(name, p, n)
	case types.JSON:
		return forms["policy"][n], true
	case types.Any:
		return exampleText(name, p, n)
	case types.List, types.Set:
		return exampleList(name, p, n)
	case types.Map:
		v, ok := Example(name, p.Of, n)
		return map[string]any{"key": v}, ok
	case types.Object:
		return exampleObject(p, n)
	}
	return nil, false // files are not for a description
}

func exampleNumber(p *types.Property, n int) any {
	if len(p.OneOf) > 0 {
		return p.OneOf[min(n, len(p.OneOf)-1)]
	}
	low := 1.0
	if p.Min != nil {
		low = *p.Min
		if low == 0 && p.Max != nil && *p.Max > 1 {
			low = 1
		}
	}
	v := low + float64(n)
	if p.Max != nil {
		v = min(v, *p.Max)
	}
	return v
}

func exampleText(name string, p *types.Property, n int) (any, bool) {
	if len(p.OneOf) > 0 {
		return p.OneOf[min(n, len(p.OneOf)-1)], true
	}
	if pair, ok := forms[p.Format]; ok {
		return pair[n], true
	}
	if p.Pattern == "" {
		for _, x := range named {
			if strings.HasSuffix(strings.ToLower(name), x.end) {
				return x.texts[n], true
			}
		}
	}
	for _, t := range plainTexts {
		length := utf8.RuneCountInString(t)
		if p.MinLength != nil && length < *p.MinLength || p.MaxLength != nil && length > *p.MaxLength || p.Form() != nil && !p.Form().MatchString(t) ||
			p.NoDouble != "" && strings.Contains(t, p.NoDouble+p.NoDouble) {
			continue
		}
		if n == 0 {
			return t, true
		}
		n--
	}
	return nil, false
}

func exampleList(name string, p *types.Property, n int) (any, bool) {
	count := 1
	if p.MinItems != nil {
		count = max(count, *p.MinItems)
	}
	list := []any{}
	for i := range count {
		v, ok := Example(name, p.Of, (n+i)%2)
		if !ok {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

// exampleObject has what is required, and where nothing is, the first input that
// can be given.
func exampleObject(p *types.Property, n int) (any, bool) {
	o := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		if f := p.Fields[name]; f.Required() {
			v, ok := Example(name, f, n)
			if !ok {
				return nil, false
			}
			o[name] = v
		}
	}
	if len(o) > 0 {
		return o, true
	}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		f := p.Fields[name]
		if !f.Input() || f.Kind == types.Object || f.Kind == types.List && f.Of.Kind == types.Object {
			continue
		}
		if v, ok := Example(name, f, n); ok {
			return map[string]any{name: v}, true
		}
	}
	return o, len(p.Fields) == 0 || n == 0
}
