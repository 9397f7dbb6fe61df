package sandbox

import (
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// RefusedByDescription tells whether checked inputs break a rule that the
// provider told, and not only one that was written by hand for what AWS refuses.
func RefusedByDescription(t *types.Type, checked *structpb.Struct) (bool, error) {
	in, err := fromWire(checked)
	if err != nil {
		return false, err
	}
	named := t.Name != nil && wasFilled(in, t.Name.Property)
	delete(in, resource.PropertyKey(defaultsKey))
	return len(described(t, plain(in), named).failures) > 0, nil
}
