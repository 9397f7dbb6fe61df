package main

import (
	"strings"
	"testing"
	"time"
)

func TestUnknownBenchIsRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := choose([]string{"engine", "engin"})
	if err == nil || !strings.Contains(err.Error(), "engine, unchanged, change") {
		t.Errorf("error is %v", err)
	}
	if all, err := choose(nil); err != nil || len(all) != len(benches) {
		t.Errorf("without names: %d benches, %v", len(all), err)
	}
}

func TestTableColumnsLineUp(t *testing.T) {
	t.Parallel()
	tab := table{title: "Title", head: []string{"", "wall"}}
	tab.add("a", millis(1500*time.Microsecond))
	tab.add("longer", millis(median([]time.Duration{3 * time.Second, time.Second, 2 * time.Second})))
	lines := strings.Split(strings.TrimSuffix(tab.String(), "\n"), "\n")
	for _, l := range lines[2:] {
		if len(l) != len(lines[1]) {
			t.Errorf("lines differ in width:\n%s", tab)
		}
	}
}
