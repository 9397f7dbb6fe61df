package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/deployrole"
	"github.com/trunkline-dev/trunkline/components/function"
	"github.com/trunkline-dev/trunkline/components/schedule"
)

func functionRow() row {
	return row{
		name: "function", slow: true, // its dead-letter queue
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				code := "def handler(event, context): return 'hello'\n"
				args := function.Args{Handler: "index.handler", Runtime: "python3.13", Tags: team(s)}
				if s >= inPlace {
					code, args.MemoryMiB = "def handler(event, context): return 'bye'\n", 512
				}
				args.Code = pulumi.NewAssetArchive(map[string]any{"index.py": pulumi.NewStringAsset(code)})
				f, err := function.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("name", f.Name)
				return nil
			}
		},
		updates: effect{"aws:lambda/function:Function", "memorySize"},
		drift: drift{effect{"aws:lambda/function:Function", "memorySize"}, func(out map[string]string) []string {
			return []string{"lambda", "update-function-configuration", "--function-name", out["name"], "--memory-size", "1024"}
		}},
		known: []fault{{
			shows:    "(deadLetterConfig, loggingConfig)",
			evidence: "Lambda GetFunction does not answer DeadLetterConfig and LoggingConfig; AWS does",
		}},
	}
}

func scheduleRow() row {
	return row{
		name: "schedule", slow: true, // its dead-letter queue
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := schedule.Args{
					Expression: "cron(0 2 * * ? *)", Timezone: "Europe/Dublin",
					TargetARN: pulumi.String("arn:aws:lambda:eu-west-1:123456789012:function:mailer"),
				}
				if s >= inPlace {
					args.Expression = "cron(0 3 * * ? *)"
				}
				made, err := schedule.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("group", made.GroupName)
				return nil
			}
		},
		updates: effect{"aws:scheduler/schedule:Schedule", "scheduleExpression"},
	}
}

func deployRoleRow() row {
	return row{
		name: "deployrole",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := deployrole.Args{GitHub: "acme/infra", Tags: team(s), Environments: []deployrole.Environment{{
					Name:     "production",
					Policies: []deployrole.Policy{{Name: "power", ARN: pulumi.String("arn:aws:iam::aws:policy/PowerUserAccess")}},
				}}}
				if s >= replaced {
					args.Environments[0].Policies[0].ARN = pulumi.String("arn:aws:iam::aws:policy/AdministratorAccess")
				}
				made, err := deployrole.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("role", made.UpdateRoleARNs.MapIndex(pulumi.String("production")).ApplyT(afterLastSlash).(pulumi.StringOutput))
				return nil
			}
		},
		updates:  effect{"aws:iam/role:Role", "tags"},
		replaces: effect{"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "policyArn"},
		drift: drift{effect{"aws:iam/role:Role", "tags"}, func(out map[string]string) []string {
			return []string{"iam", "tag-role", "--role-name", out["role"], "--tags", "Key=team,Value=somebody"}
		}},
	}
}
