package views

import (
	"context"
	"io"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Confirm asks a question whose answer is yes, no or details. Anything but a
// clear yes is a no, and so is the end of the input. Details, when not nil,
// are printed on request and the question is asked again.
//
// When ctx ends first, Confirm returns an error of kind Cancelled; the read
// that is under way then keeps one line of the input.
func (s *Screen) Confirm(ctx context.Context, in io.Reader, question string, details func() []review.Line) (bool, error) {
	choices := " [y/N] "
	if details != nil {
		choices = " [y/N/details] "
	}
	for {
		var b strings.Builder
		s.paint(&b, review.Line{{Text: question, Style: review.Strong}, {Text: choices, Style: review.Faint}})
		if err := s.write(b.String()); err != nil {
			return false, err
		}
		answer, err := readLine(ctx, in)
		if err != nil {
			_ = s.write("\n")
			return false, err
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return true, nil
		case "d", "details":
			if details == nil {
				return false, nil
			}
			if err := s.Print(details()...); err != nil {
				return false, err
			}
		default:
			return false, nil
		}
	}
}

// readLine reads up to a line break, byte by byte, so that what follows stays
// in the input for the next question. The end of the input is an empty line.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	if in == nil {
		return "", nil
	}
	type answer struct {
		text string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		var line []byte
		one := make([]byte, 1)
		for len(line) < 4096 {
			n, err := in.Read(one)
			if n > 0 && one[0] == '\n' {
				break
			}
			line = append(line, one[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				read <- answer{"", gitops.Errorf(gitops.Failed, "cannot read the answer: %w", err)}
				return
			}
		}
		read <- answer{string(line), nil}
	}()
	select {
	case a := <-read:
		return a.text, a.err
	case <-ctx.Done():
		return "", gitops.Errorf(gitops.Cancelled, "cancelled while waiting for an answer")
	}
}
