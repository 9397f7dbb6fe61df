package program

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	describeTimeout = 30 * time.Second
	maxAnswer       = 16 << 20 // bytes
)

// question is what a program is started for, once, to answer on its standard
// output.
type question struct {
	// args is its only argument.
	args string
	// stdin is what it reads; nil: nothing.
	stdin io.Reader
	// who and does say in errors what failed: "the estate program", "describe its
	// stacks".
	who, does string
	within    time.Duration
}

// ask runs the program once, kept from files and the network where the system can,
// and returns what it prints.
func (q question) ask(ctx context.Context, bin Binary) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, q.within)
	defer cancel()
	if q.stdin == nil {
		q.stdin = strings.NewReader("")
	}
	answer := &bounded{max: maxAnswer}
	r, err := launch(bin, []string{q.args}, StartOptions{Confine: &Confinement{}}, q.stdin, answer, &tail{})
	if err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		err = nil
	case <-ctx.Done():
		r.kill()
		<-r.done
		err = gitops.Errorf(gitops.Cancelled, "%s was to %s and was cancelled: %w", q.who, q.does, ctx.Err())
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = gitops.Errorf(gitops.Timeout, "%s did not %s within %s", q.who, q.does, q.within)
		}
	}
	switch {
	case err != nil:
	case r.cmd.ProcessState == nil || !r.cmd.ProcessState.Success():
		err = r.death().early(q.who + " cannot " + q.does)
	case answer.over:
		err = gitops.Errorf(gitops.Failed, "%s takes more than %d MiB to %s", q.who, maxAnswer>>20, q.does)
	}
	return answer.buf.Bytes(), errors.Join(err, r.clean())
}
