package automation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// WithDefaults returns a stack's configuration with the values that its project
// has for keys that the stack does not set.
func WithDefaults(cfg config.Map, proj *workspace.Project) (config.Map, error) {
	return applyDefaults(cfg, proj)
}

// applyDefaults returns the stack's configuration with the values that
// Pulumi.yaml has for keys that the stack does not set. It copies: defaults must
// never get into the stack's file.
func applyDefaults(cfg config.Map, proj *workspace.Project) (config.Map, error) {
	out := maps.Clone(cfg)
	if out == nil {
		out = config.Map{}
	}
	for _, name := range slices.Sorted(maps.Keys(proj.Config)) {
		t := proj.Config[name]
		def := t.Value
		if t.Default != nil {
			def = t.Default
		}
		key, err := parseKey(name, proj.Name.String(), false)
		if err != nil {
			return nil, err
		}
		if _, set := out[key]; set || def == nil {
			continue
		}
		if out[key], err = defaultValue(def); err != nil {
			return nil, usage("config %q of Pulumi.yaml: %v", name, err)
		}
	}
	return out, nil
}

func defaultValue(raw any) (config.Value, error) {
	switch raw.(type) {
	case string, int, bool:
		return config.NewValue(fmt.Sprint(raw)), nil
	}
	v, err := workspace.SimplifyMarshalledValue(raw)
	if err != nil {
		return config.Value{}, err
	}
	b, err := json.Marshal(v)
	return config.NewObjectValue(string(b)), err
}

// validateConfig checks the configuration against what Pulumi.yaml says: no
// required key is missing, typed ones have their type, secret ones are secret.
// decrypt is called only when a typed value is a secret.
func validateConfig(cfg config.Map, proj *workspace.Project, stack string, decrypt func() (config.Decrypter, error)) error {
	var missing []string
	var wrong error // a missing value is told first
	for _, name := range slices.Sorted(maps.Keys(proj.Config)) {
		t := proj.Config[name]
		key, err := parseKey(name, proj.Name.String(), false)
		if err != nil {
			return err
		}
		v, ok := cfg[key]
		switch {
		case !ok && key.Namespace() == proj.Name.String():
			missing = append(missing, "'"+name+"'")
		case ok && t.IsExplicitlyTyped() && wrong == nil:
			wrong = validateValue(v, name, t, stack, decrypt)
		}
	}
	if len(missing) > 0 {
		return &gitops.Error{
			Kind: gitops.Invalid,
			What: fmt.Sprintf("validating stack config: Stack '%s' is missing configuration %s", stack, listed(missing)),
			Next: "Pulumi.yaml requires it. Set it with `pulumi config set`.",
		}
	}
	return wrong
}

// listed joins names in the CLI's words.
func listed(names []string) string {
	if len(names) == 1 {
		return "value " + names[0]
	}
	last := len(names) - 1
	return "values " + strings.Join(names[:last], ", ") + " and " + names[last]
}

func validateValue(v config.Value, name string, t workspace.ProjectConfigType, stack string,
	decrypt func() (config.Decrypter, error),
) error {
	if t.Secret && !v.Secure() {
		return usage("validating stack config: Stack '%s' with configuration key '%s' must be encrypted as it's secret", stack, name)
	}
	var d config.Decrypter = config.NewPanicCrypter()
	if v.Secure() {
		var err error
		if d, err = decrypt(); err != nil {
			return err
		}
	}
	text, err := v.Value(d)
	if err != nil {
		return gitops.Errorf(gitops.Failed, "configuration key '%s': %w", name, err)
	}
	var content any = text
	if v.Object() {
		if err := json.Unmarshal([]byte(text), &content); err != nil {
			return gitops.Errorf(gitops.Invalid, "configuration key '%s': %w", name, err)
		}
	}
	if !workspace.ValidateConfigValue(*t.Type, t.Items, content) {
		return usage("validating stack config: Stack '%s' with configuration key '%s' must be of type '%s'", stack, name,
			workspace.InferFullTypeName(*t.Type, t.Items))
	}
	return nil
}
