package automation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/spf13/pflag"
)

// setting is one value to set.
type setting struct {
	key            string
	value          string
	secret, object bool
	path           bool
}

// configSet is `config set KEY [--secret] -- VALUE`.
type configSet struct{ plaintext, secret, path bool }

func (a *configSet) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&a.plaintext, "plaintext", false, "save the value as it is")
	fs.BoolVar(&a.secret, "secret", false, "encrypt the value")
	fs.BoolVar(&a.path, "path", false, "the key is a path into a value")
}

func (a *configSet) run(s *session, args []string) error {
	if a.plaintext && a.secret {
		return usage("--plaintext and --secret exclude each other")
	}
	return s.setConfig([]setting{{key: args[0], value: args[1], secret: a.secret, path: a.path}})
}

// configSetAll is `config set-all`. Here --plaintext and --secret take pairs and
// --json takes a text, unlike everywhere else.
type configSetAll struct {
	plaintext, secret []string
	json              string
	path              bool
}

func (a *configSetAll) flags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&a.plaintext, "plaintext", nil, "key=value to save as it is")
	fs.StringArrayVar(&a.secret, "secret", nil, "key=value to encrypt")
	fs.StringVar(&a.json, "json", "", "values as `pulumi config --json` prints them")
	fs.BoolVar(&a.path, "path", false, "the keys are paths into values")
}

func (a *configSetAll) run(s *session, _ []string) error {
	list, err := a.settings()
	if err != nil {
		return err
	}
	return s.setConfig(list)
}

// settings is everything to set, in the order of the command line.
func (a *configSetAll) settings() ([]setting, error) {
	if a.json != "" {
		if len(a.plaintext) > 0 || len(a.secret) > 0 || a.path {
			return nil, usage("the --json option cannot be used with the --plaintext, --secret or --path options")
		}
		return jsonSettings(a.json)
	}
	var list []setting
	for i, pairs := range [][]string{a.plaintext, a.secret} {
		for _, p := range pairs {
			k, v, err := parsePair(p, a.path)
			if err != nil {
				return nil, err
			}
			list = append(list, setting{key: k, value: v, secret: i == 1, path: a.path})
		}
	}
	return list, nil
}

// jsonSettings reads the form that `config --json --show-secrets` prints.
func jsonSettings(text string) ([]setting, error) {
	vals := map[string]configValue{}
	if err := json.Unmarshal([]byte(text), &vals); err != nil {
		return nil, usage("could not parse --json argument: %v", err)
	}
	var list []setting
	for _, k := range slices.Sorted(maps.Keys(vals)) {
		v := vals[k]
		e := setting{key: k, secret: v.Secret, object: v.ObjectValue != nil}
		switch {
		case e.object: // it is the value; the text beside it may be absent
			b, err := json.Marshal(v.ObjectValue)
			if err != nil {
				return nil, usage("--json object key %q: %v", k, err)
			}
			e.value = string(b)
		case v.Value != nil:
			e.value = *v.Value
		default:
			return nil, usage("value for --json object key %q is nil", k)
		}
		list = append(list, e)
	}
	return list, nil
}

// setConfig changes the stack's file: all settings, or none.
func (s *session) setConfig(list []setting) error {
	ref, err := s.own()
	if err != nil {
		return err
	}
	return s.editFile(ref, func(f *stackFile) error {
		var crypter config.Crypter
		for _, e := range list {
			key, err := parseKey(e.key, s.proj.Name.String(), e.path)
			if err != nil {
				return err
			}
			if e.secret && crypter == nil {
				if crypter, _, err = f.crypter(s); err != nil {
					return err
				}
			}
			v, err := e.encode(s, crypter)
			if err != nil {
				return err
			}
			if err := f.Config.Set(key, v, e.path); err != nil {
				return usage("configuration key '%s': %v", e.key, err)
			}
		}
		return nil
	})
}

// encode makes the value for the file. A secret object is encrypted as a whole,
// so that no number in it stays readable; programs read it the same way.
func (e setting) encode(s *session, c config.Crypter) (config.Value, error) {
	switch {
	case e.secret:
		enc, err := c.EncryptValue(s.ctx, e.value)
		if err != nil {
			return config.Value{}, fmt.Errorf("encrypt configuration key '%s': %w", e.key, err)
		}
		return config.NewSecureValue(enc), nil
	case e.object:
		return config.NewObjectValue(e.value), nil
	}
	return config.NewValue(e.value), nil
}
