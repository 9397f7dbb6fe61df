package database_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/database"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args database.Args
		want string
	}{
		"everything out of bounds": {
			database.Args{
				EngineVersion: "9.6", Class: "t4g.micro", StorageGiB: 10, MaxStorageGiB: 70000,
				DatabaseName: "my-db", Username: "admin", Password: pulumi.String("x"), ManagedPassword: true,
				VPCID: pulumi.String("vpc-1"), Clients: securitygroup.Peers{CIDRs: []string{"anyone"}}, Port: 80,
				Parameters: map[string]database.Parameter{"rds.force_ssl": {Value: "0"}, "Work Mem": {Value: "1"}, "work_mem": {}},
				SlowQuery:  time.Microsecond, BackupDays: 36, BackupWindow: "sun:01:00-sun:02:00", MaintenanceWindow: "01:00-02:00",
				PerformanceInsightsDays: 30,
			},
			"database \"orders\": 18 problems:\n" +
				"  EngineVersion: \"9.6\" is not a version of PostgreSQL such as 17 or 17.4, from 13 on\n" +
				"  Class: \"t4g.micro\" is not an instance class such as db.t4g.micro\n" +
				"  StorageGiB: 10 is not between 20 and 65536\n" +
				"  MaxStorageGiB: 70000 is not between 11 and 65536, nor StorageGiB, which turns growing off\n" +
				"  DatabaseName: \"my-db\" is not 1 to 63 letters, digits and underscores with a letter first\n" +
				"  Username: admin is a reserved word of PostgreSQL or RDS\n" +
				"  Password: RDS makes the password: give Password or ManagedPassword\n" +
				"  SubnetIDs: SubnetIDs and VPCID go together: give both or none\n" +
				"  Clients.CIDRs[0]: \"anyone\" is not an address block such as 10.0.0.0/16\n" +
				"  Port: 80 is not between 1150 and 65535\n" +
				"  Parameters: \"Work Mem\" is not a parameter such as work_mem\n" +
				"  Parameters: rds.force_ssl: connections are always encrypted\n" +
				"  Parameters: work_mem has no value\n" +
				"  SlowQuery: 1µs is not whole milliseconds\n" +
				"  BackupDays: 36 is not between 1 and 35\n" +
				"  BackupWindow: \"sun:01:00-sun:02:00\" is not a window such as 05:00-06:00, in UTC\n" +
				"  MaintenanceWindow: \"01:00-02:00\" is not a window such as sun:05:00-sun:06:00, in UTC\n" +
				"  PerformanceInsightsDays: 30 is not 7, 731, or months of 31 days up to 713",
		},
		"windows that overlap": {
			database.Args{BackupWindow: "23:30-00:30", MaintenanceWindow: "mon:00:00-mon:01:00"},
			`database "orders": BackupWindow: 23:30-00:30 overlaps with MaintenanceWindow, which is mon:00:00-mon:01:00`,
		},
		"backups and none": {
			database.Args{NoBackups: true, BackupDays: 7},
			`database "orders": NoBackups: there is a BackupDays or BackupWindow: give one or the other`,
		},
		"a maximum too close": {
			database.Args{StorageGiB: 100, MaxStorageGiB: 105},
			`database "orders": MaxStorageGiB: 105 is not between 110 and 65536, nor StorageGiB, which turns growing off`,
		},
		"a class of unknown memory": {
			database.Args{Class: "db.z1d.large"},
			`database "orders": MaxConnections: the memory of db.z1d.large is not known: say how many connections are too many`,
		},
		"a key word": {
			database.Args{DatabaseName: "user"},
			`database "orders": DatabaseName: user is a reserved word of PostgreSQL or RDS`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := database.New(ctx, "orders", tt.args)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("%d resources were registered", len(rec.Resources))
			}
		})
	}
}

func TestANameThatRDSWouldRefuseIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Orders", "2nd", "a--b", "orders-", strings.Repeat("x", 37)} {
		_, err := componentstest.Record(func(ctx *pulumi.Context) error {
			_, err := database.New(ctx, name, database.Args{})
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "is not at most 36 lower-case letters, digits and single hyphens, with a letter first") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
