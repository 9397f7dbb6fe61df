package topic

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// key chooses the key, and makes one when services publish: the policy of SNS's
// own key lets no service use it, and their messages would be lost.
func (b *builder) key() error {
	switch {
	case b.args.KMSKeyID != nil:
		b.keyID = b.args.KMSKeyID
		return nil
	case len(b.args.Services) == 0:
		b.keyID = pulumi.String("alias/aws/sns")
		return nil
	}
	caller, err := aws.GetCallerIdentity(b.ctx, nil, b.child)
	if err != nil {
		return err
	}
	key, err := kms.NewKey(b.ctx, b.name, &kms.KeyArgs{
		Description:       pulumi.String("Messages of the topic " + b.name),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(keyUsers(caller.Arn, caller.AccountId, b.args.Services).JSON()),
		Tags:              tags.Named(b.name, b.args.Tags),
	}, b.child)
	if err != nil {
		return err
	}
	b.keyID = key.Arn
	return nil
}

// publishers is the policy of a topic: who may publish to it.
func publishers(topicARN string, services []string) iampolicy.Document {
	account := iampolicy.AccountOf(topicARN)
	doc := iampolicy.Document{{
		Sid:       "ThisAccount",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": {iampolicy.RootOf(topicARN)}},
		Actions:   []string{"sns:Publish", "sns:Subscribe", "sns:GetTopicAttributes"},
		Resources: []string{topicARN},
	}, {
		Sid:       "TLSOnly",
		Effect:    iampolicy.Deny,
		Principal: iampolicy.Everyone(),
		Actions:   []string{"sns:Publish"},
		Resources: []string{topicARN},
		Condition: iampolicy.Conditions{"Bool": {"aws:SecureTransport": "false"}},
	}}
	if len(services) == 0 {
		return doc
	}
	return append(doc, iampolicy.Statement{
		Sid:       "Services",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"Service": services},
		Actions:   []string{"sns:Publish"},
		Resources: []string{topicARN},
		Condition: iampolicy.Conditions{"StringEquals": {"aws:SourceAccount": account}},
	})
}

// keyUsers is the policy of the topic's own key: whoever may publish or
// subscribe in this account may use it through SNS, as with SNS's own key, and
// so may the services. Resource "*" in the policy of a key is that key.
func keyUsers(callerARN, account string, services []string) iampolicy.Document {
	use := []string{"kms:Decrypt", "kms:GenerateDataKey*"}
	return iampolicy.Document{{
		Sid:       "Administration",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"AWS": {iampolicy.RootOf(callerARN)}},
		Actions:   []string{"kms:*"},
		Resources: []string{"*"},
	}, {
		Sid:       "ThroughSNS",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Everyone(),
		Actions:   append([]string{"kms:DescribeKey"}, use...),
		Resources: []string{"*"},
		Condition: iampolicy.Conditions{
			"StringEquals": {"kms:CallerAccount": account},
			"StringLike":   {"kms:ViaService": "sns.*.amazonaws.com"},
		},
	}, {
		Sid:       "Services",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"Service": services},
		Actions:   use,
		Resources: []string{"*"},
		Condition: iampolicy.Conditions{"StringEquals": {"aws:SourceAccount": account}},
	}}
}

// fromTopic is the policy of a queue into which one topic puts messages.
func fromTopic(queueARN, topicARN string) iampolicy.Document {
	return iampolicy.Document{{
		Sid:       "FromTopic",
		Effect:    iampolicy.Allow,
		Principal: iampolicy.Principal{"Service": {"sns.amazonaws.com"}},
		Actions:   []string{"sqs:SendMessage"},
		Resources: []string{queueARN},
		Condition: iampolicy.Conditions{"ArnEquals": {"aws:SourceArn": topicARN}},
	}}
}
