package driver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/secrets"
)

// checkKey holds the key file against what is encrypted with its keys. No key is
// well only as long as nothing needs one.
func (d *Driver) checkKey(ctx context.Context) Finding {
	var have []string
	k, err := secrets.OpenKeyFile(d.keyPath())
	switch {
	case err == nil:
		have = k.KeyIDs()
	case !errors.Is(err, fs.ErrNotExist):
		return finding("key", "", err)
	}
	lacks := lacking(d.keyNeeds(ctx), have)
	detail := strings.Join(have, ", ")
	switch {
	case len(lacks) > 0 && len(have) == 0:
		detail = "there is no key file " + d.keyPath()
	case len(have) == 0:
		return Finding{Level: LevelOK, Name: "key", Detail: "none yet; it is made with the first stack"}
	}
	if len(lacks) == 0 {
		return finding("key", detail, nil)
	}
	return Finding{Level: LevelFail, Name: "key", Detail: detail + ", but " + strings.Join(lacks, "; "),
		Fix: "put the key file that holds it at " + d.keyPath() + ", from your backup or from who made it, and: chmod 600; a new key would open nothing"}
}

// keyNeed is something that is encrypted with a key of the key file.
type keyNeed struct{ who, key string }

// lacking says of each key that is not there who needs it.
func lacking(needs []keyNeed, have []string) []string {
	who := map[string][]string{}
	for _, n := range needs {
		if !slices.Contains(have, n.key) {
			who[n.key] = append(who[n.key], n.who)
		}
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(who)) {
		names := who[key]
		if more := len(names) - 8; more > 0 {
			names = append(names[:8:8], fmt.Sprintf("%d more", more))
		}
		out = append(out, "key "+key+" is needed by "+strings.Join(names, ", "))
	}
	return out
}

// keyNeeds lists the states and the environments' files that need a key. What
// cannot be read is left to the checks that are about it.
func (d *Driver) keyNeeds(ctx context.Context) []keyNeed {
	envs, err := environments.Load(os.DirFS(d.Root), "environments")
	if err != nil || len(envs) == 0 {
		envs = []*environments.Environment{{}}
	}
	var out []keyNeed
	seen := map[gitops.StateStore]bool{}
	for _, env := range envs {
		for _, c := range env.Ciphertexts() {
			if id := secrets.KeyOf(c.Ciphertext); id != "" {
				out = append(out, keyNeed{c.Pos.String(), id})
			}
		}
		store, err := d.store(ctx, env)
		if err != nil || seen[store] {
			continue
		}
		seen[store] = true
		out = append(out, stateNeeds(ctx, store, d.Project)...)
	}
	return out
}

func stateNeeds(ctx context.Context, store gitops.StateStore, project string) []keyNeed {
	stacks, err := store.Stacks(ctx, project)
	if err != nil {
		return nil
	}
	var out []keyNeed
	for _, info := range stacks {
		used, err := sealingOf(ctx, store, info.Ref)
		if err != nil || used.Type != sealedByKey {
			continue
		}
		who := info.Ref.String()
		if id, err := gitops.ParsePulumiName(info.Ref.Stack); err == nil {
			who = id.String()
		}
		out = append(out, keyNeed{who, used.State.Key})
	}
	return out
}
