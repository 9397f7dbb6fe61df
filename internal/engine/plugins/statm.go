package plugins

import (
	"strconv"
	"strings"
)

// parseStatm reads the number of resident pages, the second of a line of
// numbers; 0 when it is not such a line.
func parseStatm(line string) int64 {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || pages < 0 {
		return 0
	}
	return pages
}
