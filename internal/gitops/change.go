package gitops

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// Op is what the engine does to one resource.
type Op string

// The operations, in Pulumi's words.
const (
	OpSame    Op = "same"
	OpCreate  Op = "create"
	OpUpdate  Op = "update"
	OpReplace Op = "replace"
	OpDelete  Op = "delete"
	OpRead    Op = "read"
	OpImport  Op = "import"
	OpRefresh Op = "refresh"
	// OpForget takes a resource out of the state and leaves it in the cloud.
	OpForget Op = "forget"
)

// Symbol returns the mark of the operation in ASCII, as wide as three columns
// at most.
func (o Op) Symbol() string {
	switch o {
	case OpCreate:
		return "+"
	case OpUpdate, OpRefresh:
		return "~"
	case OpReplace:
		return "-/+"
	case OpDelete:
		return "-"
	case OpRead:
		return "="
	case OpImport:
		return ">"
	case OpForget:
		return "x"
	}
	return " "
}

// IsDestructive tells whether the cloud loses something by the operation.
func (o Op) IsDestructive() bool { return o == OpDelete || o == OpReplace }

// Masked stands for the value of a secret, Unknown for a value that will be
// known only after the update.
const (
	Masked  = "[secret]"
	Unknown = "[unknown]"
)

// PropertyChange is the difference of one property.
type PropertyChange struct {
	// Path is Pulumi's property path, such as `tags.Name` or `rules[0].port`.
	Path string `json:"path"`
	// Kind is one of add, delete, update, add-replace, delete-replace,
	// update-replace. The -replace kinds force the replacement.
	Kind string `json:"kind"`
	// Old and New are plain JSON values; secrets are Masked.
	Old any `json:"old,omitempty"`
	New any `json:"new,omitempty"`
	// From says what makes New unknown, for people: "network" for another stack,
	// "aws:ec2/vpc:Vpc main" for a resource of the same one.
	From []string `json:"from,omitempty"`
}

// ForcesReplace tells whether this property is why the resource is replaced.
func (p PropertyChange) ForcesReplace() bool { return strings.HasSuffix(p.Kind, "-replace") }

// Change is what happens to one resource.
type Change struct {
	URN    string `json:"urn"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
	Op     Op     `json:"op"`
	// ReplaceKeys are the properties that force a replacement, sorted.
	ReplaceKeys []string `json:"replaceKeys,omitempty"`
	// Source is the "file:line" in the repository that declares the resource.
	Source string           `json:"source,omitempty"`
	Diff   []PropertyChange `json:"diff,omitempty"`
	// Protected tells that the resource refuses to be deleted.
	Protected bool `json:"protected,omitempty"`
	// Retained tells that the resource stays in the cloud when it is deleted from
	// the stack, DeletesFirst that a replacement deletes the old one before it
	// makes the new one.
	Retained     bool `json:"retained,omitempty"`
	DeletesFirst bool `json:"deletesFirst,omitempty"`
	// Before are those of the old inputs that decide what a deletion loses, such
	// as skipFinalSnapshot and deletionProtection.
	Before map[string]any `json:"before,omitempty"`
	// Failed tells that the operation was begun and not done: it counts as no
	// change.
	Failed bool `json:"failed,omitempty"`
}

// Summary counts resources by operation. Components count too; the stack
// itself and providers do not.
type Summary struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	Same    int `json:"same"`
}

// Changed returns how many resources do not stay the same.
func (s Summary) Changed() int { return s.Create + s.Update + s.Replace + s.Delete }

// Add returns the sum of both.
func (s Summary) Add(o Summary) Summary {
	return Summary{s.Create + o.Create, s.Update + o.Update, s.Replace + o.Replace, s.Delete + o.Delete, s.Same + o.Same}
}

// ChangeSet is what an operation does to one stack, in canonical order.
type ChangeSet struct {
	Stack   StackID  `json:"stack"`
	Changes []Change `json:"changes"`
	Same    int      `json:"same"`
}

// Canonical returns the change set with everything in its fixed order: changes
// by URN, property changes by path, replace keys by name. It copies.
func (c ChangeSet) Canonical() ChangeSet {
	out := c
	out.Changes = append([]Change{}, c.Changes...) // never nil: a digest must not depend on that
	for i, ch := range out.Changes {
		ch.ReplaceKeys = slices.Sorted(slices.Values(ch.ReplaceKeys))
		ch.Diff = slices.Clone(ch.Diff)
		slices.SortFunc(ch.Diff, func(a, b PropertyChange) int { return strings.Compare(a.Path, b.Path) })
		out.Changes[i] = ch
	}
	slices.SortStableFunc(out.Changes, func(a, b Change) int { return strings.Compare(a.URN, b.URN) })
	return out
}

// Digest identifies what will happen: the same digest means the same changes.
// Where a resource is declared, what only explains a change and how many stay
// the same do not count.
func (c ChangeSet) Digest() string {
	can := c.Canonical()
	can.Same = 0
	for i := range can.Changes {
		can.Changes[i].Source, can.Changes[i].Before = "", nil
		for j := range can.Changes[i].Diff {
			can.Changes[i].Diff[j].From = nil
		}
	}
	b, err := json.Marshal(can)
	if err != nil { // plain JSON values only, by contract
		b = []byte(err.Error())
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Summary counts the changes.
func (c ChangeSet) Summary() Summary {
	s := Summary{Same: c.Same}
	for _, ch := range c.Changes {
		if ch.Failed {
			continue
		}
		switch ch.Op {
		case OpCreate, OpImport:
			s.Create++
		case OpUpdate, OpRefresh:
			s.Update++
		case OpReplace:
			s.Replace++
		case OpDelete, OpForget:
			s.Delete++
		}
	}
	return s
}
