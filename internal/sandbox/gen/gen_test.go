package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommittedDataIsWhatTheGeneratorWrites(t *testing.T) {
	t.Parallel()
	here, err := directory()
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := generate(here)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob(filepath.Join(here, "..", "types", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(files) {
		t.Errorf("%d files are committed, %d are generated", len(committed), len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(here, "..", "types", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if string(got) != string(want) {
			t.Errorf("%s is not what the generator writes; run: go run ./internal/sandbox/gen", name)
		}
	}
}

func TestListWithAMistakeNamesTheLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "types.txt")
	if err := os.WriteFile(path, []byte("# types\n\naws:ec2/vpc:Vpc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readList(path); err == nil || !strings.Contains(err.Error(), "types.txt:3: want") {
		t.Errorf("got %v", err)
	}
}

func TestTypeWithoutAnswersIsDescribedFromTheSDKAndSaysSo(t *testing.T) {
	t.Parallel()
	sdkDir, err := output("go", "list", "-m", "-f", "{{.Dir}}", sdkModule)
	if err != nil {
		t.Fatal(err)
	}
	b := builder{sdk: sdk{root: filepath.Join(sdkDir, "go", "aws")}}
	d, err := b.build("aws:sqs/queue:Queue", "aws_sqs_queue")
	if err != nil {
		t.Fatal(err)
	}
	if d.Source != "docs" || !d.Properties["name"].Computed || d.Properties["arn"].Input() || !d.Properties["delaySeconds"].Input() {
		t.Errorf("described as %+v", d)
	}
	if _, err := b.build("aws:sqs/none:None", "aws_none"); err == nil || !strings.Contains(err.Error(), "the SDK registers no such type") {
		t.Errorf("got %v", err)
	}
}

func TestNamesArePutIntoPulumisForm(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{"cidr_block": "cidrBlock", "enable_dns64": "enableDns64", "arn": "arn"} {
		if got := camel(from); got != want {
			t.Errorf("%s becomes %s, want %s", from, got, want)
		}
	}
	for from, want := range map[string]string{"policy": "policies", "subnetId": "subnetIds", "key": "keys", "address": "addresses", "ebsBlockDevice": "ebsBlockDevices"} {
		if got := plural(from); got != want {
			t.Errorf("the plural of %s is %s, want %s", from, got, want)
		}
	}
}
