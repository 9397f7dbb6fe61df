package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// loss is what the deletion of a resource of a type means, by its old inputs.
type loss struct {
	typ   string
	means func(before map[string]any) string
}

// losses are told for the types whose settings say what is left after a
// deletion. Types are told by their token, or the start of it; what the
// settings mean is from the pages of the AWS provider.
var losses = []loss{
	{"aws:rds/instance:", finalSnapshot},
	{"aws:rds/cluster:", finalSnapshot},
	{"aws:docdb/cluster:", finalSnapshot},
	{"aws:neptune/cluster:", finalSnapshot},
	{"aws:redshift/cluster:", finalSnapshot},
	{"aws:elasticache/", func(b map[string]any) string {
		return either(b["finalSnapshotIdentifier"] != nil, "a final snapshot is taken", "no final snapshot is taken: its data is lost")
	}},
	{"aws:ebs/volume:", func(b map[string]any) string {
		return either(b["finalSnapshot"] == true, "a final snapshot is taken", "no final snapshot is taken: its data is lost")
	}},
	{"aws:s3/bucket", func(b map[string]any) string {
		return either(b["forceDestroy"] == true, "all objects in it are deleted", "AWS refuses unless it is empty")
	}},
	{"aws:ecr/repository:", func(b map[string]any) string {
		return either(b["forceDelete"] == true, "all images in it are deleted", "AWS refuses unless it is empty")
	}},
	{"aws:backup/vault:", func(b map[string]any) string {
		return either(b["forceDestroy"] == true, "all recovery points in it are deleted", "AWS refuses unless it is empty")
	}},
	{"aws:kms/key:", func(b map[string]any) string {
		return fmt.Sprintf("what it encrypted can be read for %v more days, and never after", days(b["deletionWindowInDays"], 30))
	}},
	{"aws:secretsmanager/secret:", func(b map[string]any) string {
		if n := days(b["recoveryWindowInDays"], 30); n != "0" {
			return "it can be brought back for " + n + " days"
		}
		return "it is gone at once"
	}},
	{"aws:cloudwatch/logGroup:", func(b map[string]any) string {
		return either(b["skipDestroy"] == true, "it stays in AWS", "its logs are lost")
	}},
	{"aws:route53/zone:", func(map[string]any) string {
		return "its names stop resolving, and a new zone gets other name servers"
	}},
	{"aws:cognito/userPool:", func(map[string]any) string { return "its users are lost" }},
	{"aws:dynamodb/table:", func(map[string]any) string { return "its items are lost" }},
	{"aws:sqs/queue:", func(map[string]any) string { return "the messages in it are lost" }},
}

// locks are inputs by which AWS refuses a deletion, with the value that does.
var locks = map[string]any{
	"deletionProtection": true, "deletionProtectionEnabled": true, "enableDeletionProtection": true,
	"disableApiTermination": true,
}

// consequences says what a destructive change means besides that it happens:
// what is lost, what refuses it, in which order a replacement goes.
func consequences(ch gitops.Change) []string {
	if ch.Retained && ch.Op == gitops.OpDelete {
		return []string{"it stays in the cloud and is no longer managed"}
	}
	var out []string
	add := func(cond bool, text string) {
		if cond {
			out = append(out, text)
		}
	}
	switch i := slices.IndexFunc(losses, func(l loss) bool { return strings.HasPrefix(ch.Type, l.typ) }); {
	case !HoldsData(ch.Type):
	case i >= 0:
		out = append(out, losses[i].means(ch.Before))
	default:
		out = append(out, "its data is lost")
	}
	if ch.Op == gitops.OpReplace {
		add(HoldsData(ch.Type), "the new one starts empty")
		add(ch.Retained, "the old one stays in the cloud and is no longer managed")
		add(ch.DeletesFirst, "the old one is deleted before the new one is made")
	}
	add(ch.Protected, "protected: the update refuses it until the protection is taken off")
	add(locked(ch.Before), "deletion protection is on: AWS refuses it")
	return out
}

func locked(before map[string]any) bool {
	for k, v := range before {
		if want, ok := locks[k]; ok && (v == want || k == "deletionProtection" && v == "ACTIVE") {
			return true
		}
	}
	return false
}

// finalSnapshot says what is left of a database. Neither input set is what the
// provider refuses to delete.
func finalSnapshot(b map[string]any) string {
	name, _ := b["finalSnapshotIdentifier"].(string)
	switch {
	case b == nil:
		return "its data is lost unless a final snapshot is taken"
	case b["skipFinalSnapshot"] == true:
		return "no final snapshot is taken: its data is lost"
	case name == gitops.Unknown || name == gitops.Masked:
		return "a final snapshot is taken"
	case name != "":
		return "the final snapshot " + shorten(name, 100) + " is taken"
	}
	return "AWS refuses as long as it is not said whether a final snapshot is taken"
}

func either(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// days writes a number of days, or what AWS takes when none is set.
func days(v any, standard int) string {
	if v == nil {
		return fmt.Sprint(standard)
	}
	return valueText(v)
}
