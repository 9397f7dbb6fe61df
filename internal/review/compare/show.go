package compare

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// JSON returns the document trunkline.diff/v1 for review.Encode.
func (c Comparison) JSON() any {
	out := struct {
		Schema string      `json:"schema"`
		Left   string      `json:"left"`
		Right  string      `json:"right"`
		Stacks []StackDiff `json:"stacks"`
		Same   []string    `json:"same"`
	}{"trunkline.diff/v1", c.Left, c.Right, c.Stacks, c.Same}
	if out.Stacks == nil {
		out.Stacks = []StackDiff{}
	}
	if out.Same == nil {
		out.Same = []string{}
	}
	return out
}

// Text lays the comparison out as lines. Values read "left => right".
func (c Comparison) Text(o review.TextOptions) []review.Line {
	var out []review.Line
	add := func(indent int, l review.Line) {
		l = append(review.Line{{Text: strings.Repeat(" ", indent)}}, l...)
		out = append(out, l.Wrap(o.Width, indent+4)...)
	}
	settings, resources := 0, 0
	for _, d := range c.Stacks {
		add(0, c.header(d))
		width := 0
		for _, s := range d.Settings {
			width = max(width, ansi.StringWidth(s.Key))
		}
		for _, s := range d.Settings {
			add(2, settingLine(s, width))
		}
		for _, r := range d.Resources {
			c.resource(r, add)
		}
		if d.Renamed > 0 {
			add(2, review.Line{{Text: fmt.Sprintf("and %d more by the environment's name alone", d.Renamed), Style: review.Faint}})
		}
		out = append(out, review.Line{})
		settings, resources = settings+len(d.Settings), resources+len(d.Resources)
	}
	if len(c.Same) > 0 {
		add(0, review.Line{{Text: "the same: " + strings.Join(c.Same, ", "), Style: review.Faint}})
	}
	add(0, review.Line{
		{Text: "Diff " + c.Left + ".." + c.Right, Style: review.Strong},
		{Text: fmt.Sprintf("  %d of %d stacks differ, %d settings, %d resources", len(c.Stacks), len(c.Stacks)+len(c.Same), settings, resources)},
	})
	return out
}

func (c Comparison) header(d StackDiff) review.Line {
	line := review.Line{{Text: review.Clean(d.Stack), Style: review.Strong}}
	if d.Only != "" {
		line = append(line, review.Span{Text: "  only in " + c.name(d.Only == "left"), Style: review.Warning})
	}
	return line
}

func (c Comparison) name(left bool) string {
	if left {
		return c.Left
	}
	return c.Right
}

func settingLine(s SettingDiff, width int) review.Line {
	key := review.Clean(s.Key)
	return review.Line{
		{Text: key + strings.Repeat(" ", max(width-ansi.StringWidth(key), 0)+2)},
		{Text: settingText(s.Left), Style: review.Deleted},
		{Text: " => ", Style: review.Faint},
		{Text: settingText(s.Right), Style: review.Created},
	}
}

func settingText(v any) string {
	if v == nil {
		return "(not set)"
	}
	return review.Value(v, 72)
}

func (c Comparison) resource(r ResourceDiff, add func(int, review.Line)) {
	op, note := gitops.OpUpdate, ""
	style := review.Updated
	switch {
	case !r.Right:
		op, style, note = gitops.OpDelete, review.Deleted, "  only in "+c.Left
	case !r.Left:
		op, style, note = gitops.OpCreate, review.Created, "  only in "+c.Right
	}
	add(2, review.Line{
		{Text: op.Symbol() + " ", Style: style},
		{Text: review.Clean(r.Type) + "  "},
		{Text: review.Clean(r.Name), Style: review.Strong},
		{Text: note, Style: style},
	})
	for _, p := range r.Inputs {
		for _, leaf := range review.Leaves(p) {
			add(6, leaf.Line(72))
		}
	}
}
