package views

import "github.com/trunkline-dev/trunkline/internal/gitops"

// dry tells whether the run only looks.
func dry(r gitops.RunProgress) bool { return r.DryRun || r.Operation == gitops.Preview }

// doing says what a run does, as a participle.
func doing(r gitops.RunProgress) string {
	switch {
	case r.Operation == gitops.Refresh && dry(r):
		return "reading"
	case dry(r):
		return "previewing"
	}
	return map[gitops.Operation]string{
		gitops.Update: "updating", gitops.Refresh: "refreshing", gitops.Destroy: "destroying", gitops.Import: "importing",
	}[r.Operation]
}

// opWords are a resource operation while it runs and when it is done.
func opWords(op gitops.Op) (doing, done string) {
	switch op {
	case gitops.OpCreate:
		return "creating", "created"
	case gitops.OpUpdate:
		return "updating", "updated"
	case gitops.OpReplace:
		return "replacing", "replaced"
	case gitops.OpDelete:
		return "deleting", "deleted"
	case gitops.OpRead:
		return "reading", "read"
	case gitops.OpImport:
		return "importing", "imported"
	case gitops.OpRefresh:
		return "refreshing", "refreshed"
	case gitops.OpForget:
		return "forgetting", "forgotten"
	}
	return "checking", "unchanged"
}
