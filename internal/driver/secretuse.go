package driver

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/secrets"
)

// sealing is what a state says about how its secrets are encrypted.
type sealing struct {
	Type string `json:"type"`
	// State has one of the fields, by the type.
	State struct {
		Key          string `json:"key"`
		Salt         string `json:"salt"`
		URL          string `json:"url"`
		EncryptedKey []byte `json:"encryptedkey"`
	} `json:"state"`
	// journal tells that a writer left entries behind, which have to be folded in
	// first.
	journal bool
}

// sealedByKey is the type of a state whose secrets a key of the key file encrypts.
const sealedByKey = "trunkline-key"

// is tells whether the settings encrypt in this way. key is the ID of the key
// for provider key. What a journal holds is not looked at.
func (u sealing) is(s automation.Secrets, key string) bool {
	switch s.Provider {
	case keyProvider:
		return u.Type == sealedByKey && u.State.Key == key
	case passphraseProvider:
		return u.Type == "passphrase" && u.State.Salt == s.EncryptionSalt
	}
	raw, err := base64.StdEncoding.DecodeString(s.EncryptedKey)
	return err == nil && u.Type == "cloud" && u.State.URL == s.Provider && bytes.Equal(u.State.EncryptedKey, raw)
}

// sealing reads what the state of a stack says.
func (s *Session) sealing(ctx context.Context, id gitops.StackID) (sealing, error) {
	env, err := s.Environment(id.Environment)
	if err != nil {
		return sealing{}, err
	}
	store, err := s.d.store(ctx, env)
	if err != nil {
		return sealing{}, err
	}
	return sealingOf(ctx, store, s.ref(id))
}

func sealingOf(ctx context.Context, store gitops.StateStore, ref gitops.StackRef) (sealing, error) {
	st, err := store.Load(ctx, ref)
	if err != nil {
		return sealing{}, err
	}
	var doc struct {
		Deployment struct {
			Secrets sealing `json:"secrets_providers"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal(st.Deployment, &doc); err != nil {
		return sealing{}, &gitops.Error{Kind: gitops.Failed, What: "the state of stack " + ref.String() + " cannot be read", Err: err}
	}
	doc.Deployment.Secrets.journal = len(st.Journal) > 0
	return doc.Deployment.Secrets, nil
}

// leaseTime is how long the stacks are held while old keys are removed.
const leaseTime = time.Minute

// ForgetOldKeys removes every key but the newest from the key file and returns
// their IDs. It refuses as long as a file or a present state needs one of them,
// and holds every stack meanwhile. Older versions of states, commits and backups
// that need a removed key cannot be opened any more.
func (s *Session) ForgetOldKeys(ctx context.Context) ([]string, error) {
	k, err := secrets.OpenKeyFile(s.d.keyPath())
	if err != nil {
		return nil, err
	}
	old := k.KeyIDs()[1:]
	if len(old) == 0 {
		return nil, nil
	}
	if s.leftOut != nil { // it may need an old key
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "no key is removed while an environment's file cannot be read", Err: s.leftOut,
			Next: "mend the file, then: trunkline validate"}
	}
	if err := s.unusedInFiles(old); err != nil {
		return nil, err
	}
	release, err := s.holdUsers(ctx, k.KeyIDs())
	defer release()
	if err != nil {
		return nil, err
	}
	now, err := secrets.ForgetKeys(s.d.keyPath(), []string{k.KeyID()})
	if err != nil {
		return nil, err
	}
	if now.KeyID() != k.KeyID() {
		return nil, gitops.Errorf(gitops.Bug, "the key file holds key %s, and should hold %s", now.KeyID(), k.KeyID())
	}
	return old, nil
}

// unusedInFiles refuses old keys that a value in a file of the work tree needs.
func (s *Session) unusedInFiles(old []string) error {
	for _, env := range s.Environments {
		data, err := s.readFile(env)
		if err != nil {
			return err
		}
		list, err := environments.SecretsOf(env.File, data)
		if err != nil {
			return &gitops.Error{Kind: gitops.Invalid, Err: err}
		}
		for _, c := range list {
			if id := secrets.KeyOf(c.Ciphertext); slices.Contains(old, id) {
				return &gitops.Error{Kind: gitops.Unexpected, Where: c.Pos.String(), What: "the value needs the old key " + id,
					Next: "trunkline secret rotate -e " + env.Name}
			}
		}
	}
	return nil
}

// holdUsers takes every stack whose state is of one of the keys, the newest
// first, and refuses when one needs an old key.
func (s *Session) holdUsers(ctx context.Context, keys []string) (release func(), err error) {
	var held []gitops.Lease
	release = func() {
		for _, l := range held {
			_ = l.Release(context.WithoutCancel(ctx)) // it ends by itself
		}
	}
	seen := map[gitops.StateStore]bool{}
	for _, env := range append([]*environments.Environment{{}}, s.Environments...) {
		store, err := s.d.store(ctx, env)
		if err != nil {
			return release, err
		}
		if seen[store] {
			continue
		}
		seen[store] = true
		all, err := store.Stacks(ctx, "")
		if err != nil {
			return release, err
		}
		for _, info := range all {
			l, err := hold(ctx, store, info.Ref, keys)
			if l != nil {
				held = append(held, l)
			}
			if err != nil {
				return release, err
			}
		}
	}
	for _, l := range held { // to take them all may have lasted longer than the first ones do
		if err := l.Renew(ctx); err != nil {
			return release, err
		}
	}
	return release, nil
}

// hold takes one stack when its state is of one of the keys.
func hold(ctx context.Context, store gitops.StateStore, ref gitops.StackRef, keys []string) (gitops.Lease, error) {
	used, err := sealingOf(ctx, store, ref)
	if err != nil {
		return nil, err
	}
	if used.Type != sealedByKey || !slices.Contains(keys, used.State.Key) {
		return nil, nil
	}
	id, err := gitops.ParsePulumiName(ref.Stack)
	if err != nil {
		id = gitops.StackID{Name: ref.Stack, Environment: "ENV"}
	}
	l, err := store.Lease(ctx, ref, gitops.LeaseRequest{Holder: holder(), Operation: "forget-old-keys", TTL: leaseTime})
	if err != nil {
		return nil, locked(id, err)
	}
	used, err = sealingOf(ctx, store, ref)
	if err == nil && (used.State.Key != keys[0] || used.journal) {
		err = &gitops.Error{Kind: gitops.Unexpected, What: "the state of stack " + ref.String() + " needs the old key " + used.State.Key,
			Next: "trunkline secret rotate -e " + id.Environment}
		if used.journal {
			err = errors.Join(err, errors.New("an operation on it was not finished"))
		}
	}
	return l, err
}
