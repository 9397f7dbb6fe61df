package securitygroup_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const (
	groupType   = "aws:ec2/securityGroup:SecurityGroup"
	ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressType  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

func record(t *testing.T, args securitygroup.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := securitygroup.New(ctx, "db", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveAGroupThatLetsNothingInOrOut(t *testing.T) {
	t.Parallel()
	rec := record(t, securitygroup.Args{})
	if len(rec.Resources) != 1 {
		t.Errorf("%d resources were registered, want the group alone", len(rec.Resources))
	}
	want := map[string]any{"description": "db", "tags": map[string]any{"Name": "db"}}
	if diff := cmp.Diff(want, rec.Inputs(t, groupType, "db")); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
}

func TestEveryPeerHasARuleNamedAfterWhatItAllows(t *testing.T) {
	t.Parallel()
	rec := record(t, securitygroup.Args{
		Description: "Database",
		VPCID:       pulumi.String("vpc-1"),
		Ingress: []securitygroup.Rule{{
			Description: "Postgres", FromPort: 5432, Peers: securitygroup.Peers{
				CIDRs:  []string{"10.0.0.0/16", "2001:db8::/32"},
				Groups: map[string]pulumi.StringInput{"app": pulumi.String("sg-1")},
			},
		}},
		Egress: append(securitygroup.AnyOut(), securitygroup.Rule{
			Protocol: securitygroup.UDP, FromPort: 6000, ToPort: 6100,
			Peers: securitygroup.Peers{CIDRs: []string{"10.0.0.0/16"}},
		}),
		Tags: map[string]string{"owner": "payments"},
	})
	rule := func(name string, more map[string]any) map[string]any {
		more["securityGroupId"] = "securitygroup-db"
		more["tags"] = map[string]any{"Name": name, "owner": "payments"}
		return more
	}
	postgres := func(peer, value string) map[string]any {
		return map[string]any{"ipProtocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0, "description": "Postgres", peer: value}
	}
	everything := func(family, block string) map[string]any {
		return map[string]any{"ipProtocol": "-1", "description": "Everything out", family: block}
	}
	for _, tt := range []struct {
		typ, name string
		want      map[string]any
	}{
		{ingressType, "db-ingress-tcp-5432-10.0.0.0-16", postgres("cidrIpv4", "10.0.0.0/16")},
		{ingressType, "db-ingress-tcp-5432-2001-db8---32", postgres("cidrIpv6", "2001:db8::/32")},
		{ingressType, "db-ingress-tcp-5432-app", postgres("referencedSecurityGroupId", "sg-1")},
		{egressType, "db-egress-all-anywhere", everything("cidrIpv4", "0.0.0.0/0")},
		{egressType, "db-egress-all-anywhere-ipv6", everything("cidrIpv6", "::/0")},
		{egressType, "db-egress-udp-6000-6100-10.0.0.0-16", map[string]any{
			"ipProtocol": "udp", "fromPort": 6000.0, "toPort": 6100.0, "cidrIpv4": "10.0.0.0/16",
		}},
	} {
		if diff := cmp.Diff(rule(tt.name, tt.want), rec.Inputs(t, tt.typ, tt.name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if n := len(rec.Resources); n != 7 {
		t.Errorf("%d resources were registered, want 7", n)
	}
	want := map[string]any{"description": "Database", "vpcId": "vpc-1", "tags": map[string]any{"Name": "db", "owner": "payments"}}
	if diff := cmp.Diff(want, rec.Inputs(t, groupType, "db")); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := securitygroup.New(ctx, "db", securitygroup.Args{
			Description: "die Datenbank für alle",
			Ingress: []securitygroup.Rule{
				{FromPort: 5432, Peers: securitygroup.Peers{CIDRs: []string{"10.0.0.1/16", "anyone"}}},
				{Protocol: "icmp", FromPort: 70000, ToPort: 80, Description: "what?"},
				{FromPort: 80, Peers: securitygroup.Peers{Groups: map[string]pulumi.StringInput{"my app": nil}}},
			},
			Egress: []securitygroup.Rule{
				{Protocol: securitygroup.All, FromPort: 1, Peers: securitygroup.Anyone()},
				{Protocol: securitygroup.All, Peers: securitygroup.Peers{CIDRs: []string{"::/0"}}},
			},
		})
		return err
	})
	const want = "security group \"db\": 12 problems:\n" +
		"  Description: \"die Datenbank für alle\" is not a description that EC2 accepts: at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*\n" +
		"  Ingress[0].Peers.CIDRs[0]: 10.0.0.1/16 has bits set behind /16: did you mean 10.0.0.0/16?\n" +
		"  Ingress[0].Peers.CIDRs[1]: \"anyone\" is not an address block such as 10.0.0.0/16\n" +
		"  Ingress[1].Protocol: \"icmp\" is not one of tcp, udp, all\n" +
		"  Ingress[1].FromPort: 70000 is not between 1 and 65535\n" +
		"  Ingress[1].ToPort: 80 is not between 70000 and 65535\n" +
		"  Ingress[1].Description: \"what?\" is not a description that EC2 accepts\n" +
		"  Ingress[1].Peers: nobody is named: give CIDRs or Groups\n" +
		"  Ingress[2].Peers.Groups: \"my app\" is not a short name such as app: letters, digits, dots, hyphens and underscores\n" +
		"  Ingress[2].Peers.Groups: \"my app\" has no security group id\n" +
		"  Egress[0].FromPort: all protocols means all ports: leave the ports out\n" +
		"  Egress: all-anywhere-ipv6 is allowed twice"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	if len(rec.Resources) != 0 {
		t.Errorf("%d resources were registered", len(rec.Resources))
	}
}

// versions keeps the version of the provider with which resources register.
type versions struct {
	mu   sync.Mutex
	seen map[string]string // by type
}

func (v *versions) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen[args.TypeToken] = args.RegisterRPC.GetVersion()
	return args.Name, args.Inputs, nil
}

func (v *versions) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func TestTheGroupIsInTheSameProviderAsTheSDKsOwnResources(t *testing.T) {
	t.Parallel()
	v := &versions{seen: map[string]string{}}
	if err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := securitygroup.New(ctx, "db", securitygroup.Args{Egress: securitygroup.AnyOut()})
		return err
	}, pulumi.WithMocks("project", "stack", v)); err != nil {
		t.Fatal(err)
	}
	if group, sdk := v.seen[groupType], v.seen[egressType]; group != sdk || sdk == "" {
		t.Errorf("the group asks for version %q, the SDK for %q", group, sdk)
	}
}

func TestAGroupDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		app, err := securitygroup.New(ctx, "app", securitygroup.Args{Egress: securitygroup.AnyOut()})
		if err != nil {
			return err
		}
		_, err = securitygroup.New(ctx, "db", securitygroup.Args{Ingress: []securitygroup.Rule{{
			FromPort: 5432,
			Peers:    securitygroup.Peers{Groups: map[string]pulumi.StringInput{"app": app.ID().ToStringOutput()}},
		}}})
		return err
	})
	if got, want := r.Get("db-ingress-tcp-5432-app").Input("referencedSecurityGroupId"), r.Get("app").ID; got != want {
		t.Errorf("the rule names %v, want %s", got, want)
	}
	r.Settled()
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		_, err := securitygroup.New(ctx, "web", securitygroup.Args{
			Ingress: []securitygroup.Rule{{FromPort: 443, Peers: securitygroup.Anyone()}},
			Egress:  securitygroup.AnyOut(),
		})
		return err
	}
	// In a stack this is pulumi.Run(program).
	rec, err := componentstest.Record(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rec.Resources {
		fmt.Println(r.Key())
	}
	// Output:
	// aws:ec2/securityGroup:SecurityGroup web
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-egress-all-anywhere
	// aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-egress-all-anywhere-ipv6
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-ingress-tcp-443-anywhere
	// aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-ingress-tcp-443-anywhere-ipv6
}
