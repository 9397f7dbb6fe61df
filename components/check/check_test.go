package check

import (
	"strings"
	"testing"
	"time"
)

func TestNoProblemIsNoError(t *testing.T) {
	t.Parallel()
	var p Problems
	Between(&p, "Zones", 6, 1, 6)
	Between(&p, "Retention", time.Minute, time.Minute, time.Hour)
	OneOf(&p, "NAT", "none", "single", "none")
	if err := p.Err("network", "main"); err != nil {
		t.Fatalf("values on their bounds are refused: %v", err)
	}
}

func TestOneProblemReadsAsOneLine(t *testing.T) {
	t.Parallel()
	var p Problems
	OneOf(&p, "NAT", "many", "single", "none")
	const want = `network "main": NAT: "many" is not one of single, none`
	if got := p.Err("network", "main").Error(); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestEveryProblemIsListedInOrder(t *testing.T) {
	t.Parallel()
	var p Problems
	Between(&p, "Zones", 0, 1, 6)
	Between(&p, "Retention", 2*time.Hour, time.Minute, time.Hour)
	const want = "queue \"jobs\": 2 problems:\n  Zones: 0 is not between 1 and 6\n" +
		"  Retention: 2h0m0s is not between 1m0s and 1h0m0s"
	if got := p.Err("queue", "jobs").Error(); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestDomainsAreNamesOfTwoPartsOrMore(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"example.com": true, "*.example.com": true, "_a.b-c.example.co.uk": true, "xn--bcher-kva.example": true, "8.8.example": true,
		"": false, "com": false, "*": false, "*.com": false, "example.com.": false, "Example.com": false, ".example.com": false,
		"a..example.com": false, "-a.example.com": false, "a-.example.com": false, "w*.example.com": false, "bücher.example": false,
		"a b.example.com": false, strings.Repeat("a", 64) + ".example.com": false, strings.Repeat("a.", 127) + "com": false,
	} {
		if IsDomain(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
