package driver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/secrets"
)

// RotateOptions says to what secrets move.
type RotateOptions struct {
	// To is key, passphrase or the URL of a KMS; empty means the same provider as
	// before, with a new key.
	To string
	// Phrase asks for the new passphrase, when one is needed.
	Phrase func() (string, error)
}

// Rotation is what a rotation did.
type Rotation struct {
	Environment string `json:"environment"`
	// Provider and Key are what encrypts now. Key is the ID of a key in the key
	// file and empty for the other providers.
	Provider string `json:"provider"`
	Key      string `json:"key,omitempty"`
	// Resumed tells that an earlier rotation was finished instead of a new one
	// begun.
	Resumed bool `json:"resumed"`
	// File is the environment's file, Wrote tells that it changed, and Values
	// counts the secrets in it that were encrypted anew.
	File   string `json:"file"`
	Wrote  bool   `json:"wrote"`
	Values int    `json:"values"`
	// Stacks are the stacks whose state was encrypted anew, Failed those whose
	// state was not. Older counts the kept versions of their states, which stay as
	// they were.
	Stacks []gitops.StackID `json:"stacks"`
	Failed []gitops.StackID `json:"failed"`
	Older  int              `json:"older"`

	causes []error // of each of Failed
}

// Err tells why a rotation is not finished, and how it is.
func (r *Rotation) Err() error {
	if len(r.Failed) == 0 {
		return nil
	}
	left := &gitops.Error{Kind: gitops.KindOf(r.causes[0]), What: "a state of " + r.Environment + " is still encrypted with the old key",
		Next: "trunkline secret rotate -e " + r.Environment + " goes on from here, once that is mended"}
	if n := len(r.Failed); n > 1 {
		left.What = fmt.Sprintf("%d states of %s are still encrypted with the old key", n, r.Environment)
	}
	return errors.Join(append(slices.Clone(r.causes), left)...)
}

// rotation is a rotation on its way.
type rotation struct {
	*Session
	env      *environments.Environment
	opts     RotateOptions
	from, to automation.Secrets
	refs     []gitops.StackID
	out      *Rotation
}

// Rotate encrypts the secrets of an environment with another key: those in its
// file, and the state of each of its stacks under its lease. It may be
// interrupted anywhere and repeated: the file changes in one step and names the
// new key before any state needs it, and the old one still opens what is left.
func (s *Session) Rotate(ctx context.Context, environment string, o RotateOptions) (*Rotation, error) {
	env, err := s.Environment(environment)
	if err != nil {
		return nil, err
	}
	r := &rotation{Session: s, env: env, opts: o, from: s.d.secretsOf(env),
		out: &Rotation{Environment: env.Name, File: env.File, Stacks: []gitops.StackID{}, Failed: []gitops.StackID{}}}
	for _, step := range []func(*rotation, context.Context) error{
		(*rotation).findStacks, // which states there are
		(*rotation).choose,     // the new provider; an unfinished rotation is taken up
		(*rotation).begin,      // a new one, which waits for nobody: all stacks are free
		(*rotation).rewrite,    // the file names the new key, and all its values are of it
		(*rotation).states,     // so is the state of each stack, unless somebody holds it
		(*rotation).countOlder, // what stays as it was
	} {
		if err := step(r, ctx); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}

func (r *rotation) findStacks(ctx context.Context) error {
	infos, err := r.infos(ctx, r.env.Name)
	r.refs = slices.SortedFunc(maps.Keys(infos), gitops.StackID.Compare)
	return err
}

// choose decides what the secrets move to. Nothing is made yet, but the first key
// where there is none.
func (r *rotation) choose(ctx context.Context) (err error) {
	to := r.opts.To
	if to == "" {
		to = r.from.Provider
	}
	r.out.Provider = to
	r.to = automation.Secrets{Provider: to, Passphrase: r.d.passphrase}
	switch {
	case to == keyProvider:
		if _, _, err = r.crypter(ctx, r.env, r.to); err == nil && r.from.Provider == keyProvider {
			r.out.Resumed, err = r.unfinished(ctx, r.to)
		}
	case to == passphraseProvider:
		err = r.choosePhrase(ctx)
	case to == r.from.Provider && r.from.EncryptedKey != "":
		if r.out.Resumed, err = r.unfinished(ctx, r.from); r.out.Resumed {
			r.to = r.from
		}
	}
	return err
}

// begin makes a newer key when all is encrypted with the newest one. A rotation
// is not begun while somebody works on a stack, whose state would stay behind.
func (r *rotation) begin(ctx context.Context) error {
	if !r.out.Resumed {
		if err := r.free(ctx); err != nil {
			return err
		}
	}
	if r.out.Provider != keyProvider {
		return nil
	}
	if !r.out.Resumed && r.from.Provider == keyProvider {
		if _, err := secrets.AddKey(r.d.keyPath()); err != nil {
			return err
		}
	}
	k, err := secrets.OpenKeyFile(r.d.keyPath())
	if err == nil {
		r.out.Key = k.KeyID()
	}
	return err
}

// free refuses a stack that somebody holds.
func (r *rotation) free(ctx context.Context) error {
	store, err := r.d.store(ctx, r.env)
	if err != nil {
		return err
	}
	for _, id := range r.refs {
		leases, err := store.Leases(ctx, r.ref(id))
		if err != nil {
			return err
		}
		if len(leases) == 0 {
			continue
		}
		err = locked(id, &gitops.LockedError{Lease: leases[0]})
		var told *gitops.Error
		if errors.As(err, &told) {
			told.What += ": no rotation was begun"
			told.Next += "; then repeat the command"
		}
		return err
	}
	return nil
}

// choosePhrase asks for the new passphrase. When it is the one of the salt in
// the file already, an earlier rotation came that far.
func (r *rotation) choosePhrase(ctx context.Context) error {
	phrase, err := r.opts.Phrase()
	if err != nil {
		return err
	}
	r.to.Passphrase = func() (string, bool, error) { return phrase, true, nil }
	if r.from.EncryptionSalt == "" {
		return nil
	}
	if old, ok, err := r.d.passphrase(); err == nil && ok && old == phrase {
		return &gitops.Error{Kind: gitops.Invalid, What: "the new passphrase is the old one",
			Next: "give the old one in " + passphraseVar + " and another one on standard input"}
	}
	same := r.to
	same.EncryptionSalt = r.from.EncryptionSalt
	_, _, err = r.crypter(ctx, r.env, same)
	if gitops.KindOf(err) == gitops.Denied {
		return nil
	}
	r.to, r.out.Resumed = same, err == nil
	return err
}

// unfinished tells whether something of the environment is not encrypted with
// what an earlier rotation chose.
func (r *rotation) unfinished(ctx context.Context, now automation.Secrets) (bool, error) {
	newest := ""
	if now.Provider == keyProvider {
		k, err := secrets.OpenKeyFile(r.d.keyPath())
		if err != nil {
			return false, err
		}
		newest = k.KeyID()
		for _, c := range r.env.Ciphertexts() {
			if secrets.KeyOf(c.Ciphertext) != newest {
				return true, nil
			}
		}
	}
	for _, id := range r.refs {
		used, err := r.sealing(ctx, id)
		if err != nil {
			return false, err
		}
		if used.Type != "" && !used.is(now, newest) { // a state that was never saved has nothing encrypted
			return true, nil
		}
	}
	return false, nil
}

// rewrite changes the file: all values and what encrypts them, or nothing.
func (r *rotation) rewrite(ctx context.Context) error {
	open, err := r.opener(ctx)
	if err != nil {
		return err
	}
	after, made, err := r.crypter(ctx, r.env, r.to)
	if err != nil {
		return err
	}
	r.to = made
	_, err = r.editFile(r.env, func(before []byte) ([]byte, error) {
		data, err := environments.Reencrypt(r.env.File, before, func(s environments.Secret) (string, error) {
			if r.out.Resumed && secrets.KeyOf(s.Ciphertext) == r.out.Key {
				return s.Ciphertext, nil // of the newest key, or of no key file
			}
			plain, err := open(s.Ciphertext)
			if err != nil {
				return "", err
			}
			r.out.Values++
			return after.Encrypt(plain)
		})
		if err != nil {
			return nil, err
		}
		edited, err := environments.SetSecrets(data, kept(made))
		r.out.Wrote = string(edited) != string(before)
		return edited, err
	})
	r.env.Secrets = kept(made)
	return err
}

// opener decrypts the values of the file. Where it has a salt or wrapped key, it
// is opened now: the states may need it, even when the file has no value.
func (r *rotation) opener(ctx context.Context) (func(string) (string, error), error) {
	with := r.from
	if r.out.Resumed {
		with = r.to // the file is there already
	}
	open := func() (crypter, error) {
		if with.Provider == passphraseProvider && with.EncryptionSalt == "" {
			return nil, gitops.Errorf(gitops.Invalid, "the file has secrets and no salt under `secrets:`")
		}
		c, _, err := r.crypter(ctx, r.env, with)
		return c, err
	}
	if with.EncryptionSalt != "" || with.EncryptedKey != "" {
		c, err := open()
		if err != nil {
			return nil, err
		}
		return c.Decrypt, nil
	}
	return lazyDecrypt(open), nil
}

// states encrypts the state of each stack anew. One that cannot be had now does
// not keep the others back.
func (r *rotation) states(ctx context.Context) error {
	cmd, err := r.d.command(ctx, r.env, r.Plugins)
	if err != nil {
		return err
	}
	for _, id := range r.refs {
		if err := ctx.Err(); err != nil {
			return &gitops.Error{Kind: gitops.Cancelled, What: "stopped before the state of " + id.String() + " was encrypted anew", Err: err,
				Next: "repeat the command: it goes on from here"}
		}
		used, err := r.sealing(ctx, id)
		if err == nil && !used.journal && used.is(r.to, r.out.Key) {
			continue
		}
		if err == nil {
			err = locked(id, cmd.Reencrypt(ctx, r.ref(id), r.from, r.to))
		}
		if gitops.KindOf(err) != gitops.Locked && err != nil { // that error names the stack
			err = fmt.Errorf("%s: %w", id, err)
		}
		if err != nil {
			r.out.Failed, r.out.causes = append(r.out.Failed, id), append(r.out.causes, err)
			continue
		}
		r.out.Stacks = append(r.out.Stacks, id)
	}
	return nil
}

func (r *rotation) countOlder(ctx context.Context) error {
	store, err := r.d.store(ctx, r.env)
	if err != nil {
		return err
	}
	for _, id := range r.refs {
		kept, err := store.Generations(ctx, r.ref(id))
		if err != nil {
			return err
		}
		r.out.Older += max(0, len(kept)-1)
	}
	return nil
}
