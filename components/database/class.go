package database

import (
	"strconv"
	"strings"
)

// burstable tells whether a class earns and spends processor credits.
func burstable(class string) bool { return strings.HasPrefix(class, "db.t") }

// memoryGiB is the memory of a class, 0 when its family is not known. Within a
// family the sizes double; a large has 8 GiB in the families m and t, 4 in c, 16
// in r and 32 in x.
func memoryGiB(class string) float64 {
	parts := strings.Split(class, ".") // db.t4g.micro
	if len(parts) != 3 || parts[1] == "" {
		return 0
	}
	large := map[byte]float64{'t': 8, 'm': 8, 'c': 4, 'r': 16, 'x': 32}[parts[1][0]]
	if many, xlarge := strings.CutSuffix(parts[2], "xlarge"); xlarge && many != "" {
		n, err := strconv.Atoi(many)
		if err != nil || n < 1 {
			return 0
		}
		return large * 2 * float64(n)
	}
	return large * map[string]float64{"micro": 1. / 8, "small": 1. / 4, "medium": 1. / 2, "large": 1, "xlarge": 2}[parts[2]]
}

// maxConnections is what RDS allows on a class unless a parameter says
// otherwise: LEAST({DBInstanceClassMemory/9531392}, 5000).
func maxConnections(class string) int {
	return int(min(memoryGiB(class)*(1<<30)/9531392, 5000))
}
