package record

// most bounds how many resources are compared with how many for hints.
const most = 200

// hints pairs new resources with ones that are gone, where at least half of the
// inputs are equal. Each is in one pair at most.
func hints(created, deleted []Resource) []Hint {
	if len(created) > most || len(deleted) > most {
		return nil
	}
	var out []Hint
	used := map[string]bool{}
	for _, now := range created {
		best := Hint{}
		for _, was := range deleted {
			if was.Type != now.Type || used[was.URN] {
				continue
			}
			h := Hint{From: was.URN, To: now.URN, Inputs: len(union(was.Inputs, now.Inputs))}
			for k, v := range now.Inputs {
				if old, there := was.Inputs[k]; there && equal(old, v) {
					h.Equal++
				}
			}
			if h.Equal > best.Equal && 2*h.Equal >= h.Inputs {
				best = h
			}
		}
		if best.To != "" {
			used[best.From] = true
			out = append(out, best)
		}
	}
	return out
}
