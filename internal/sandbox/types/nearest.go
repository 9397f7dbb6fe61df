package types

import (
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Nearest returns the candidate that want is most likely a misspelling of, or
// "" when none is close. Of equally close ones the first wins.
func Nearest(want string, candidates []string) string {
	best, limit := "", max(2, len(want)/4)+1
	for _, c := range candidates {
		if d := settings.Distance(strings.ToLower(want), strings.ToLower(c)); d < limit {
			best, limit = c, d
		}
	}
	return best
}
