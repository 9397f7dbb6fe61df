package driver

import (
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Timings are the phases of a command, in milliseconds.
type Timings struct {
	Checkout int64 `json:"checkoutMs"`
	Build    int64 `json:"buildMs"`
	Start    int64 `json:"startMs"`
	Engine   int64 `json:"engineMs"`
	Render   int64 `json:"renderMs"`
}

// phase reports the begin of a phase and returns a function that reports its
// end and its length in milliseconds.
func (d *Driver) phase(name string) func() int64 {
	begin := d.now()
	d.report(gitops.Progress{Phase: name})
	return func() int64 {
		took := d.now().Sub(begin)
		d.report(gitops.Progress{Phase: name, Took: max(took, time.Microsecond)})
		return took.Milliseconds()
	}
}

func (d *Driver) report(p gitops.Progress) {
	if d.opts.Progress != nil {
		d.opts.Progress(p)
	}
}
