package service

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

// securityGroups make the way in: from those who have access to the load
// balancer, and from there to the tasks, and nowhere else.
func (b *builder) securityGroups() (err error) {
	b.tasks, err = securitygroup.New(b.ctx, b.name, securitygroup.Args{
		Description: "Tasks of " + b.name,
		VPCID:       b.args.VPCID,
		Egress:      securitygroup.AnyOut(),
		Tags:        b.args.Tags,
	}, b.child)
	if err != nil {
		return err
	}
	b.door, err = securitygroup.New(b.ctx, b.name+"-lb", securitygroup.Args{
		Description: "Load balancer of " + b.name,
		VPCID:       b.args.VPCID,
		Ingress:     b.wayIn(),
		Egress: []securitygroup.Rule{{
			FromPort: b.args.Port,
			Peers:    securitygroup.Peers{Groups: map[string]pulumi.StringInput{"tasks": b.tasks.ID().ToStringOutput()}},
		}},
		Tags: b.args.Tags,
	}, b.child)
	if err != nil {
		return err
	}
	name := b.name + "-ingress-lb"
	_, err = vpc.NewSecurityGroupIngressRule(b.ctx, name, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           b.tasks.ID(),
		Description:               pulumi.String("From the load balancer"),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(b.args.Port),
		ToPort:                    pulumi.Int(b.args.Port),
		ReferencedSecurityGroupId: b.door.ID(),
		Tags:                      b.tags(name),
	}, b.child)
	return err
}

// wayIn are the ports of the load balancer for those who have access.
func (b *builder) wayIn() []securitygroup.Rule {
	access := b.args.Access
	if len(access.CIDRs)+len(access.Groups) == 0 {
		return nil
	}
	rules := []securitygroup.Rule{{FromPort: 80, Peers: access}}
	if b.args.CertificateARN != nil {
		rules = append(rules, securitygroup.Rule{FromPort: 443, Peers: access})
	}
	return rules
}

func (b *builder) loadBalancer() (err error) {
	b.balancer, err = lb.NewLoadBalancer(b.ctx, b.name, &lb.LoadBalancerArgs{
		LoadBalancerType:         pulumi.String("application"),
		Internal:                 pulumi.Bool(b.args.Internal),
		Subnets:                  b.args.LoadBalancerSubnetIDs,
		SecurityGroups:           pulumi.StringArray{b.door.ID()},
		DropInvalidHeaderFields:  pulumi.Bool(true),
		EnableDeletionProtection: pulumi.Bool(!b.args.Unprotected),
		Tags:                     b.tags(b.name),
	}, b.child)
	return err
}

func (b *builder) targetGroup() (err error) {
	health := b.args.Health
	b.targets, err = lb.NewTargetGroup(b.ctx, b.name, &lb.TargetGroupArgs{
		Port:                pulumi.Int(b.args.Port),
		Protocol:            pulumi.String("HTTP"),
		TargetType:          pulumi.String("ip"),
		VpcId:               b.args.VPCID.ToStringOutput().ToStringPtrOutput(),
		DeregistrationDelay: pulumi.Int(health.Drain / time.Second),
		HealthCheck: lb.TargetGroupHealthCheckArgs{
			Path:               pulumi.String(health.Path),
			Matcher:            pulumi.String(health.Codes),
			Interval:           pulumi.Int(health.Interval / time.Second),
			Timeout:            pulumi.Int(5),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(3),
		},
		Tags: b.tags(b.name),
	}, b.child)
	return err
}

// listeners answer on port 80, and with a certificate on port 443.
func (b *builder) listeners() error {
	forward := lb.ListenerDefaultActionArgs{Type: pulumi.String("forward"), TargetGroupArn: b.targets.Arn}
	if b.args.CertificateARN == nil {
		return b.listener(b.name+"-http", &lb.ListenerArgs{Port: pulumi.Int(80), Protocol: pulumi.String("HTTP")}, forward)
	}
	certificate, err := b.certificate()
	if err != nil {
		return err
	}
	if err := b.listener(b.name+"-https", &lb.ListenerArgs{
		Port:           pulumi.Int(443),
		Protocol:       pulumi.String("HTTPS"),
		CertificateArn: certificate,
		SslPolicy:      pulumi.String("ELBSecurityPolicy-TLS13-1-2-2021-06"), // TLS 1.3, and 1.2 for those who cannot
	}, forward); err != nil {
		return err
	}
	return b.listener(b.name+"-http", &lb.ListenerArgs{Port: pulumi.Int(80), Protocol: pulumi.String("HTTP")},
		lb.ListenerDefaultActionArgs{
			Type: pulumi.String("redirect"),
			Redirect: lb.ListenerDefaultActionRedirectArgs{
				Port: pulumi.String("443"), Protocol: pulumi.String("HTTPS"), StatusCode: pulumi.String("HTTP_301"),
			},
		})
}

func (b *builder) listener(name string, args *lb.ListenerArgs, action lb.ListenerDefaultActionArgs) error {
	args.LoadBalancerArn = b.balancer.Arn
	args.DefaultActions = lb.ListenerDefaultActionArray{action}
	args.Tags = b.tags(name)
	l, err := lb.NewListener(b.ctx, name, args, b.child)
	b.listening = append(b.listening, l)
	return err
}

// certificate returns the ARN of the certificate, once it is known to be of the
// region: a load balancer finds no others.
func (b *builder) certificate() (pulumi.StringPtrInput, error) {
	here, err := aws.GetRegion(b.ctx, nil, b.child)
	if err != nil {
		return nil, err
	}
	if known, ok := b.args.CertificateARN.(pulumi.String); ok {
		if err := inRegion(string(known), here.Name); err != nil {
			return nil, err
		}
	}
	return b.args.CertificateARN.ToStringOutput().ApplyT(func(arn string) (*string, error) {
		if err := inRegion(arn, here.Name); err != nil {
			return nil, fmt.Errorf("service %q: %w", b.name, err)
		}
		return &arn, nil
	}).(pulumi.StringPtrOutput), nil
}

func inRegion(certificateARN, region string) error {
	switch got := iampolicy.RegionOf(certificateARN); got {
	case region:
		return nil
	case "":
		return fmt.Errorf("CertificateARN: %q is not the ARN of a certificate of ACM", certificateARN)
	default:
		return fmt.Errorf("CertificateARN: %s is in %s, but a load balancer in %s needs a certificate of %s", certificateARN, got, region, region)
	}
}
