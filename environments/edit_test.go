package environments

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetSecretChangesOneValueAndNothingElse(t *testing.T) {
	t.Parallel()
	const secure = `{secure: "v1:new"}`
	for name, c := range map[string]struct{ key, before, after string }{
		"replaces in a flow map": {"password",
			"stacks:\n  data: {size: 2, password: {secure: old}, zones: 1} # keep\n",
			"stacks:\n  data: {size: 2, password: " + secure + ", zones: 1} # keep\n"},
		"replaces the last of a flow map": {"password",
			"stacks:\n  data: { password: 'it''s, }' }\n",
			"stacks:\n  data: { password: " + secure + " }\n"},
		"adds to a flow map": {"password",
			"stacks: {data: {size: 2}, app: {}}\n",
			"stacks: {data: {size: 2, password: " + secure + "}, app: {}}\n"},
		"fills an empty flow map": {"password",
			"stacks:\n  data: {}\n",
			"stacks:\n  data: {password: " + secure + "}\n"},
		"fills an empty stack": {"password",
			"stacks:\n  data: # later\n  app: {}\n",
			"stacks:\n  data: {password: " + secure + "} # later\n  app: {}\n"},
		"replaces a scalar and keeps its comment": {"password",
			"stacks:\n  data:\n    password: plain, text # rotate me\n    size: 2\n",
			"stacks:\n  data:\n    password: " + secure + " # rotate me\n    size: 2\n"},
		"replaces an empty value": {"password",
			"stacks:\n  data:\n    password:\n    size: 2\n",
			"stacks:\n  data:\n    password: " + secure + "\n    size: 2\n"},
		"replaces a block": {"password",
			"stacks:\n  data:\n    password:\n      # the old one\n      secure: |\n        old\n        one\n    # about size\n    size: 2\n",
			"stacks:\n  data:\n    password: " + secure + "\n    # about size\n    size: 2\n"},
		"adds after the last entry": {"password",
			"stacks:\n  data:\n    size: 2\n    list:\n      - a\n      # in list\n      - b\n\n  # about app\n  app: {}\n",
			"stacks:\n  data:\n    size: 2\n    list:\n      - a\n      # in list\n      - b\n    password: " + secure + "\n\n  # about app\n  app: {}\n"},
		"adds at the end of a file without a line end": {"password",
			"stacks:\n  data:\n    size: 2",
			"stacks:\n  data:\n    size: 2\n    password: " + secure},
		"goes into maps": {"database.password",
			"stacks:\n  data:\n    database:\n      name: äö\n",
			"stacks:\n  data:\n    database:\n      name: äö\n      password: " + secure + "\n"},
		"makes maps": {"database.admin.password",
			"stacks:\n  data:\n    size: 2\n",
			"stacks:\n  data:\n    size: 2\n    database: {admin: {password: " + secure + "}}\n"},
		"overrides what is merged in": {"password",
			"x-a: &a {password: {secure: shared}}\nstacks:\n  data:\n    <<: *a\n",
			"x-a: &a {password: {secure: shared}}\nstacks:\n  data:\n    <<: *a\n    password: " + secure + "\n"},
		"keeps carriage returns of other lines": {"password",
			"stacks:\r\n  data:\r\n    password: x\r\n    size: 2\r\n",
			"stacks:\r\n  data:\r\n    password: " + secure + "\r\n    size: 2\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := SetSecret([]byte(c.before), "data", c.key, "v1:new")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.after, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSetSecretRefusesWhatItCannotDoSafely(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ stack, key, file, want string }{
		"unknown stack": {"nope", "a", "stacks: {data: {}}\n", `stack "nope" is not in this environment; add it under stacks first`},
		"shared block":  {"data", "a", "x-a: &a {b: 1}\nstacks: {data: *a}\n", `write by hand, at stacks.data.a:`},
		"inside a text": {"data", "a.b", "stacks: {data: {a: text}}\n", `write by hand, at stacks.data.a.b:`},
		"anchored":      {"data", "a", "stacks: {data: &d {b: 1}, app: *d}\n", `write by hand`},
		"not yaml":      {"data", "a", "stacks: {data\n", `not valid YAML`},
		"no key":        {"data", "", "stacks: {data: {}}\n", `a stack, a key and a ciphertext are needed`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := SetSecret([]byte(c.file), c.stack, c.key, "v1:new")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v; want %s", got, err, c.want)
			}
		})
	}
}

// FuzzSetSecret holds whatever file it edits against the promise: the edited
// file reads as the old one with exactly that value changed.
func FuzzSetSecret(f *testing.F) {
	f.Add([]byte("stacks:\n  data: {a: 1}\n"), "data", "password")
	f.Add([]byte("stacks:\n  data:\n    a: |\n      x\n  # c\n  b: {}\n"), "data", "a")
	f.Add([]byte("x: &a {b: 1}\nstacks: {data: {<<: *a}}\n"), "data", "b.c")
	f.Add([]byte("stacks: {data: {a: 'it''s', b: \"q\\\"\"}}"), "data", "a")
	f.Fuzz(func(t *testing.T, file []byte, stack, key string) {
		got, err := SetSecret(file, stack, key, "v1:new")
		if err != nil {
			return
		}
		tree, problems := Tree("f", got)
		if len(problems) > 0 {
			t.Fatalf("%q became unreadable %q: %v", file, got, problems)
		}
		v := tree.Map["stacks"].Map[stack]
		for _, k := range strings.Split(key, ".") {
			v = v.Map[k]
		}
		if v.Text != "v1:new" {
			t.Fatalf("%q became %q", file, got)
		}
	})
}

// FuzzParse looks for panics, and for files whose meaning depends on something
// else than their text.
func FuzzParse(f *testing.F) {
	f.Add([]byte(staging))
	f.Add([]byte("version: 1\nname: dev\ncloud: {provider: sandbox}\nstacks: {a: &x {b: [*x]}}\n"))
	f.Add([]byte("? a\n: !!str b\n<<: [*c]\n"))
	f.Add([]byte("version: 0x1\nname: \"staging\"\ncloud:\n  provider: aws\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		env, err := Parse("environments/staging.yaml", data)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Fatal("an error without words")
			}
			return
		}
		again, err := Parse("environments/staging.yaml", data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(env, again); diff != "" {
			t.Fatalf("%q means two things (-first +second):\n%s", data, diff)
		}
	})
}
