package mapping

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Encode writes the data with one line for each type, so that a difference can
// be read.
func (m *Mapping) Encode() ([]byte, error) {
	var b bytes.Buffer
	made, err := json.Marshal(m.Made)
	if err != nil {
		return nil, err
	}
	b.WriteString("{\n\"made\": " + string(made))
	for _, part := range []struct {
		name  string
		lines func(*bytes.Buffer) error
	}{
		{"resources", lines(m.Resources)}, {"functions", lines(m.Functions)}, {"provider", lines(m.Provider)},
	} {
		b.WriteString(",\n\"" + part.name + "\": {\n")
		if err := part.lines(&b); err != nil {
			return nil, err
		}
		b.WriteString("}")
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}

func lines[V any](values map[string]V) func(*bytes.Buffer) error {
	return func(b *bytes.Buffer) error {
		for i, name := range slices.Sorted(maps.Keys(values)) {
			line, err := json.Marshal(values[name])
			if err != nil {
				return err
			}
			b.WriteString("\"" + name + "\": ")
			b.Write(line)
			if i < len(values)-1 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
		}
		return nil
	}
}
