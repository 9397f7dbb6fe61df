package automation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// configValue is the JSON that auto reads into ConfigValue.
type configValue struct {
	Value       *string `json:"value,omitempty"`
	ObjectValue any     `json:"objectValue,omitempty"`
	Secret      bool    `json:"secret"`
}

// renderValue decrypts a value. Without a decrypter, a secret has no value.
func renderValue(v config.Value, d config.Decrypter) (configValue, error) {
	cv := configValue{Secret: v.Secure()}
	if cv.Secret && d == nil {
		return cv, nil
	}
	if d == nil {
		d = config.NewPanicCrypter() // nothing to decrypt in it
	}
	raw, err := v.Value(d)
	if err != nil {
		return cv, gitops.Errorf(gitops.Failed, "could not decrypt configuration value: %w", err)
	}
	cv.Value = &raw
	if v.Object() && raw != "" {
		err = json.Unmarshal([]byte(raw), &cv.ObjectValue)
	}
	return cv, err
}

// configList is `config --json`.
type configList struct{ json, show bool }

func (a *configList) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
	fs.BoolVar(&a.show, "show-secrets", false, "print secrets in plain text")
}

func (a *configList) run(s *session, _ []string) error {
	if !a.json {
		return usage("pulumi config is served with --json only")
	}
	cfg, d, err := s.readConfig(a.show)
	if err != nil {
		return err
	}
	vals := map[string]configValue{}
	for k, v := range cfg {
		if vals[k.String()], err = renderValue(v, d); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	return s.json(vals)
}

// readConfig returns the configuration with the project's defaults, and what
// decrypts it: nil when there is no secret or show is false.
func (s *session) readConfig(show bool) (config.Map, config.Decrypter, error) {
	ref, err := s.own()
	if err != nil {
		return nil, nil, err
	}
	f, err := s.loadFile(ref)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := applyDefaults(f.Config, s.proj.Project)
	if err != nil || !show || !cfg.HasSecureValue() {
		return cfg, nil, err
	}
	c, _, err := f.crypter(s)
	return cfg, c, err
}

// configGet is `config get`.
type configGet struct{ json, path bool }

func (a *configGet) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
	fs.BoolVar(&a.path, "path", false, "the key is a path into a value")
}

func (a *configGet) run(s *session, args []string) error {
	cfg, d, err := s.readConfig(true)
	if err != nil {
		return err
	}
	key, err := parseKey(args[0], s.proj.Name.String(), a.path)
	if err != nil {
		return err
	}
	v, ok, err := cfg.Get(key, a.path)
	if err != nil {
		return usage("configuration key '%s': %v", args[0], err)
	}
	if !ok {
		return gitops.Errorf(gitops.Failed, "configuration key '%s' not found for stack '%s'", args[0], s.stackName())
	}
	cv, err := renderValue(v, d)
	if err != nil {
		return err
	}
	if a.json {
		return s.json(cv)
	}
	_, err = fmt.Fprintln(s.out, *cv.Value)
	return err
}

// configRemove is `config rm` and `config rm-all`.
type configRemove struct{ path bool }

func (a *configRemove) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&a.path, "path", false, "the keys are paths into values")
}

func (a *configRemove) run(s *session, keys []string) error {
	ref, err := s.own()
	if err != nil {
		return err
	}
	return s.editFile(ref, func(f *stackFile) error {
		for _, k := range keys {
			key, err := parseKey(k, s.proj.Name.String(), a.path)
			if err != nil {
				return err
			}
			if err := f.Config.Remove(key, a.path); err != nil {
				return usage("configuration key '%s': %v", k, err)
			}
		}
		return nil
	})
}

// configRefresh is `config refresh --force`: the configuration of the last
// update replaces the file's.
type configRefresh struct{ force bool }

func (a *configRefresh) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.force, "force", "f", false, "overwrite the file")
}

func (a *configRefresh) run(s *session, _ []string) error {
	ref, err := s.own()
	if err != nil {
		return err
	}
	if !a.force {
		return usage("pulumi config refresh overwrites %s: pass --force", s.filePath(ref))
	}
	last, err := s.be.store.History(s.ctx, ref, 0, 0)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(last, func(u gitops.UpdateRecord) bool { return len(u.Config) > 0 })
	if i < 0 {
		return gitops.Errorf(gitops.Failed, "the stack '%s' has no update whose configuration could be taken", ref.Stack)
	}
	cfg := config.Map{}
	if err := json.Unmarshal(last[i].Config, &cfg); err != nil {
		return gitops.Errorf(gitops.Failed, "read the configuration of the last update: %w", err)
	}
	return s.editFile(ref, func(f *stackFile) error {
		f.Config = maps.Clone(cfg)
		return nil
	})
}
