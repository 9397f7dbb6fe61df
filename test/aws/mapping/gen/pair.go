package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/inflector"

	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// fixed are pairs that names and shapes cannot tell.
var fixed = map[string]string{"aws_s3_bucket": "aws:s3/bucketV2:BucketV2"}

const (
	// sure is the least score of a pair.
	sure = 0.5
	// second is the least score of a second token for a type.
	second = 0.6
	// alike is the least part of the properties that a pair has in common.
	alike = 0.3
)

// entity is a Terraform type or data source as the pairing sees it. Each
// attribute has the names that it may have in Pulumi.
type entity struct {
	name  string
	names [][]string
}

func newEntity(name string, schema shim.SchemaMap) entity {
	e := entity{name: name}
	schema.Range(func(attribute string, s shim.Schema) bool {
		if attribute == "id" || attribute == "timeouts" {
			return true
		}
		names := []string{mapping.Camel(attribute)}
		if list(s) {
			names = append(names, mapping.Camel(inflector.Pluralize(attribute)))
		}
		e.names = append(e.names, names)
		return true
	})
	return e
}

func entities(all shim.ResourceMap) (out []entity) {
	all.Range(func(name string, r shim.Resource) bool {
		out = append(out, newEntity(name, r.Schema()))
		return true
	})
	slices.SortFunc(out, func(a, b entity) int { return cmp.Compare(a.name, b.name) })
	return out
}

// candidate is a possible pair.
type candidate struct {
	entity, token string
	score         float64
}

// pairs gives each entity the token that suits it best, the best pairs first.
func pairs(es []entity, tokens map[string]declared) map[string]string {
	var all []candidate
	for _, e := range es {
		for token, d := range tokens {
			if s := score(e, token, d.all); s > sure {
				all = append(all, candidate{e.name, token, s})
			}
		}
	}
	slices.SortFunc(all, byScore)
	out, used := map[string]string{}, map[string]bool{}
	for entity, token := range fixed {
		if _, ok := tokens[token]; ok {
			out[entity], used[token] = token, true
		}
	}
	for _, c := range all {
		if out[c.entity] == "" && !used[c.token] {
			out[c.entity], used[c.token] = c.token, true
		}
	}
	return out
}

// seconds returns the tokens that are left, with the entity that suits each.
func seconds(es []entity, tokens map[string]declared, paired map[string]string) (out []candidate, alone []string) {
	used := map[string]bool{}
	for _, token := range paired {
		used[token] = true
	}
	for _, token := range slices.Sorted(maps.Keys(tokens)) {
		if used[token] {
			continue
		}
		var best candidate
		for _, e := range es {
			if s := score(e, token, tokens[token].all); s > best.score {
				best = candidate{e.name, token, s}
			}
		}
		if best.score >= second {
			out = append(out, best)
		} else {
			alone = append(alone, token)
		}
	}
	return out, alone
}

func byScore(a, b candidate) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.entity, b.entity), cmp.Compare(a.token, b.token))
}

// score tells how well a token suits an entity, from 0 to 1: by the part of all
// their properties that they share, and by their names.
func score(e entity, token string, props properties) float64 {
	common := 0
	for _, names := range e.names {
		if slices.ContainsFunc(names, func(n string) bool { return props[n] != "" }) {
			common++
		}
	}
	number := len(props)
	if props["id"] != "" {
		number--
	}
	shared := 1.0
	if all := len(e.names) + number - common; all > 0 {
		shared = float64(common) / float64(all)
	}
	if shared < alike {
		return 0
	}
	word := letters(strings.TrimPrefix(e.name, "aws_"))
	pkg, name := tokenWords(token)
	return 0.6*shared + 0.4*max(similar(word, pkg+name), similar(word, name))
}

// tokenWords returns the letters of a token's package and of its name:
// "aws:ec2/getAmi:getAmi" is "ec2" and "ami".
func tokenWords(token string) (pkg, name string) {
	parts := strings.SplitN(token, ":", 3)
	pkg, _, _ = strings.Cut(parts[1], "/")
	if pkg == "index" {
		pkg = ""
	}
	name = parts[2]
	if after, ok := strings.CutPrefix(name, "get"); ok {
		name = after
	}
	return letters(pkg), letters(name)
}

func letters(s string) string {
	return strings.NewReplacer("_", "", "/", "", "-", "").Replace(strings.ToLower(s))
}

// similar is 1 for equal words and 0 for words with nothing in common.
func similar(a, b string) float64 {
	n := max(len(a), len(b))
	if n == 0 {
		return 1
	}
	return 1 - float64(distance(a, b))/float64(n)
}

// distance is Levenshtein's: the least number of letters to change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
}

func list(s shim.Schema) bool { return s.Type() == shim.TypeList || s.Type() == shim.TypeSet }
