package estate

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Secret is a setting that nothing shows: no format, no log, no JSON. Its key
// in the environment file holds a ciphertext, written by trunkline secret set.
type Secret struct{ settings.Secret }

// NewSecret returns a secret with the text, for tests.
func NewSecret(text string) Secret { return Secret{settings.NewSecret(text)} }

// Output returns the text as an output that Pulumi encrypts in the state and
// masks wherever it is shown.
func (s Secret) Output() pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(s.Reveal())).(pulumi.StringOutput)
}
