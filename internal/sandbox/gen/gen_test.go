package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
)

// committed returns the files of types.zip.
func committed(t *testing.T, in inputs) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := readArchive(filepath.Join(in.here, "..", "types", "types.zip"), func(name string, text []byte) error {
		out[name] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCommittedDataWasMadeFromWhatIsHere(t *testing.T) {
	t.Parallel()
	in, err := open()
	if err != nil {
		t.Fatal(err)
	}
	want, err := in.manifest()
	if err != nil {
		t.Fatal(err)
	}
	var got manifest
	if err := json.Unmarshal(committed(t, in)["manifest.json"], &got); err != nil {
		t.Fatal(err)
	}
	if got.Provider == "" {
		t.Error("the manifest names no provider")
	}
	got.Provider = ""
	if got != want {
		t.Errorf("types.zip was made from\n%+v\nand here is\n%+v\nrun: go run ./internal/sandbox/gen", got, want)
	}
}

// A few packages stand for all: the SDK's largest take a minute to read.
func TestCommittedDataIsWhatTheGeneratorWrites(t *testing.T) {
	t.Parallel()
	in, err := open()
	if err != nil {
		t.Fatal(err)
	}
	tokens := []string{"aws:sqs/queue:Queue", "aws:lambda/function:Function", "aws:rds/instance:Instance", "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:s3/bucket:Bucket"}
	made, notes, err := generate(in, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != len(tokens)+1 {
		t.Errorf("%d files are generated for %d types", len(made), len(tokens))
	}
	if len(notes) != 1 { // rds.Instance.name, which pulumi-aws keeps for old programs
		t.Errorf("notes: %q", notes)
	}
	old := committed(t, in)
	for name, want := range made {
		if !bytes.Equal(old[name], want) {
			t.Errorf("%s is not what the generator writes; run: go run ./internal/sandbox/gen", name)
		}
	}
}

func TestTypeWithoutAnswersIsDescribedFromTheSDKAndSaysSo(t *testing.T) {
	t.Parallel()
	in, err := open()
	if err != nil {
		t.Fatal(err)
	}
	b := builder{sdk: sdk{root: in.sdk}}
	d, err := b.build("aws_sqs_queue", &entity{Token: "aws:sqs/queue:Queue"})
	if err != nil {
		t.Fatal(err)
	}
	if d.Source != "docs" || !d.Properties["name"].Computed || d.Properties["arn"].Input() || !d.Properties["delaySeconds"].Input() {
		t.Errorf("described as %+v", d)
	}
	if _, err := b.build("aws_none", &entity{Token: "aws:sqs/none:None"}); err == nil {
		t.Error("a type that the SDK does not have was described")
	}
}

func TestRelationsAreWrittenInPulumisPaths(t *testing.T) {
	t.Parallel()
	in, err := open()
	if err != nil {
		t.Fatal(err)
	}
	b := builder{sdk: sdk{root: in.sdk}, answers: map[string]*answer{"aws_sqs_queue": {
		Fields: map[string]*fact{
			"name":        {Kind: "string", Optional: true, Conflicts: []string{"name_prefix", "gone.0.deep"}},
			"name_prefix": {Kind: "string", Optional: true, Needs: []string{"fifo_queue"}},
			"fifo_queue":  {Kind: "bool", Optional: true},
		},
		ExactlyOneOf: [][]string{{"name", "fifo_queue", "arn"}},
	}}}
	d, err := b.build("aws_sqs_queue", &entity{Token: "aws:sqs/queue:Queue"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal([]any{d.Properties["name"].Conflicts, d.Properties["namePrefix"].Needs, d.ExactlyOneOf})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[["namePrefix"],["fifoQueue"],[["fifoQueue","name"]]]`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNamesArePutIntoPulumisForm(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{"cidr_block": "cidrBlock", "enable_dns64": "enableDns64", "arn": "arn"} {
		if got := camel(from); got != want {
			t.Errorf("%s becomes %s, want %s", from, got, want)
		}
	}
	fields := map[string]*field{"rule": {Name: "rules"}}
	if got := property("rule", fields); got != "rules" {
		t.Errorf("the SDK's name is not used but %s", got)
	}
}
