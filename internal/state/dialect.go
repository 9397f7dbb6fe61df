package state

import (
	"strconv"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// dialect is how one kind of database wants things said. The statements of the
// store are written once, with ? for arguments.
type dialect struct {
	// begin starts a transaction that may write, beginRead one that sees one
	// moment of the store.
	begin, beginRead string
	// lock at the end of a SELECT keeps others away from the row until the
	// transaction ends. "" where begin keeps everybody away.
	lock string
	// now is an expression for the time in nanoseconds since 1970. Its one
	// argument is what Store.clock returns.
	now string
	// numbered tells that arguments are written $1, $2, … instead of ?.
	numbered bool
	// receipt leaves a receipt in a transaction that writes; void marks the same
	// receipt as void unless it is there, waits for a transaction that is about
	// to leave it, and returns whether it is void: whether the transaction did
	// not happen and never will. "" where COMMIT always answers.
	receipt, void string
	// attempt bounds one try of a transaction; 0 means that it may take its time.
	attempt time.Duration
	// advise says of what kind an error of the database is, and what to do.
	advise func(name string, err error) (kind gitops.Kind, next string)
	// transient tells that the database could not be reached or gave up a
	// transaction of its own accord: doing the same again may work.
	transient func(err error) bool
	// duplicate tells that there is such a row already.
	duplicate func(err error) bool
}

// bind writes a statement's arguments the way the database wants them. No
// statement has a ? for anything else.
func (d *dialect) bind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
