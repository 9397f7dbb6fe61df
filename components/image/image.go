// Package image names container images so that everybody knows which one runs.
package image

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// Image is one version of a container image. The zero value is none.
type Image struct {
	// Repository is where it is, without tag: the URL of an ECR repository, or
	// "public.ecr.aws/nginx/nginx".
	Repository pulumi.StringInput
	// Tag is the version: a tag such as "1.27.0", or a digest, "sha256:" and 64
	// hexadecimal digits. A tag that is never moved, or a digest, makes a rollback
	// bring back what ran before.
	Tag string
	// Latest allows the tag "latest".
	Latest bool
}

var (
	tag    = regexp.MustCompile(`^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$`)
	digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	// where is a repository: an optional host with port, and a lower-case path.
	where = regexp.MustCompile(`^([0-9A-Za-z.-]+(:[0-9]+)?/)?[0-9a-z]+([._/-]+[0-9a-z]+)*$`)
	ecr   = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(.+)$`)
)

// Given tells whether there is an image at all.
func (i Image) Given() bool { return i.Repository != nil || i.Tag != "" }

// Check notes what is wrong with the image. A repository that only an update
// knows is not looked at.
func (i Image) Check(p *check.Problems, field string) {
	if i.Repository == nil {
		p.Addf(field+".Repository", "is missing")
	}
	if known, ok := i.Repository.(pulumi.String); ok && !where.MatchString(string(known)) {
		p.Addf(field+".Repository", "%q is not a repository such as public.ecr.aws/nginx/nginx; its version goes into Tag", string(known))
	}
	switch {
	case i.Tag == "":
		p.Addf(field+".Tag", "is missing: without it the image would be \"latest\"")
	case i.Tag == "latest" && !i.Latest:
		p.Addf(field+".Tag", "\"latest\" is another image tomorrow: nobody can tell what runs, and a rollback changes nothing; "+
			"give a version or a digest, or set Latest")
	case !tag.MatchString(i.Tag) && !digest.MatchString(i.Tag):
		p.Addf(field+".Tag", "%q is neither a tag nor a digest", i.Tag)
	}
}

// Ref returns the image as container runtimes read it.
func (i Image) Ref() pulumi.StringOutput {
	separator := ":"
	if strings.HasPrefix(i.Tag, "sha256:") {
		separator = "@"
	}
	return pulumi.Sprintf("%s%s%s", i.Repository, separator, i.Tag)
}

// RepositoryARN returns the ARN of the ECR repository at a URL, "" when the URL
// is that of another registry.
func RepositoryARN(url string) string {
	m := ecr.FindStringSubmatch(url)
	if m == nil {
		return ""
	}
	partition := "aws"
	switch {
	case strings.HasPrefix(m[2], "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(m[2], "us-gov-"):
		partition = "aws-us-gov"
	}
	return "arn:" + partition + ":ecr:" + m[2] + ":" + m[1] + ":repository/" + m[3]
}
