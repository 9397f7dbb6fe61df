package database

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// inputs is what the state records of the arguments; the password is not among
// them.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"engineVersion":   pulumi.String(a.EngineVersion),
		"class":           pulumi.String(a.Class),
		"multiAz":         pulumi.Bool(a.MultiAZ),
		"storageGiB":      pulumi.Int(a.StorageGiB),
		"maxStorageGiB":   pulumi.Int(a.MaxStorageGiB),
		"databaseName":    pulumi.String(a.DatabaseName),
		"username":        pulumi.String(a.Username),
		"managedPassword": pulumi.Bool(a.Password == nil),
		"port":            pulumi.Int(a.Port),
		"slowQuery":       pulumi.String(a.SlowQuery.String()),
		"backupDays":      pulumi.Int(a.BackupDays),
		"unprotected":     pulumi.Bool(a.Unprotected),
		"noFinalSnapshot": pulumi.Bool(a.NoFinalSnapshot),
		"maxConnections":  pulumi.Int(a.MaxConnections),
	}
	for key, on := range map[string]bool{
		"allowMajorUpgrade": a.AllowMajorUpgrade, "iamAuthentication": a.IAMAuthentication,
		"applyAtOnce": a.ApplyAtOnce, "noLogExports": a.NoLogExports,
	} {
		if on {
			m[key] = pulumi.Bool(true)
		}
	}
	if a.PerformanceInsightsDays > 0 {
		m["performanceInsightsDays"] = pulumi.Int(a.PerformanceInsightsDays)
	}
	for key, text := range map[string]string{"backupWindow": a.BackupWindow, "maintenanceWindow": a.MaintenanceWindow} {
		if text != "" {
			m[key] = pulumi.String(text)
		}
	}
	if a.SubnetIDs != nil {
		m["vpcId"], m["subnetIds"] = a.VPCID, a.SubnetIDs
	}
	if clients := a.Clients.Inputs(); clients != nil {
		m["clients"] = clients
	}
	if len(a.Parameters) > 0 {
		settings := pulumi.StringMap{}
		for key, p := range a.Parameters {
			settings[key] = pulumi.String(p.Value)
		}
		m["parameters"] = settings
	}
	if a.KMSKeyARN != nil {
		m["kmsKeyArn"] = a.KMSKeyARN
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
