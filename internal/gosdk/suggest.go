package gosdk

import (
	"slices"
	"strings"
	"unicode"
)

// Suggest returns the token that somebody means who writes one in other words:
// "aws:sqs:Queue", "aws_sqs_queue", "sqs.Queue". It returns "" when none is meant
// for sure.
func Suggest(word string, tokens []string) string {
	want := letters(word)
	if want == "" {
		return ""
	}
	for _, t := range tokens {
		if letters(short(t)) == want {
			return t
		}
	}
	var ends []string
	for _, t := range tokens {
		if strings.HasSuffix(letters(short(t)), want) {
			ends = append(ends, t)
		}
	}
	if len(ends) == 1 {
		return ends[0]
	}
	last := word[strings.LastIndexAny(word, ":/._")+1:]
	ends = slices.DeleteFunc(slices.Clone(tokens), func(t string) bool {
		return !strings.EqualFold(t[strings.LastIndexByte(t, ':')+1:], last)
	})
	if len(ends) == 1 {
		return ends[0]
	}
	return ""
}

// short leaves out the part of a module that only repeats the name:
// "aws:sqs:Queue" of "aws:sqs/queue:Queue".
func short(token string) string {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return token
	}
	if module, last, ok := strings.Cut(parts[1], "/"); ok && strings.EqualFold(last, parts[2]) {
		parts[1] = module
	}
	return strings.Join(parts, ":")
}

// letters are the letters and digits, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
