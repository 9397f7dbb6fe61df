package main

import (
	"cmp"
	"fmt"
	"time"
)

// report prints a row for each outcome and returns the exit code.
func report(outcomes []outcome, peak memory, took time.Duration) int {
	count := map[string]int{}
	for _, o := range outcomes {
		result, notes := judge(o)
		count[result]++
		fmt.Printf("%-12s %-7s %5.0fs\n", o.row.name, result, o.took.Seconds())
		for _, note := range notes {
			fmt.Println("    " + note)
		}
	}
	fmt.Printf("\n%d ok, %d partly, %d failed in %s", count["ok"], count["partly"], count["failed"], took.Round(time.Second))
	fmt.Printf("; peak memory of one process: %s\n", cmp.Or(peak.String(), "not known on this system"))
	if count["failed"] > 0 || len(outcomes) == 0 {
		return 1
	}
	return 0
}

// judge tells how a row went, and what is to be said about it.
func judge(o outcome) (result string, notes []string) {
	result = "ok"
	for _, evidence := range o.row.untried {
		result = "partly"
		notes = append(notes, "emulator, not tried: "+evidence)
	}
	for _, evidence := range o.amended {
		result = "partly"
		notes = append(notes, "emulator, put right: "+evidence)
	}
	told := map[*fault]bool{}
	for _, p := range o.problems {
		switch {
		case p.known == nil:
			result = "failed"
			notes = append(notes, "FAILED "+p.step+": "+p.what)
		case !told[p.known]:
			told[p.known] = true
			notes = append(notes, "emulator, "+p.step+": "+p.what, "  "+p.known.evidence)
			if result == "ok" {
				result = "partly"
			}
		}
	}
	return result, notes
}
