package realforge

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	sdk "code.gitea.io/sdk/gitea"
)

// TestWorkflow pushes the workflow that "init ci" writes, and hands over an
// approval as the record of an update says: Gitea reads the workflow, takes the
// inputs and makes a job for each of its jobs.
func TestWorkflow(t *testing.T) {
	s := newStory(t)
	_, _, err := s.author.EditRepo("author", s.name, sdk.EditRepoOption{HasActions: new(true)})
	must(t, err)
	s.say("ana writes the workflow")
	s.run(s.dir, nil, s.program, "init", "ci", "gitea")
	s.git("add", "--all")
	s.push("main", "Deliver by Gitea Actions")

	s.say("somebody approves what production waits for")
	inputs := map[string]string{"environment": "production", "commit": s.Trunk(t), "digest": "sha256:0"}
	body, err := json.Marshal(map[string]any{"ref": "main", "inputs": inputs})
	must(t, err)
	if status, answer := s.api(http.MethodPost, "actions/workflows/trunkline.yml/dispatches", body); status != http.StatusNoContent {
		t.Fatalf("the inputs are not taken: %d %s", status, answer)
	}
	if status, answer := s.api(http.MethodGet, "actions/runs?event=workflow_dispatch", nil); status != http.StatusOK || !strings.Contains(answer, `"path":"trunkline.yml@refs/heads/main"`) {
		t.Errorf("no run was made: %d %s", status, answer)
	}
	if jobs := s.jobs(); !slices.Equal(jobs, []string{"drift", "preview", "update"}) { // two of which end by their conditions
		t.Errorf("the jobs are %q", jobs)
	}
}

// api asks what the client library does not know.
func (s *story) api(method, path string, body []byte) (status int, answer string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+"/api/v1/repos/author/"+s.name+"/"+path, bytes.NewReader(body))
	must(s.t, err)
	req.Header.Set("Authorization", "token "+s.accounts["author"])
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(s.t, err)
	return resp.StatusCode, string(text)
}

// jobs are the names of the jobs that Gitea has made.
func (s *story) jobs() []string {
	s.t.Helper()
	_, answer := s.api(http.MethodGet, "actions/jobs", nil)
	var found struct {
		Jobs []struct {
			Name string `json:"name"`
		} `json:"jobs"`
	}
	must(s.t, json.Unmarshal([]byte(answer), &found))
	var out []string
	for _, j := range found.Jobs {
		if !slices.Contains(out, j.Name) { // the push may have made them, too
			out = append(out, j.Name)
		}
	}
	slices.Sort(out)
	return out
}
