// Package thing is a stack of one resource of provider aws, of a type that no
// AWS has.
package thing

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"example.com/estate/estate"
)

// Config is what an environment can choose.
type Config struct {
	Value string `estate:"value" default:"a" doc:"anything"`
	// Version is that of the provider.
	Version string `estate:"version" default:"1.2.3" doc:"version of the provider"`
	// Exit ends the provider in the middle of the create.
	Exit bool `estate:"exit" doc:"end the provider"`
}

// Outputs is nothing.
type Outputs struct{}

// Stack is the stack.
var Stack = estate.Define("thing", build)

func build(ctx *pulumi.Context, _ estate.Environment, cfg Config) (*Outputs, error) {
	var one pulumi.CustomResourceState
	return &Outputs{}, ctx.RegisterResource("aws:index:Thing", "one",
		pulumi.Map{"value": pulumi.String(cfg.Value), "exit": pulumi.Bool(cfg.Exit)}, &one, pulumi.Version(cfg.Version))
}
