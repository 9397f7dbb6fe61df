package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stateResource is what an import looks at of a resource in a state.
type stateResource struct {
	URN     string         `json:"urn"`
	Type    string         `json:"type"`
	ID      string         `json:"id"`
	Delete  bool           `json:"delete"`
	Protect bool           `json:"protect"`
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs"`
}

// name is the resource's name in the program; top tells that it has no parent but
// the stack.
func (r stateResource) name() string { return r.URN[strings.LastIndex(r.URN, "::")+2:] }

func (r stateResource) top() bool {
	parts := strings.SplitN(r.URN, "::", 4)
	return len(parts) == 4 && (!strings.Contains(parts[2], "$") || strings.HasPrefix(parts[2], "pulumi:pulumi:Stack$"))
}

// stateResources reads the resources of a stack, none when it is not deployed.
func (s *Session) stateResources(ctx context.Context, id gitops.StackID) ([]stateResource, error) {
	info, err := s.Info(ctx, id)
	if err != nil || info.Ref == (gitops.StackRef{}) {
		return nil, err
	}
	exported, err := s.export(ctx, id, false)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Deployment struct {
			Resources []stateResource `json:"resources"`
		} `json:"deployment"`
	}
	dec := json.NewDecoder(bytes.NewReader(exported))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(doc.Deployment.Resources, func(r stateResource) bool { return r.Delete }), nil
}

// unowned makes sure that the stack has none of the names, and that no stack of
// the estate manages any of the resources already: two that do would undo each
// other's changes.
func (s *Session) unowned(ctx context.Context, id gitops.StackID, im Imports) error {
	env, err := s.Environment(id.Environment)
	if err != nil {
		return err
	}
	own, err := s.stateResources(ctx, id)
	if err != nil {
		return err
	}
	for _, want := range im.Resources {
		if err := nameFree(id, own, want); err != nil {
			return err
		}
	}
	if err := owned(id, own, im, everything); err != nil {
		return err
	}
	for _, other := range s.Environments {
		reach := reachOf(env, other)
		if reach == nothing {
			continue
		}
		infos, err := s.infos(ctx, other.Name)
		if err != nil {
			s.d.report(gitops.Progress{Note: fmt.Sprintf("whether %s manages any of it is not known: %v", other.Name, err)})
			continue
		}
		for stack := range infos {
			if stack == id {
				continue
			}
			theirs, err := s.stateResources(ctx, stack)
			if err != nil {
				s.d.report(gitops.Progress{Note: fmt.Sprintf("whether %s manages any of it is not known: %v", stack, err)})
				continue
			}
			if err := owned(stack, theirs, im, reach); err != nil {
				return err
			}
		}
	}
	return nil
}

// reach is which resources of another environment are in the same cloud.
type reach int

const (
	nothing reach = iota
	global        // those of no region
	everything
)

func reachOf(env, other *environments.Environment) reach {
	switch {
	case env.Cloud.Provider != other.Cloud.Provider || env.Cloud.Account != other.Cloud.Account:
		return nothing
	case env.Cloud.Region != other.Cloud.Region:
		return global
	}
	return everything
}

// isGlobal tells whether the resource's ARN names no region:
// "arn:aws:iam::123456789012:role/a".
func (r stateResource) isGlobal() bool {
	arn, _ := r.Outputs["arn"].(string)
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[3] == ""
}

// owned refuses what is in the state of a stack.
func owned(stack gitops.StackID, resources []stateResource, im Imports, within reach) error {
	for _, want := range im.Resources {
		for _, r := range resources {
			if want.ID == "" || r.Type != want.Type || r.ID != want.ID || within == global && !r.isGlobal() {
				continue
			}
			return &gitops.Error{Kind: gitops.Invalid,
				What: fmt.Sprintf("%s %s is managed by %s already, as %s", want.Type, want.ID, stack, r.name()),
				Next: fmt.Sprintf("trunkline outputs -e %s -s %s shows what that stack hands to others, to be read with estate.Use", stack.Environment, stack.Name)}
		}
	}
	return nil
}

// nameFree refuses a name that the stack has already.
func nameFree(id gitops.StackID, own []stateResource, want *optimport.ImportResource) error {
	for _, r := range own {
		if want.Parent == "" && r.top() && r.Type == want.Type && r.name() == logicalName(want) && r.ID != want.ID {
			return &gitops.Error{Kind: gitops.Invalid,
				What: fmt.Sprintf("%s has a %s named %s already, with the ID %s", id, want.Type, logicalName(want), r.ID),
				Next: "choose another name"}
		}
	}
	return nil
}
