package network_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/network"
)

const (
	subnetType  = "aws:ec2/subnet:Subnet"
	natType     = "aws:ec2/natGateway:NatGateway"
	routeType   = "aws:ec2/route:Route"
	flowLogType = "aws:ec2/flowLog:FlowLog"
)

func TestNetworkKeepsThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]network.Args{
		"smallest":        {},
		"with everything": {Zones: 3, NAT: network.NATPerZone, FlowLogDays: 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tagged := args
			tagged.Tags = map[string]string{"owner": "payments"}
			componentstest.Exercise(t, componentstest.Subject{
				Token: "trunkline:network:Network",
				New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
					return network.New(ctx, name, args, opts...)
				},
				NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
					return network.New(ctx, name, tagged)
				},
			})
		})
	}
}

func record(t *testing.T, args network.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "main", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestZeroArgumentsGiveTwoZonesWithOneNATGateway(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range record(t, network.Args{}).Of(subnetType) {
		got = append(got, fmt.Sprint(s.Name, " ", s.Inputs["cidrBlock"], " ", s.Inputs["availabilityZone"]))
	}
	want := []string{
		"main-private-1 10.0.0.0/19 eu-west-1a",
		"main-private-2 10.0.32.0/19 eu-west-1b",
		"main-public-1 10.0.224.0/22 eu-west-1a",
		"main-public-2 10.0.228.0/22 eu-west-1b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subnets (-want +got):\n%s", diff)
	}
}

// No machine gets a public address just because it is in a public subnet.
func TestSubnetsHandOutNoPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, s := range record(t, network.Args{}).Of(subnetType) {
		if v, ok := s.Inputs["mapPublicIpOnLaunch"]; ok {
			t.Errorf("%s: mapPublicIpOnLaunch is %v", s.Name, v)
		}
	}
}

func TestNATDecidesWherePrivateTrafficGoes(t *testing.T) {
	t.Parallel()
	tests := map[network.NAT]map[string]string{
		network.NATSingle: {
			"main-private-1": "natgateway-main-nat-1", "main-private-2": "natgateway-main-nat-1",
			"main-private-3": "natgateway-main-nat-1",
		},
		network.NATPerZone: {
			"main-private-1": "natgateway-main-nat-1", "main-private-2": "natgateway-main-nat-2",
			"main-private-3": "natgateway-main-nat-3",
		},
		network.NATNone: {},
	}
	for nat, want := range tests {
		t.Run(string(nat), func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			for _, r := range record(t, network.Args{Zones: 3, NAT: nat}).Of(routeType) {
				if via, ok := r.Inputs["natGatewayId"]; ok {
					got[r.Name] = via.(string)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("private routes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNATGatewaysStandInPublicSubnets(t *testing.T) {
	t.Parallel()
	for i, nat := range record(t, network.Args{NAT: network.NATPerZone}).Of(natType) {
		if want := fmt.Sprintf("subnet-main-public-%d", i+1); nat.Inputs["subnetId"] != want {
			t.Errorf("%s stands in %v, want %s", nat.Name, nat.Inputs["subnetId"], want)
		}
	}
}

func TestS3IsReachedFromEverySubnetInsideAWS(t *testing.T) {
	t.Parallel()
	got, _ := record(t, network.Args{}).Get("aws:ec2/vpcEndpoint:VpcEndpoint", "main-s3")
	want := map[string]any{
		"vpcId": "vpc-main", "serviceName": "com.amazonaws.eu-west-1.s3", "vpcEndpointType": "Gateway",
		"routeTableIds": []any{"routetable-main-public", "routetable-main-private-1", "routetable-main-private-2"},
		"tags":          map[string]any{"Name": "main-s3"},
	}
	if diff := cmp.Diff(want, got.Inputs); diff != "" {
		t.Errorf("endpoint (-want +got):\n%s", diff)
	}
}

func TestFlowLogsGoToTheirOwnLogGroup(t *testing.T) {
	t.Parallel()
	rec := record(t, network.Args{FlowLogDays: 14})
	got, _ := rec.Get(flowLogType, "main-flow-logs")
	if got.Inputs["logDestination"] != "arn:aws:loggroup:::main-flow-logs" || got.Inputs["trafficType"] != "ALL" {
		t.Errorf("flow log is %v", got.Inputs)
	}
	policy, _ := rec.Get("aws:iam/rolePolicy:RolePolicy", "main-flow-logs")
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream",` +
		`"logs:DescribeLogStreams","logs:PutLogEvents"],"Resource":["arn:aws:loggroup:::main-flow-logs",` +
		`"arn:aws:loggroup:::main-flow-logs:*"]}]}`
	if policy.Inputs["policy"] != want {
		t.Errorf("policy is\n%v\nwant\n%s", policy.Inputs["policy"], want)
	}
	if logs := record(t, network.Args{}).Of(flowLogType); len(logs) != 0 {
		t.Errorf("flow logs nobody asked for: %v", logs)
	}
}

// AWS changes the list of a region's zones; a subnet must not be replaced for
// it. A zone that somebody names is a wish to be followed.
func TestLookedUpZonesAreFixedAtCreationNamedOnesAreNot(t *testing.T) {
	t.Parallel()
	for _, s := range record(t, network.Args{}).Of(subnetType) {
		if !slices.Equal(s.Ignored, []string{"availabilityZone"}) {
			t.Errorf("%s ignores %v", s.Name, s.Ignored)
		}
	}
	for _, s := range record(t, network.Args{ZoneNames: []string{"eu-west-1c"}}).Of(subnetType) {
		if len(s.Ignored) > 0 || s.Inputs["availabilityZone"] != "eu-west-1c" {
			t.Errorf("%s is in %v and ignores %v", s.Name, s.Inputs["availabilityZone"], s.Ignored)
		}
	}
}

func TestZonesCanBeAddedWithoutTouchingWhatIsThere(t *testing.T) {
	t.Parallel()
	few := record(t, network.Args{Zones: 1})
	more := record(t, network.Args{Zones: 3})
	for _, before := range few.Of(subnetType) {
		after, ok := more.Get(before.Type, before.Name)
		if diff := cmp.Diff(before.Inputs, after.Inputs); !ok || diff != "" {
			t.Errorf("%s (-before +after):\n%s", before.Name, diff)
		}
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args network.Args
		want string
	}{
		"everything wrong": {
			network.Args{CIDR: "10.0.0.1/16", Zones: 9, NAT: "many", FlowLogDays: 2},
			"network \"main\": 4 problems:\n  CIDR: 10.0.0.1/16 has bits set behind /16: did you mean 10.0.0.0/16?\n" +
				"  Zones: 9 is not between 1 and 6\n  NAT: \"many\" is not one of single, per-zone, none\n" +
				"  FlowLogDays: 2 is not one of [1 3 5 7 14",
		},
		"names and number of zones differ": {
			network.Args{Zones: 3, ZoneNames: []string{"eu-west-1a", "eu-west-1b"}},
			`network "main": ZoneNames: 2 names for 3 zones`,
		},
		"a zone twice": {
			network.Args{ZoneNames: []string{"eu-west-1a", "eu-west-1a"}},
			`network "main": ZoneNames: [eu-west-1a eu-west-1a] names a zone twice`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := network.New(ctx, "main", tt.args)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("%d resources were registered", len(rec.Resources))
			}
		})
	}
}

func TestMoreZonesThanTheRegionHasIsAnError(t *testing.T) {
	t.Parallel()
	_, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "main", network.Args{Zones: 4})
		return err
	})
	const want = `network "main": 4 zones are asked for, the region has 3: [eu-west-1a eu-west-1b eu-west-1c]`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		main, err := network.New(ctx, "main", network.Args{CIDR: "10.1.0.0/16", Zones: 1})
		if err != nil {
			return err
		}
		ctx.Export("privateSubnets", main.PrivateSubnetIDs)
		return nil
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
	// aws:ec2/eip:Eip main-nat-1
	// aws:ec2/internetGateway:InternetGateway main
	// aws:ec2/natGateway:NatGateway main-nat-1
	// aws:ec2/route:Route main-private-1
	// aws:ec2/route:Route main-public
	// aws:ec2/routeTable:RouteTable main-private-1
	// aws:ec2/routeTable:RouteTable main-public
	// aws:ec2/routeTableAssociation:RouteTableAssociation main-private-1
	// aws:ec2/routeTableAssociation:RouteTableAssociation main-public-1
	// aws:ec2/subnet:Subnet main-private-1
	// aws:ec2/subnet:Subnet main-public-1
	// aws:ec2/vpc:Vpc main
	// aws:ec2/vpcEndpoint:VpcEndpoint main-s3
	// trunkline:network:Network main
}
