package automation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// tags are the tags of a stack; none when the store keeps none.
func (s *session) tags(ref gitops.StackRef) (map[string]string, error) {
	store, ok := s.be.store.(gitops.TagStore)
	if !ok {
		return nil, nil
	}
	return store.Tags(s.ctx, ref)
}

// taggedStack is the stack that the command names, and where its tags are.
func (s *session) taggedStack() (gitops.StackRef, gitops.TagStore, error) {
	ref, err := s.existing(false)
	if err != nil {
		return ref, nil, err
	}
	store, ok := s.be.store.(gitops.TagStore)
	if !ok {
		return ref, nil, usage("pulumi stack tag: the state store %s keeps no tags", withoutSecrets(s.be.url))
	}
	return ref, store, nil
}

// editTags changes the tags of the stack. Of two processes that do so at the same
// moment, the second wins, as with the CLI.
func (s *session) editTags(edit func(tags map[string]string)) error {
	ref, store, err := s.taggedStack()
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(s.ctx)
	s.core.tagging.Lock()
	defer s.core.tagging.Unlock()
	tags, err := store.Tags(ctx, ref)
	if err != nil {
		return err
	}
	tags = maps.Clone(tags)
	if tags == nil {
		tags = map[string]string{}
	}
	edit(tags)
	return store.SetTags(ctx, ref, tags)
}

type tagGet struct{}

func (tagGet) flags(*pflag.FlagSet) {}

func (tagGet) run(s *session, args []string) error {
	ref, store, err := s.taggedStack()
	if err != nil {
		return err
	}
	tags, err := store.Tags(s.ctx, ref)
	if err != nil {
		return err
	}
	v, ok := tags[args[0]]
	if !ok {
		return gitops.Errorf(gitops.Failed, "stack tag '%s' not found for stack '%s'", args[0], s.shown(ref))
	}
	_, err = fmt.Fprintln(s.out, v)
	return err
}

type tagSet struct{}

func (tagSet) flags(*pflag.FlagSet) {}

func (tagSet) run(s *session, args []string) error {
	if strings.TrimSpace(args[0]) == "" {
		return usage("pulumi stack tag set: a tag needs a name")
	}
	return s.editTags(func(tags map[string]string) { tags[args[0]] = args[1] })
}

type tagRemove struct{}

func (tagRemove) flags(*pflag.FlagSet) {}

func (tagRemove) run(s *session, args []string) error {
	return s.editTags(func(tags map[string]string) { delete(tags, args[0]) })
}

type tagList struct{ json bool }

func (a *tagList) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
}

func (a *tagList) run(s *session, _ []string) error {
	ref, store, err := s.taggedStack()
	if err != nil {
		return err
	}
	tags, err := store.Tags(s.ctx, ref)
	if err != nil {
		return err
	}
	if tags == nil {
		tags = map[string]string{}
	}
	if a.json {
		return s.json(tags)
	}
	wide := len("NAME")
	for k := range tags {
		wide = max(wide, len(k))
	}
	fmt.Fprintf(s.out, "%-*s  VALUE\n", wide, "NAME")
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		fmt.Fprintf(s.out, "%-*s  %s\n", wide, k, tags[k])
	}
	return nil
}
