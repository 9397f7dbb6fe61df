package topic

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

var (
	serviceName = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$`)
	endOfName   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

func (a Args) check(name string) error {
	var p check.Problems
	if a.DeduplicateByContent && !a.FIFO {
		p.Addf("DeduplicateByContent", "needs FIFO: a standard topic delivers duplicates")
	}
	if n := utf8.RuneCountInString(a.DisplayName); n > 100 {
		p.Addf("DisplayName", "%d characters are more than 100", n)
	}
	for i, s := range a.Services {
		if !serviceName.MatchString(s) {
			p.Addf(fmt.Sprintf("Services[%d]", i), "%q is not an AWS service such as cloudwatch.amazonaws.com", s)
		}
	}
	first := map[string]int{}
	for i, s := range a.Subscriptions {
		field := fmt.Sprintf("Subscriptions[%d]", i)
		s.check(&p, field, a.FIFO)
		if j, twice := first[s.Name]; twice {
			p.Addf(field+".Name", "%q is the name of Subscriptions[%d], too", s.Name, j)
			continue
		}
		first[s.Name] = i
	}
	return p.Err("topic", name)
}

func (s Subscription) check(p *check.Problems, field string, fifo bool) {
	if !endOfName.MatchString(s.Name) || s.Name == "dead-letter" || s.Name == "dead-letters" || s.Name == "undelivered" {
		p.Addf(field+".Name", "%q is not a free name of lower-case letters, digits and hyphens", s.Name)
	}
	receivers := 0
	for _, given := range []bool{s.QueueARN != nil, s.FunctionARN != nil, s.URL != "", s.Email != ""} {
		if given {
			receivers++
		}
	}
	if receivers != 1 {
		p.Addf(field, "give exactly one of QueueARN, FunctionARN, URL and Email, not %d", receivers)
		return
	}
	queue, address := s.QueueARN != nil, s.URL != ""
	if fifo && !queue {
		p.Addf(field, "a FIFO topic delivers only to queues")
	}
	if s.QueueURL != nil && !queue {
		p.Addf(field+".QueueURL", "needs QueueARN")
	}
	if u, err := url.Parse(s.URL); address && (err != nil || u.Scheme != "https" || u.Host == "") {
		p.Addf(field+".URL", "%q is not an https:// address", s.URL)
	}
	if m, err := mail.ParseAddress(s.Email); s.Email != "" && (err != nil || m.Address != s.Email) {
		p.Addf(field+".Email", "%q is not an e-mail address", s.Email)
	}
	if s.Raw && !queue && !address {
		p.Addf(field+".Raw", "is for a queue or a URL: others always get the envelope")
	}
	if s.Retries != 0 {
		check.Between(p, field+".Retries", s.Retries, 1, 100)
		if !address {
			p.Addf(field+".Retries", "is for a URL: SNS retries others for 23 days")
		}
	}
	s.checkFilter(p, field)
}

func (s Subscription) checkFilter(p *check.Problems, field string) {
	if s.FilterBody && len(s.Filter) == 0 {
		p.Addf(field+".FilterBody", "needs Filter")
	}
	b, err := json.Marshal(s.Filter)
	if err != nil {
		p.Addf(field+".Filter", "has no JSON form: %v", err)
		return
	}
	var plain map[string]any
	if err := json.Unmarshal(b, &plain); err != nil {
		p.Addf(field+".Filter", "is not an object: %v", err)
		return
	}
	keys, problem := filterKeys(plain, s.FilterBody)
	switch {
	case problem != "":
		p.Addf(field+".Filter", "%s", problem)
	case keys > 5:
		p.Addf(field+".Filter", "%d keys are more than the 5 that SNS allows", keys)
	}
}

// filterKeys counts the keys of a filter at which there are values to match.
// Only the body of a message has objects inside objects.
func filterKeys(filter map[string]any, nested bool) (keys int, problem string) {
	for key, v := range filter {
		switch v := v.(type) {
		case []any:
			if len(v) == 0 {
				return 0, fmt.Sprintf("%q matches nothing: its list is empty", key)
			}
			keys++
		case map[string]any:
			if !nested {
				return 0, fmt.Sprintf("%q is an object: attributes have lists of values; for the body set FilterBody", key)
			}
			n, problem := filterKeys(v, true)
			if problem != "" {
				return 0, problem
			}
			keys += n
		default:
			return 0, fmt.Sprintf("%q is %v: give a list of values", key, v)
		}
	}
	return keys, ""
}

// inputs is what the state records of the arguments; the subscriptions
// themselves say the rest.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"fifo":                 pulumi.Bool(a.FIFO),
		"deduplicateByContent": pulumi.Bool(a.DeduplicateByContent),
	}
	if a.DisplayName != "" {
		m["displayName"] = pulumi.String(a.DisplayName)
	}
	if len(a.Services) > 0 {
		m["services"] = pulumi.ToStringArray(a.Services)
	}
	if len(a.Subscriptions) > 0 {
		names := make([]string, len(a.Subscriptions))
		for i, s := range a.Subscriptions {
			names[i] = s.Name
		}
		m["subscriptions"] = pulumi.ToStringArray(names)
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	if a.KMSKeyID != nil {
		m["kmsKeyId"] = a.KMSKeyID
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
