package environments

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func inCloud(cloud string) []byte {
	return []byte("version: 1\nname: dev\ncloud:\n  " + strings.ReplaceAll(cloud, "\n", "\n  ") + "\n")
}

const account = "provider: aws\nregion: eu-west-1\naccount: \"123456789012\"\n"

func TestACloudSaysAsWhomAndHowItIsReached(t *testing.T) {
	t.Parallel()
	env, err := Parse("environments/dev.yaml", inCloud(account+`variables: [CLOUDFLARE_API_TOKEN]
endpoints: {s3: https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com, sts: http://127.0.0.1:8080}
credentials:
  from: [github, default]
  profile: staging
  roles:
    preview: arn:aws:iam::123456789012:role/look
    update: arn:aws:iam::123456789012:role/change`))
	if err != nil {
		t.Fatal(err)
	}
	want := Cloud{
		Provider: "aws", Region: "eu-west-1", Account: "123456789012", Variables: []string{"CLOUDFLARE_API_TOKEN"},
		Endpoints: map[string]string{"s3": "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com", "sts": "http://127.0.0.1:8080"},
		Credentials: Credentials{From: []string{"github", "default"}, Profile: "staging",
			Roles: Roles{Preview: "arn:aws:iam::123456789012:role/look", Update: "arn:aws:iam::123456789012:role/change"}},
	}
	if diff := cmp.Diff(want, env.Cloud); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmulatorIsOneSwitchAndAnAddress(t *testing.T) {
	t.Parallel()
	env, err := Parse("environments/dev.yaml", inCloud(account+"emulator: true\nendpoints: {default: http://localstack:4566}"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"cloud.provider": "aws", "cloud.region": "eu-west-1", "cloud.account": "123456789012",
		"cloud.emulator": "true", "cloud.endpoints.default": "http://localstack:4566"}
	if diff := cmp.Diff(want, env.Cloud.Reaching()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatACloudMustNotSayIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	token := account + "credentials: {from: [github], roles: {preview: \"arn:aws:iam::123456789012:role/look\"}}"
	for name, c := range map[string]struct{ cloud, want string }{
		"an emulator without an address": {account + "emulator: true", "dev.yaml:7:3: cloud.emulator needs cloud.endpoints.default"},
		"everything sent elsewhere":      {account + "endpoints: {default: https://example.com}", "dev.yaml:7:15: cloud.endpoints.default would send everything somewhere else"},
		"an open connection":             {account + "endpoints: {s3: http://example.com}", "cloud.endpoints.s3 is not encrypted"},
		"no URL":                         {account + "endpoints: {s3: example.com}", "cloud.endpoints.s3 is no URL"},
		"no service":                     {account + "endpoints: {S3: https://example.com}", "cloud.endpoints.S3 is not the name of a service"},
		"a password":                     {account + "endpoints: {s3: https://me:secret@example.com}", "holds a user or password"},
		"an unknown source":              {account + "credentials: {from: [gihub]}", "dev.yaml:7:24: cloud.credentials.from[0] is \"gihub\""},
		"a source twice":                 {account + "credentials: {from: [default, default]}", "from[1] is default again"},
		"a token without a role":         {token, "cloud.credentials.roles.update is missing"},
		"a profile for nobody":           {strings.Replace(token, "roles:", "profile: x, roles:", 1), "cloud.credentials.profile is only for the source default"},
		"a token file for nobody":        {account + "credentials: {tokenFile: token}", "cloud.credentials.tokenFile is only for the source file"},
		"a role that is none":            {account + "credentials: {roles: {update: admin}}", "the ARN of an IAM role"},
		"a role of another account":      {account + "credentials: {roles: {update: \"arn:aws:iam::210987654321:role/x\"}}", "cloud.credentials.roles.update is in account 210987654321, and cloud.account is 123456789012"},
		"credentials by variable":        {account + "variables: [HOME, AWS_SECRET_ACCESS_KEY]", "dev.yaml:7:21: cloud.variables[1] is AWS_SECRET_ACCESS_KEY"},
		"a variable of the engine":       {account + "variables: [PULUMI_DEBUG_PROVIDERS]", "belongs to the engine"},
		"no variable":                    {account + "variables: [\"a=b\"]", "not the name of a variable"},
		"credentials of the sandbox":     {"provider: sandbox\ncredentials: {profile: x}", "dev.yaml:5:3: cloud.credentials is only for provider aws"},
		"an emulator of the sandbox":     {"provider: sandbox\nemulator: true", "cloud.emulator is only for provider aws"},
		"no account":                     {"provider: aws\nregion: eu-west-1", "cloud.account is required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("environments/dev.yaml", inCloud(c.cloud))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}
