// Package edge is the stack that viewers meet: a site, and the domain at which it
// is found.
package edge

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/certificate"
	"github.com/trunkline-dev/trunkline/components/site"
	"github.com/trunkline-dev/trunkline/components/zone"
	"github.com/trunkline-dev/trunkline/estate"
)

// Config is what an environment can choose.
type Config struct {
	Domain     string `estate:"domain" doc:"where the site is, such as shop.example.com; CloudFront's own name when left out. Delegate it to the name servers of this stack: the certificate is issued only then"`
	SinglePage bool   `estate:"singlePage" doc:"answer every path that is no file with index.html"`
}

// Outputs is what people can use.
type Outputs struct {
	URL         pulumi.StringOutput      `pulumi:"url" doc:"where the site is"`
	Bucket      pulumi.StringOutput      `pulumi:"bucket" doc:"where CI puts the files"`
	NameServers pulumi.StringArrayOutput `pulumi:"nameServers" doc:"to whom the domain above delegates; none without a domain"`
}

// Stack is the edge of an environment.
var Stack = estate.Define("edge", build,
	estate.Doc("A site on CloudFront, and the domain at which it is found"))

func build(ctx *pulumi.Context, env estate.Environment, cfg Config) (*Outputs, error) {
	args := site.Args{
		SinglePage:  cfg.SinglePage,
		DeleteFiles: !env.Protect,
	}
	servers := pulumi.StringArray{}.ToStringArrayOutput()
	if cfg.Domain != "" {
		domain, err := zone.New(ctx, "main", zone.Args{Domain: cfg.Domain}, pulumi.Protect(env.Protect))
		if err != nil {
			return nil, err
		}
		issued, err := issue(ctx, cfg.Domain, domain)
		if err != nil {
			return nil, err
		}
		args.Aliases, args.ZoneID, args.CertificateARN = []string{cfg.Domain}, domain.ZoneID, issued.ARN
		servers = domain.NameServers
	}
	main, err := site.New(ctx, "site", args)
	if err != nil {
		return nil, err
	}
	return &Outputs{URL: main.URL, Bucket: main.BucketName, NameServers: servers}, nil
}

// issue makes the certificate in us-east-1, from where CloudFront takes it.
func issue(ctx *pulumi.Context, domain string, in *zone.Zone) (*certificate.Certificate, error) {
	virginia, err := estate.Provider(ctx, "us-east-1", "us-east-1")
	if err != nil {
		return nil, err
	}
	return certificate.New(ctx, "site", certificate.Args{Domain: domain, ZoneID: in.ZoneID, Provider: virginia})
}
