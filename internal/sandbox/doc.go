// Package sandbox is the offline stand-in for AWS: a cloud kept in one SQLite
// file, and a Pulumi provider for the package "aws" in front of it.
//
// What a resource type looks like is data (package types); what AWS makes of it
// is package aws; this package keeps what exists, answers Pulumi's provider
// protocol, and lets a person change, break and slow down the cloud behind the
// engine's back.
package sandbox
