package database

import "testing"

func TestMemoryFollowsFamilyAndSize(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]float64{
		"db.t4g.micro": 1, "db.t3.small": 2, "db.t4g.medium": 4, "db.m6g.large": 8, "db.m7g.xlarge": 16, "db.m6gd.2xlarge": 32,
		"db.r6g.large": 16, "db.r6i.4xlarge": 128, "db.c6gd.medium": 2, "db.x2g.large": 32, "db.m5.24xlarge": 384,
		"db.z1d.large": 0, "db.m6g.huge": 0, "db.m6g.0xlarge": 0, "db.m6g.-1xlarge": 0, "db.m6g": 0, "db..large": 0,
	} {
		if got := memoryGiB(class); got != want {
			t.Errorf("%s has %v GiB, want %v", class, got, want)
		}
	}
}

func TestConnectionsAreWhatRDSComputes(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]int{"db.t4g.micro": 112, "db.m6g.large": 901, "db.r6g.8xlarge": 5000} {
		if got := maxConnections(class); got != want {
			t.Errorf("%s allows %d connections, want %d", class, got, want)
		}
	}
}
