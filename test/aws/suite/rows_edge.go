package main

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/certificate"
	"github.com/trunkline-dev/trunkline/components/registry"
	"github.com/trunkline-dev/trunkline/components/site"
	"github.com/trunkline-dev/trunkline/components/zone"
)

func siteRow() row {
	return row{
		name: "site", slow: true, // its distribution
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := site.Args{Tags: team(s)}
				if s >= inPlace {
					args.PriceClass = site.PriceClassAll
				}
				made, err := site.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("arn", made.DistributionARN)
				return nil
			}
		},
		updates: effect{"aws:cloudfront/distribution:Distribution", "priceClass"},
		drift: drift{effect{"aws:cloudfront/distribution:Distribution", "tags"}, func(out map[string]string) []string {
			return []string{"cloudfront", "tag-resource", "--resource", out["arn"], "--tags", "Items=[{Key=team,Value=somebody}]"}
		}},
	}
}

func zoneRow() row {
	return row{
		name: "zone", slow: true, // the provider waits until name servers know a record
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := zone.Args{Domain: "example.com", CertificateAuthorities: []string{"amazon.com"}, Records: []zone.Record{
					{Name: "www", Values: []pulumi.StringInput{pulumi.String("198.51.100.7")}},
					{Name: "note", Type: zone.TXT, Values: []pulumi.StringInput{pulumi.String("of the shop")}},
				}}
				if s >= inPlace {
					args.Records[0].TTL = time.Hour
				}
				if s >= replaced {
					args.Domain = "example.org"
				}
				made, err := zone.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("id", made.ZoneID)
				return nil
			}
		},
		updates:  effect{"aws:route53/record:Record", "ttl"},
		replaces: effect{"aws:route53/zone:Zone", "name"},
		drift: drift{effect{"aws:route53/record:Record", "ttl"}, func(out map[string]string) []string {
			return []string{"route53", "change-resource-record-sets", "--hosted-zone-id", out["id"], "--change-batch",
				`{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "www.example.org", "Type": "A", "TTL": 9, "ResourceRecords": [{"Value": "198.51.100.7"}]}}]}`}
		}},
	}
}

// certificateRow is one in us-east-1, from where CloudFront takes it.
func certificateRow() row {
	return row{
		name: "certificate", slow: true, // its records
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				virginia, err := aws.NewProvider(ctx, "us-east-1", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
				if err != nil {
					return err
				}
				in, err := zone.New(ctx, "zone", zone.Args{Domain: "example.com"})
				if err != nil {
					return err
				}
				args := certificate.Args{Domain: "example.com", ZoneID: in.ZoneID, Provider: virginia, Tags: team(s)}
				if s >= replaced {
					args.AlternativeNames = []string{"*.example.com", "shop.example.com"}
				}
				made, err := certificate.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("arn", made.ARN)
				return nil
			}
		},
		updates:  effect{"aws:acm/certificate:Certificate", "tags"},
		replaces: effect{"aws:acm/certificate:Certificate", "subjectAlternativeNames"},
		drift: drift{effect{"aws:acm/certificate:Certificate", "tags"}, func(out map[string]string) []string {
			return []string{"acm", "add-tags-to-certificate", "--region", "us-east-1", "--certificate-arn", out["arn"], "--tags", "Key=team,Value=somebody"}
		}},
	}
}

func registryRow() row {
	return row{
		name: "registry",
		program: func(s stage) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				args := registry.Args{PullAccounts: []string{"210987654321"}, MutableTags: s >= inPlace}
				if s >= replaced {
					args.KMSKeyARN = pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")
				}
				made, err := registry.New(ctx, "main", args)
				if err != nil {
					return err
				}
				ctx.Export("name", made.Name)
				return nil
			}
		},
		updates:  effect{"aws:ecr/repository:Repository", "imageTagMutability"},
		replaces: effect{"aws:ecr/repository:Repository", "encryptionConfigurations"},
		drift: drift{effect{"aws:ecr/repository:Repository", "imageScanningConfiguration"}, func(out map[string]string) []string {
			return []string{"ecr", "put-image-scanning-configuration", "--repository-name", out["name"], "--image-scanning-configuration", "scanOnPush=false"}
		}},
	}
}
