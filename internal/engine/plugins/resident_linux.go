package plugins

import (
	"fmt"
	"os"
)

// resident reads how many bytes of a process are in memory; 0 when it has gone.
func resident(pid int) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	return parseStatm(string(raw)) * int64(os.Getpagesize())
}
