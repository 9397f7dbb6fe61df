package database

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/components/check"
)

func (a Args) withDefaults() Args {
	if a.EngineVersion == "" {
		a.EngineVersion = "17"
	}
	if a.Class == "" {
		a.Class = "db.t4g.micro"
	}
	if a.StorageGiB == 0 {
		a.StorageGiB = 20
	}
	if a.MaxStorageGiB == 0 {
		a.MaxStorageGiB = min(max(2*a.StorageGiB, 100), maxStorage)
	}
	if a.DatabaseName == "" {
		a.DatabaseName = "app"
	}
	if a.Username == "" {
		a.Username = "dbadmin"
	}
	if a.Port == 0 {
		a.Port = 5432
	}
	if a.SlowQuery == 0 {
		a.SlowQuery = time.Second
	}
	if a.BackupDays == 0 && !a.NoBackups {
		a.BackupDays = 7
	}
	if a.MaxConnections == 0 {
		a.MaxConnections = maxConnections(a.Class) * 4 / 5
	}
	return a
}

const (
	maxStorage = 65536
	// longestName leaves room for the hyphen and the 26 digits that make an
	// instance's identifier unique.
	longestName = 63 - 27
)

var (
	version = regexp.MustCompile(`^1[3-9](\.\d{1,2})?$`)
	class   = regexp.MustCompile(`^db\.[a-z][a-z0-9-]*\.[a-z0-9]+$`)
	// sqlName is what RDS accepts for databases and users of PostgreSQL.
	sqlName   = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z_]{0,62}$`)
	parameter = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)
)

// major is the major version of PostgreSQL: 17 of 17.4.
func major(version string) string {
	m, _, _ := strings.Cut(version, ".")
	return m
}

func (a Args) check(name string) error {
	var p check.Problems
	check.Name(&p, name, longestName)
	if !version.MatchString(a.EngineVersion) {
		p.Addf("EngineVersion", "%q is not a version of PostgreSQL such as 17 or 17.4, from 13 on", a.EngineVersion)
	}
	if !class.MatchString(a.Class) {
		p.Addf("Class", "%q is not an instance class such as db.t4g.micro", a.Class)
	}
	a.checkStorage(&p)
	checkName(&p, "DatabaseName", a.DatabaseName)
	checkName(&p, "Username", a.Username)
	if a.ManagedPassword && a.Password != nil {
		p.Addf("Password", "RDS makes the password: give Password or ManagedPassword")
	}
	if (a.SubnetIDs == nil) != (a.VPCID == nil) {
		p.Addf("SubnetIDs", "SubnetIDs and VPCID go together: give both or none")
	}
	a.Clients.Check(&p, "Clients")
	check.Between(&p, "Port", a.Port, 1150, 65535)
	a.checkParameters(&p)
	a.checkBackups(&p)
	if d := a.PerformanceInsightsDays; d != 0 && d != 7 && d != 731 && (d < 31 || d > 713 || d%31 != 0) {
		p.Addf("PerformanceInsightsDays", "%d is not 7, 731, or months of 31 days up to 713", d)
	}
	if class.MatchString(a.Class) && a.MaxConnections < 1 {
		p.Addf("MaxConnections", "the memory of %s is not known: say how many connections are too many", a.Class)
	}
	return p.Err("database", name)
}

func (a Args) checkStorage(p *check.Problems) {
	check.Between(p, "StorageGiB", a.StorageGiB, 20, maxStorage)
	if a.MaxStorageGiB == a.StorageGiB {
		return
	}
	if least := (a.StorageGiB*11 + 9) / 10; a.MaxStorageGiB < least || a.MaxStorageGiB > maxStorage {
		p.Addf("MaxStorageGiB", "%d is not between %d and %d, nor StorageGiB, which turns growing off", a.MaxStorageGiB, least, maxStorage)
	}
}

func checkName(p *check.Problems, field, name string) {
	switch {
	case !sqlName.MatchString(name):
		p.Addf(field, "%q is not 1 to 63 letters, digits and underscores with a letter first", name)
	case reserved[strings.ToUpper(name)]:
		p.Addf(field, "%s is a reserved word of PostgreSQL or RDS", name)
	}
}

func (a Args) checkParameters(p *check.Problems) {
	for _, key := range slices.Sorted(maps.Keys(a.Parameters)) {
		switch {
		case key == forceTLS:
			p.Addf("Parameters", "%s: connections are always encrypted", key)
		case !parameter.MatchString(key):
			p.Addf("Parameters", "%q is not a parameter such as work_mem", key)
		case a.Parameters[key].Value == "":
			p.Addf("Parameters", "%s has no value", key)
		}
	}
	if a.SlowQuery < time.Millisecond || a.SlowQuery%time.Millisecond != 0 {
		p.Addf("SlowQuery", "%v is not whole milliseconds", a.SlowQuery)
	}
}

func (a Args) checkBackups(p *check.Problems) {
	switch {
	case !a.NoBackups:
		check.Between(p, "BackupDays", a.BackupDays, 1, 35)
	case a.BackupDays != 0 || a.BackupWindow != "":
		p.Addf("NoBackups", "there is a BackupDays or BackupWindow: give one or the other")
	}
	check.Windows(p, check.Window{Field: "BackupWindow", Text: a.BackupWindow, Least: 30 * time.Minute},
		check.Window{Field: "MaintenanceWindow", Text: a.MaintenanceWindow, Least: 30 * time.Minute})
}
