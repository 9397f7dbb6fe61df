package program

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Describe asks the program for its stacks, their needs and settings. The
// answer is kept beside the program. Stacks that contradict each other are an
// error of kind Invalid.
func Describe(ctx context.Context, bin Binary) (describe.Description, error) {
	kept := filepath.Join(filepath.Dir(bin.Path), descriptionName)
	if content, err := os.ReadFile(kept); err == nil {
		if d, err := parseDescription(content); err == nil {
			return d, nil
		}
	}
	content, err := question{args: "describe", who: "the estate program", does: "describe its stacks", within: describeTimeout}.ask(ctx, bin)
	if err != nil {
		return describe.Description{}, err
	}
	d, err := parseDescription(content)
	if err != nil {
		return d, err
	}
	_ = renameio.WriteFile(kept, content, 0o600) // asking again costs little
	programs := filepath.Dir(filepath.Dir(filepath.Dir(bin.Path)))
	cache{dir: programs}.remember(bin.Listing(), content)
	return d, nil
}

// parseDescription reads the program's answer.
func parseDescription(content []byte) (describe.Description, error) {
	var d describe.Description
	if err := json.Unmarshal(content, &d); err != nil {
		return describe.Description{}, &gitops.Error{
			Kind: gitops.Invalid, What: "the estate program answers with something else than a description of its stacks", Err: err,
			Next: "let func main of the program call nothing but estate.Main",
		}
	}
	if d.Schema != describe.SchemaVersion {
		return describe.Description{}, &gitops.Error{
			Kind: gitops.Invalid, What: "the estate program describes its stacks as " + d.Schema + ", this command reads " + describe.SchemaVersion,
			Next: "use the same version of Trunkline in go.mod and on the command line",
		}
	}
	return d, nil
}
