package aws

import (
	"slices"
	"strings"
)

// Zones returns the names of a region's availability zones.
func Zones(region string) []string {
	letters := "abc"
	switch region {
	case "us-east-1":
		letters = "abcdef"
	case "us-west-1", "ca-west-1":
		letters = "ab"
	case "us-west-2":
		letters = "abcd"
	}
	out := make([]string, 0, len(letters))
	for _, l := range letters {
		out = append(out, region+string(l))
	}
	return out
}

// ZoneIDs returns the identifiers of the zones, such as euw1-az1, in the same
// order.
func ZoneIDs(region string) []string {
	short := region
	if parts := strings.Split(region, "-"); len(parts) >= 3 {
		words := map[string]string{"northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw"}
		middle := words[parts[len(parts)-2]]
		if middle == "" {
			middle = parts[len(parts)-2][:1]
		}
		short = strings.Join(parts[:len(parts)-2], "") + middle + parts[len(parts)-1]
	}
	out := make([]string, 0, 6)
	for i := range Zones(region) {
		out = append(out, short+"-az"+string(rune('1'+i)))
	}
	return out
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func joined(list []string) string { return strings.Join(list, ", ") }
