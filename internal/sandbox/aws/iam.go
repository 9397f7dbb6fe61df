package aws

import (
	"regexp"
	"strings"
	"time"
)

const (
	roleToken    = "aws:iam/role:Role"
	policyToken  = "aws:iam/policy:Policy"
	profileToken = "aws:iam/instanceProfile:InstanceProfile"
)

var iamName = regexp.MustCompile(`^[\w+=,.@-]+$`)

const iamNameRule = "must match [\\w+=,.@-]"

// checkPath checks the path in front of the name.
var checkPath = pattern("path", regexp.MustCompile(`^/([!-~]*/)?$`), "is not a path: it begins and ends with /")

func toRole(path string, holds string) Link {
	return Link{
		Path: path, To: []Target{{roleToken, "name"}},
		Missing: Error{"NoSuchEntity", "The role with name %s cannot be found."},
		Holds:   Error{"DeleteConflict", holds},
	}
}

var iam = map[string]Behaviour{
	roleToken: {
		Global: true,
		Check:  all(policy("assumeRolePolicy"), pattern("name", iamName, iamNameRule), checkPath, between("maxSessionDuration", 3600, 43200)),
		Unique: &Unique{[]string{"name"}, Error{"EntityAlreadyExists", "Role with name %s already exists."}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.GlobalARN("iam", "role"+iamPath(out)+out.Text("name"))
			out.put("uniqueId", c.letters("AROA"))
			out.put("createDate", c.Now.Format(time.RFC3339))
		},
	},
	policyToken: {
		Global: true,
		Check:  all(policy("policy"), pattern("name", iamName, iamNameRule), checkPath),
		Unique: &Unique{[]string{"name", "path"}, Error{"EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed."}},
		ID:     func(c *Call) string { return c.GlobalARN("iam", "policy"+iamPath(c.In)+c.In.Text("name")) },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ID
			out.put("policyId", c.letters("ANPA"))
			out.put("attachmentCount", 0.0)
		},
	},
	"aws:iam/rolePolicy:RolePolicy": {
		Global: true,
		Check:  all(policy("policy"), pattern("name", iamName, iamNameRule)),
		Links:  []Link{toRole("role", "Cannot delete entity, must delete policies first.")},
		ID:     func(c *Call) string { return c.In.Text("role") + ":" + c.In.Text("name") },
	},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
		Global: true,
		Links: []Link{
			toRole("role", "Cannot delete entity, must detach all policies first."),
			{
				Path: "policyArn", To: []Target{{policyToken, "arn"}},
				Missing: Error{"NoSuchEntity", "Policy %s does not exist or is not attachable."},
				Holds:   Error{"DeleteConflict", "Cannot delete a policy attached to entities."},
				Free:    []string{"arn:aws:iam::aws:policy/", "arn:aws-cn:iam::aws:policy/", "arn:aws-us-gov:iam::aws:policy/"},
			},
		},
		ID: func(c *Call) string {
			return c.In.Text("role") + "-" + c.Now.Format("20060102150405") + c.hex("attachment", 18)
		},
	},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": identityProvider,
	profileToken: {
		Global: true,
		Check:  all(pattern("name", iamName, iamNameRule), checkPath),
		Links:  []Link{toRole("role", "Cannot delete entity, must remove roles from instance profile first.")},
		Unique: &Unique{[]string{"name"}, Error{"EntityAlreadyExists", "Instance Profile %s already exists."}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.GlobalARN("iam", "instance-profile"+iamPath(out)+out.Text("name"))
			out.put("uniqueId", c.letters("AIPA"))
			out.put("createDate", c.Now.Format(time.RFC3339))
		},
	},
}

// identityProvider is trusted to say who somebody is. AWS names it by its
// address, of which there is one in an account.
var identityProvider = Behaviour{
	Global: true,
	Unique: &Unique{[]string{"url"}, Error{"EntityAlreadyExists", "Provider with url %s already exists."}},
	ID: func(c *Call) string {
		return c.GlobalARN("iam", "oidc-provider/"+strings.TrimPrefix(c.In.Text("url"), "https://"))
	},
	Outputs: func(c *Call, out Object) {
		out["arn"] = c.ID
		out.put("thumbprintLists", []any{digits(out.Text("url"), "thumbprint", 40)})
	},
}

func iamPath(o Object) string {
	if p := o.Text("path"); p != "" {
		return p
	}
	return "/"
}
