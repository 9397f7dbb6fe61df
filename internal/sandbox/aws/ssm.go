package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const parameterToken = "aws:ssm/parameter:Parameter"

var parameterName = regexp.MustCompile(`^[0-9A-Za-z_./-]+$`)

var ssm = map[string]Behaviour{
	parameterToken: {
		Check: all(oneOf("type", "String", "StringList", "SecureString"), oneOf("tier", "Standard", "Advanced", "Intelligent-Tiering"),
			pattern("name", parameterName, "is not a parameter name: only letters, digits and . - _ /"), checkParameter),
		Unique: &Unique{[]string{"name"}, Error{"ParameterAlreadyExists", "The parameter already exists: %s. To overwrite this value, set the overwrite option in the request to true."}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out.put("arn", c.ARN("ssm", "parameter/"+strings.TrimPrefix(out.Text("name"), "/")))
			version, _ := out.whole("version")
			out["version"] = float64(version + 1)
			out.put("dataType", "text")
			out.put("tier", "Standard")
			out.put("value", out.Text("insecureValue"))
			if out.Text("type") == "SecureString" {
				out.put("keyId", "alias/aws/ssm")
			}
		},
	},
}

func checkParameter(in Object) []Failure {
	var given int
	for _, k := range []string{"value", "insecureValue", "valueWo"} {
		if v, ok := in[k]; ok && v != nil {
			given++
		}
	}
	switch {
	case given != 1:
		return []Failure{{"value", fmt.Sprintf("exactly one of value, insecureValue must be given, got %d", given)}}
	case len(in.Text("value")) > 8192:
		return []Failure{{"value", "a parameter holds at most 8 KB"}}
	}
	return nil
}
