package diy

import (
	"context"
	"errors"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// checkExclusion makes sure that the medium refuses to create an object twice: a
// server that ignores the condition would let two holders in.
func (s *Store) checkExclusion(ctx context.Context) error {
	s.probing.Lock()
	defer s.probing.Unlock()
	for try := 0; try < 2 && !s.excludes; try++ {
		// The content differs each time: Create takes its own for a success.
		err := s.medium.Create(ctx, ours+"/exclusive", fmt.Appendf(nil, "%s %d %d %d\n", s.self.Host, s.self.PID, s.now().UnixNano(), try))
		switch {
		case errors.Is(err, errExists):
			s.excludes = true
		case err != nil:
			return err
		}
	}
	if !s.excludes {
		return &gitops.Error{
			Kind: gitops.Failed, What: "the server of " + s.place.shown + " does not refuse to create an object twice, so that nothing can be locked there",
			Next: "use a server that honours If-None-Match on writes",
		}
	}
	return nil
}
