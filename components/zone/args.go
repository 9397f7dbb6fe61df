package zone

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

const (
	defaultTTL = 5 * time.Minute
	longestTTL = 7 * 24 * time.Hour
)

var (
	mailServer  = regexp.MustCompile(`^[0-9]{1,5} (\S+)$`)
	serverValue = regexp.MustCompile(`^[0-9]{1,5} [0-9]{1,5} [0-9]{1,5} (\S+)$`)
	authority   = regexp.MustCompile(`^[0-9]{1,3} (issue|issuewild|iodef) "[^"]*"$`)
	plainText   = regexp.MustCompile(`^[ -~]*$`)
)

func (a Args) withDefaults(name string) Args {
	if a.Comment == "" {
		a.Comment = name
	}
	records := make([]Record, len(a.Records))
	for i, r := range a.Records {
		if r.Type == "" {
			r.Type = A
		}
		if r.TTL == 0 && r.Alias == nil {
			r.TTL = defaultTTL
		}
		records[i] = r
	}
	a.Records = records
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	if !check.IsDomain(a.Domain) || strings.HasPrefix(a.Domain, "*") {
		p.Addf("Domain", "%q is not a domain such as example.com", a.Domain)
	}
	if n := utf8.RuneCountInString(a.Comment); n > 256 {
		p.Addf("Comment", "%d characters are more than 256", n)
	}
	for i, ca := range a.CertificateAuthorities {
		if !check.IsDomain(ca) || strings.HasPrefix(ca, "*") {
			p.Addf(fmt.Sprintf("CertificateAuthorities[%d]", i), "%q is not the domain of an authority such as amazon.com", ca)
		}
	}
	if len(a.CertificateAuthorities) > 0 && len(a.VPCIDs) > 0 {
		p.Addf("CertificateAuthorities", "are for a public zone: nobody issues certificates for a private one")
	}
	a.checkRecords(&p)
	return p.Err("zone", name)
}

// checkRecords looks at each record, and at those that have its name.
func (a Args) checkRecords(p *check.Problems) {
	for i, r := range a.Records {
		field := fmt.Sprintf("Records[%d]", i)
		r.check(p, field, a.Domain)
		if r.Name == "" && r.Type == CAA && len(a.CertificateAuthorities) > 0 {
			p.Addf(field, "is what CertificateAuthorities write")
		}
		for j, other := range a.Records[:i] {
			switch {
			case other.Name != r.Name:
			case other.Type == r.Type:
				p.Addf(field, "%s of %q is Records[%d], too: give all values there", r.Type, r.Name, j)
			case other.Type == CNAME || r.Type == CNAME:
				p.Addf(field, "%q is Records[%d], too: a name with a CNAME has nothing else", r.Name, j)
			}
		}
	}
}

func (r Record) check(p *check.Problems, field, domain string) {
	if r.Name != "" && !check.IsDomain(r.Name+".zone.example") {
		p.Addf(field+".Name", "%q is not a name below the domain", r.Name)
	}
	if r.Name == domain || strings.HasSuffix(r.Name, "."+domain) {
		p.Addf(field+".Name", "%q has the domain at its end, which is added", r.Name)
	}
	check.OneOf(p, field+".Type", r.Type, A, AAAA, CAA, CNAME, MX, NS, SRV, TXT)
	if r.Name == "" && (r.Type == CNAME || r.Type == NS) {
		p.Addf(field, "the domain itself has no %s of its own: use an alias, or the zone's", r.Type)
	}
	if (r.Alias == nil) == (len(r.Values) == 0) {
		p.Addf(field, "give exactly one of Values and Alias")
		return
	}
	if r.Alias != nil {
		r.checkAlias(p, field)
		return
	}
	check.Seconds(p, field+".TTL", r.TTL, time.Second, longestTTL)
	if r.Type == CNAME && len(r.Values) > 1 {
		p.Addf(field+".Values", "a CNAME has one value, not %d", len(r.Values))
	}
	for i, v := range r.Values {
		known, ok := v.(pulumi.String)
		if problem := r.Type.problem(string(known)); ok && problem != "" {
			p.Addf(fmt.Sprintf("%s.Values[%d]", field, i), "%q %s", string(known), problem)
		}
	}
}

func (r Record) checkAlias(p *check.Problems, field string) {
	if r.Alias.Domain == nil || r.Alias.ZoneID == nil {
		p.Addf(field+".Alias", "needs both Domain and ZoneID")
	}
	if r.TTL != 0 {
		p.Addf(field+".TTL", "is that of what the alias points to")
	}
	if r.Type != A && r.Type != AAAA {
		p.Addf(field+".Type", "an alias is A or AAAA, not %s", r.Type)
	}
}

// problem tells what is wrong with a value of the type, "" when nothing is.
func (t Type) problem(v string) string {
	addr, err := netip.ParseAddr(v)
	switch t {
	case A:
		if err != nil || !addr.Is4() {
			return "is not an IPv4 address"
		}
	case AAAA:
		if err != nil || !addr.Is6() || addr.Is4In6() || addr.Zone() != "" {
			return "is not an IPv6 address"
		}
	case CNAME, NS:
		if !isHost(v) {
			return "is not a domain name"
		}
	case MX:
		if m := mailServer.FindStringSubmatch(v); m == nil || !isHost(m[1]) {
			return "is not a priority and a name, such as 10 mail.example.com"
		}
	case SRV:
		if m := serverValue.FindStringSubmatch(v); m == nil || !isHost(m[1]) {
			return "is not a priority, weight, port and name, such as 10 5 443 www.example.com"
		}
	case CAA:
		if !authority.MatchString(v) {
			return `is not a flag, tag and value, such as 0 issue "amazon.com"`
		}
	case TXT:
		if v == "" || len(v) > 4000 || !plainText.MatchString(v) || strings.ContainsAny(v, `"\`) {
			return "is not a text of 1 to 4000 printable characters without quotes and backslashes"
		}
	}
	return ""
}

// isHost tells whether the value names a host, with or without the dot at the end.
func isHost(v string) bool {
	v = strings.TrimSuffix(v, ".")
	return check.IsDomain(v) && !strings.HasPrefix(v, "*")
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	records := pulumi.StringArray{}
	for _, r := range a.Records {
		records = append(records, pulumi.String(strings.TrimSpace(r.Name+" "+string(r.Type))))
	}
	m := pulumi.Map{"domain": pulumi.String(a.Domain), "comment": pulumi.String(a.Comment), "records": records}
	if len(a.VPCIDs) > 0 {
		m["vpcIds"] = a.VPCIDs
	}
	if len(a.CertificateAuthorities) > 0 {
		m["certificateAuthorities"] = pulumi.ToStringArray(a.CertificateAuthorities)
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
