package aws

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
)

// getPolicyDocument renders a policy the way the real provider does: lists of
// one element become the element, lists are sorted.
func getPolicyDocument(_ Scope, _ Cloud, args Object) (Object, error) {
	doc := policyDocument{Version: cmp.Or(args.Text("version"), "2012-10-17"), ID: args.Text("policyId")}
	for _, part := range args.text("sourcePolicyDocuments[]") {
		if err := doc.merge(part); err != nil {
			return nil, err
		}
	}
	for _, in := range args.objects("statements[]") {
		doc.Statement = append(doc.Statement, statement(in))
	}
	for _, part := range args.text("overridePolicyDocuments[]") {
		if err := doc.merge(part); err != nil {
			return nil, err
		}
	}
	pretty, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, err
	}
	minified, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	out := Object{"id": strconv.FormatUint(number(string(pretty), "id", 1<<32), 10), "json": string(pretty), "minifiedJson": string(minified)}
	for k, v := range args {
		out[k] = v
	}
	return out, nil
}

type policyDocument struct {
	Version   string           `json:"Version"`
	ID        string           `json:"Id,omitempty"`
	Statement []map[string]any `json:"Statement"`
}

// merge adds the statements of another document; one with the same Sid replaces.
func (d *policyDocument) merge(text string) error {
	var other policyDocument
	if err := json.Unmarshal([]byte(text), &other); err != nil {
		return refuse("InvalidPolicyDocument", "a policy document to merge is not valid JSON: %s", err)
	}
	for _, s := range other.Statement {
		i := slices.IndexFunc(d.Statement, func(o map[string]any) bool { return s["Sid"] != nil && o["Sid"] == s["Sid"] })
		if i >= 0 {
			d.Statement[i] = s
			continue
		}
		d.Statement = append(d.Statement, s)
	}
	return nil
}

func statement(in Object) map[string]any {
	out := map[string]any{"Effect": cmp.Or(in.Text("effect"), "Allow")}
	if sid := in.Text("sid"); sid != "" {
		out["Sid"] = sid
	}
	for key, to := range map[string]string{"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"} {
		if v := single(in.text(key + "[]")); v != nil {
			out[to] = v
		}
	}
	if v := principals(in.objects("principals[]")); v != nil {
		out["Principal"] = v
	}
	if v := principals(in.objects("notPrincipals[]")); v != nil {
		out["NotPrincipal"] = v
	}
	conditions := map[string]map[string]any{}
	for _, c := range in.objects("conditions[]") {
		if conditions[c.Text("test")] == nil {
			conditions[c.Text("test")] = map[string]any{}
		}
		conditions[c.Text("test")][c.Text("variable")] = single(c.text("values[]"))
	}
	if len(conditions) > 0 {
		out["Condition"] = conditions
	}
	return out
}

// principals returns "*" for everybody, or a map from type to identifiers.
func principals(list []Object) any {
	if len(list) == 0 {
		return nil
	}
	byType := map[string][]string{}
	for _, p := range list {
		byType[p.Text("type")] = append(byType[p.Text("type")], p.text("identifiers[]")...)
	}
	if ids := byType["*"]; len(byType) == 1 && slices.Equal(ids, []string{"*"}) {
		return "*"
	}
	out := map[string]any{}
	for typ, ids := range byType {
		out[typ] = single(ids)
	}
	return out
}

// single returns nil, the only element, or all of them in order.
func single(list []string) any {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	list = slices.Sorted(slices.Values(list))
	return slices.Compact(list)
}
