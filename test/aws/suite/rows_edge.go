package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/site"
)

// noHeadersPolicy is why no site can be made.
const noHeadersPolicy = "CloudFront answers 404 to CreateResponseHeadersPolicy, which the emulator does not have; AWS does"

func siteRow() row {
	return row{
		name: "site",
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
		onlyPreview: true,
		untried:     []string{"more than a preview: " + noHeadersPolicy},
		updates:     effect{"aws:cloudfront/distribution:Distribution", "priceClass"},
		drift: drift{effect{"aws:cloudfront/distribution:Distribution", "tags"}, func(out map[string]string) []string {
			return []string{"cloudfront", "tag-resource", "--resource", out["arn"], "--tags", "Items=[{Key=team,Value=somebody}]"}
		}},
	}
}
