package diy_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain asks for fewer random runs: each step of one waits for a disk.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
