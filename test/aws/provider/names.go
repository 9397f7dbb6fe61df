package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// naming is how a name is made where the program gives none.
type naming struct {
	attribute string
	max       int // characters
	lower     bool
	prefix    string
	fifo      resource.PropertyKey // the property that asks for the suffix ".fifo"
}

// anyName is the rule for types that are not in the table.
const anyName = 255

// namings are the types whose name is in another attribute than "name", or must
// be shorter, or written in another way. From the limits that the AWS API
// documentation of each service gives.
var namings = map[string]naming{
	"aws_alb":                              {attribute: "name", max: 32},
	"aws_alb_target_group":                 {attribute: "name", max: 32},
	"aws_cloudfront_origin_access_control": {attribute: "name", max: 64},
	"aws_cloudwatch_event_rule":            {attribute: "name", max: 64},
	"aws_db_instance":                      {attribute: "identifier", max: 63, lower: true},
	"aws_db_option_group":                  {attribute: "name", max: 255, lower: true},
	"aws_db_parameter_group":               {attribute: "name", max: 255, lower: true},
	"aws_db_subnet_group":                  {attribute: "name", max: 255, lower: true},
	"aws_ecr_repository":                   {attribute: "name", max: 256, lower: true},
	"aws_elasticache_cluster":              {attribute: "cluster_id", max: 50, lower: true},
	"aws_elasticache_parameter_group":      {attribute: "name", max: 255, lower: true},
	"aws_elasticache_replication_group":    {attribute: "replication_group_id", max: 40, lower: true},
	"aws_elasticache_subnet_group":         {attribute: "name", max: 255, lower: true},
	"aws_elb":                              {attribute: "name", max: 32},
	"aws_iam_instance_profile":             {attribute: "name", max: 128},
	"aws_iam_policy":                       {attribute: "name", max: 128},
	"aws_iam_role":                         {attribute: "name", max: 64},
	"aws_iam_role_policy":                  {attribute: "name", max: 128},
	"aws_iam_user":                         {attribute: "name", max: 64},
	"aws_kms_alias":                        {attribute: "name", max: 256, prefix: "alias/"},
	"aws_lambda_function":                  {attribute: "function_name", max: 64},
	"aws_lb":                               {attribute: "name", max: 32},
	"aws_lb_target_group":                  {attribute: "name", max: 32},
	"aws_rds_cluster":                      {attribute: "cluster_identifier", max: 63, lower: true},
	"aws_rds_cluster_instance":             {attribute: "identifier", max: 63, lower: true},
	"aws_rds_cluster_parameter_group":      {attribute: "name", max: 255, lower: true},
	"aws_s3_bucket":                        {attribute: "bucket", max: 63, lower: true},
	"aws_scheduler_schedule":               {attribute: "name", max: 64},
	"aws_scheduler_schedule_group":         {attribute: "name", max: 64},
	"aws_sns_topic":                        {attribute: "name", max: 256, fifo: "fifoTopic"},
	"aws_sqs_queue":                        {attribute: "name", max: 80, fifo: "fifoQueue"},
}

// managed are the texts in which Terraform names itself, by type.
var managed = map[string]string{
	"aws_db_option_group":                 "option_group_description",
	"aws_db_parameter_group":              "description",
	"aws_db_subnet_group":                 "description",
	"aws_docdb_cluster_parameter_group":   "description",
	"aws_docdb_subnet_group":              "description",
	"aws_elasticache_parameter_group":     "description",
	"aws_elasticache_subnet_group":        "description",
	"aws_neptune_cluster_parameter_group": "description",
	"aws_neptune_parameter_group":         "description",
	"aws_neptune_subnet_group":            "description",
	"aws_rds_cluster_parameter_group":     "description",
	"aws_redshift_parameter_group":        "description",
	"aws_redshift_subnet_group":           "description",
	"aws_route53_zone":                    "comment",
	"aws_security_group":                  "description",
}

// nameIt gives a resource the defaults that pulumi-aws gives: a name, and a
// description that does not speak of Terraform.
func nameIt(name string, e *mapping.Entity, r *info.Resource, schema shim.SchemaMap) {
	if e.Of != "" {
		name = e.Of
	}
	if attribute := managed[name]; attribute != "" {
		set(r, attribute, e.Property(attribute), &info.Default{Value: "Managed by Pulumi"})
	}
	n := namingOf(name, e)
	if s, ok := schema.GetOk(n.attribute); !ok || s.Type() != shim.TypeString || !s.Optional() && !s.Required() {
		return
	}
	set(r, n.attribute, e.Property(n.attribute), n.byDefault(resource.PropertyKey(e.Property(n.attribute+"_prefix"))))
}

func set(r *info.Resource, attribute, property string, d *info.Default) {
	if r.Fields[attribute] == nil {
		r.Fields[attribute] = &info.Schema{}
	}
	r.Fields[attribute].Name, r.Fields[attribute].Default = property, d
}

// namingOf returns the rule for a type. The attribute is empty where there is no
// name to make.
func namingOf(name string, e *mapping.Entity) naming {
	if n, ok := namings[name]; ok {
		return n
	}
	var called, asked []string // named "name" in Pulumi; required by the provider only
	for attribute, f := range e.Fields {
		if f.Name == "name" {
			called = append(called, attribute)
		}
		if f.Named {
			asked = append(asked, attribute)
		}
	}
	switch {
	case len(called) > 0:
		return naming{attribute: called[0], max: anyName}
	case len(asked) > 0:
		return naming{attribute: slices.Min(asked), max: anyName}
	}
	return naming{attribute: "name", max: anyName}
}

// byDefault makes the name, unless the program gives a prefix of its own.
func (n naming) byDefault(prefix resource.PropertyKey) *info.Default {
	return &info.Default{
		AutoNamed: true,
		ComputeDefault: func(ctx context.Context, o info.ComputeDefaultOptions) (any, error) {
			if _, ok := o.Properties[prefix]; ok {
				return nil, nil
			}
			suffix := ""
			if fifo := o.Properties[n.fifo]; fifo.IsBool() && fifo.BoolValue() {
				suffix = ".fifo"
			}
			return info.ComputeAutoNameDefault(ctx, info.AutoNameOptions{
				Separator: "-", Randlen: 7, Maxlen: n.max - len(suffix), Transform: n.write,
				PostTransform: func(_ *info.PulumiResource, s string) (string, error) { return s + suffix, nil },
			}, o)
		},
	}
}

func (n naming) write(name string) string {
	if n.lower {
		name = strings.ToLower(name)
	}
	return n.prefix + name
}
