package diy

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	pulumidiy "github.com/pulumi/pulumi/pkg/v3/backend/diy"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// ours is the directory of what Pulumi knows nothing of. Everything in it is a
// numbered object that one writer creates and that the next number follows, so
// that creating is the only thing that has to exclude others.
const ours = ".pulumi/trunkline"

// The directories of one stack below ours. They end in a slash.
func leaseDir(ref gitops.StackRef) string   { return ours + "/leases/" + ref.String() + "/" }
func versionDir(ref gitops.StackRef) string { return ours + "/versions/" + ref.String() + "/" }
func lineDir(ref gitops.StackRef) string    { return ours + "/line/" + ref.String() + "/" }
func journalDir(ref gitops.StackRef) string { return ours + "/journal/" + ref.String() + "/" }
func asideDir(ref gitops.StackRef) string   { return ours + "/aside/" + ref.String() + "/" }

// Pulumi's own directories.
func checkpointBase(ref gitops.StackRef) string {
	return filepath.ToSlash(pulumidiy.StacksDir) + "/" + ref.String()
}

func historyDir(ref gitops.StackRef) string {
	return filepath.ToSlash(pulumidiy.HistoriesDir) + "/" + ref.String() + "/"
}

func backupDir(ref gitops.StackRef) string {
	return filepath.ToSlash(pulumidiy.BackupsDir) + "/" + ref.String() + "/"
}

func lockDir(ref gitops.StackRef) string {
	return ".pulumi/locks/organization/" + ref.String() + "/"
}

// numbered is the key of an object whose name is its number.
func numbered(dir string, n int64) string { return fmt.Sprintf("%s%016d.json", dir, n) }

// numberOf is the inverse of numbered.
func numberOf(key string) (int64, bool) {
	name, ok := strings.CutSuffix(path.Base(key), ".json")
	if !ok || len(name) != 16 {
		return 0, false
	}
	n, err := strconv.ParseInt(name, 10, 64)
	return n, err == nil && n >= 0
}

// checkpointKinds are the endings of checkpoints: plain and compressed.
func checkpointKinds() []string { return []string{".json", ".json.gz", ".json.zst"} }

// historyKey is the key of a file of Pulumi's history. what is "history" or
// "checkpoint", kind one of checkpointKinds.
func historyKey(ref gitops.StackRef, stamp int64, what, kind string) string {
	return fmt.Sprintf("%s%s-%d.%s%s", historyDir(ref), ref.Stack, stamp, what, kind)
}

// stampOf reads the time in the name of a file of Pulumi's history, in
// nanoseconds since 1970, when the file is of the kind what.
func stampOf(key, what string) (stamp int64, ok bool) {
	name := path.Base(key)
	for _, kind := range checkpointKinds() {
		head, found := strings.CutSuffix(name, "."+what+kind)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(head[strings.LastIndexByte(head, '-')+1:], 10, 64)
		return n, err == nil && n > 0
	}
	return 0, false
}

// backupKey is the key of a checkpoint in Pulumi's backups.
func backupKey(ref gitops.StackRef, stamp int64, kind string) string {
	return fmt.Sprintf("%s%s.%d%s", backupDir(ref), ref.Stack, stamp, kind)
}

// kindOf is the ending of a checkpoint's key.
func kindOf(key string) string {
	for _, kind := range checkpointKinds()[1:] {
		if strings.HasSuffix(key, kind) {
			return kind
		}
	}
	return ".json"
}
