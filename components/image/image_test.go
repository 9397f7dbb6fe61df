package image

import (
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/componentstest"
)

func TestOnlyAnExactVersionIsAccepted(t *testing.T) {
	t.Parallel()
	nginx := pulumi.String("public.ecr.aws/nginx/nginx")
	sum := "sha256:" + strings.Repeat("0a", 32)
	const missing = `image "x": Image.Tag: is missing: without it the image would be "latest"`
	const latest = `image "x": Image.Tag: "latest" is another image tomorrow: nobody can tell what runs, and a rollback changes nothing; give a version or a digest, or set Latest`
	tests := map[string]struct {
		image Image
		want  string // the problem, "" for none
	}{
		"a tag":                    {Image{Repository: nginx, Tag: "1.27.0"}, ""},
		"a digest":                 {Image{Repository: nginx, Tag: sum}, ""},
		"latest on purpose":        {Image{Repository: nginx, Tag: "latest", Latest: true}, ""},
		"a name of Docker Hub":     {Image{Repository: pulumi.String("nginx"), Tag: "1"}, ""},
		"a registry with port":     {Image{Repository: pulumi.String("registry.example:5000/team/app"), Tag: "1"}, ""},
		"a repository still to be": {Image{Repository: pulumi.String("x").ToStringOutput(), Tag: "1"}, ""},
		"no tag":                   {Image{Repository: nginx}, missing},
		"latest":                   {Image{Repository: nginx, Tag: "latest"}, latest},
		"a short digest":           {Image{Repository: nginx, Tag: "sha256:0a"}, `image "x": Image.Tag: "sha256:0a" is neither a tag nor a digest`},
		"no repository":            {Image{Tag: "1"}, `image "x": Image.Repository: is missing`},
		"a tag in the repository": {
			Image{Repository: pulumi.String("nginx:1"), Tag: "1"},
			`image "x": Image.Repository: "nginx:1" is not a repository such as public.ecr.aws/nginx/nginx; its version goes into Tag`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p check.Problems
			tt.image.Check(&p, "Image")
			got := ""
			if err := p.Err("image", "x"); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestReferencesAreWrittenAsContainerRuntimesReadThem(t *testing.T) {
	t.Parallel()
	sum := "sha256:" + strings.Repeat("0a", 32)
	var mu sync.Mutex
	got := map[string]bool{}
	_, err := componentstest.Record(func(ctx *pulumi.Context) error {
		for _, tag := range []string{"1.27.0", sum} {
			ref := Image{Repository: pulumi.String("nginx"), Tag: tag}.Ref()
			ctx.Export(tag, ref.ApplyT(func(s string) string {
				mu.Lock()
				defer mu.Unlock()
				got[s] = true
				return s
			}))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !got["nginx:1.27.0"] || !got["nginx@"+sum] {
		t.Errorf("got %v", got)
	}
}

func TestRepositoriesOfECRAreRecognised(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app":    "arn:aws:ecr:eu-west-1:123456789012:repository/team/app",
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app":     "arn:aws-cn:ecr:cn-north-1:123456789012:repository/app",
		"123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/app":     "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/app",
		"public.ecr.aws/nginx/nginx":                               "",
		"evil.example/123456789012.dkr.ecr.x.amazonaws.com/app":    "",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.eu/app": "",
	} {
		if got := RepositoryARN(url); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}
