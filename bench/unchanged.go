package main

import "context"

// unchanged measures the second preview of three stacks as a whole command,
// beside a command that does nothing but start.
func unchanged(ctx context.Context, w *workplace) ([]table, error) {
	bin, err := w.trunkline(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := w.threeStacks(ctx)
	if err != nil {
		return nil, err
	}
	preview := []string{"preview", "-e", "dev", "--non-interactive"}
	for _, args := range [][]string{{"up", "-e", "dev", "--yes", "--non-interactive"}, preview} {
		if _, err := execute(ctx, dir, bin, args...); err != nil {
			return nil, err
		}
	}
	start, err := repeat(ctx, 11, dir, bin, "version")
	if err != nil {
		return nil, err
	}
	second, err := repeat(ctx, 11, dir, bin, preview...)
	if err != nil {
		return nil, err
	}
	t := table{title: "Preview of three deployed stacks, nothing changed, whole command", head: []string{"", "wall", "processor", "to a start"}}
	t.add("a process that only starts", millis(start.wall), millis(start.cpu), "1.0×")
	t.add("preview", millis(second.wall), millis(second.cpu), ratio(second.wall, start.wall))
	t.add("beyond the start", millis(second.wall-start.wall), millis(second.cpu-start.cpu), ratio(second.wall-start.wall, start.wall))
	t.add("budget", "500.0 ms", "", "")
	return []table{t}, nil
}
