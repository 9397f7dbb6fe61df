// Package environments reads the files environments/<name>.yaml: where each
// environment lives, how its deployments are guarded, and which stacks it has
// with which settings.
//
// Reading is strict and says everything that is wrong at once, with
// file:line:col. YAML anchors, aliases and merge keys work; top-level keys that
// begin with "x-" are free for anchors.
package environments

import (
	"maps"
	"slices"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Version is the version of the file format that this package reads.
const Version = 1

// Problem is one thing that is wrong with a file.
type Problem = settings.Problem

// Error holds everything that is wrong with the files.
type Error = settings.Error

// Environment is one environment file.
type Environment struct {
	// Name is the name of the environment and of the file.
	Name string
	// File is the path of the file, such as "environments/dev.yaml".
	File  string
	Cloud Cloud
	// State is the URL of the state store; empty means the local one.
	State   string
	Secrets Secrets
	Deploy  Deploy
	// Tags are put on everything that is created.
	Tags map[string]string
	// Config is Pulumi configuration by its full key, such as "gcp:project". It is
	// handed over as it is and wins over what trunkline sets itself; null removes
	// that.
	Config map[string]settings.Value
	// Stacks are the stacks that exist here, by the name of their definition.
	Stacks map[string]Stack
	// Places are where settings that are not of a stack are written, by path:
	// "cloud.region", "tags.team", "state".
	Places map[string]settings.Pos
}

// Secrets says how the secrets of the environment are encrypted.
type Secrets struct {
	// Provider is key, passphrase or the URL of a key at a KMS.
	Provider string `estate:"provider" default:"key" pattern:"key|passphrase|(awskms|azurekeyvault|gcpkms|hashivault)://.+" format:"key, passphrase or a KMS URL such as awskms://…" doc:"key (the key file), passphrase, or a KMS URL"`
	// Salt goes with a passphrase: with both the key is made. It is no secret.
	Salt string `estate:"salt" pattern:"v1:[A-Za-z0-9+/]+=*:v1:[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*" format:"what trunkline secret init wrote" doc:"salt of the passphrase, written by trunkline secret init"`
	// EncryptedKey goes with a KMS: the data key, wrapped by the KMS, in base64.
	EncryptedKey string `estate:"encryptedKey" pattern:"[A-Za-z0-9+/]+=*" format:"what trunkline secret init wrote" doc:"data key, wrapped by the KMS, written by trunkline secret init"`
}

// Deploy says what must hold before something is changed here.
type Deploy struct {
	After     []string  `estate:"after" doc:"environments that a commit reaches before this one"`
	Approvals Approvals `estate:"approvals"`
	Protect   bool      `estate:"protect" doc:"refuse to destroy; ask before anything stateful is deleted or replaced"`
}

// Approvals says who must agree.
type Approvals struct {
	// When is always, destructive or never.
	When  string   `estate:"when" default:"never" enum:"always,destructive,never" doc:"which changes need an approval"`
	Count int      `estate:"count" default:"1" min:"1" max:"10" doc:"how many people must approve"`
	From  []string `estate:"from" doc:"people and teams who may approve; empty means everybody who may write"`
}

// Stack is one stack of an environment.
type Stack struct {
	Name string
	// Pos is where its name stands in the file.
	Pos settings.Pos
	// Values are its settings as they are written; settings.Check checks them.
	Values map[string]settings.Value
}

// StackNames returns the names of the stacks in order.
func (e *Environment) StackNames() []string { return slices.Sorted(maps.Keys(e.Stacks)) }
