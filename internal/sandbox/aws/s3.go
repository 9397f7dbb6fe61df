package aws

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

const (
	bucketToken   = "aws:s3/bucket:Bucket"
	bucketV2Token = "aws:s3/bucketV2:BucketV2"
)

// ofBucket is the link of a setting to its bucket, which takes it along.
var ofBucket = []Link{{
	Path: "bucket", To: []Target{{bucketToken, "bucket"}, {bucketV2Token, "bucket"}},
	Missing: Error{"NoSuchBucket", "The specified bucket does not exist: %s"},
}}

// setting is a resource that is one part of a bucket's configuration: a bucket
// has one of each, and it goes by the bucket's name.
func setting(check func(Object) []Failure) Behaviour {
	return Behaviour{Check: check, Links: ofBucket, ID: func(c *Call) string { return c.In.Text("bucket") }}
}

var s3 = map[string]Behaviour{
	bucketToken:                        bucket,
	bucketV2Token:                      bucket,
	"aws:s3/bucketPolicy:BucketPolicy": setting(policy("policy")),
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     setting(nil),
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     setting(nil),
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               setting(checkVersioning),
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       setting(checkLifecycle),
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": setting(nil),
}

var bucket = Behaviour{
	Check: all(checkBucketName, policy("policy")),
	Refuse: func(c *Call) error {
		if c.Update {
			return nil
		}
		for _, token := range []string{bucketToken, bucketV2Token} {
			buckets, err := c.Cloud.All(token)
			if err != nil {
				return err
			}
			for _, b := range buckets {
				if b.ID == c.In.Text("bucket") {
					return refuse("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it: %s", b.ID)
				}
			}
		}
		return nil
	},
	ID: func(c *Call) string { return c.In.Text("bucket") },
	Outputs: func(c *Call, out Object) {
		name := out.Text("bucket")
		out.put("arn", fmt.Sprintf("arn:%s:s3:::%s", c.Partition(), name))
		out["bucketDomainName"] = name + ".s3." + c.Suffix()
		out["bucketRegionalDomainName"] = name + ".s3." + c.Region + "." + c.Suffix()
		out["region"] = c.Region
		out.put("hostedZoneId", "Z"+strings.ToUpper(digits(c.Region, "s3", 13)))
		out.put("requestPayer", "BucketOwner")
	},
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func checkBucketName(in Object) []Failure {
	name := in.Text("bucket")
	_, err := netip.ParseAddr(name)
	switch {
	case name == "":
		return nil
	case len(name) < 3 || len(name) > 63:
		return []Failure{{"bucket", fmt.Sprintf("expected length of bucket to be in the range (3 - 63), got %q", name)}}
	case !bucketName.MatchString(name), strings.Contains(name, ".."), err == nil,
		strings.HasPrefix(name, "xn--"), strings.HasSuffix(name, "-s3alias"):
		return []Failure{{"bucket", fmt.Sprintf("invalid S3 bucket name %q: only lowercase letters, digits, dots and hyphens, starting and ending with a letter or digit, and no IP address", name)}}
	}
	return nil
}

func checkVersioning(in Object) []Failure {
	for _, s := range in.text("versioningConfiguration.status") {
		if !contains([]string{"Enabled", "Suspended", "Disabled"}, s) {
			return []Failure{{"versioningConfiguration.status", fmt.Sprintf("expected status to be one of [Enabled, Suspended, Disabled], got %s", s)}}
		}
	}
	return nil
}

func checkLifecycle(in Object) []Failure {
	var out []Failure
	seen := map[string]bool{}
	for _, id := range in.text("rules[].id") {
		if seen[id] {
			out = append(out, Failure{"rules", fmt.Sprintf("rule ID %q is used twice", id)})
		}
		seen[id] = true
	}
	for _, s := range in.text("rules[].status") {
		if s != "Enabled" && s != "Disabled" {
			out = append(out, Failure{"rules", fmt.Sprintf("expected status to be one of [Enabled, Disabled], got %s", s)})
		}
	}
	return out
}
