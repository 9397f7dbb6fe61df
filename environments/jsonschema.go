package environments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// JSONSchema describes environment files in JSON Schema (draft 2020-12) for
// editors. stacks are the settings of every stack definition by name; nil
// accepts any stack.
func JSONSchema(stacks map[string]settings.Schema) ([]byte, error) {
	schema, err := settings.Of(reflect.TypeFor[file]())
	if err != nil {
		return nil, fmt.Errorf("describe the environment file: %w", err)
	}
	out := settings.JSONSchema(schema)
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["title"] = "Trunkline environment"
	out["patternProperties"] = map[string]any{"^x-": map[string]any{}}
	props := out["properties"].(map[string]any)
	props["version"] = map[string]any{"const": Version, "description": "version of this format"}
	if stacks != nil {
		blocks := map[string]any{}
		for name, s := range stacks {
			blocks[name] = orEmpty(settings.JSONSchema(s))
		}
		props["stacks"] = map[string]any{"type": "object", "additionalProperties": false, "properties": blocks}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("describe the environment file: %w", err)
	}
	return b.Bytes(), nil
}

// orEmpty also accepts a stack that is named without settings, when all of them
// may be absent.
func orEmpty(block map[string]any) map[string]any {
	if _, required := block["required"]; !required {
		block["type"] = []string{"object", "null"}
	}
	return block
}
