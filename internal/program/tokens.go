package program

import (
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// directive matches comments that speak to the compiler or to the go command:
// //go:embed, //go:build, // +build, //line, //export. Go's own form is
// //name:word, and what is not known may matter.
var directive = regexp.MustCompile(`^(//[a-z0-9]+:[a-z0-9]|//line |/\*line |//\s*\+build|//export |//extern )`)

// sourceDigest identifies what a source file does. Two Go files that differ only
// in comments and layout have the same one; every other file, and one that is not
// Go although it is called so, counts by the byte.
func sourceDigest(name string, content []byte) string {
	if path.Ext(name) == ".go" {
		if text, ok := tokens(content); ok && isGo(content) {
			return digest([]byte(text))
		}
	}
	return digest(content)
}

// isGo tells whether the file has Go's syntax. The tokens alone do not: a line
// break before the bracket that closes a list of parameters is a mistake, and one
// before the bracket that closes a list of imports is not.
func isGo(content []byte) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", content, parser.SkipObjectResolution)
	return err == nil
}

// tokens returns the tokens of a Go file, one a line, without what only layout
// puts there: comments that are no directives, and the commas and semicolons
// that a line break before a closing bracket asks for. It gives up on a file
// that has no valid tokens, or in which C stands in comments.
func tokens(content []byte) (string, bool) {
	var s scanner.Scanner
	var out strings.Builder
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(content)), content, func(token.Position, string) {}, scanner.ScanComments)
	held := "" // a comma or semicolon that counts unless a bracket closes next
	for {
		_, tok, text := s.Scan()
		switch {
		case tok == token.EOF:
			return out.String() + held, s.ErrorCount == 0
		case tok == token.COMMENT:
			if directive.MatchString(text) {
				out.WriteString(held + text + "\n")
				held = ""
			}
			continue
		case tok == token.STRING && (text == `"C"` || text == "`C`"):
			return "", false
		case tok == token.RPAREN || tok == token.RBRACE:
			held = ""
		}
		out.WriteString(held)
		held = ""
		switch {
		case tok == token.COMMA || tok == token.SEMICOLON:
			held = tok.String() + "\n"
		case text != "":
			out.WriteString(text + "\n")
		default:
			out.WriteString(tok.String() + "\n")
		}
	}
}
