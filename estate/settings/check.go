package settings

import (
	"fmt"
	"strings"
)

// Check returns everything that is wrong with the values, not only the first.
// at is the place to name for a setting that is missing.
func Check(s Schema, values map[string]Value, at Pos) []Problem {
	return checkObject(s.Fields, "", Value{Kind: Map, Map: values, Pos: at})
}

// checkObject checks the keys of a map against the fields of an object.
func checkObject(fields []Field, path string, v Value) []Problem {
	var out []Problem
	known := map[string]bool{}
	names := make([]string, len(fields))
	for i, f := range fields {
		known[f.Key], names[i] = true, f.Key
		out = append(out, checkField(f, join(path, f.Key), v)...)
	}
	for _, k := range v.Keys() {
		if !known[k] {
			out = append(out, Problem{Pos: v.Map[k].Key, Path: join(path, k),
				What: "is not a setting here", Hint: DidYouMean(k, names)})
		}
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// checkField checks one field of an object whose value is parent.
func checkField(f Field, path string, parent Value) []Problem {
	v, given := parent.Map[f.Key]
	if given && v.Kind != Null {
		return checkValue(f, path, v)
	}
	at := parent.Pos
	if given {
		at = v.Key
	}
	switch {
	case f.Required && f.Kind == SecretValue:
		return []Problem{problem(f, path, at, "is required and missing", "run trunkline secret set")}
	case f.Required:
		return []Problem{problem(f, path, at, "is required and missing", "")}
	case f.Kind == Object && !f.Optional:
		return checkObject(f.Fields, path, Value{Kind: Map, Pos: at})
	}
	return nil
}

func problem(f Field, path string, at Pos, what, hint string) Problem {
	return Problem{Pos: at, Path: path, What: what, GoField: f.GoField, Source: f.Source, Hint: hint}
}

// checkValue checks a value that is there.
func checkValue(f Field, path string, v Value) []Problem {
	if f.Kind == Any || v.Kind == Any {
		return nil
	}
	if what, hint := kindProblem(f, v); what != "" {
		return []Problem{problem(f, path, v.Pos, what, hint)}
	}
	switch f.Kind {
	case Object:
		return checkObject(f.Fields, path, v)
	case List:
		out := checkBounds(f, path, v, len(v.List))
		for i, e := range v.List {
			out = append(out, checkEntry(f, fmt.Sprintf("%s[%d]", path, i), v, e)...)
		}
		return out
	case Map:
		out := checkBounds(f, path, v, len(v.Map))
		for _, k := range v.Keys() {
			out = append(out, checkEntry(f, join(path, k), v, v.Map[k])...)
		}
		return out
	case SecretValue:
		return nil
	}
	if what, hint := scalarProblem(f.Kind, v.Text); what != "" {
		return []Problem{problem(f, path, v.Pos, shown(v)+what, hint)}
	}
	return checkBounds(f, path, v, 0)
}

// checkEntry checks an entry of a list or map, where empty means nothing.
func checkEntry(f Field, path string, parent, v Value) []Problem {
	if v.Kind != Null || f.Elem.Kind == Any {
		return checkValue(*f.Elem, path, v)
	}
	at := v.Pos
	if at == (Pos{}) {
		at = parent.Pos
	}
	return []Problem{problem(f, path, at, "is empty", "")}
}

func checkBounds(f Field, path string, v Value, size int) []Problem {
	what, rule := boundProblem(f, v.Text, size)
	if what == "" {
		return nil
	}
	is := "is " + v.String()
	switch f.Kind {
	case List, Map:
		is = fmt.Sprintf("has %d", size)
	case Int, Float, Bool:
		is = "is " + v.Text
	}
	p := problem(f, path, v.Pos, is+", "+what, "")
	p.Rule = rule
	if len(f.Enum) > 0 {
		if near := nearest(v.Text, f.Enum); near != "" {
			p.Hint = "did you mean " + near + "?"
		}
	}
	return []Problem{p}
}

// kindProblem says why a value cannot be of the field's kind at all.
func kindProblem(f Field, v Value) (what, hint string) {
	if fits(f.Kind, v.Kind) {
		return "", ""
	}
	switch {
	case f.Kind == SecretValue:
		return "is written in plain text, but is a secret", "run trunkline secret set, and change the secret: it has been seen"
	case v.Kind == SecretValue:
		return "is encrypted, but its field is not an estate.Secret", "write it in plain text, or change the type of the field"
	}
	what = shown(v) + "is " + article(v.Kind) + ", not " + article(f.Kind)
	switch {
	case f.Kind == String && (v.Kind == Int || v.Kind == Float || v.Kind == Bool):
		hint = fmt.Sprintf("put it in quotes: %q", v.Text)
	case f.Kind == Duration && (v.Kind == Int || v.Kind == Float):
		hint = fmt.Sprintf("add a unit, such as %q or %q", v.Text+"s", v.Text+"h")
	case v.Kind == String && fits(f.Kind, Number(v.Text).Kind) && isNumber(v.Text):
		hint = "write it without quotes"
	case v.Kind == String && f.Kind == Bool:
		hint = "write true or false"
	}
	return what, hint
}

func isNumber(text string) bool {
	what, _ := scalarProblem(Float, text)
	return what == "" && strings.Trim(text, "+-.0123456789eE") == ""
}

// fits tells whether a value of kind v can be a setting of kind f.
func fits(f, v Kind) bool {
	switch f {
	case Duration, CIDR:
		return v == String
	case Float:
		return v == Int || v == Float
	case Object:
		return v == Map
	}
	return f == v
}

// shown returns the value for a sentence, when it is short and harmless.
func shown(v Value) string {
	switch v.Kind {
	case String, Int, Float, Bool:
		if len(v.Text) <= 60 {
			return v.String() + " "
		}
	}
	return ""
}

func article(k Kind) string {
	switch k {
	case String:
		return "a text"
	case Int:
		return "a whole number"
	case Float:
		return "a number"
	case Bool:
		return "true or false"
	case CIDR:
		return "a CIDR"
	case SecretValue:
		return "a secret"
	case Object, Map:
		return "a map"
	}
	return "a " + string(k)
}
