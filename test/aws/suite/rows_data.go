package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/cache"
	"github.com/trunkline-dev/trunkline/components/database"
	"github.com/trunkline-dev/trunkline/components/image"
	"github.com/trunkline-dev/trunkline/components/network"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/service"
)

// inside are clients in the network.
var inside = securitygroup.Peers{CIDRs: []string{"10.0.0.0/16"}}

func databaseRow() row {
	return row{
		name: "database", slow: true, // minutes, as on AWS
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				vpc, subnets, err := private(ctx)
				if err != nil {
					return err
				}
				args := database.Args{VPCID: vpc, SubnetIDs: subnets, Clients: inside, Unprotected: true, NoFinalSnapshot: true}
				if s >= inPlace {
					args.BackupDays = 14
				}
				d, err := database.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("id", d.Identifier)
				return nil
			}
		},
		updates: effect{"aws:rds/instance:Instance", "backupRetentionPeriod"},
		untried: []string{
			"to replace an instance: RDS CreateDBInstance answers one and the same DbiResourceId for all instances, " +
				"so that the provider does not find the second one; AWS gives each its own",
		},
		drift: drift{effect{"aws:rds/instance:Instance", "backupRetentionPeriod"}, func(out map[string]string) []string {
			return []string{"rds", "modify-db-instance", "--db-instance-identifier", out["id"], "--backup-retention-period", "3", "--apply-immediately"}
		}},
		known: []fault{{
			shows:    "update aws:rds/parameterGroup:ParameterGroup main (parameters[0], parameters[1], parameters[2], parameters[3], parameters[4])",
			evidence: "RDS DescribeDBParameters answers no Source; AWS answers \"user\" for what was set, which is what the provider reads",
		}},
	}
}

func cacheRow() row {
	return row{
		name: "cache",
		program: func(stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				vpc, subnets, err := private(ctx)
				if err != nil {
					return err
				}
				_, err = cache.New(ctx, "main", cache.Args{VPCID: vpc, SubnetIDs: subnets, Clients: inside})
				return err
			}
		},
		onlyPreview: true,
		untried: []string{
			"more than a preview: ElastiCache CreateReplicationGroup answers member clusters that DescribeCacheClusters does not have, " +
				"and deletions never end; AWS has them, and deletions end",
		},
	}
}

func serviceRow() row {
	return row{
		name: "service", slow: true, // its load balancer
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				n, err := network.New(ctx, "network", network.Args{NAT: network.NATNone})
				if err != nil {
					return err
				}
				version := "1.27"
				if s >= replaced {
					version = "1.28"
				}
				made, err := service.New(ctx, "main", service.Args{
					Container: service.Container{Image: image.Image{Repository: pulumi.String("public.ecr.aws/nginx/nginx"), Tag: version}},
					Port:      80, Tags: team(s), VPCID: n.VPCID, SubnetIDs: n.PrivateSubnetIDs, LoadBalancerSubnetIDs: n.PublicSubnetIDs,
					Access: inside, Unprotected: true,
					NoWait: true, // nothing runs in the emulator that could get healthy
				})
				if err != nil {
					return err
				}
				ctx.Export("cluster", made.ClusterARN)
				return nil
			}
		},
		known: []fault{groupRule, {
			shows:    "(availabilityZoneRebalancing, enableEcsManagedTags, healthCheckGracePeriodSeconds)",
			evidence: "ECS DescribeServices answers none of availabilityZoneRebalancing, enableECSManagedTags and healthCheckGracePeriodSeconds; AWS answers them",
		}, {
			step: "nothing left", shows: "ecs list-clusters",
			evidence: "ECS ListClusters still answers a deleted cluster, which is INACTIVE; AWS stops answering it",
		}},
		updates:  effect{"aws:lb/loadBalancer:LoadBalancer", "tags"},
		replaces: effect{"aws:ecs/taskDefinition:TaskDefinition", "containerDefinitions"},
		drift: drift{effect{"aws:ecs/cluster:Cluster", "tags"}, func(out map[string]string) []string {
			return []string{"ecs", "tag-resource", "--resource-arn", out["cluster"], "--tags", "key=team,value=somebody"}
		}},
	}
}
