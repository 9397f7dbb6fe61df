package owner

import (
	"os"
	"strconv"
	"strings"
)

// bootAndSpace names the current start of the machine and the process
// namespace.
func bootAndSpace() (boot, space string) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err == nil {
		boot = strings.TrimSpace(string(b))
	}
	space, err = os.Readlink("/proc/self/ns/pid")
	if err != nil {
		space = ""
	}
	return boot, space
}

// processStart returns the start time of a process in clock ticks since boot,
// "" when it cannot be read. ended tells that only its exit code is left.
func processStart(pid int) (started string, ended bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	return parseStat(string(b))
}

// parseStat reads the fields 3 (state) and 22 (start time) of /proc/<pid>/stat.
// Field 2, the name, may contain anything and ends at the last parenthesis.
func parseStat(stat string) (started string, ended bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", false
	}
	return fields[19], fields[0] == "Z" || fields[0] == "X"
}
