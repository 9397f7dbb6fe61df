package estate

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// awsModule is the module of the AWS SDK, whatever its major version.
const awsModule = "github.com/pulumi/pulumi-aws/sdk/"

// inherited are the settings of the AWS provider that do not depend on the
// region, by their names in Pulumi's configuration. The driver sets some of them;
// under the stock CLI, people may set any.
var inherited = []string{
	"accessKey", "allowedAccountIds", "assumeRole", "assumeRoles", "assumeRoleWithWebIdentity", "customCaBundle", "defaultTags",
	"endpoints", "forbiddenAccountIds", "httpProxy", "httpsProxy", "ignoreTags", "insecure", "maxRetries", "noProxy", "profile",
	"retryMode", "s3UsePathStyle", "secretKey", "sharedConfigFiles", "sharedCredentialsFiles", "skipCredentialsValidation",
	"skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId", "token", "tokenBucketRateLimiterCapacity",
	"useDualstackEndpoint", "useFipsEndpoint",
}

// Provider returns a provider of AWS for another region than the environment's:
// what CloudFront serves with, for example, must be in us-east-1. Everything else
// is as in the environment: account, credentials, endpoints and default tags. A
// provider that the SDK's aws.NewProvider makes has only the credentials.
func Provider(ctx *pulumi.Context, name, region string, opts ...pulumi.ResourceOption) (pulumi.ProviderResource, error) {
	args := pulumi.Map{"region": pulumi.String(region)}
	for _, setting := range inherited {
		key := "aws:" + setting
		value, ok := ctx.GetConfig(key)
		switch {
		case !ok:
		case ctx.IsConfigSecret(key):
			args[setting] = pulumi.ToSecret(pulumi.String(value))
		default:
			args[setting] = pulumi.String(value)
		}
	}
	made := &awsProvider{}
	opts = append(sdkVersion(), opts...)
	if err := ctx.RegisterResource("pulumi:providers:aws", name, args, made, opts...); err != nil {
		return nil, fmt.Errorf("a provider for %s: %w", region, err)
	}
	return made, nil
}

// awsProvider is the SDK's aws.Provider, which nothing of this kit depends on.
type awsProvider struct{ pulumi.ProviderResourceState }

// sdkVersion makes the provider the same plugin as that of the SDK's resources.
func sdkVersion() []pulumi.ResourceOption {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range info.Deps {
		if strings.HasPrefix(m.Path, awsModule) {
			return []pulumi.ResourceOption{pulumi.Version(strings.TrimPrefix(m.Version, "v"))}
		}
	}
	return nil
}
