// Package estate is the kit in which a team writes what it deploys: typed stack
// definitions, put together in one table.
//
//	type Config struct {
//		Zones int `estate:"zones" default:"2" min:"1" max:"6" doc:"availability zones"`
//	}
//
//	type Outputs struct {
//		VpcID pulumi.StringOutput `pulumi:"vpcId"`
//	}
//
//	var Stack = estate.Define("network", build)
//
//	func build(ctx *pulumi.Context, env estate.Environment, cfg Config) (*Outputs, error) { … }
//
// The program is the table: func main() { estate.Main(network.Stack, data.Stack) }.
// It runs under trunkline and, unchanged, under the stock Pulumi CLI.
package estate
