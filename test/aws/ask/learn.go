package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

const (
	odd     = "zz~probe"    // hardly anything accepts it
	mixed   = "Zz 9/\u00e9" // nor this
	tooLong = 70_000
)

// refused tells whether the provider refuses a text, and in which words.
func (s *spot) refused(ctx context.Context, text string) (string, bool, error) {
	c, err := s.complain(ctx, cty.StringVal(text))
	if err != nil || len(c) == 0 {
		return "", false, err
	}
	return c[0], true, nil
}

// texts finds out which texts an attribute accepts.
func (s *spot) texts(ctx context.Context, l *Limits) error {
	opaque := ""
	for _, t := range []string{odd, mixed, strings.Repeat("a", tooLong)} {
		complaints, err := s.complain(ctx, cty.StringVal(t))
		if err != nil {
			return err
		}
		for _, c := range complaints {
			if !note(l, c) && opaque == "" {
				opaque = wording(c, s.name, t)
				if strings.HasPrefix(t, "aaa") {
					opaque = regexp.MustCompile(`aaaa+`).ReplaceAllString(opaque, "{value}")
				}
			}
		}
		if l.OneOf != nil {
			l.Unlearnt = len(complaints) > 1 // one of these, or something else
			break
		}
	}
	c, no, err := s.refused(ctx, "")
	if err != nil {
		return err
	}
	if no {
		l.NotEmpty = true
		note(l, c)
	}
	if len(l.OneOf) > 0 {
		return s.cases(ctx, l)
	}
	if opaque == "" || l.Pattern != "" {
		return nil
	}
	l.Says = opaque
	return s.learn(ctx, l)
}

// cases finds out whether the case of an enumeration's letters matters.
func (s *spot) cases(ctx context.Context, l *Limits) error {
	for _, v := range l.OneOf {
		t, ok := v.(string)
		if !ok || strings.ToLower(t) == t {
			continue
		}
		_, no, err := s.refused(ctx, strings.ToLower(t))
		l.AnyCase = !no
		return err
	}
	return nil
}

// learn finds the form of the texts that an attribute accepts whose complaint
// says too little: the characters of a name, or one of the known forms.
func (s *spot) learn(ctx context.Context, l *Limits) error {
	if l.Format = worded(l.Says); l.Format != "" {
		return nil
	}
	accepted, err := s.accepted(ctx)
	if err != nil {
		return err
	}
	length := 8
	if l.MinLength != nil {
		length = max(length, *l.MinLength)
	}
	if l.MaxLength != nil {
		length = min(length, *l.MaxLength)
	}
	for _, letter := range []string{"a", "A", "1"} {
		if letter == "1" {
			if l.Format = formatOf(accepted); l.Format != "" {
				return nil
			}
		}
		seed := strings.Repeat(letter, max(length, 3))
		_, no, err := s.refused(ctx, seed)
		if err != nil {
			return err
		}
		if !no {
			return s.letters(ctx, l, seed, accepted)
		}
	}
	l.Unlearnt = true
	return nil
}

// accepted returns those of the texts that the provider accepts.
func (s *spot) accepted(ctx context.Context) ([]string, error) {
	var out []string
	for _, t := range texts {
		_, no, err := s.refused(ctx, t)
		if err != nil {
			return nil, err
		}
		if !no {
			out = append(out, t)
		}
	}
	return out, nil
}

// letters learns the characters of a name, and gives up when the provider
// accepts a text that does not fit what was learnt, unless that is another form.
func (s *spot) letters(ctx context.Context, l *Limits, seed string, accepted []string) error {
	if err := s.classes(ctx, l, seed); err != nil || l.Pattern == "" {
		return err
	}
	form := regexp.MustCompile(l.Pattern)
	other := slices.DeleteFunc(accepted, func(t string) bool {
		return form.MatchString(t) && (l.MaxLength == nil || len(t) <= *l.MaxLength) && (l.NoDouble == "" || !strings.Contains(t, l.NoDouble+l.NoDouble))
	})
	if len(other) > 0 {
		l.Format = formatOf(other)
		l.Unlearnt = l.Format == ""
	}
	return nil
}

// classes finds the characters that may begin a text, be in it and end it, and
// how long and short it may be.
func (s *spot) classes(ctx context.Context, l *Limits, seed string) error {
	var sets [3][]rune
	mid := len(seed) / 2
	for c := rune(' '); c <= '~'; c++ {
		for i, t := range []string{string(c) + seed[1:], seed[:mid] + string(c) + seed[mid+1:], seed[:len(seed)-1] + string(c)} {
			_, no, err := s.refused(ctx, t)
			if err != nil {
				return err
			}
			if !no {
				sets[i] = append(sets[i], c)
			}
		}
	}
	if strings.ContainsRune(string(sets[1]), '-') {
		_, no, err := s.refused(ctx, seed[:mid-1]+"--"+seed[mid+1:])
		if err != nil {
			return err
		}
		if no {
			l.NoDouble = "-"
		}
	}
	if len(sets[0])+len(sets[1])+len(sets[2]) == 3*('~'-' '+1) {
		l.Unlearnt = true // something else was wrong with the first tries
		return s.longest(ctx, l, seed)
	}
	l.Pattern = "^" + class(sets[0]) + "(?:" + class(sets[1]) + "*" + class(sets[2]) + ")?$"
	return s.longest(ctx, l, seed)
}

// longest finds how long and short a text may be where no complaint told it.
func (s *spot) longest(ctx context.Context, l *Limits, seed string) error {
	if l.MaxLength != nil {
		return nil
	}
	fits := func(n int) (bool, error) {
		_, no, err := s.refused(ctx, strings.Repeat(seed[:1], n))
		return !no, err
	}
	ok, err := fits(tooLong)
	if err != nil {
		return err
	}
	if !ok {
		low, high := len(seed), tooLong // low fits, high does not
		for high-low > 1 {
			n := (low + high) / 2
			if ok, err = fits(n); err != nil {
				return err
			}
			if ok {
				low = n
			} else {
				high = n
			}
		}
		l.MaxLength = &low
		l.Unlearnt = false
	}
	for n := 1; n < len(seed) && l.MinLength == nil; n++ {
		if ok, err = fits(n); err != nil {
			return err
		}
		if ok {
			l.MinLength = &n
		}
	}
	return nil
}

// class writes a set of characters as part of a regular expression.
func class(set []rune) string {
	var b strings.Builder
	for i := 0; i < len(set); {
		j := i
		for j+1 < len(set) && set[j+1] == set[j]+1 {
			j++
		}
		b.WriteString(escaped(set[i]))
		if j > i {
			if j > i+1 {
				b.WriteByte('-')
			}
			b.WriteString(escaped(set[j]))
		}
		i = j + 1
	}
	return "[" + b.String() + "]"
}

func escaped(c rune) string {
	if strings.ContainsRune(`\]^-[`, c) {
		return `\` + string(c)
	}
	return string(c)
}
