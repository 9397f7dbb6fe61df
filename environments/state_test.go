package environments

import (
	"strings"
	"testing"
)

func TestTheAddressOfTheStateIsCheckedWithoutShowingAPassword(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"postgres://trunkline@db.internal:5432/state?sslmode=verify-full": "",
		"sqlite:///var/lib/trunkline/state.db":                            "",
		"s3://states?region=eu-west-1":                                    "",
		"/var/lib/state.db":                                               "is no URL of a state store",
		"mysql://db/state":                                                "is no URL of a state store",
		"postgres://trunkline:hunter2@db/state":                           "holds a password",
		"postgres://db/state?password=hunter2":                            "holds a password",
		"postgres://%zzhunter2@db/state":                                  "is not a URL",
	} {
		_, err := Parse("environments/dev.yaml", []byte("version: 1\nname: dev\ncloud: {provider: sandbox}\nstate: "+state+"\n"))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", state, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "environments/dev.yaml:4:8")):
			t.Errorf("%s: got %v, want %q", state, err, want)
		case want != "" && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error shows the password: %v", state, err)
		}
	}
}
