package gitlab

import (
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Report is the content of a job's "terraform" report: merge requests show its
// three counts. A replacement is a deletion and a creation.
//
// https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsterraform
func Report(s gitops.Summary) []byte {
	return fmt.Appendf(nil, `{"create":%d,"update":%d,"delete":%d}`+"\n", s.Create+s.Replace, s.Update, s.Delete+s.Replace)
}
