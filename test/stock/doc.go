// Package stock compares the Automation API over the stock Pulumi CLI with the
// one of package automation.
package stock

import _ "github.com/trunkline-dev/trunkline/automation"
