package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func stateCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "state", Short: "Look at older states, restore them, export and import"}
	cmd.AddCommand(stateHistory(g), stateRestore(g), stateExport(g), stateImport(g))
	return cmd
}

func stateHistory(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history",
		Short:   "List the versions of a stack's state that are kept",
		Example: "  trunkline state history -e dev -s data",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			id, err := g.one()
			if err != nil {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				list, err := s.StateHistory(ctx, id)
				if err != nil {
					return err
				}
				if g.output == formatJSON {
					return g.json(map[string]any{"schema": "trunkline.state-history/v1", "stack": id.Name, "environment": id.Environment, "versions": list})
				}
				return g.versionTable(list)
			})
		},
	}
	g.selecting(cmd)
	return cmd
}

func (g *globals) versionTable(list []driver.StateVersion) error {
	rows := [][]string{}
	for _, v := range list {
		rows = append(rows, []string{fmt.Sprintf("v%d", v.Version), fmt.Sprint(v.Resources), v.Created.Local().Format(time.DateTime),
			string(v.Operation), gitops.Revision{SHA: v.Commit}.Short(), v.Message})
	}
	return g.table([]string{"state", "resources", "written", "by", "commit", ""}, rows)
}

func stateRestore(g *globals) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore VERSION",
		Short: "Make an older version of a stack's state the present one",
		Long: `Write an older version of the state as a new version. Only the state goes back,
nothing in the cloud: what was created since then is unknown afterwards, and
trunkline drift and a preview show how cloud and state differ. To take the cloud
back to an earlier commit, use trunkline rollback.`,
		Example: "  trunkline state restore -e dev -s data 7",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(); err != nil {
				return err
			}
			id, err := g.one()
			if err != nil {
				return err
			}
			version, err := strconv.ParseInt(strings.TrimPrefix(args[0], "v"), 10, 64)
			if err != nil || version < 0 {
				return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%q is not a version of a state", args[0]),
					Next: fmt.Sprintf("trunkline state history -e %s -s %s lists them", id.Environment, id.Name)}
			}
			if ok, err := g.agreed(cmd.Context(), fmt.Sprintf("Replace the state of %s by its version %d?", id, version)); err != nil || !ok {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				now, err := s.RestoreState(ctx, id, version, force)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(g.deps.Stderr, "the state of %s is that of version %d again; it is version %d now\n", id, version, now)
				return err
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "also when an operation is unfinished, whose resources are then forgotten")
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
					return writePrivate(g.path(file), out)
				}
				_, err = g.deps.Stdout.Write(out)
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
	var force bool
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Replace a stack's state with exported JSON",
		Long: `Replace a stack's state with what trunkline state export or pulumi stack export
wrote. A file that was changed since its export, is another stack's, or is older
than the present state is refused, and so is any while the end of an interrupted
operation is not saved.`,
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
					return &gitops.Error{Kind: gitops.Invalid, What: "cannot read the state", Err: err, Next: importNext(id)}
				}
				defer f.Close()
				in = f
			}
			if in == nil || isTerminal(in) {
				return &gitops.Error{Kind: gitops.Invalid, What: "give the state with --file or on standard input", Next: importNext(id)}
			}
			data, err := io.ReadAll(in)
			if err != nil {
				return err
			}
			if !json.Valid(data) {
				return &gitops.Error{Kind: gitops.Invalid, What: "this is not JSON: nothing was changed", Next: importNext(id)}
			}
			if ok, err := g.agreed(cmd.Context(), "Replace the state of "+id.String()+"?"); err != nil || !ok {
				return err
			}
			return g.files(cmd.Context(), func(ctx context.Context, s *driver.Session) error {
				if err := s.Import(ctx, id, data, force); err != nil {
					return err
				}
				_, err := fmt.Fprintf(g.deps.Stderr, "the state of %s is replaced\n", id)
				return err
			})
		},
	}
	g.selecting(cmd)
	cmd.Flags().StringVar(&file, "file", "", "read here instead of standard input")
	cmd.Flags().BoolVar(&force, "force", false, "also a file that was edited or is older than the present state, or over an interrupted operation")
	return cmd
}

// importNext says what an import reads.
func importNext(id gitops.StackID) string {
	return fmt.Sprintf("give what `trunkline state export` or `pulumi stack export` wrote: trunkline state import -e %s -s %s --file FILE", id.Environment, id.Name)
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
