package binary

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPlacesAreThePathAndTheMirrorsOfTerraform(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	config := `provider_installation {
  filesystem_mirror { # of the team
    path    = "/opt/mirror"
    include = ["registry.terraform.io/*/*"]
  }
  direct { exclude = ["*/*"] }
}`
	if err := os.WriteFile(filepath.Join(home, ".terraformrc"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PATH": "/bin" + string(os.PathListSeparator) + "/usr/bin", "HOME": home}
	got := places(func(name string) string { return env[name] }, "linux_arm64")
	const below = "registry.terraform.io/hashicorp/aws/5.100.0/linux_arm64/terraform-provider-aws_v5.100.0_x5"
	want := []string{
		"/bin/terraform-provider-aws_v5.100.0_x5", "/usr/bin/terraform-provider-aws_v5.100.0_x5",
		"/opt/mirror/" + below, home + "/.terraform.d/plugins/" + below, home + "/.local/share/terraform/plugins/" + below,
		"/usr/local/share/terraform/plugins/" + below, "/usr/share/terraform/plugins/" + below,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAnotherProgramIsRefused(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		self:             "not github.com/hashicorp/terraform-provider-aws",
		text:             "is not terraform-provider-aws_v5.100.0_x5",
		text + "-absent": "no such file",
	} {
		if err := verify(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
