//go:build !linux

package tf5

import (
	"os/exec"
	"strconv"
)

func bind(*exec.Cmd) {}

// bound starts a shell that ends the process when this one has ended: then the
// pipe that it reads from is closed.
func bound(cmd *exec.Cmd) (unbind func(), _ error) {
	guard := exec.Command("sh", "-c", `read -r word; [ "$word" = done ] || kill -9 "$0"`, strconv.Itoa(cmd.Process.Pid))
	in, err := guard.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := guard.Start(); err != nil {
		return nil, err
	}
	return func() {
		_, _ = in.Write([]byte("done\n")) // it reads one line, and has not ended before
		_ = guard.Wait()
	}, nil
}
