package aws

import (
	"fmt"
	"strings"
)

// enginePorts are where the engines of RDS listen by default.
var enginePorts = map[string]float64{"postgres": 5432, "mysql": 3306, "mariadb": 3306}

// engineMinors are the minor versions that RDS takes for a major one.
var engineMinors = map[string]string{
	"postgres 13": "13.20", "postgres 14": "14.17", "postgres 15": "15.12", "postgres 16": "16.8", "postgres 17": "17.4",
	"mysql 8.0": "8.0.41", "mysql 8.4": "8.4.4", "mariadb 10.11": "10.11.11", "mariadb 11.4": "11.4.5",
}

func databaseOutputs(c *Call, out Object) {
	name, engine := out.Text("identifier"), out.Text("engine")
	out["arn"] = c.ARN("rds", "db:"+name)
	out["resourceId"] = c.ID
	out["status"] = "available"
	out.put("engineVersion", engineMinors["postgres 17"])
	out["engineVersionActual"] = out.Text("engineVersion")
	if minor := engineMinors[engine+" "+out.Text("engineVersion")]; minor != "" {
		out["engineVersionActual"] = minor
	}
	if port, ok := out.whole("port"); !ok || port == 0 {
		out["port"] = enginePorts[engine]
	}
	port, _ := out.whole("port")
	out["address"] = fmt.Sprintf("%s.%s.%s.rds.%s", name, digits(c.Account+c.Region, "rds", 12), c.Region, c.Suffix())
	out["endpoint"] = fmt.Sprintf("%s:%d", out.Text("address"), port)
	out.put("hostedZoneId", "Z"+strings.ToUpper(digits(c.Region, "rds", 13)))
	out.put("availabilityZone", Zones(c.Region)[0])
	out.put("storageType", "gp2")
	out.put("backupWindow", "03:00-03:30")
	out.put("maintenanceWindow", "sun:05:00-sun:05:30")
	out.put("caCertIdentifier", "rds-ca-rsa2048-g1")
	out.put("networkType", "IPV4")
	major, _, _ := strings.Cut(out.Text("engineVersionActual"), ".")
	out.put("parameterGroupName", "default."+engine+major)
	out.put("optionGroupName", "default:"+engine+"-"+major)
	if out.Flag("storageEncrypted") {
		out.put("kmsKeyId", c.ARN("kms", "key/"+digits(c.Account+c.Region, "aws/rds", 32)))
	}
	out.put("vpcSecurityGroupIds", []any{c.defaultGroup()})
	out["masterUserSecrets"] = masterSecrets(c, out)
}

// masterSecrets is the secret that RDS keeps when it makes the password.
func masterSecrets(c *Call, out Object) []any {
	if !out.Flag("manageMasterUserPassword") {
		return []any{}
	}
	key := out.Text("masterUserSecretKmsKeyId")
	if key == "" {
		key = c.ARN("kms", "key/"+digits(c.Account+c.Region, "aws/secretsmanager", 32))
	}
	return []any{map[string]any{
		"kmsKeyId": key, "secretStatus": "active",
		"secretArn": c.ARN("secretsmanager", "secret:rds!"+c.ID+"-"+c.hex("secret", 6)),
	}}
}
