package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// peak watches the resident memory of all processes below this one while f
// runs, and returns its highest sum in bytes. Pages that processes share count
// in each. Where the system does not tell (it is asked through /proc), it is 0.
func peak(ctx context.Context, f func(context.Context) error) (int64, error) {
	ctx, stop := context.WithCancel(ctx)
	highest := make(chan int64, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var top int64
		for {
			select {
			case <-tick.C:
				top = max(top, below(os.Getpid()))
			case <-ctx.Done():
				highest <- top
				return
			}
		}
	}()
	err := f(ctx)
	stop()
	return <-highest, err
}

// below is the resident memory of the descendants of a process.
func below(pid int) (sum int64) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0 // it has ended
	}
	for _, t := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		if err != nil {
			continue
		}
		for _, child := range strings.Fields(string(b)) {
			if id, err := strconv.Atoi(child); err == nil {
				sum += resident(id) + below(id)
			}
		}
	}
	return sum
}

func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// mebi renders bytes.
func mebi(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
