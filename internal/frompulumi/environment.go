package frompulumi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Environment is what becomes an environment's file.
type Environment struct {
	// Name is the stack's, File the path of its settings.
	Name, File string
	// Provider is "aws" or "sandbox". Region, Account and Profile may be "".
	Provider, Region, Account, Profile string
	// Config is the configuration outside the project's own by full key; null
	// keeps what trunkline sets away.
	Config map[string]settings.Value
	// Stacks are the settings of the stacks, by definition.
	Stacks map[string]map[string]settings.Value
	// Fields are the types of the settings, by definition.
	Fields map[string][]Field
}

// noted is what is said about a value that is null.
var noted = map[settings.Kind]string{settings.Null: " # without what trunkline adds: nothing changes at first"}

// Text returns the file.
func (e Environment) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What was the stack %s of the Pulumi project.\nversion: 1\nname: %s\n\n", e.Name, e.Name)
	fmt.Fprintf(&b, "cloud:\n  provider: %s\n", e.Provider)
	for _, line := range []struct{ key, text string }{{"region", e.Region}, {"account", e.Account}} {
		if line.text != "" {
			fmt.Fprintf(&b, "  %s: %s\n", line.key, quoted(line.text))
		}
	}
	if e.Profile != "" {
		fmt.Fprintf(&b, "  credentials: {profile: %s}\n", quoted(e.Profile))
	}
	if len(e.Config) > 0 {
		b.WriteString("\n# Pulumi configuration for providers and programs.\nconfig:\n")
		for _, key := range sortedKeys(e.Config) {
			fmt.Fprintf(&b, "  %s: %s%s\n", keyed(key), written(e.Config[key]), noted[e.Config[key].Kind])
		}
	}
	b.WriteString("\nstacks:\n")
	for _, name := range sortedKeys(e.Stacks) {
		e.stack(&b, name)
	}
	return b.String()
}

func (e Environment) stack(b *strings.Builder, name string) {
	values := e.Stacks[name]
	if len(values) == 0 {
		fmt.Fprintf(b, "  %s: {}\n", name)
		return
	}
	kinds := map[string]Kind{}
	for _, f := range e.Fields[name] {
		kinds[f.Key] = f.Kind
	}
	fmt.Fprintf(b, "  %s:\n", name)
	for _, key := range sortedKeys(values) {
		text := written(values[key])
		switch kinds[key] {
		case Whole, Number, Truth: // which fit: see Fields
			text = values[key].Text
		}
		fmt.Fprintf(b, "    %s: %s\n", keyed(key), text)
	}
}

// written is a value as YAML on one line.
func written(v settings.Value) string {
	var parts []string
	switch v.Kind {
	case settings.SecretValue:
		return "{secure: " + quoted(v.Text) + "}"
	case settings.List:
		for _, e := range v.List {
			parts = append(parts, written(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case settings.Map:
		for _, k := range v.Keys() {
			parts = append(parts, keyed(k)+": "+written(v.Map[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case settings.String:
		return quoted(v.Text)
	case settings.Int, settings.Float, settings.Bool:
		return v.Text
	}
	return "null"
}

var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// keyed is a key of a map. Words that YAML takes for something else are quoted.
func keyed(key string) string {
	switch strings.ToLower(key) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return quoted(key)
	}
	if plainKey.MatchString(key) {
		return key
	}
	return quoted(key)
}

// quoted is a text in quotes as JSON has them, which YAML reads too.
func quoted(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil { // a text always encodes
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
