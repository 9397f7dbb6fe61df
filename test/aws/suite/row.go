package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// row is the story of one component.
type row struct {
	name string
	// slow rows wait for minutes, as the provider does on AWS: they are not part
	// of a bounded run.
	slow bool
	// program declares the component as it is at a stage of the story.
	program func(s stage) pulumi.RunFunc
	// updates is the type that the change in place updates, replaces the one that
	// the other change replaces. Empty: the component has no such change.
	updates, replaces string
	// drift changes something with the AWS CLI: the type that a refresh must find
	// changed, and the arguments, made from the stack's outputs.
	drift drift
	// known is what the emulator gets wrong.
	known []fault
	// kept are the models that AWS keeps after a deletion, too, by the name that
	// the emulator has for them, with the reason.
	kept map[string]string
}

// drift is a change that somebody makes beside the program.
type drift struct {
	changes string
	command func(outputs map[string]string) []string
}

// stage is where the story is.
type stage int

// The stages. Each has the changes of the ones before it.
const (
	first stage = iota
	inPlace
	replaced
)

// fault is something that the emulator gets wrong.
type fault struct {
	// step is where it shows: "second preview", "update"; empty: anywhere.
	step string
	// shows is part of what is seen there.
	shows string
	// evidence tells which API answers what, and what AWS answers.
	evidence string
}
