package driver

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// check reports everything that is wrong between the program and the files of
// all environments: needs, unknown stacks, settings.
func (s *Session) check(context.Context) error {
	if wrong := s.Estate.Check(); len(wrong) > 0 {
		errs := make([]error, len(wrong))
		for i, w := range wrong {
			errs[i] = gitops.Errorf(gitops.Invalid, "%s", w)
		}
		return errors.Join(errs...)
	}
	var problems []settings.Problem
	for _, env := range s.Environments {
		problems = append(problems, s.checkEnvironment(env)...)
	}
	needed := slices.DeleteFunc(slices.Clone(problems), func(p settings.Problem) bool { return !s.asked(p) })
	s.warn(slices.DeleteFunc(problems, s.asked))
	if err := settings.ErrorOf(needed); err != nil {
		return &gitops.Error{Kind: gitops.Invalid, Err: err, Next: "mend the file, then: trunkline validate"}
	}
	return nil
}

// checkEnvironment checks the stacks of one environment.
func (s *Session) checkEnvironment(env *environments.Environment) []settings.Problem {
	var out []settings.Problem
	for _, name := range env.StackNames() {
		st := env.Stacks[name]
		def, ok := s.Estate.Stack(name)
		if !ok {
			out = append(out, settings.Problem{Pos: st.Pos, Path: name, What: "is not a stack of this estate",
				Hint: settings.DidYouMean(name, s.Estate.Names())})
			continue
		}
		for _, need := range def.Needs {
			if _, there := env.Stacks[need]; !there {
				out = append(out, settings.Problem{Pos: st.Pos, Path: name,
					What: "needs the stack " + need + ", which this environment does not have", Hint: "add " + need + " under stacks:"})
			}
		}
		for _, p := range settings.Check(def.Settings, st.Values, st.Pos) {
			p.Path = name + "." + p.Path
			out = append(out, p)
		}
	}
	return out
}

// config is the Pulumi configuration of one stack: its settings, what the
// program may know of its environment, and the default provider's settings.
func (s *Session) config(ctx context.Context, env *environments.Environment, id gitops.StackID) (auto.ConfigMap, error) {
	open := func() (crypter, error) {
		k, _, err := s.crypter(ctx, env, s.d.secretsOf(env))
		return k, err
	}
	return s.configWith(env, id, lazyDecrypt(open))
}

// configWith is config with another way to open secrets.
func (s *Session) configWith(env *environments.Environment, id gitops.StackID, decrypt func(string) (string, error)) (auto.ConfigMap, error) {
	values, err := settings.ToConfig(env.Stacks[id.Name].Values, decrypt)
	if err != nil {
		return nil, err
	}
	cfg := auto.ConfigMap{}
	for k, v := range values {
		cfg[s.d.Project+":"+k] = auto.ConfigValue{Value: v.Text, Secret: v.Secret}
	}
	about, err := json.Marshal(map[string]any{
		"name": env.Name, "region": env.Cloud.Region, "account": env.Cloud.Account, "provider": env.Cloud.Provider,
		"commit": s.Revision.SHA, "protect": env.Deploy.Protect, "tags": env.Tags,
	})
	if err != nil {
		return nil, err
	}
	tags, err := json.Marshal(map[string]any{"tags": defaultTags(env, id)})
	if err != nil {
		return nil, err
	}
	cfg["trunkline:environment"] = auto.ConfigValue{Value: string(about)}
	cfg["aws:defaultTags"] = auto.ConfigValue{Value: string(tags)}
	reach, err := providerConfig(env.Cloud)
	for k, v := range reach {
		cfg["aws:"+k] = auto.ConfigValue{Value: v}
	}
	if err != nil {
		return nil, err
	}
	return cfg, ownConfig(cfg, env.Config, decrypt)
}

// ownConfig lays what the environment's file says under config: over the rest.
func ownConfig(cfg auto.ConfigMap, own map[string]settings.Value, decrypt func(string) (string, error)) error {
	values, err := settings.ToConfig(own, decrypt)
	if err != nil {
		return err
	}
	for k := range own {
		delete(cfg, k) // and what is null stays away
	}
	for k, v := range values {
		cfg[k] = auto.ConfigValue{Value: v.Text, Secret: v.Secret}
	}
	return nil
}

// providerConfig is what the AWS provider has to know to get to the cloud. It
// ends in the state; credentials are not among it.
func providerConfig(c environments.Cloud) (map[string]string, error) {
	out := map[string]string{}
	if c.Region != "" {
		out["region"] = c.Region
	}
	if c.Provider != "aws" {
		return out, nil
	}
	// The provider itself then refuses credentials of another account.
	accounts, err := json.Marshal([]string{c.Account})
	if err != nil {
		return nil, err
	}
	out["allowedAccountIds"] = string(accounts)
	services := maps.Clone(c.Endpoints)
	delete(services, environments.DefaultEndpoint) // which is a variable of the provider's process
	if len(services) > 0 {
		list, err := json.Marshal([]map[string]string{services})
		if err != nil {
			return nil, err
		}
		out["endpoints"] = string(list)
	}
	if c.Emulator {
		for _, flag := range []string{"skipCredentialsValidation", "skipMetadataApiCheck", "s3UsePathStyle"} {
			out[flag] = "true"
		}
	}
	return out, nil
}

func defaultTags(env *environments.Environment, id gitops.StackID) map[string]string {
	tags := map[string]string{"Environment": env.Name, "Stack": id.Name, "ManagedBy": "trunkline"}
	for k, v := range env.Tags {
		tags[k] = v
	}
	return tags
}

// lazyDecrypt opens the key when the first secret needs it.
func lazyDecrypt(open func() (crypter, error)) func(string) (string, error) {
	open = sync.OnceValues(open)
	return func(ciphertext string) (string, error) {
		k, err := open()
		if err != nil {
			return "", err
		}
		return k.Decrypt(ciphertext)
	}
}

// unknown is the error for a name that nothing has.
func unknown(what, name string, known []string, next string) error {
	err := gitops.Errorf(gitops.NotFound, "there is no %s %q", what, name)
	err.Next = next
	known = slices.Clone(known)
	slices.Sort(known)
	if hint := settings.DidYouMean(name, known); hint != "" {
		err.Next = hint + "; see " + next
		if strings.HasSuffix(hint, "?") {
			err.Next = hint + " Otherwise: " + next
		}
	}
	return err
}
