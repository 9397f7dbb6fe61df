package stock

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/test/stock/rules"
)

// TestMain serves the policy pack when an engine starts this program for it: with
// the engine's address as its only argument.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && !strings.HasPrefix(os.Args[1], "-") {
		if err := rules.Serve(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
