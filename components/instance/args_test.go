package instance

import "testing"

func TestArchitectureIsReadFromTheInstanceType(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"t2.micro":         "x86_64",
		"t3a.small":        "x86_64",
		"t4g.micro":        "arm64",
		"m7gd.large":       "arm64",
		"c7gn.xlarge":      "arm64",
		"im4gn.large":      "arm64",
		"is4gen.large":     "arm64",
		"x2gd.medium":      "arm64",
		"a1.medium":        "arm64",
		"g4dn.xlarge":      "x86_64", // g for graphics
		"g5.xlarge":        "x86_64",
		"g5g.xlarge":       "arm64",
		"m7i-flex.2xlarge": "x86_64",
		"u-6tb1.metal":     "x86_64",
	}
	for in, want := range tests {
		if got := architecture(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
