package aws

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	secretToken     = "aws:secretsmanager/secret:Secret"
	permissionToken = "aws:lambda/permission:Permission"
)

var rotationWindow = regexp.MustCompile(`^([1-9]|1[0-9]|2[0-4])h$`)

// toSecret is the link of a part to its secret, which takes it along.
func toSecret(path string) []Link {
	return []Link{{
		Path: path, To: []Target{{secretToken, "arn"}, {secretToken, "name"}},
		Missing: Error{"ResourceNotFoundException", "Secrets Manager can't find the specified secret: %s"},
	}}
}

// withKey is the link of something to the key that encrypts it. Keys of other
// accounts are not known here.
func withKey(path string, missing Error) Link {
	return Link{Path: path, To: keyTargets, Free: []string{"alias/aws/", "arn:aws:kms:"}, Missing: missing}
}

var secretsmanager = map[string]Behaviour{
	secretToken: {
		Check: policy("policy"),
		Links: []Link{withKey("kmsKeyId", Error{"InvalidRequestException", "Can't find KMS key '%s'"})},
		Unique: &Unique{[]string{"name"}, Error{"ResourceExistsException",
			"The operation failed because the secret %s already exists."}},
		ID: func(c *Call) string {
			return c.ARN("secretsmanager", "secret:"+c.In.Text("name")+"-"+c.hex("secret", 6))
		},
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ID
		},
	},
	"aws:secretsmanager/secretVersion:SecretVersion": {
		Links: toSecret("secretId"),
		ID:    func(c *Call) string { return c.In.Text("secretId") + "|" + c.uuid("version") },
		Outputs: func(c *Call, out Object) {
			_, out["versionId"], _ = strings.Cut(c.ID, "|")
			out.put("arn", c.In.Text("secretId"))
			out.put("versionStages", []any{"AWSCURRENT"})
		},
	},
	"aws:secretsmanager/secretPolicy:SecretPolicy": {
		Check: policy("policy"),
		Links: toSecret("secretArn"),
		ID:    func(c *Call) string { return c.In.Text("secretArn") },
	},
	"aws:secretsmanager/secretRotation:SecretRotation": {
		Check:  checkRotation,
		Links:  toSecret("secretId"),
		Refuse: refuseRotation,
		ID:     func(c *Call) string { return c.In.Text("secretId") },
		Outputs: func(_ *Call, out Object) {
			out["rotationEnabled"] = true
		},
	},
}

func checkRotation(in Object) []Failure {
	rules, _ := in["rotationRules"].(map[string]any)
	var out []Failure
	if n, ok := Object(rules).whole("automaticallyAfterDays"); ok && (n < 1 || n > 1000) {
		out = append(out, Failure{"rotationRules.automaticallyAfterDays", fmt.Sprintf("expected automaticallyAfterDays to be in the range (1 - 1000), got %d", n)})
	}
	if d := Object(rules).Text("duration"); d != "" && !rotationWindow.MatchString(d) {
		out = append(out, Failure{"rotationRules.duration", fmt.Sprintf("invalid value for duration: %s; it is hours such as 3h, up to 24h", d)})
	}
	return out
}

// refuseRotation refuses a function that Secrets Manager may not call.
func refuseRotation(c *Call) error {
	function := c.In.Text("rotationLambdaArn")
	if function == "" {
		return nil
	}
	permissions, err := c.Cloud.All(permissionToken)
	if err != nil {
		return err
	}
	for _, p := range permissions {
		of := p.State.Text("function")
		if p.State.Text("principal") == "secretsmanager.amazonaws.com" && (of == function || strings.HasSuffix(function, ":function:"+of)) {
			return nil
		}
	}
	return refuse("AccessDeniedException",
		"Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.")
}
