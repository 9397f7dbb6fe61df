package automation

import (
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackHistory is `stack history`.
type stackHistory struct {
	json, show     bool
	fullDates      bool
	pageSize, page int
}

func (a *stackHistory) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
	fs.BoolVar(&a.show, "show-secrets", false, "print secrets in plain text")
	fs.BoolVar(&a.fullDates, "full-dates", false, "dates instead of how long ago")
	fs.IntVar(&a.pageSize, "page-size", 10, "updates on a page")
	fs.IntVar(&a.page, "page", 1, "page, from 1")
}

// update is the JSON that auto reads into UpdateSummary.
type update struct {
	Version         int64                  `json:"version"`
	Kind            string                 `json:"kind"`
	StartTime       string                 `json:"startTime"`
	Message         string                 `json:"message"`
	Environment     map[string]string      `json:"environment"`
	Config          map[string]configValue `json:"config"`
	Result          string                 `json:"result,omitempty"`
	EndTime         *string                `json:"endTime,omitempty"`
	ResourceChanges *map[string]int        `json:"resourceChanges,omitempty"`
}

func (a *stackHistory) run(s *session, _ []string) error {
	switch {
	case a.pageSize < 1 || a.page < 1:
		return usage("--page-size and --page must be at least 1")
	}
	ref, err := s.ref(false)
	if err != nil {
		return err
	}
	if ref, err = s.followRename(ref); err != nil {
		return err
	}
	records, err := s.be.store.History(s.ctx, ref, a.pageSize, (a.page-1)*a.pageSize)
	if err != nil {
		return err
	}
	if !a.json {
		return s.tellHistory(records, a.page, a.fullDates)
	}
	open := func() (config.Decrypter, error) { return s.decrypter(ref) }
	list := []update{} // never null
	for _, r := range records {
		u, err := renderUpdate(r, a.show, open)
		if err != nil {
			return err
		}
		list = append(list, u)
	}
	return s.json(list)
}

// followRename is the stack itself, or its new name when this Command has
// renamed it: auto.Rename asks for the history of the old name.
func (s *session) followRename(ref gitops.StackRef) (gitops.StackRef, error) {
	_, err := s.find(ref)
	if gitops.KindOf(err) != gitops.NotFound {
		return ref, err
	}
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	if now, renamed := s.core.renamed[ref]; renamed {
		return now, nil
	}
	return ref, err
}

func (s *session) decrypter(ref gitops.StackRef) (config.Decrypter, error) {
	st, err := s.engineStack(ref)
	if err != nil {
		return nil, err
	}
	c, _, err := s.be.api.Crypter(s.ctx, st)
	return c, err
}

// renderUpdate makes the JSON of one update. open is called when there is a
// secret to show. One that cannot be opened any more, say because the key has
// changed since, does not hide the history.
func renderUpdate(r gitops.UpdateRecord, show bool, open func() (config.Decrypter, error)) (update, error) {
	u := update{
		Version: r.Version, Kind: string(r.Operation), StartTime: formatTime(r.Started), Message: r.Message,
		Environment: r.Environment, Config: map[string]configValue{}, Result: r.Result,
	}
	if r.Result != "in-progress" {
		end, changes := formatTime(r.Ended), r.Changes
		if changes == nil {
			changes = map[string]int{}
		}
		u.EndTime, u.ResourceChanges = &end, &changes
	}
	cfg := config.Map{}
	if len(r.Config) > 0 {
		if err := json.Unmarshal(r.Config, &cfg); err != nil {
			return u, gitops.Errorf(gitops.Failed, "read the configuration of update %d: %w", r.Version, err)
		}
	}
	var d config.Decrypter
	if show && cfg.HasSecureValue() {
		var err error
		if d, err = open(); err != nil {
			return u, err
		}
	}
	for k, v := range cfg {
		cv, err := renderValue(v, d)
		if err != nil {
			lost := "ERROR_UNABLE_TO_DECRYPT"
			cv = configValue{Value: &lost, Secret: v.Secure()}
		}
		u.Config[k.String()] = cv
	}
	return u, nil
}
