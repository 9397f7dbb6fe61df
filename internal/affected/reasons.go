package affected

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// longest is how many characters of a setting's value a reason shows.
const longest = 40

// settings compares the values of an environment.
func settings(before, after map[string]Setting) []gitops.Reason {
	return differencesBy(Setting.equal, Config, before, after, func(path string, old, now Setting, was, is bool) string {
		switch {
		case old.Secret || now.Secret:
			return path + " (secret)" + verb(was, is)
		case !was:
			return path + " " + clip(now.Text) + verb(was, is)
		case !is:
			return path + " " + clip(old.Text) + verb(was, is)
		case old.Text == now.Text:
			return path + " (a secret in it)"
		case clip(old.Text) == clip(now.Text):
			return path + " " + clip(now.Text) + " (further on)"
		}
		return path + " " + arrow(clip(old.Text), clip(now.Text))
	})
}

// packages compares the packages that a stack is compiled from. The copy of a
// module whose version differs is another one anyway.
func packages(before, after Definition) []gitops.Reason {
	var out []gitops.Reason
	for _, r := range differences(Package, before.Packages, after.Packages, func(path, _, _ string, was, is bool) string {
		return path + verb(was, is)
	}) {
		module, isCopy := strings.CutPrefix(r.Subject, vendorDir)
		if !isCopy || before.Modules[module] == after.Modules[module] {
			out = append(out, r)
		}
	}
	return out
}

// changed compares one text.
func changed(kind, what, before, after string) []gitops.Reason {
	if before == after {
		return nil
	}
	return []gitops.Reason{{Kind: kind, Detail: what + arrow(before, after)}}
}

// modules compares the versions of the modules that a stack is compiled from.
func modules(before, after map[string]string) []gitops.Reason {
	return differences(Module, before, after, func(path, old, now string, was, is bool) string {
		switch {
		case !was:
			return path + " " + now + verb(was, is)
		case !is:
			return path + " " + old + verb(was, is)
		}
		return path + " " + arrow(old, now)
	})
}

// plugins compares the versions of provider plugins.
func plugins(before, after map[string]string) []gitops.Reason {
	return differences(Toolchain, before, after, func(name, old, now string, was, is bool) string {
		switch {
		case !was:
			return "provider " + name + " " + now + verb(was, is)
		case !is:
			return "provider " + name + " " + old + verb(was, is)
		}
		return "provider " + name + " " + arrow(old, now)
	})
}

// contents compares what the same version of a plugin is on the same platform.
func contents(before, after map[string]string) []gitops.Reason {
	was, is := maps.Clone(before), maps.Clone(after)
	maps.DeleteFunc(was, func(key, _ string) bool { _, both := after[key]; return !both })
	maps.DeleteFunc(is, func(key, _ string) bool { _, both := before[key]; return !both })
	return differences(Toolchain, was, is, func(key, _, _ string, _, _ bool) string {
		return "provider " + key + " has another content"
	})
}

// needs compares the upstream stacks of a stack.
func needs(id gitops.StackID, before, after []string) []gitops.Reason {
	return differences(Config, set(before), set(after), func(need string, _, _ struct{}, was, is bool) string {
		return id.Name + " needs " + need + verb(was, is)
	})
}

// differences says, in the order of the keys, what differs between two maps.
func differences[V comparable](kind string, before, after map[string]V, say func(key string, old, now V, was, is bool) string) []gitops.Reason {
	return differencesBy(func(a, b V) bool { return a == b }, kind, before, after, say)
}

// differencesBy is differences for values that are equal in a way of their own.
func differencesBy[V any](equal func(a, b V) bool, kind string, before, after map[string]V, say func(key string, old, now V, was, is bool) string) []gitops.Reason {
	var out []gitops.Reason
	for key, old := range before {
		if now, is := after[key]; !is || !equal(old, now) {
			out = append(out, gitops.Reason{Kind: kind, Subject: key, Detail: say(key, old, now, true, is)})
		}
	}
	for key, now := range after {
		if old, was := before[key]; !was {
			out = append(out, gitops.Reason{Kind: kind, Subject: key, Detail: say(key, old, now, false, true)})
		}
	}
	slices.SortFunc(out, func(a, b gitops.Reason) int { return strings.Compare(a.Subject, b.Subject) })
	return out
}

// verb says what became of something that only one revision has.
func verb(was, is bool) string {
	switch {
	case !was:
		return " (added)"
	case !is:
		return " (removed)"
	}
	return ""
}

func arrow(old, now string) string { return old + " → " + now }

// clip makes a value fit on one line.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest-1]) + "…"
}

func set(names []string) map[string]struct{} {
	out := make(map[string]struct{}, len(names))
	for _, n := range names {
		out[n] = struct{}{}
	}
	return out
}
