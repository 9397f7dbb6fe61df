package policy

import (
	"fmt"
	"strconv"
	"strings"
)

// At reads a part of the value by its path: "rules[0].port". A path that is none
// panics, as regexp.MustCompile does.
func (v Value) At(path string) Value {
	for rest := path; rest != ""; {
		key, index, more, err := step(rest)
		if err != nil {
			panic(fmt.Sprintf("policy: %q is not a property path: %v", path, err))
		}
		if rest = more; key != "" {
			v = v.key(key)
		} else {
			v = v.index(index)
		}
	}
	return v
}

// step takes the first step off a path: a key, or an index when key is "".
func step(path string) (key string, index int, rest string, err error) {
	switch {
	case path == "":
		return "", 0, "", fmt.Errorf("it is empty")
	case strings.HasPrefix(path, `["`):
		quoted, err := strconv.QuotedPrefix(path[1:])
		if err != nil || !strings.HasPrefix(path[1+len(quoted):], "]") {
			return "", 0, "", fmt.Errorf("a key in brackets does not end")
		}
		if key, err = strconv.Unquote(quoted); err != nil || key == "" {
			return "", 0, "", fmt.Errorf("there is an empty key")
		}
		rest = path[len(quoted)+2:]
	case path[0] == '[':
		digits, more, ok := strings.Cut(path[1:], "]")
		if index, err = strconv.Atoi(digits); !ok || err != nil || index < 0 {
			return "", 0, "", fmt.Errorf("an index is a number in brackets")
		}
		rest = more
	default:
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if key, rest = path[:end], path[end:]; key == "" {
			return "", 0, "", fmt.Errorf("there is an empty key")
		}
	}
	if after, ok := strings.CutPrefix(rest, "."); ok {
		if rest = after; rest == "" || rest[0] == '[' || rest[0] == '.' {
			return "", 0, "", fmt.Errorf("a key must follow a dot")
		}
	} else if rest != "" && rest[0] != '[' {
		return "", 0, "", fmt.Errorf("a dot is missing before %q", rest)
	}
	return key, index, rest, nil
}

// join returns the path of a key below another path.
func join(path, key string) string {
	switch {
	case strings.ContainsAny(key, `.["]`) || key == "":
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// key goes into an object. In what is unclear, everything is.
func (v Value) key(name string) Value {
	out := Value{path: join(v.path, name), hidden: v.hidden}
	switch raw := v.raw.(type) {
	case map[string]any:
		out.raw = raw[name]
		out.there = out.raw != nil
	default:
		out = v.into(out)
	}
	return out
}

// index goes into a list.
func (v Value) index(i int) Value {
	out := Value{path: fmt.Sprintf("%s[%d]", v.path, i), hidden: v.hidden}
	switch raw := v.raw.(type) {
	case []any:
		if i < len(raw) {
			out.raw = raw[i]
			out.there = out.raw != nil
		}
	default:
		out = v.into(out)
	}
	return out
}

// into is a part of what has no parts: nothing of nothing, and otherwise unclear
// for the reason that the whole is.
func (v Value) into(out Value) Value {
	if v.there && out.hidden == "" {
		_, out.hidden, _ = strings.Cut(v.Why(), " ")
	}
	return out
}
