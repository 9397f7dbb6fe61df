package stock

import (
	"fmt"
	"os"
	"testing"

	"github.com/trunkline-dev/trunkline/test/stock/rules"
)

// TestMain serves the policy pack when an engine starts this program for it.
func TestMain(m *testing.M) {
	if os.Getenv(PackVar) != "" {
		if err := rules.Serve(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
