package views

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/trunkline-dev/trunkline/internal/review"
)

// Column is the head of a column.
type Column struct {
	Title string
	// Right aligns its cells at the right, as numbers want it.
	Right bool
}

// Table is a list with columns.
type Table struct {
	Columns []Column
	Rows    [][]review.Span
	// Empty is said instead of a table without rows.
	Empty string
}

// Add appends a row of plain cells.
func (t *Table) Add(cells ...string) {
	row := make([]review.Span, len(cells))
	for i, c := range cells {
		row[i] = review.Span{Text: c}
	}
	t.Rows = append(t.Rows, row)
}

const (
	gap       = 2  // columns between two cells
	narrowest = 10 // a cell is not cut shorter than this
)

// Table prints a table. When it does not fit, the widest columns are cut; when
// that is not enough, each row becomes a block of "title  cell" lines.
func (s *Screen) Table(t Table) error {
	return s.Print(t.lines(s.Width(), s.ascii)...)
}

func (t Table) lines(width int, ascii bool) []review.Line {
	if len(t.Rows) == 0 {
		if t.Empty == "" {
			return nil
		}
		return []review.Line{{{Text: t.Empty, Style: review.Faint}}}
	}
	widths := t.widths()
	if width > 0 && !shrink(widths, width) {
		return t.blocks(width, ascii)
	}
	head := make([]review.Span, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = review.Span{Text: strings.ToUpper(c.Title), Style: review.Faint}
	}
	out := []review.Line{t.line(head, widths, ascii)}
	for _, row := range t.Rows {
		out = append(out, t.line(row, widths, ascii))
	}
	return out
}

// widths returns how wide each column wants to be.
func (t Table) widths() []int {
	out := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = ansi.StringWidth(c.Title)
	}
	for _, row := range t.Rows {
		for i, cell := range row[:min(len(row), len(out))] {
			out[i] = max(out[i], ansi.StringWidth(review.Clean(cell.Text)))
		}
	}
	return out
}

// shrink cuts the widest columns until all fit; false when they cannot.
func shrink(widths []int, total int) bool {
	sum := gap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	for ; sum > total; sum-- {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			return false
		}
		widths[widest]--
	}
	return true
}

func (t Table) line(row []review.Span, widths []int, ascii bool) review.Line {
	var out review.Line
	for i, cell := range row[:min(len(row), len(widths))] {
		fitted := review.Line{{Text: review.Clean(cell.Text), Style: cell.Style}}.Fit(widths[i], ascii)
		pad := review.Span{Text: strings.Repeat(" ", max(widths[i]-fitted.Width(), 0))}
		last := i == len(widths)-1 || i == len(row)-1
		switch {
		case t.Columns[i].Right:
			out = append(append(out, pad), fitted...)
		case last:
			out = append(out, fitted...)
			continue
		default:
			out = append(append(out, fitted...), pad)
		}
		if !last {
			out = append(out, review.Span{Text: strings.Repeat(" ", gap)})
		}
	}
	for len(out) > 0 && strings.TrimSpace(out[len(out)-1].Text) == "" {
		out = out[:len(out)-1]
	}
	return out
}

// blocks is the table for narrow places.
func (t Table) blocks(width int, ascii bool) []review.Line {
	label := 0
	for _, c := range t.Columns {
		label = max(label, ansi.StringWidth(c.Title))
	}
	var out []review.Line
	for n, row := range t.Rows {
		if n > 0 {
			out = append(out, review.Line{})
		}
		for i, cell := range row[:min(len(row), len(t.Columns))] {
			if cell.Text == "" {
				continue
			}
			title := t.Columns[i].Title
			line := review.Line{
				{Text: title + strings.Repeat(" ", label-ansi.StringWidth(title)+gap), Style: review.Faint},
				{Text: review.Clean(cell.Text), Style: cell.Style},
			}
			out = append(out, line.Fit(width, ascii))
		}
	}
	return out
}
