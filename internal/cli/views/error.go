package views

import (
	"encoding/json"
	"io"

	"github.com/trunkline-dev/trunkline/internal/review"
)

// Error shows an error without colours: what failed, where, and what to do
// next. Joined errors are shown one by one. A writer that is gone is ignored:
// there is nobody left to tell.
func Error(w io.Writer, err error) { NewScreen(w, Options{Color: ColorNever}).Error(err) }

// Error shows an error on the screen.
func (s *Screen) Error(err error) {
	if err == nil {
		return
	}
	_ = s.Print(review.ErrorLines(err)...)
}

// JSONLines writes a document as one JSON value per line: the version of the
// format, each change, each stack, the summary.
func JSONLines(w io.Writer, d review.Document) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, v := range review.JSONLines(d) {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}
