package environments

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// addEntry adds "key: value" to a map: at the end of a flow map, after the last
// entry of a block map.
func addEntry(text string, m *ast.MappingNode, key, value string) (string, bool) {
	if m.IsFlowStyle {
		end := offset(text, posOf("", m.End))
		if m.End == nil || end >= len(text) || text[end] != '}' {
			return "", false
		}
		head, comma := strings.TrimRight(text[:end], " "), ", "
		if strings.HasSuffix(head, "{") || strings.HasSuffix(head, ",") {
			comma = strings.Repeat(" ", len(head)-len(strings.TrimRight(head, ",")))
		}
		return head + comma + key + ": " + value + text[end:], true
	}
	if len(m.Values) == 0 {
		return "", false
	}
	key = strings.Repeat(" ", nodePos("", m.Values[0].Key).Col-1) + key
	at := blockEnd(text, offset(text, nodePos("", m.Values[len(m.Values)-1].Key)), nodePos("", m.Values[0].Key).Col)
	line := key + ": " + value + "\n"
	if at > 0 && text[at-1] != '\n' {
		line = "\n" + strings.TrimSuffix(line, "\n")
	}
	return text[:at] + line + text[at:], true
}

// replaceValue replaces the value of an entry.
func replaceValue(text string, m *ast.MappingNode, entry *ast.MappingValueNode, value string) (string, bool) {
	colon := offset(text, posOf("", entry.GetToken()))
	if colon >= len(text) || text[colon] != ':' {
		return "", false
	}
	begin, end := colon+1, 0
	switch {
	case m.IsFlowStyle:
		end = valueEnd(text, begin, true)
	case isOneLine(entry):
		end = valueEnd(text[:lineEnd(text, begin)], begin, false)
	default:
		end = blockEnd(text, begin, nodePos("", entry.Key).Col)
		if end > begin && text[end-1] == '\n' {
			end--
		}
	}
	return text[:begin] + " " + value + text[end:], true
}

// isOneLine tells whether the value begins and ends on the line of its key.
func isOneLine(entry *ast.MappingValueNode) bool {
	switch n := entry.Value.(type) {
	case *ast.MappingNode:
		return n.IsFlowStyle && n.End != nil && n.End.Position.Line == entry.GetToken().Position.Line
	case *ast.SequenceNode:
		return n.IsFlowStyle && n.End != nil && n.End.Position.Line == entry.GetToken().Position.Line
	case *ast.LiteralNode, *ast.AnchorNode, *ast.TagNode, *ast.MappingValueNode:
		return false
	}
	return true
}

func lineEnd(text string, from int) int {
	if i := strings.IndexByte(text[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(text)
}

// valueEnd returns where a value ends: before the comment that follows it and,
// inside a flow map, before the comma or closing bracket.
func valueEnd(text string, from int, inFlow bool) int {
	depth, quoted := 0, byte(0)
	i := from
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted != 0:
			switch {
			case quoted == '"' && c == '\\', quoted == '\'' && strings.HasPrefix(text[i:], "''"):
				i++ // an escaped character
			case c == quoted:
				quoted = 0
			}
		case (c == '"' || c == '\'') && strings.IndexByte(" ,[{:", text[i-1]) >= 0:
			quoted = c
		case c == '#' && text[i-1] == ' ':
			return trimRight(text, from, i)
		case !inFlow:
		case c == '[' || c == '{':
			depth++
		case (c == ']' || c == '}') && depth > 0:
			depth--
		case depth == 0 && (c == ',' || c == '}' || c == ']'):
			return trimRight(text, from, i)
		}
	}
	return trimRight(text, from, min(i, len(text)))
}

// trimRight moves an end back over spaces and line ends.
func trimRight(text string, from, end int) int {
	for end > from && strings.IndexByte(" \t\r\n", text[end-1]) >= 0 {
		end--
	}
	return end
}

// blockEnd returns where the block that begins on the line of from ends: before
// the next line with content that is indented less than or like col. Comments
// and empty lines before that line do not belong to the block.
func blockEnd(text string, from, col int) int {
	end := min(lineEnd(text, from)+1, len(text))
	for at := end; at < len(text); {
		next := min(lineEnd(text, at)+1, len(text))
		line := text[at:next]
		content := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case content == "" || strings.HasPrefix(content, "#") && indent < col:
		case indent < col:
			return end
		default:
			end = next
		}
		at = next
	}
	return end
}
