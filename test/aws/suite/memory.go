package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// memory is the peak of what each program of the suite held, in KiB, the largest
// process of each name. Linux tells; elsewhere it stays empty.
type memory struct {
	mu   *sync.Mutex
	peak map[string]int
}

func newMemory() memory { return memory{&sync.Mutex{}, map[string]int{}} }

// measure looks at this process and everything that it started.
func (m memory) measure() {
	m.mu.Lock()
	defer m.mu.Unlock()
	parents, names, peaks := map[int]int{}, map[int]string{}, map[int]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/status") // the pattern is good
	for _, file := range files {
		pid, status := readStatus(file)
		parents[pid], names[pid], peaks[pid] = number(status["PPid"]), status["Name"], number(status["VmHWM"])
	}
	for pid, name := range names {
		if descends(pid, os.Getpid(), parents) {
			m.peak[name] = max(m.peak[name], peaks[pid])
		}
	}
}

func readStatus(file string) (pid int, out map[string]string) {
	out = map[string]string{}
	f, err := os.Open(file)
	if err != nil {
		return 0, out // it has ended
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		out[name] = strings.TrimSpace(value)
	}
	return number(out["Pid"]), out
}

// number reads the number in front of a unit.
func number(text string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(text, " kB")) // 0 where there is none
	return n
}

func descends(pid, from int, parents map[int]int) bool {
	for seen := 0; pid > 1 && seen < 100; seen++ {
		if pid == from {
			return true
		}
		pid = parents[pid]
	}
	return false
}

func (m memory) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m.peak)) {
		if m.peak[name] > 50<<10 {
			parts = append(parts, fmt.Sprintf("%s %d MiB", name, m.peak[name]>>10))
		}
	}
	return strings.Join(parts, ", ")
}
