package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// listing is a command of the AWS CLI that lists what there is of a kind,
// without what AWS makes by itself and what it keeps of what was deleted.
type listing struct {
	command, query string
}

// listings are by package of the resource type: what to ask where a row had
// something of the package.
var listings = map[string][]listing{
	"acm": {
		{"acm list-certificates", "CertificateSummaryList[].CertificateArn"},
		{"acm list-certificates --region us-east-1", "CertificateSummaryList[].CertificateArn"},
	},
	"appautoscaling": {{"application-autoscaling describe-scalable-targets --service-namespace ecs", "ScalableTargets[].ResourceId"}},
	"cloudfront": {
		{"cloudfront list-distributions", "DistributionList.Items[].Id"},
		{"cloudfront list-origin-access-controls", "OriginAccessControlList.Items[].Id"},
		{"cloudfront list-response-headers-policies", "ResponseHeadersPolicyList.Items[].ResponseHeadersPolicy.Id"},
	},
	"cloudwatch": {
		{"cloudwatch describe-alarms", "MetricAlarms[].AlarmName"},
		{"logs describe-log-groups", "logGroups[].logGroupName"},
		{"events list-rules", "Rules[].Name"},
	},
	"dynamodb": {{"dynamodb list-tables", "TableNames"}},
	"ec2": {
		{"ec2 describe-vpcs", "Vpcs[?!IsDefault].VpcId"},
		{"ec2 describe-subnets", "Subnets[?!DefaultForAz].SubnetId"},
		{"ec2 describe-security-groups", "SecurityGroups[?GroupName!='default'].GroupId"},
		{"ec2 describe-internet-gateways", "InternetGateways[].InternetGatewayId"},
		{"ec2 describe-nat-gateways", "NatGateways[?State!='deleted'].NatGatewayId"},
		{"ec2 describe-addresses", "Addresses[].AllocationId"},
		{"ec2 describe-vpc-endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"},
		{"ec2 describe-instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"},
		{"ec2 describe-network-interfaces", "NetworkInterfaces[].NetworkInterfaceId"},
	},
	"ecr": {{"ecr describe-repositories", "repositories[].repositoryName"}},
	"ecs": {
		{"ecs list-clusters", "clusterArns"},
		{"ecs list-task-definitions --status ACTIVE", "taskDefinitionArns"},
	},
	"elasticache": {
		{"elasticache describe-replication-groups", "ReplicationGroups[].ReplicationGroupId"},
		{"elasticache describe-cache-clusters", "CacheClusters[].CacheClusterId"},
		{"elasticache describe-cache-subnet-groups", "CacheSubnetGroups[].CacheSubnetGroupName"},
	},
	"iam": {
		{"iam list-roles", "Roles[?!starts_with(Path, '/aws-service-role/')].RoleName"},
		{"iam list-policies --scope Local", "Policies[].PolicyName"},
		{"iam list-instance-profiles", "InstanceProfiles[].InstanceProfileName"},
		{"iam list-open-id-connect-providers", "OpenIDConnectProviderList[].Arn"},
	},
	"kms":    {{"kms list-aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName"}},
	"lambda": {{"lambda list-functions", "Functions[].FunctionName"}, {"lambda list-event-source-mappings", "EventSourceMappings[].UUID"}},
	"lb": {
		{"elbv2 describe-load-balancers", "LoadBalancers[].LoadBalancerName"},
		{"elbv2 describe-target-groups", "TargetGroups[].TargetGroupName"},
	},
	"rds": {
		{"rds describe-db-instances", "DBInstances[].DBInstanceIdentifier"},
		{"rds describe-db-subnet-groups", "DBSubnetGroups[].DBSubnetGroupName"},
		{"rds describe-db-parameter-groups", "DBParameterGroups[?!starts_with(DBParameterGroupName, 'default.')].DBParameterGroupName"},
	},
	"route53":        {{"route53 list-hosted-zones", "HostedZones[].Id"}},
	"s3":             {{"s3api list-buckets", "Buckets[].Name"}},
	"scheduler":      {{"scheduler list-schedules", "Schedules[].Name"}, {"scheduler list-schedule-groups", "ScheduleGroups[?Name!='default'].Name"}},
	"secretsmanager": {{"secretsmanager list-secrets", "SecretList[?!DeletedDate].Name"}},
	"sns":            {{"sns list-topics", "Topics[].TopicArn"}, {"sns list-subscriptions", "Subscriptions[].SubscriptionArn"}},
	"sqs":            {{"sqs list-queues", "QueueUrls"}},
	"ssm":            {{"ssm describe-parameters", "Parameters[?!starts_with(Name, '/aws/')].Name"}},
	"vpc":            nil, // rules go with their security group
}

// left lists what is still there of the packages of some types.
func (e *emulator) left(ctx context.Context, types []string) (out []string, _ error) {
	packages := map[string]bool{}
	for _, typ := range types {
		pkg, _, _ := strings.Cut(strings.TrimPrefix(typ, "aws:"), "/")
		packages[pkg] = true
	}
	var mu sync.Mutex
	var asking sync.WaitGroup
	var failed error
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		if _, ok := listings[pkg]; !ok {
			return nil, fmt.Errorf("nobody says how to list what there is of %s: add it to listings", pkg)
		}
		for _, l := range listings[pkg] {
			asking.Go(func() {
				answer, err := e.aws(ctx, append(strings.Fields(l.command), "--query", l.query)...)
				mu.Lock()
				defer mu.Unlock()
				items, _ := answer.([]any) // null: there are none
				for _, item := range items {
					out = append(out, fmt.Sprintf("%s: %v", l.command, item))
				}
				if err != nil {
					failed = err
				}
			})
		}
	}
	asking.Wait()
	slices.Sort(out)
	return out, failed
}
