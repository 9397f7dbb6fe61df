package realforge

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
)

// The server that all tests share; every test has a repository of its own.
var (
	server   *Server
	accounts Accounts
)

// TestMain starts the Gitea that the environment names; test/forge/run builds it.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	program, assets := os.Getenv("GITEA"), os.Getenv("GITEA_ASSETS")
	if program == "" || assets == "" {
		fmt.Fprintln(os.Stderr, "GITEA and GITEA_ASSETS are not set: start these tests with test/forge/run")
		return 2
	}
	dir, err := os.MkdirTemp("", "trunkline-gitea-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	if server, err = Start(ctx, program, assets, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Stop()
	if accounts, err = people(ctx, server); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// people are the users of the tests: who proposes, Trunkline, and somebody.
func people(ctx context.Context, s *Server) (Accounts, error) {
	out := Accounts{}
	for _, a := range []struct {
		name, scopes string
		admin        bool
	}{{"author", "all", true}, {string(forgetest.Bot), Scopes, false}, {string(forgetest.Stranger), Scopes, false}} {
		token, err := s.Account(ctx, a.name, a.admin, a.scopes)
		if err != nil {
			return nil, err
		}
		out[a.name] = token
	}
	return out, nil
}

func TestConformance(t *testing.T) {
	open := func(t *testing.T) forgetest.World { return Open(t, server, accounts) }
	forgetest.Run(t, open)
	forgetest.RunServer(t, open)
}
