package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func stackCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "stack", Short: "List, unlock and recover stacks"}
	cmd.AddCommand(stackLs(g), stackUnlock(g), stackRecover(g))
	return cmd
}

func stackLs(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List stacks and what is deployed",
		Example: "  trunkline stack ls\n  trunkline stack ls -e dev -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				list, err := s.Stacks(ctx, g.selection())
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.stacks/v1", "stacks": list})
				}
				return g.stackTable(list)
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

func (g *globals) stackTable(list []driver.StackStatus) error {
	rows := [][]string{}
	for _, st := range list {
		row := []string{st.StackID.String(), "not deployed", "", "", "", ""}
		if st.Version > 0 {
			row = []string{st.StackID.String(), fmt.Sprintf("v%d", st.Version), fmt.Sprint(st.Resources),
				gitops.Revision{SHA: st.Commit}.Short(), st.Updated.Local().Format(time.DateTime), ""}
		}
		switch {
		case st.Locked != "":
			row[5] = "locked by " + st.Locked
		case st.NoEnvironment:
			row[5] = "its environment is gone: bring environments/" + st.Environment + ".yaml back from git, then trunkline destroy -e " + st.Environment
		case st.Orphan:
			row[5] = "no longer in the estate: trunkline destroy -e " + st.Environment + " -s " + st.Name
		}
		rows = append(rows, row)
	}
	return g.table([]string{"stack", "state", "resources", "commit", "updated", ""}, rows)
}

func stackUnlock(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "unlock LEASE",
		Short:   "End the lease of somebody else on a stack",
		Long:    "End a lease by its ID, which the message about the lock shows. Its holder is\nrefused at its next write.",
		Example: "  trunkline stack unlock -e dev -s app 01J…",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := g.one()
			if err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				if err := s.Unlock(ctx, id, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(g.deps.Stderr, "%s is free\n", id)
				return err
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

func stackRecover(g *globals) *cobra.Command {
	var adopt map[string]string
	var forget bool
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Settle creates that a crash left unfinished",
		Long: `List the operations whose end was never recorded. A create among them blocks the
next update, because the resource may exist: look into the cloud, then adopt it
by its ID or forget it.`,
		Example: `  trunkline stack recover -e dev -s app
  trunkline stack recover -e dev -s app --adopt URN=i-0abc…
  trunkline stack recover -e dev -s app --forget`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := g.one()
			if err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				return g.recoverStack(ctx, s, id, adopt, forget)
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().StringToStringVar(&adopt, "adopt", nil, "URN=ID of a resource that exists, may be repeated")
	cmd.Flags().BoolVar(&forget, "forget", false, "forget the creates that are not adopted")
	return cmd
}

func (g *globals) recoverStack(ctx context.Context, s *driver.Session, id gitops.StackID, adopt map[string]string, forget bool) error {
	if len(adopt) > 0 || forget {
		var list []driver.Recovery
		for _, urn := range sortedKeys(adopt) {
			list = append(list, driver.Recovery{URN: urn, ID: adopt[urn]})
		}
		if forget {
			list = append(list, driver.Recovery{})
		}
		if err := s.Recover(ctx, id, list); err != nil {
			return err
		}
	}
	pending, err := s.Pending(ctx, id)
	if err != nil {
		return err
	}
	if g.output == formatJSON {
		return g.json(map[string]any{"schema": "trunkline.pending/v1", "stack": id.Name, "environment": id.Environment, "pending": pending})
	}
	if len(pending) == 0 {
		_, err := fmt.Fprintf(g.deps.Stdout, "%s has nothing unfinished\n", id)
		return err
	}
	rows := [][]string{}
	for _, p := range pending {
		rows = append(rows, []string{p.Kind, p.Type, p.URN})
	}
	return g.table([]string{"unfinished", "type", "urn"}, rows)
}

func stateCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "state", Short: "Export and import state in Pulumi's standard form"}
	cmd.AddCommand(stateExport(g), stateImport(g))
	return cmd
}

func stateExport(g *globals) *cobra.Command {
	var file string
	var show bool
	var version int64
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a stack's state as JSON",
		Long:  "Write a stack's state in the form that `pulumi stack import` reads. Secrets are\nencrypted unless --show-secrets is given.",
		Example: `  trunkline state export -e dev -s data > data.json
  trunkline state export -e dev -s data --show-secrets --file data.json
  trunkline state export -e dev -s data --version 4 --file data.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := g.one()
			if err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				out, err := exported(ctx, s, id, show, version)
				if err != nil {
					return err
				}
				if file != "" {
					return writePrivate(g.path(file), append(out, '\n'))
				}
				_, err = fmt.Fprintln(g.deps.Stdout, string(out))
				return err
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().StringVar(&file, "file", "", "write here, readable by you alone")
	cmd.Flags().BoolVar(&show, "show-secrets", false, "write secrets in plain text, as another installation needs them")
	cmd.Flags().Int64Var(&version, "version", 0, "an older version that is kept, also when the present one is damaged")
	return cmd
}

// exported is the present state, or an older version of it.
func exported(ctx context.Context, s *driver.Session, id gitops.StackID, show bool, version int64) (json.RawMessage, error) {
	switch {
	case version == 0:
		return s.Export(ctx, id, show)
	case show:
		return nil, gitops.Errorf(gitops.Invalid, "an older version is exported with its secrets encrypted: leave --show-secrets out")
	}
	return s.ExportVersion(ctx, id, version)
}

func stateImport(g *globals) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "import",
		Short:   "Replace a stack's state with exported JSON",
		Example: "  trunkline state import -e dev -s data --file data.json --yes",
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := g.one()
			if err != nil {
				return err
			}
			in := g.deps.Stdin
			if file != "" {
				f, err := os.Open(g.path(file))
				if err != nil {
					return &gitops.Error{Kind: gitops.Invalid, What: "cannot read the state", Err: err}
				}
				defer f.Close()
				in = f
			}
			if in == nil {
				return gitops.Errorf(gitops.Invalid, "give the state with --file or on standard input")
			}
			data, err := io.ReadAll(in)
			if err != nil {
				return err
			}
			if !json.Valid(data) {
				return gitops.Errorf(gitops.Invalid, "this is not JSON: nothing was changed")
			}
			if ok, err := g.ask(cmd.Context(), "Replace the state of "+id.String()+"?", nil); err != nil || !ok {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				if err := s.Import(ctx, id, data); err != nil {
					return err
				}
				_, err := fmt.Fprintf(g.deps.Stderr, "the state of %s is replaced\n", id)
				return err
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().StringVar(&file, "file", "", "read here instead of standard input")
	return cmd
}

// path makes a path that a person wrote absolute.
func (g *globals) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(g.dir(), p)
}

// writePrivate writes a file that only its owner can read, also when it was
// there before with other rights.
func writePrivate(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return &gitops.Error{Kind: gitops.Failed, What: "cannot write the file", Err: err, Next: "give a path that you may write to"}
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = f.Chmod(0o600)
	}
	if err == nil {
		_, err = f.Write(data)
	}
	return errors.Join(err, f.Close())
}
