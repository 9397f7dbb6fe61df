package gitops

import "time"

// Revision is a commit.
type Revision struct {
	// SHA is the full object name, 40 hexadecimal digits.
	SHA string `json:"sha"`
	// Ref is the branch, tag or expression that was resolved, such as "main".
	Ref string `json:"ref,omitempty"`
	// Author is the author's name.
	Author string `json:"author,omitempty"`
	// Subject is the first line of the commit message.
	Subject string `json:"subject,omitempty"`
	// Time is the committer's time.
	Time time.Time `json:"time,omitzero"`
	// Dirty tells that the work tree differs from the commit.
	Dirty bool `json:"dirty,omitempty"`
}

// Short returns the first seven digits, with a mark when the work tree differs.
func (r Revision) Short() string {
	s := r.SHA
	if len(s) > 7 {
		s = s[:7]
	}
	if r.Dirty {
		s += "+dirty"
	}
	return s
}
