package key

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// policy is the key's policy once it is known who the people are.
func (a Args) policy(at place) pulumi.StringOutput {
	return pulumi.All(a.Administrators.ToStringArrayOutput(), a.Users.ToStringArrayOutput()).
		ApplyT(func(known []any) string {
			return a.document(at, known[0].([]string), known[1].([]string)).JSON()
		}).(pulumi.StringOutput)
}

// document is the key's policy. In the policy of a key, the resource "*" is
// that key. Without the first statement IAM policies would count for nothing,
// and a key whose administrators are gone would belong to nobody; KMS
// recommends it, and writes it when no policy is given.
func (a Args) document(at place, administrators, users []string) iampolicy.Document {
	doc := iampolicy.Document{{
		Sid:       "Account",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": {"arn:" + at.partition + ":iam::" + at.account + ":root"}},
		Actions:   []string{"kms:*"},
		Resources: []string{"*"},
	}}
	if len(administrators) > 0 {
		doc = append(doc, administer(administrators))
	}
	if len(users) > 0 {
		doc = append(doc, use(users), lend(users))
	}
	for _, service := range a.Through {
		doc = append(doc, through(at, service))
	}
	for _, service := range a.Services {
		doc = append(doc, serve(at, service))
	}
	return doc
}

// cryptography is what one needs to encrypt and decrypt.
func cryptography() []string {
	return []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}
}

// administer is what KMS's console gives to a key's administrators.
func administer(who []string) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:       "Administrators",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": who},
		Actions: []string{
			"kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
			"kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource",
			"kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand",
		},
		Resources: []string{"*"},
	}
}

func use(who []string) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:       "Users",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": who},
		Actions:   cryptography(),
		Resources: []string{"*"},
	}
}

// lend lets users give the key to AWS services that keep data for them, such as
// the disks of an instance.
func lend(who []string) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:       "UsersLend",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": who},
		Actions:   []string{"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"},
		Resources: []string{"*"},
		Condition: iampolicy.Conditions{"Bool": {"kms:GrantIsForAWSResource": "true"}},
	}
}

// through is how AWS's own keys are open to those who may use a service.
func through(at place, service string) iampolicy.Statement {
	return iampolicy.Statement{
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Everyone(),
		Actions:   append(cryptography(), "kms:CreateGrant", "kms:ListGrants"),
		Resources: []string{"*"},
		Condition: iampolicy.Conditions{"StringEquals": {
			"kms:CallerAccount": at.account,
			"kms:ViaService":    service + "." + at.region + ".amazonaws.com",
		}},
	}
}

// serve lets a service use the key when it works for this account, and only
// then: without the condition, any customer of the service could make it.
func serve(at place, service string) iampolicy.Statement {
	return iampolicy.Statement{
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"Service": {service}},
		Actions:   cryptography(),
		Resources: []string{"*"},
		Condition: iampolicy.Conditions{"StringEquals": {"aws:SourceAccount": at.account}},
	}
}
