package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"
)

func TestComplaintsTellTheLimits(t *testing.T) {
	t.Parallel()
	for complaint, want := range map[string]string{
		`expected type to be one of ["NONE" "KMS"], got zz:`:                                           `{"oneOf":["NONE","KMS"]}`,
		`expected mtu to be one of [1500 8500], got 0:`:                                                `{"oneOf":[1500,8500]}`,
		`Attribute x value must be one of: ["\"a\"" "\"b\""], got: "zz"`:                               `{"oneOf":["a","b"]}`,
		"Invalid String Enum Value: …\n\nPath: x\nGiven Value: zz\nValid Values: [Disabled Enabled ]":  `{"oneOf":["Disabled","Enabled"]}`,
		`expected length of name to be in the range (1 - 48), got :`:                                   `{"minLength":1,"maxLength":48}`,
		`expected delay to be in the range (0 - 900), got -1:`:                                         `{"min":0,"max":900}`,
		`expected capacity to be at least (0), got -1:`:                                                `{"min":0}`,
		`expected value of code to match regular expression "^[245]\\d\\d$", got zz:`:                  `{"pattern":"^[245]\\d\\d$"}`,
		`Too many list items: Attribute subnets supports 5 item maximum, but config has 300 declared.`: `{"maxItems":5}`,
		`Attribute ports list must contain at least 1 elements and at most 4 elements, got: 0`:         `{"minItems":1,"maxItems":4}`,
	} {
		var l Limits
		if !note(&l, complaint) {
			t.Errorf("%q told nothing", complaint)
		}
		if got, err := json.Marshal(&l); err != nil || string(got) != want {
			t.Errorf("%q: got %s, want %s (%v)", complaint, got, want, err)
		}
	}
}

func TestWordingIsAboutAnyValue(t *testing.T) {
	t.Parallel()
	for complaint, want := range map[string]string{
		`"rule.0.role_arn" (zz~probe) is an invalid ARN: arn: invalid prefix:`: `"{name}" ({value}) is an invalid ARN: arn: invalid prefix`,
		`invalid value for role_arn.0 (must be short):`:                        `invalid value for {name} (must be short)`,
	} {
		if got := wording(complaint, "role_arn", odd); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCharactersBecomeAClassThatAcceptsThem(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"a", "abc", "a-z", `\]^-[`, "+-.", "0123456789ABCxyz_", " !~"} {
		runes := []rune(set)
		slices.Sort(runes)
		form, err := regexp.Compile("^" + class(runes) + "$")
		if err != nil {
			t.Errorf("%q: %v", set, err)
			continue
		}
		for c := rune(' '); c <= '~'; c++ {
			if got := form.MatchString(string(c)); got != slices.Contains(runes, c) {
				t.Errorf("the class of %q has %q: %v", set, c, got)
			}
		}
	}
}

func TestFormsAreToldByWhatIsAccepted(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		for _, text := range f.accepts {
			if !slices.Contains(texts, text) {
				t.Errorf("%s accepts %q, which is never tried", f.name, text)
			}
		}
		if got := formatOf(f.accepts); got != f.name {
			t.Errorf("what %s accepts is taken for %q", f.name, got)
		}
	}
	if got := formatOf([]string{"7"}); got != "" {
		t.Errorf("an unknown form is taken for %s", got)
	}
}

// Whatever a provider says is read without harm, and a pattern is one.
func FuzzComplaint(f *testing.F) {
	f.Add(`expected value of x to match regular expression "(", got y`)
	f.Add(`expected x to be one of ["a" 1 "\q"], got y`)
	f.Fuzz(func(t *testing.T, complaint string) {
		var l Limits
		note(&l, complaint)
		if _, err := regexp.Compile(l.Pattern); err != nil {
			t.Error(err)
		}
		wording(complaint, "name", odd)
	})
}
