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
	// onlyPreview ends the story after the first step.
	onlyPreview bool
	// plot, when set, is the story of a row that is not of a component.
	plot func(*story) plot
	// program declares the component as it is at a stage of the story.
	program func(s stage) pulumi.RunFunc
	// updates is what the change in place updates, replaces what the other change
	// replaces. Empty: the component has no such change.
	updates, replaces effect
	// drift changes something with the AWS CLI: what a refresh must find changed,
	// and the arguments, made from the stack's outputs.
	drift drift
	// untried is what the emulator makes impossible to try, with evidence.
	untried []string
	// known is what the emulator gets wrong.
	known []fault
}

// effect is what a change does: to a resource of a type, at a property.
type effect struct{ typ, path string }

// drift is a change that somebody makes beside the program.
type drift struct {
	changes effect
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
