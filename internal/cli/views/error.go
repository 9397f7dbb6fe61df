package views

import (
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
