package program

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	describeTimeout = 30 * time.Second
	maxDescription  = 16 << 20 // bytes
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
	content, err := ask(ctx, bin)
	if err != nil {
		return describe.Description{}, err
	}
	d, err := parseDescription(content)
	if err != nil {
		return d, err
	}
	_ = renameio.WriteFile(kept, content, 0o600) // asking again costs little
	return d, nil
}

// ask runs the program once and returns what it prints.
func ask(ctx context.Context, bin Binary) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	answer := &bounded{max: maxDescription}
	r, err := launch(bin, []string{"describe"}, StartOptions{}, strings.NewReader(""), answer, &tail{})
	if err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		err = nil
	case <-ctx.Done():
		r.kill()
		<-r.done
		err = gitops.Errorf(gitops.Cancelled, "the description of the estate was cancelled: %w", ctx.Err())
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = gitops.Errorf(gitops.Timeout, "the estate program did not describe its stacks within %s", describeTimeout)
		}
	}
	switch {
	case err != nil:
	case r.cmd.ProcessState == nil || !r.cmd.ProcessState.Success():
		err = r.death().early("the estate program cannot describe its stacks")
	case answer.over:
		err = gitops.Errorf(gitops.Failed, "the estate program describes its stacks with more than %d MiB", maxDescription>>20)
	}
	return answer.buf.Bytes(), errors.Join(err, r.clean())
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
