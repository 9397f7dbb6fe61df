package main

import (
	"strings"

	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// generator compares the SDK with the provider's schema.
type generator struct {
	sdk   *sdk
	tf    shim.Provider
	notes []string
}

func (g *generator) note(where, what string) { g.notes = append(g.notes, where+"\t"+what) }

func (g *generator) all() *mapping.Mapping {
	resources := g.entities(g.tf.ResourcesMap(), g.sdk.resources, true)
	functions := g.entities(g.tf.DataSourcesMap(), g.sdk.functions, false)
	settings, _, _ := g.sdk.nested(root, "providerArgs")
	provider := comparison{generator: g, where: "provider", pkg: root, props: settings}
	return &mapping.Mapping{Resources: resources, Functions: functions, Provider: provider.fields(g.tf.Schema())}
}

// entities pairs Terraform types with tokens and compares each pair.
func (g *generator) entities(all shim.ResourceMap, tokens map[string]declared, resources bool) map[string]*mapping.Entity {
	out := map[string]*mapping.Entity{}
	es := entities(all)
	paired := pairs(es, tokens)
	for _, e := range es {
		token := paired[e.name]
		if token == "" {
			g.note(e.name, "has no token")
			continue
		}
		out[e.name] = g.entity(e.name, token, tokens[token], all.Get(e.name).Schema(), resources)
	}
	others, alone := seconds(es, tokens, paired)
	for _, token := range alone {
		g.note(token, "has no Terraform type")
	}
	if !resources {
		for _, c := range others {
			g.note(c.token, "is a second function like "+c.entity)
		}
		return out
	}
	for _, c := range others {
		name := c.entity + "_as_" + strings.ToLower(c.token[strings.LastIndex(c.token, ":")+1:])
		out[name] = g.entity(name, c.token, tokens[c.token], all.Get(c.entity).Schema(), true)
		out[name].Of = c.entity
		g.note(c.token, "is a second token for "+c.entity)
	}
	return out
}

func (g *generator) entity(name, token string, d declared, schema shim.SchemaMap, resource bool) *mapping.Entity {
	c := comparison{generator: g, where: name, pkg: d.pkg, props: d.all, top: true}
	if resource {
		c.args = d.args
	}
	return &mapping.Entity{Token: token, Fields: c.fields(schema)}
}
