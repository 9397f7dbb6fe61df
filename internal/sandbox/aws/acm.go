package aws

import (
	"regexp"
	"strings"
)

const certificateToken = "aws:acm/certificate:Certificate"

var certificateName = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

var acm = map[string]Behaviour{
	certificateToken: {
		Check: all(oneOf("validationMethod", "DNS", "EMAIL", "NONE"),
			oneOf("keyAlgorithm", "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
			shorter("domainName", 253), checkNotDotted),
		Refuse: func(c *Call) error {
			for _, name := range append(c.In.text("domainName"), c.In.text("subjectAlternativeNames[]")...) {
				if !certificateName.MatchString(name) {
					return refuse("ValidationException", "1 validation error detected: Value '%s' at 'domainName' failed to satisfy constraint: not a domain name", name)
				}
			}
			return nil
		},
		ID:      func(c *Call) string { return c.ARN("acm", "certificate/"+c.uuid("certificate")) },
		Outputs: certificateOutputs,
	},
	"aws:acm/certificateValidation:CertificateValidation": {
		Links: []Link{{
			Path: "certificateArn", To: []Target{{certificateToken, "arn"}},
			Missing: Error{"ResourceNotFoundException", "Could not find certificate %s."},
		}},
		Refuse: refuseValidation,
		ID:     func(c *Call) string { return c.Now.Format("2006-01-02 15:04:05.999 +0000 UTC") },
	},
}

// checkNotDotted rejects names that end in a dot, as the provider does.
func checkNotDotted(in Object) []Failure {
	var out []Failure
	for _, path := range []string{"domainName", "subjectAlternativeNames[]"} {
		for _, name := range in.text(path) {
			if strings.HasSuffix(name, ".") {
				out = append(out, Failure{strings.TrimSuffix(path, "[]"), "cannot end with a period"})
			}
		}
	}
	return out
}

// certificateOutputs offers a record for every name; those of a domain and of
// everything below it are the same.
func certificateOutputs(c *Call, out Object) {
	out["arn"] = c.ID
	out.put("status", "PENDING_VALIDATION")
	out.put("type", "AMAZON_ISSUED")
	out.put("keyAlgorithm", "RSA_2048")
	out.put("renewalEligibility", "INELIGIBLE")
	out.put("pendingRenewal", false)
	if out.Text("domainName") == "" {
		return // it is imported
	}
	names := []any{out.Text("domainName")}
	for _, name := range out.text("subjectAlternativeNames[]") {
		if name != out.Text("domainName") {
			names = append(names, name)
		}
	}
	if _, given := c.In["subjectAlternativeNames"]; !given {
		out["subjectAlternativeNames"] = names
	}
	if out.Text("validationMethod") != "DNS" {
		return
	}
	options := []any{}
	for _, name := range names {
		base := strings.TrimPrefix(name.(string), "*.")
		options = append(options, map[string]any{
			"domainName": name, "resourceRecordType": "CNAME",
			"resourceRecordName":  "_" + digits(c.Account, "acm name "+base, 32) + "." + base + ".",
			"resourceRecordValue": "_" + digits(c.Account, "acm value "+base, 32) + ".acm-validations.aws.",
		})
	}
	out["domainValidationOptions"] = options
}

// refuseValidation refuses to wait for records that nobody wrote: AWS would let
// the provider wait until its time is over.
func refuseValidation(c *Call) error {
	certificates, err := c.Cloud.All(certificateToken)
	if err != nil {
		return err
	}
	records, err := c.Cloud.All(recordToken)
	if err != nil {
		return err
	}
	for _, certificate := range certificates {
		if certificate.ID != c.In.Text("certificateArn") {
			continue
		}
		for _, option := range certificate.State.objects("domainValidationOptions[]") {
			if !written(records, option) {
				return refuse("timeout", "waiting for ACM Certificate (%s) to be issued: there is no record %s for %s",
					certificate.ID, option.Text("resourceRecordName"), option.Text("domainName"))
			}
		}
	}
	return nil
}

func written(records []Resource, option Object) bool {
	for _, r := range records {
		if strings.TrimSuffix(r.State.Text("fqdn"), ".") != strings.TrimSuffix(option.Text("resourceRecordName"), ".") {
			continue
		}
		for _, v := range r.State.text("records[]") {
			if strings.TrimSuffix(v, ".") == strings.TrimSuffix(option.Text("resourceRecordValue"), ".") {
				return true
			}
		}
	}
	return false
}
