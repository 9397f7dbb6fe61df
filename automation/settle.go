package automation

import (
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackSettle is `stack settle URN [ID]`, which the CLI does not have: it ends
// one operation that a crash left pending. With an ID, the resource that a
// create left behind is adopted; without one, the operation is forgotten.
type stackSettle struct{}

func (stackSettle) flags(*pflag.FlagSet) {}

func (stackSettle) run(s *session, args []string) error {
	ref, err := s.own()
	if err != nil {
		return err
	}
	req, err := s.request(ref, &operation{kind: gitops.Refresh, message: "settle " + args[0]})
	if err != nil {
		return err
	}
	id := ""
	if len(args) > 1 {
		id = args[1]
	}
	return s.be.api.Settle(s.ctx, req, args[0], id)
}
