package main

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDistanceCountsTheLettersToChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"queue", "queue", 0}, {"flaw", "lawn", 2}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[ab]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if (distance(a, b) == 0) != (a == b) || distance(a, b) != distance(b, a) || distance(a, c) > distance(a, b)+distance(b, c) {
			t.Errorf("%q %q %q: %d %d %d", a, b, c, distance(a, b), distance(b, c), distance(a, c))
		}
	})
}

func TestTokenWordsLeaveOutWhatEveryTokenHas(t *testing.T) {
	t.Parallel()
	for token, want := range map[string][2]string{
		"aws:ec2/instance:Instance":                     {"ec2", "instance"},
		"aws:ec2/getAmi:getAmi":                         {"ec2", "ami"},
		"aws:index/getCallerIdentity:getCallerIdentity": {"", "calleridentity"},
	} {
		if pkg, name := tokenWords(token); [2]string{pkg, name} != want {
			t.Errorf("%s is %q %q, want %q", token, pkg, name, want)
		}
	}
}
