package program

import (
	"path"
	"regexp"
	"strings"
)

const longestMessage = 1000 // bytes of a panic's message

// startsTrace tells whether Go's runtime begins to explain a death.
func startsTrace(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

// recovered is what the runtime adds to the message of a panic that passed
// through a recover.
var recovered = regexp.MustCompile(` \[recovered(, repanicked)?\]$`)

// frame matches the line of a trace that names a source position.
var frame = regexp.MustCompile(`^\t(.+\.go:[0-9]+)(?: \+0x[0-9a-f]+)?$`)

// parseTrace reads Go's explanation of a death: the message, and the first
// source position in the module as "file:line" in the repository. Frames of the
// estate kit count only when there are no others.
func parseTrace(lines []string, module, moduleDir string) (message, where string) {
	if len(lines) == 0 || !startsTrace(lines[0]) {
		return "", ""
	}
	_, first, _ := strings.Cut(lines[0], ": ")
	said := []string{recovered.ReplaceAllString(first, "")}
	inMessage := true
	kit := ""
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, "goroutine ") || strings.HasPrefix(line, "[signal ") || line == "" {
			inMessage = false
		}
		if inMessage {
			if again, ok := strings.CutPrefix(line, "\tpanic: "); ok { // the last one is the cause of death
				said = []string{recovered.ReplaceAllString(again, "")}
				continue
			}
			said = append(said, strings.TrimPrefix(line, "\t"))
			continue
		}
		at, ok := modulePosition(line, module)
		switch {
		case !ok || where != "":
		case strings.HasPrefix(at, "estate/") && strings.Count(at, "/") == 1:
			kit = firstOf(kit, path.Join(moduleDir, at))
		default:
			where = path.Join(moduleDir, at)
		}
	}
	message = strings.TrimSpace(strings.Join(said, "\n"))
	if len(message) > longestMessage {
		message = strings.ToValidUTF8(message[:longestMessage], "") + "…"
	}
	return message, firstOf(where, kit)
}

// modulePosition returns the "file:line" of a frame, relative to the module.
func modulePosition(line, module string) (string, bool) {
	found := frame.FindStringSubmatch(line)
	if found == nil || module == "" {
		return "", false
	}
	return strings.CutPrefix(found[1], module+"/")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
