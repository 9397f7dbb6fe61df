package driver

import (
	"context"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
	"github.com/trunkline-dev/trunkline/internal/pluginstore"
)

// checkPlugins holds the installed provider plugins against the lock. It asks
// nobody.
func (d *Driver) checkPlugins(ctx context.Context) Finding {
	lock, err := readLock(d.Root)
	if err != nil {
		return finding("plugins", "", err)
	}
	store, err := d.plugins()
	if err != nil {
		return finding("plugins", "", err)
	}
	var ready []string
	for _, p := range lock.Plugins {
		if _, err := store.Path(p, pluginstore.Platform()); err != nil {
			return finding("plugins", "", err)
		}
		ready = append(ready, p.String())
	}
	s, err := d.OpenFiles(ctx)
	if err != nil { // another check says so
		return finding("plugins", strings.Join(ready, ", "), nil)
	}
	onAWS := slices.ContainsFunc(s.Environments, func(e *environments.Environment) bool { return e.Cloud.Provider == "aws" })
	switch {
	case onAWS && len(lock.Versions("aws")) == 0:
		return finding("plugins", "", notLocked(lock, "aws", ""))
	case len(ready) == 0:
		return Finding{Level: LevelOK, Name: "plugins", Detail: "none in " + pluginlock.File + ", and the sandbox needs none"}
	}
	return finding("plugins", strings.Join(ready, ", "), nil)
}

// checkCloud tells how an environment is reached, and as whom each kind of
// operation would call AWS. It asks AWS.
func (d *Driver) checkCloud(ctx context.Context, name string) []Finding {
	s, err := d.OpenFiles(ctx)
	if err != nil {
		return []Finding{finding(name, "", err)}
	}
	env, err := s.Environment(name)
	if err != nil {
		return []Finding{finding(name, "", err)}
	}
	out := []Finding{{Level: LevelOK, Name: name + " cloud", Detail: place(env.Cloud)}}
	if env.Cloud.Provider != "aws" {
		return out
	}
	for _, role := range []awsauth.Role{awsauth.Preview, awsauth.Update} {
		g, err := s.grant(ctx, env, role)
		if err != nil {
			out = append(out, finding(name+" "+string(role), "", err))
			continue
		}
		out = append(out, finding(name+" "+string(role), g.Identity.ARN+" in account "+g.Identity.Account+" ("+g.Identity.Source+")", nil))
	}
	return out
}

// place says where an environment lives.
func place(c environments.Cloud) string {
	switch {
	case c.Provider != "aws":
		return c.Provider + ", which needs no credentials"
	case c.Emulator:
		return "emulator at " + c.Endpoints[environments.DefaultEndpoint] + ", as account " + c.Account + " in " + c.Region
	}
	return "aws, account " + c.Account + " in " + c.Region
}
