package environments

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// louder makes another ciphertext of each.
func louder(s Secret) (string, error) { return strings.ToUpper(s.Ciphertext) + "!", nil }

func TestReencryptChangesCiphertextsAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"in flow maps": {
			"stacks:\n  data: {a: {secure: one}, b: {secure: \"two\"}} # keep\n",
			"stacks:\n  data: {a: {secure: \"ONE!\"}, b: {secure: \"TWO!\"}} # keep\n",
		},
		"in blocks, over several lines": {
			"stacks:\n  data:\n    # first\n    a:\n      secure: one # why\n    b:\n      # how\n      secure: >-\n        two\n    c: 1\n",
			"stacks:\n  data:\n    # first\n    a:\n      secure: \"ONE!\" # why\n    b:\n      # how\n      secure: \"TWO!\"\n    c: 1\n",
		},
		"in lists": {
			"stacks:\n  data:\n    list:\n      - {secure: one}\n      - secure: two\n      - three\n",
			"stacks:\n  data:\n    list:\n      - {secure: \"ONE!\"}\n      - secure: \"TWO!\"\n      - three\n",
		},
		"shared by an anchor, once": {
			"x-a: &a {p: {secure: one}}\nstacks:\n  data: *a\n  app: {<<: *a, q: 1}\n",
			"x-a: &a {p: {secure: \"ONE!\"}}\nstacks:\n  data: *a\n  app: {<<: *a, q: 1}\n",
		},
		"the same one twice": {
			"stacks: {data: {a: {secure: one}, b: {secure: one}}}\n",
			"stacks: {data: {a: {secure: \"ONE!\"}, b: {secure: \"ONE!\"}}}\n",
		},
		"one that looks like what another becomes": {
			"stacks: {data: {a: {secure: one}, b: {secure: \"ONE!\"}}}\n",
			"stacks: {data: {a: {secure: \"ONE!\"}, b: {secure: \"ONE!!\"}}}\n",
		},
		"in none":                 {"stacks: {data: {a: secure}}\n", "stacks: {data: {a: secure}}\n"},
		"after a byte order mark": {"\ufeffstacks: {data: {a: {secure: one}}}\n", "\ufeffstacks: {data: {a: {secure: \"ONE!\"}}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Reencrypt("f.yaml", []byte(c[0]), louder)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c[1], string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOneSecretThatCannotBeOpenedStopsAllWithItsPlace(t *testing.T) {
	t.Parallel()
	file := "stacks:\n  data: {a: {secure: one}, b: {secure: two}}\n"
	_, err := Reencrypt("f.yaml", []byte(file), func(s Secret) (string, error) {
		if s.Ciphertext == "two" {
			return "", errors.New("wrong key")
		}
		return "x", nil
	})
	if err == nil || err.Error() != "f.yaml:2:32: wrong key" {
		t.Errorf("got %v", err)
	}
}

func TestTheCiphertextsOfAnEnvironmentHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	env, err := Parse("environments/dev.yaml", []byte("version: 1\nname: dev\ncloud: {provider: sandbox}\nstacks:\n  b: {p: [{secure: two}]}\n  a: {q: {r: {secure: one}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range env.Ciphertexts() {
		got = append(got, s.Pos.String()+" "+s.Ciphertext)
	}
	want := []string{"environments/dev.yaml:6:14 one", "environments/dev.yaml:5:11 two"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSetSecretsKeepsTheRestOfTheFile(t *testing.T) {
	t.Parallel()
	const salt = "v1:c2FsdA==:v1:bm9uY2U=:cHJvb2Y="
	for name, c := range map[string]struct {
		to            Secrets
		before, after string
	}{
		"a first salt": {
			Secrets{Provider: "passphrase", Salt: salt},
			"name: dev\n# how\nsecrets: {provider: passphrase} # hush\nstacks: {}\n",
			"name: dev\n# how\nsecrets: {provider: passphrase, salt: \"" + salt + "\"} # hush\nstacks: {}\n",
		},
		"another salt": {
			Secrets{Provider: "passphrase", Salt: salt},
			"secrets:\n  # ours\n  provider: passphrase\n  salt: old # made in May\nstacks: {}\n",
			"secrets:\n  # ours\n  provider: passphrase\n  salt: \"" + salt + "\" # made in May\nstacks: {}\n",
		},
		"a provider where none was named": {
			Secrets{Provider: "awskms://alias/x?region=eu-west-1", EncryptedKey: "a2V5"},
			"name: dev\nstacks: {}\n",
			"name: dev\nstacks: {}\nsecrets: {encryptedKey: \"a2V5\", provider: \"awskms://alias/x?region=eu-west-1\"}\n",
		},
		"another provider": {
			Secrets{Provider: "key"},
			"secrets:\n  provider: passphrase\n  salt: old\nstacks: {}\n",
			"secrets: {provider: \"key\"}\nstacks: {}\n",
		},
		"the default, unnamed": {Secrets{Provider: "key"}, "name: dev\nstacks: {}\n", "name: dev\nstacks: {}\n"},
		"nothing new":          {Secrets{Provider: "key"}, "secrets: {provider: key}\n", "secrets: {provider: key}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := SetSecrets([]byte(c.before), c.to)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.after, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASaltOrWrappedKeyOfAnotherProviderIsRefused(t *testing.T) {
	t.Parallel()
	for secrets, want := range map[string]string{
		"{salt: \"v1:YQ==:v1:YQ==:YQ==\"}":                                 "f.yaml:4:17: secrets.salt is only for provider passphrase",
		"{provider: passphrase, encryptedKey: YQ==}":                       "secrets.encryptedKey is only for a KMS",
		"{provider: passphrase, salt: hello}":                              "secrets.salt",
		"{provider: \"awskms://alias/x\", salt: \"v1:YQ==:v1:YQ==:YQ==\"}": "secrets.salt is only for provider passphrase",
		"{provider: \"awskms://alias/x\", encryptedKey: \"not base64\"}":   "secrets.encryptedKey",
		"{provider: \"file:///etc/passwd\"}":                               "secrets.provider",
	} {
		_, err := Parse("f.yaml", []byte("version: 1\nname: f\ncloud: {provider: sandbox}\nsecrets: "+secrets+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", secrets, err, want)
		}
	}
}

// FuzzReencrypt holds whatever file it edits against the promise: all that was
// encrypted is encrypted anew, and nothing else has changed.
func FuzzReencrypt(f *testing.F) {
	f.Add([]byte("stacks:\n  data: {a: {secure: one}, b: {secure: \"two\"}} # c\n"))
	f.Add([]byte("x: &a {secure: 'o''ne'}\nstacks: {data: [*a, {secure: |\n two\n}]}\n"))
	f.Add([]byte("a:\n- secure: x\n- ? secure\n  : y\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := Reencrypt("f", file, louder)
		if err != nil {
			return
		}
		before, _ := Tree("f", file)
		after, problems := Tree("f", got)
		if len(problems) > 0 {
			t.Fatalf("%q became unreadable %q: %v", file, got, problems)
		}
		made := map[string]string{}
		list, _ := SecretsOf("f", file)
		for _, s := range list {
			made[s.Ciphertext], _ = louder(s)
		}
		if after.Canonical() != changed(before, made).Canonical() {
			t.Fatalf("%q became %q", file, got)
		}
	})
}
