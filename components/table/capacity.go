package table

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/tags"
)

// Capacity reserves throughput for the table, and as much for each global
// index, and follows the load between the bounds. It begins at the lower one.
type Capacity struct {
	// Read is in units of one consistent read of 4 KiB a second.
	Read Range
	// Write is in units of one write of 1 KiB a second.
	Write Range
	// TargetPercent is how much of the capacity should be in use, 20 to 90.
	// Default 70.
	TargetPercent int
}

// Range is a range of capacity units, 1 to 40000. Equal bounds fix the capacity.
type Range struct {
	// Min defaults to 1.
	Min int
	// Max defaults to ten times Min.
	Max int
}

func (r Range) withDefaults() Range {
	if r.Min == 0 {
		r.Min = 1
	}
	if r.Max == 0 {
		r.Max = min(10*r.Min, maxUnits)
	}
	return r
}

// maxUnits is the quota of a table in most regions.
const maxUnits = 40000

func (r Range) scales() bool { return r.Min < r.Max }

// scaled are the options of the table: once its capacity follows the load, what
// it is at the moment is nobody's change.
func (a Args) scaled(child pulumi.ResourceOption) []pulumi.ResourceOption {
	var ignore []string
	if c := a.Capacity; c != nil && c.Read.scales() {
		ignore = append(ignore, "readCapacity")
	}
	if c := a.Capacity; c != nil && c.Write.scales() {
		ignore = append(ignore, "writeCapacity")
	}
	if len(ignore) == 0 {
		return []pulumi.ResourceOption{child}
	}
	return []pulumi.ResourceOption{child, pulumi.IgnoreChanges(ignore)}
}

// scaling lets the capacity of the table and of its global indexes follow the
// load.
func (a Args) scaling(ctx *pulumi.Context, name string, table *dynamodb.Table, child pulumi.ResourceOption) error {
	if a.Capacity == nil {
		return nil
	}
	of := pulumi.Sprintf("table/%s", table.Name)
	if err := a.follow(ctx, name, "table", of, child); err != nil {
		return err
	}
	for _, i := range a.GlobalIndexes {
		of := pulumi.Sprintf("table/%s/index/%s", table.Name, i.Name)
		if err := a.follow(ctx, name+"-"+i.Name, "index", of, child); err != nil {
			return err
		}
	}
	return nil
}

func (a Args) follow(ctx *pulumi.Context, name, kind string, of pulumi.StringInput, child pulumi.ResourceOption) error {
	for _, way := range []struct {
		end, unit string
		bounds    Range
	}{{"reads", "Read", a.Capacity.Read}, {"writes", "Write", a.Capacity.Write}} {
		if !way.bounds.scales() {
			continue
		}
		name := name + "-" + way.end
		target, err := appautoscaling.NewTarget(ctx, name, &appautoscaling.TargetArgs{
			ServiceNamespace:  pulumi.String("dynamodb"),
			ResourceId:        of,
			ScalableDimension: pulumi.String("dynamodb:" + kind + ":" + way.unit + "CapacityUnits"),
			MinCapacity:       pulumi.Int(way.bounds.Min),
			MaxCapacity:       pulumi.Int(way.bounds.Max),
			Tags:              tags.Named(name, a.Tags),
		}, child)
		if err != nil {
			return err
		}
		metric := appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
			PredefinedMetricType: pulumi.String("DynamoDB" + way.unit + "CapacityUtilization"),
		}
		if _, err := appautoscaling.NewPolicy(ctx, name, &appautoscaling.PolicyArgs{
			PolicyType:        pulumi.String("TargetTrackingScaling"),
			ServiceNamespace:  target.ServiceNamespace,
			ResourceId:        target.ResourceId,
			ScalableDimension: target.ScalableDimension,
			TargetTrackingScalingPolicyConfiguration: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
				PredefinedMetricSpecification: metric,
				TargetValue:                   pulumi.Float64(a.Capacity.TargetPercent),
			},
		}, child); err != nil {
			return err
		}
	}
	return nil
}
