package settings

import "encoding/json"

// JSONSchema describes the settings block in JSON Schema (draft 2020-12), for
// editors: completion, hover texts and the same bounds that Check has.
func JSONSchema(s Schema) map[string]any { return objectSchema(s.Fields) }

func objectSchema(fields []Field) map[string]any {
	props := map[string]any{}
	required := []string{}
	for _, f := range fields {
		props[f.Key] = fieldSchema(f)
		if f.Required {
			required = append(required, f.Key)
		}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": props}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func fieldSchema(f Field) map[string]any {
	out := kindSchema(f)
	if f.Doc != "" {
		out["description"] = f.Doc
	}
	if f.Default != nil {
		out["default"] = json.RawMessage(defaultValue(f).String())
	}
	if len(f.Enum) > 0 {
		values := make([]any, len(f.Enum))
		for i, e := range f.Enum {
			values[i] = e
			if f.Kind == Int {
				values[i] = json.Number(e)
			}
		}
		out["enum"] = values
	}
	if f.Pattern != "" {
		out["pattern"] = "^(?:" + f.Pattern + ")$"
	}
	minimum, maximum := boundWords(f.Kind)
	if minimum != "" && f.Min != "" {
		out[minimum] = json.Number(f.Min)
	}
	if maximum != "" && f.Max != "" {
		out[maximum] = json.Number(f.Max)
	}
	return out
}

// boundWords returns what JSON Schema calls the bounds of the kind; it has no
// word for those of durations and CIDRs.
func boundWords(k Kind) (minimum, maximum string) {
	switch k {
	case Int, Float:
		return "minimum", "maximum"
	case String:
		return "minLength", "maxLength"
	case List:
		return "minItems", "maxItems"
	case Map:
		return "minProperties", "maxProperties"
	}
	return "", ""
}

func kindSchema(f Field) map[string]any {
	switch f.Kind {
	case Object:
		return objectSchema(f.Fields)
	case List:
		return map[string]any{"type": "array", "items": fieldSchema(*f.Elem)}
	case Map:
		return map[string]any{"type": "object", "additionalProperties": fieldSchema(*f.Elem)}
	case SecretValue:
		return map[string]any{
			"type": "object", "additionalProperties": false, "required": []string{"secure"},
			"properties": map[string]any{"secure": map[string]any{"type": "string",
				"description": "written by trunkline secret set"}},
		}
	case Int:
		return map[string]any{"type": "integer"}
	case Float:
		return map[string]any{"type": "number"}
	case Bool:
		return map[string]any{"type": "boolean"}
	case Duration:
		return map[string]any{"type": "string", "pattern": `^[0-9]`, "examples": []string{"90s", "12h", "14d"}}
	case CIDR:
		return map[string]any{"type": "string", "pattern": `^[0-9A-Fa-f.:]+/[0-9]+$`, "examples": []string{"10.0.0.0/16"}}
	case Any:
		return map[string]any{}
	}
	return map[string]any{"type": "string"}
}
