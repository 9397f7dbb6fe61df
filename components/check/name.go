package check

import "regexp"

var name = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Name notes a problem unless the name of the component can begin the names
// that AWS gives to its parts: lower-case letters, digits and single hyphens,
// a letter first, at most longest characters.
func Name(p *Problems, n string, longest int) {
	if len(n) > longest || !name.MatchString(n) {
		p.Addf("name", "%q is not at most %d lower-case letters, digits and single hyphens, with a letter first", n, longest)
	}
}
