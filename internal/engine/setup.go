package engine

import (
	"iter"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
)

// SetUp tells Pulumi's packages, once, what they can learn only from variables
// of the process. In a module build they do not know their version, and would
// leave it out of states and handshakes. New does it; whoever makes an engine
// while other goroutines use Pulumi's packages does it before they start.
func SetUp() { setUp() }

var setUp = sync.OnceFunc(func() {
	version.Version = PulumiVersion
	env.Global = switches{env.Global}
})

// switches answers for the process's environment, with three switches on.
type switches struct{ env.Store }

var switchedOn = map[string]bool{
	// A panic in a goroutine of the engine fails its operation and does not end
	// the process. It counts as a developer's option.
	"PULUMI_GOROUTINE_PANIC_RECOVERY": true, "PULUMI_DEV": true,
	// Nothing is downloaded in the middle of an operation.
	"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": true,
}

// Raw implements env.Store.
func (s switches) Raw(key string) (string, bool) {
	if switchedOn[key] {
		return "true", true
	}
	if !strings.HasPrefix(key, "PULUMI_") { // asked for a provider's envVarMappings
		return reference + key, true
	}
	return s.Store.Raw(key)
}

// Values implements env.Store.
func (s switches) Values() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for key := range switchedOn {
			if !yield(key, "true") {
				return
			}
		}
		for key, value := range s.Store.Values() {
			if !switchedOn[key] && !yield(key, value) {
				return
			}
		}
	}
}
