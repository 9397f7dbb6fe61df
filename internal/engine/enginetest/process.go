package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// ServeProcess is ServeProgram for a program of its own, which is run the way
// Pulumi's language host for Go does: one process for each run, in the directory of
// the program, with everything in its environment. command makes the process.
func ServeProcess(command func(context.Context) *exec.Cmd) (addr string, stop func(), err error) {
	return serve(&process{command: command})
}

type process struct {
	language
	command func(context.Context) *exec.Cmd
}

// Run implements the language protocol.
func (p *process) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(r.GetConfig())
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(r.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	cmd := p.command(ctx)
	cmd.Dir = r.GetInfo().GetProgramDirectory()
	cmd.Env = append(os.Environ(), cmd.Env...)
	cmd.Env = append(cmd.Env,
		pulumi.EnvOrganization+"="+r.GetOrganization(), pulumi.EnvProject+"="+r.GetProject(),
		pulumi.EnvPulumiRootDirectory+"="+r.GetInfo().GetRootDirectory(), pulumi.EnvStack+"="+r.GetStack(),
		pulumi.EnvConfig+"="+string(config), pulumi.EnvConfigSecretKeys+"="+string(secrets),
		pulumi.EnvDryRun+"="+strconv.FormatBool(r.GetDryRun()), pulumi.EnvParallel+"="+strconv.Itoa(int(r.GetParallel())),
		pulumi.EnvMonitor+"="+r.GetMonitorAddress(), pulumi.EnvEngine+"="+r.GetArgs()[0])
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &pulumirpc.RunResponse{Error: string(out), Bail: true}, nil // the program has logged it
	}
	return &pulumirpc.RunResponse{}, err
}
