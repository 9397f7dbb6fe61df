package aws

import "regexp"

const (
	keyToken   = "aws:kms/key:Key"
	aliasToken = "aws:kms/alias:Alias"
)

var keyTargets = []Target{{keyToken, "keyId"}, {keyToken, "arn"}, {aliasToken, "name"}, {aliasToken, "arn"}}

var aliasName = regexp.MustCompile(`^alias/[0-9A-Za-z/_-]{1,250}$`)

var kms = map[string]Behaviour{
	keyToken: {
		Check: all(policy("policy"), between("deletionWindowInDays", 7, 30), between("rotationPeriodInDays", 90, 2560),
			oneOf("keyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")),
		ID: func(c *Call) string { return c.uuid("key") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("kms", "key/"+c.ID)
			out["keyId"] = c.ID
			out.put("multiRegion", false)
			out.put("policy", `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"`+
				c.GlobalARN("iam", "root")+`"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`)
		},
	},
	aliasToken: {
		Check: pattern("name", aliasName, "must begin with alias/ and be comprised of letters, digits, slashes, underscores and hyphens"),
		Links: []Link{{
			Path: "targetKeyId", To: []Target{{keyToken, "keyId"}, {keyToken, "arn"}},
			Missing: Error{"NotFoundException", "Key '%s' does not exist"},
		}},
		Unique: &Unique{[]string{"name"}, Error{"AlreadyExistsException", "An alias with the name %s already exists"}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("kms", out.Text("name"))
			keys, err := c.Cloud.All(keyToken)
			for _, k := range keys {
				if id := out.Text("targetKeyId"); err == nil && (k.ID == id || k.State.Text("arn") == id) {
					out["targetKeyArn"] = k.State.Text("arn")
				}
			}
		},
	},
}
