package environments

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// The limits that keep a hostile file from using up time or memory.
const (
	maxFile  = 128 << 10 // bytes
	maxDepth = 64        // lists and maps inside each other
	maxNodes = 50_000    // values after aliases are expanded
)

// byteOrderMark is what some editors begin a file with.
var byteOrderMark = []byte("\ufeff")

// parseYAML returns the one document of a file. body is nil when it is empty.
func parseYAML(file string, data []byte) (body ast.Node, err *Problem) {
	at := settings.Pos{File: file}
	switch {
	case len(data) > maxFile:
		return nil, &Problem{Pos: at, What: fmt.Sprintf("the file has %d bytes, more than %d", len(data), maxFile)}
	case !utf8.Valid(data):
		return nil, &Problem{Pos: at, What: "the file is not UTF-8 text"}
	}
	if line := deepLine(data); line > 0 {
		return nil, &Problem{Pos: settings.Pos{File: file, Line: line}, What: fmt.Sprintf("lists and maps are nested more than %d deep", maxDepth)}
	}
	defer func() { // the parser is not ours, and this input is anybody's
		if r := recover(); r != nil {
			body, err = nil, &Problem{Pos: at, What: "the file is not YAML that can be read"}
		}
	}()
	f, parseErr := parser.ParseBytes(bytes.TrimPrefix(data, byteOrderMark), parser.ParseComments, parser.AllowDuplicateMapKey())
	if parseErr != nil {
		return nil, syntaxProblem(file, parseErr)
	}
	docs := 0
	for _, d := range f.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType || d.Body.Type() == ast.DirectiveType {
			continue
		}
		if docs++; docs > 1 {
			return nil, &Problem{Pos: posOf(file, d.Body.GetToken()), What: "the file has more than one document", Hint: "remove the line ---"}
		}
		body = d.Body
	}
	return body, nil
}

// deepLine returns the line on which brackets or dashes nest too deep, or 0.
// Counting without regard to quotes is exact enough at this depth.
func deepLine(data []byte) int {
	line, depth, dashes, start := 1, 0, 0, true
	for _, c := range data {
		switch c {
		case '\n':
			line, dashes, start = line+1, 0, true
		case '[', '{':
			depth, start = depth+1, false
		case ']', '}':
			depth, start = max(0, depth-1), false
		case '-', '?', ':':
			if start {
				dashes++
			}
		case ' ':
		default:
			start = false
		}
		if depth > maxDepth || dashes > maxDepth {
			return line
		}
	}
	return 0
}

func syntaxProblem(file string, err error) *Problem {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return &Problem{Pos: posOf(file, syntax.Token), What: "not valid YAML: " + syntax.Message}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return &Problem{Pos: settings.Pos{File: file}, What: "not valid YAML: " + first}
}

// posOf returns the place of a token.
func posOf(file string, t *token.Token) settings.Pos {
	if t == nil || t.Position == nil {
		return settings.Pos{File: file}
	}
	return settings.Pos{File: file, Line: t.Position.Line, Col: t.Position.Column}
}

// nodePos returns where a node begins. A block map's own token is its first
// colon, so its first key is taken.
func nodePos(file string, n ast.Node) settings.Pos {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePos(file, n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodePos(file, n.Key)
	}
	return posOf(file, n.GetToken())
}
