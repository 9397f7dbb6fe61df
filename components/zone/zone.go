// Package zone provides a Route 53 hosted zone with its records.
package zone

import (
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/tags"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:zone:Zone"

// Args configures a zone. Domain must be given; the rest of the zero value is a
// public zone without records of one's own.
type Args struct {
	// Domain is what the zone answers for, such as "example.com". Changing it
	// replaces the zone, and with it the name servers.
	Domain string
	// VPCIDs make the zone private: only these VPCs ask it. A public zone cannot
	// become a private one: it is replaced.
	VPCIDs pulumi.StringArray
	// Records are what the zone says, each name and type once.
	Records []Record
	// CertificateAuthorities are who may issue certificates for the domain and
	// what is below it, such as "amazon.com" for ACM. Default: everybody.
	CertificateAuthorities []string
	// Comment is what the console shows, up to 256 characters. Default: the name
	// in the code.
	Comment string
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Record is what a zone says about one name. Values or Alias must be given.
type Record struct {
	// Name is the name in front of the zone's domain: "www", "*", "a.b". Default:
	// the domain itself.
	Name string
	// Type is the kind of record. Default A.
	Type Type
	// TTL is how long answers are kept, in whole seconds, one second to seven
	// days. Default five minutes. An alias has that of what it points to.
	TTL time.Duration
	// Values are the answers: addresses for A and AAAA, one name for CNAME,
	// "10 mail.example.com" for MX. Texts are split and quoted as DNS wants it.
	Values []pulumi.StringInput
	// Alias points to a resource of AWS.
	Alias *Alias
}

// Alias is where an alias record points to: a distribution, a load balancer.
type Alias struct {
	// Domain and ZoneID are those of the resource.
	Domain, ZoneID pulumi.StringInput
	// CheckHealth answers only while the resource is healthy.
	CheckHealth bool
}

// Type is a kind of record.
type Type string

// The kinds of records.
const (
	A     Type = "A"
	AAAA  Type = "AAAA"
	CAA   Type = "CAA"
	CNAME Type = "CNAME"
	MX    Type = "MX"
	NS    Type = "NS"
	SRV   Type = "SRV"
	TXT   Type = "TXT"
)

// Zone is a Route 53 hosted zone. It answers nothing before the name servers of
// the domain above name its own, unless it is private. It costs 0.50 USD a
// month, and 0.40 USD per million questions; those for aliases of AWS are free.
type Zone struct {
	pulumi.ResourceState

	// ZoneID is what records name.
	ZoneID pulumi.StringOutput `pulumi:"zoneId"`
	// Name is the domain.
	Name pulumi.StringOutput `pulumi:"name"`
	// NameServers are the four that the domain above must name.
	NameServers pulumi.StringArrayOutput `pulumi:"nameServers"`
}

// New creates a zone. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Zone, error) {
	args = args.withDefaults(name)
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Zone{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	child := pulumi.Parent(self)
	made := &route53.ZoneArgs{
		Name:    pulumi.String(args.Domain),
		Comment: pulumi.String(args.Comment),
		Tags:    tags.Named(name, args.Tags),
	}
	if len(args.VPCIDs) > 0 {
		vpcs := route53.ZoneVpcArray{}
		for _, id := range args.VPCIDs {
			vpcs = append(vpcs, route53.ZoneVpcArgs{VpcId: id})
		}
		made.Vpcs = vpcs
	}
	zone, err := route53.NewZone(ctx, name, made, child)
	if err != nil {
		return nil, err
	}
	for _, r := range append(args.Records, args.authorities()...) {
		if err := r.register(ctx, name, args.Domain, zone.ZoneId, child); err != nil {
			return nil, err
		}
	}
	self.ZoneID, self.Name, self.NameServers = zone.ZoneId, zone.Name, zone.NameServers
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{
		"zoneId": self.ZoneID, "name": self.Name, "nameServers": self.NameServers,
	})
}

// authorities is the record of who may issue certificates.
func (a Args) authorities() []Record {
	if len(a.CertificateAuthorities) == 0 {
		return nil
	}
	r := Record{Type: CAA, TTL: defaultTTL}
	for _, authority := range a.CertificateAuthorities {
		r.Values = append(r.Values, pulumi.String(`0 issue "`+authority+`"`))
	}
	return []Record{r}
}

func (r Record) register(ctx *pulumi.Context, name, domain string, zoneID pulumi.StringInput, opts ...pulumi.ResourceOption) error {
	child, full := name, domain
	if r.Name != "" {
		child, full = name+"-"+r.Name, r.Name+"."+domain
	}
	args := &route53.RecordArgs{ZoneId: zoneID, Name: pulumi.String(full), Type: pulumi.String(r.Type)}
	if r.Alias != nil {
		args.Aliases = route53.RecordAliasArray{route53.RecordAliasArgs{
			Name: r.Alias.Domain, ZoneId: r.Alias.ZoneID, EvaluateTargetHealth: pulumi.Bool(r.Alias.CheckHealth),
		}}
	} else {
		values := pulumi.StringArray{}
		for _, v := range r.Values {
			if r.Type == TXT {
				v = v.ToStringOutput().ApplyT(inChunks).(pulumi.StringOutput)
			}
			values = append(values, v)
		}
		args.Records, args.Ttl = values, pulumi.Int(r.TTL/time.Second)
	}
	_, err := route53.NewRecord(ctx, child+"-"+strings.ToLower(string(r.Type)), args, opts...)
	return err
}

// inChunks splits a text into the strings of at most 255 bytes that DNS knows.
// The provider puts quotes around the whole, so only those between are needed.
func inChunks(text string) string {
	var chunks []string
	for len(text) > 255 {
		chunks, text = append(chunks, text[:255]), text[255:]
	}
	return strings.Join(append(chunks, text), `""`)
}
