package driver

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3"

	"github.com/trunkline-dev/trunkline/internal/review"
)

// Document turns a report into the document that every output shows.
func (s *Session) Document(verb review.Verb, rep *Report) review.Document {
	doc := review.Document{
		Verb: verb, DryRun: rep.Dry, Head: rep.Head, Base: rep.Base,
		Stacks: rep.Results, Total: len(rep.Results) + len(rep.Unaffected), Took: rep.Took,
		Unaffected: rep.Unaffected, Outputs: rep.outputs, Violations: rep.Violations,
	}
	if rep.Dry && failure(rep.Results) == nil && rep.Changed() > 0 {
		doc.Digest = rep.Digest()
	}
	sandboxed := len(s.Environments) > 0
	for _, env := range s.Environments {
		doc.Environments = append(doc.Environments, env.Name)
		sandboxed = sandboxed && env.Cloud.Provider == "sandbox"
	}
	if sandboxed {
		doc.Notes = append(doc.Notes, "sandbox: nothing real is touched")
	}
	if s.LeftOut > 0 {
		doc.Notes = append(doc.Notes, fmt.Sprintf("%d uncommitted files of the work tree are not part of %s", s.LeftOut, s.Revision.Short()))
	}
	t := rep.Timings
	for _, p := range []struct {
		name string
		ms   int64
	}{{"checkout", t.Checkout}, {"build", t.Build}, {"start", t.Start}, {"engine", t.Engine}} {
		doc.Timings = append(doc.Timings, review.Timing{Name: p.name, Took: time.Duration(p.ms) * time.Millisecond})
	}
	return doc
}

// ReviewDocument turns a review into the document that every output shows.
func (s *Session) ReviewDocument(r *Review) review.Document {
	doc := s.Document(review.Preview, r.Report)
	doc.Removed, doc.Merge, doc.Ships, doc.Same, doc.ProgramDiff = r.Removed, r.Merge, r.Ships, r.Same, r.ProgramDiff
	doc.Total += len(r.Same)
	doc.Left = r.Left
	doc.Program, doc.Toolchain = s.Binary.Key, s.toolchain()
	return doc
}

// toolchain names what decides what the revision's stacks do, besides its files.
func (s *Session) toolchain() []review.Tool {
	compiler, _, _ := strings.Cut(s.Binary.Listing().Toolchain(), " ")
	out := []review.Tool{{Name: "go", Version: strings.TrimPrefix(compiler, "go")}, {Name: "pulumi", Version: sdk.Version.String()}}
	for _, p := range s.Plugins.Plugins {
		out = append(out, review.Tool{Name: "pulumi-" + p.Name, Version: p.Version})
	}
	return out
}
