package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func secretCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "secret", Short: "Write secrets into environment files, and change what encrypts them"}
	for _, sub := range []*cobra.Command{secretSet(g), secretInit(g), secretRotate(g)} {
		sub.Flags().StringSliceVarP(&g.envs, "env", "e", nil, "environment")
		_ = sub.RegisterFlagCompletionFunc("env", g.completeEnv)
		cmd.AddCommand(sub)
	}
	return cmd
}

func secretSet(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "set STACK.KEY",
		Short: "Encrypt a value from standard input into an environment file",
		Long: `Read a secret from standard input, encrypt it as the environment's file says, and
write it to that file. The value never stands on a command line. Comments and
layout of the file stay. The stack's settings must have a secret of that name.`,
		Example: "  trunkline secret set -e dev STACK.KEY < password.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(g.envs) != 1 {
				return g.needEnv()
			}
			value, err := g.readSecret("secret")
			if err != nil {
				return err
			}
			return g.session(cmd.Context(), driver.OpenOptions{Unchecked: true}, func(ctx context.Context, s *driver.Session) error {
				path, err := s.SetSecret(ctx, g.envs[0], args[0], value)
				if err != nil {
					return err
				}
				return g.say("wrote %s to %s, encrypted", args[0], path)
			})
		},
	}
}

func secretInit(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Make the salt or data key that an environment's secrets need",
		Long: `Make what the environment's file lacks to encrypt secrets: a salt for its
passphrase, or a data key that its KMS wraps. Both go into the file, are useless
without the passphrase or the KMS, and must be committed. What is there stays.`,
		Example: "  PULUMI_CONFIG_PASSPHRASE_FILE=~/.estate-passphrase trunkline secret init -e dev",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(g.envs) != 1 {
				return g.needEnv()
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				path, wrote, err := s.InitSecrets(ctx, g.envs[0])
				switch {
				case err != nil:
					return err
				case !wrote:
					return g.say("%s is ready to encrypt secrets", g.envs[0])
				}
				return g.say("wrote what encrypts the secrets of %s to %s: commit it", g.envs[0], path)
			})
		},
	}
}

func secretRotate(g *globals) *cobra.Command {
	var to string
	var forget bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt the secrets of environments with a new key",
		Long: `Make a new key, and encrypt with it every secret in the environment's file and
the state of each of its stacks. --to changes the provider: key, passphrase, or
the URL of a KMS. A new passphrase is read from standard input; the old one stays
in PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE for this command.

An interrupted rotation is finished by the same command. Older versions of
states, and older commits, still need the old key. --forget-old removes old keys
from the key file as soon as no file and no present state needs them.

This changes who can read the secrets from now on, not what was read before:
change the secrets themselves when a key was seen.`,
		Example: `  trunkline secret rotate -e dev
  trunkline secret rotate -e production --to 'awskms://alias/estate?region=eu-west-1'
  trunkline secret rotate --forget-old`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			if len(g.envs) == 0 && (!forget || to != "") {
				return g.needEnv()
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				list, err := g.rotate(ctx, s, to)
				if err == nil && forget {
					err = g.forgetOld(ctx, s)
				}
				if g.output != formatJSON || err != nil && len(list) == 0 {
					return err
				}
				// What was done is told, whatever failed later.
				if shown := g.json(map[string]any{"schema": "trunkline.rotation/v1", "rotations": list}); err == nil {
					err = shown
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "provider to change to: key, passphrase or a KMS URL")
	cmd.Flags().BoolVar(&forget, "forget-old", false, "remove old keys from the key file that nothing present needs")
	return cmd
}

// rotate rotates one environment after the other and says what was done.
func (g *globals) rotate(ctx context.Context, s *driver.Session, to string) ([]*driver.Rotation, error) {
	list := []*driver.Rotation{}
	phrase := sync.OnceValues(g.newPassphrase)
	for _, env := range g.envs {
		r, err := s.Rotate(ctx, env, driver.RotateOptions{To: to, Phrase: phrase})
		if err != nil {
			if len(g.envs) > 1 {
				err = fmt.Errorf("%s: %w", env, err)
			}
			return list, err
		}
		list = append(list, r)
		if err := g.rotated(r); err != nil {
			return list, err
		}
		if err := r.Err(); err != nil {
			return list, err
		}
	}
	return list, nil
}

// rotated says what was done, and nothing of what was not.
func (g *globals) rotated(r *driver.Rotation) error {
	with := r.Provider
	if r.Key != "" {
		with = "key " + r.Key
	}
	var said []string
	add := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if r.Resumed {
		add("%s: not everything is encrypted with the newest %s yet: going on with that, not making another one", r.Environment, keyWord(r))
	}
	switch {
	case r.Values+len(r.Stacks) > 0 || r.Wrote:
		add("%s: %s in %s and %s are now encrypted with %s", r.Environment, plural(r.Values, "secret"), r.File, plural(len(r.Stacks), "state"), with)
	case len(r.Failed) > 0:
		add("%s: nothing could be encrypted with %s this time", r.Environment, with)
	default:
		add("%s: nothing is encrypted yet; what will be is encrypted with %s", r.Environment, with)
	}
	if r.Older > 0 {
		add("%s: %s of states stay encrypted as they were; to restore one takes the old key", r.Environment, plural(r.Older, "older version"))
	}
	if r.Provider == "passphrase" {
		add("%s: from now on its commands need the new passphrase in PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE", r.Environment)
	}
	if r.Wrote {
		add("commit %s", r.File)
	}
	return g.say("%s", strings.Join(said, "\n"))
}

// keyWord is what a rotation makes anew.
func keyWord(r *driver.Rotation) string {
	if r.Provider == "passphrase" {
		return "passphrase"
	}
	return "key"
}

// plural counts things.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (g *globals) forgetOld(ctx context.Context, s *driver.Session) error {
	gone, err := s.ForgetOldKeys(ctx)
	if err != nil {
		return err
	}
	if len(gone) == 0 {
		return g.say("the key file holds no old keys")
	}
	return g.say("removed from the key file: %s", strings.Join(gone, ", "))
}

// say writes a sentence for a person.
func (g *globals) say(format string, args ...any) error {
	_, err := fmt.Fprintf(g.deps.Stderr, format+"\n", args...)
	return err
}

// maxSecret is how long a secret may be, in bytes.
const maxSecret = 1 << 20

// readSecret reads a secret from standard input, or asks the person at the
// terminal. what is its name in messages.
func (g *globals) readSecret(what string) (string, error) {
	if isTerminal(g.deps.Stdin) {
		return g.readPassword(what + ": ")
	}
	if g.deps.Stdin == nil {
		return "", gitops.Errorf(gitops.Invalid, "give the %s on standard input", what)
	}
	b, err := io.ReadAll(io.LimitReader(g.deps.Stdin, maxSecret+1))
	if err != nil {
		return "", err
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case value == "":
		return "", gitops.Errorf(gitops.Invalid, "the %s on standard input is empty", what)
	case len(value) > maxSecret:
		return "", gitops.Errorf(gitops.Invalid, "a %s is at most %d bytes", what, maxSecret)
	}
	return value, nil
}

// newPassphrase reads a passphrase that is to be used from now on; a person at
// the terminal types it twice.
func (g *globals) newPassphrase() (string, error) {
	phrase, err := g.readSecret("new passphrase")
	if err == nil && isTerminal(g.deps.Stdin) {
		var again string
		if again, err = g.readSecret("the same once more"); err == nil && again != phrase {
			err = gitops.Errorf(gitops.Invalid, "the two passphrases differ")
		}
	}
	phrase = strings.TrimSpace(phrase) // as it is read from a file
	if err == nil && phrase == "" {
		err = gitops.Errorf(gitops.Invalid, "the new passphrase is empty")
	}
	return phrase, err
}
