package declare

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

// identifier turns any name into a Go identifier that begins with a small letter.
func identifier(name string) string {
	var b strings.Builder
	up := false
	for _, r := range name {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = b.Len() > 0
			continue
		case b.Len() == 0 && unicode.IsDigit(r):
			b.WriteString("r")
		case b.Len() == 0:
			r = unicode.ToLower(r)
		case up:
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		up = false
	}
	id := b.String()
	if id == "" || token.IsKeyword(id) || types.Universe.Lookup(id) != nil {
		id += "Resource"
	}
	return lower(id)
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// free takes an identifier that nothing else has.
func (p *printer) free(name string) string {
	out := name
	for n := 2; p.taken[out]; n++ {
		out = fmt.Sprintf("%s%d", name, n)
	}
	p.taken[out] = true
	return out
}

var versionName = regexp.MustCompile(`^v\d`)

// importOf returns the name under which the file has a package. Packages that are
// named like a version get that of their directory too.
func (p *printer) importOf(to string, sdk *gosdk.SDK, dir string) string {
	if name := p.imports[to]; name != "" {
		return name
	}
	name := path.Base(to)
	if pkg, err := sdk.Package(dir); err == nil {
		name = pkg.Name
	}
	if versionName.MatchString(name) || p.taken[name] {
		name = identifier(path.Base(path.Dir(to))) + name
	}
	p.imports[to] = p.free(name)
	return p.imports[to]
}

// importLine is the line of an import; a name that the path does not end in is
// written.
func importLine(name, to string) string {
	if name != path.Base(to) {
		return name + " " + strconv.Quote(to) + "\n"
	}
	return strconv.Quote(to) + "\n"
}

// quoted is a Go string literal: a raw one where that is easier to read.
func quoted(s string) string {
	if strings.ContainsAny(s, `"\`) && strconv.CanBackquote(s) && utf8.ValidString(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// block is a composite literal with one element on a line.
func block(head string, elements []string) string {
	return head + "{\n" + strings.Join(elements, ",\n") + ",\n}"
}

// row is a composite literal on one line, when it fits there.
func row(head string, elements []string) string {
	line := head + "{" + strings.Join(elements, ", ") + "}"
	if len(line) <= 90 && !strings.Contains(line, "\n") {
		return line
	}
	return block(head, elements)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
