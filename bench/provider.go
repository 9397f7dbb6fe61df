package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/pluginstore"
)

const (
	awsVersion  = "6.83.2" // of the SDK whose types the provider serves
	tfVariable  = "TRUNKLINE_TF_AWS"
	awsRounds   = 3
	awsPatience = time.Minute
)

// provider measures a preview of the whole estate through the real AWS provider,
// against an emulator: by a driver that has just started, in which every stack
// starts a provider of its own and configures it, and by the same driver again,
// whose providers are warm.
func provider(ctx context.Context, w *workplace) (_ []table, err error) {
	p, err := w.realAWS(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var cold, warm []time.Duration
	var stacks, resources int
	for range awsRounds {
		first, again, rep, err := p.twice(ctx)
		if err != nil {
			return nil, err
		}
		cold, warm = append(cold, first), append(warm, again)
		stacks, resources = len(rep.Results), rep.Changed()
	}
	t := table{
		title: fmt.Sprintf("Preview of %d stacks, %d resources to create, on terraform-provider-aws 5.100.0; median of %d", stacks, resources, awsRounds),
		head:  []string{"", "wall", "ratio"},
	}
	t.add("cold: a provider is started for each stack", seconds(median(cold)), "1.0×")
	t.add("warm: the same driver again", seconds(median(warm)), ratio(median(cold), median(warm)))
	return []table{t}, nil
}

// realAWS is a copy of the reference estate that is delivered to an emulator by
// the real provider.
type realAWS struct {
	dir, plugins, terraform string
	stop                    func() error
}

func (w *workplace) realAWS(ctx context.Context) (*realAWS, error) {
	module, err := nested(ctx, "aws")
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "bench: looking for the real AWS provider; the first build takes minutes")
	emulator, missing := exec.LookPath("moto_server")
	if missing != nil {
		missing = errors.New("moto_server is not on PATH: pip install 'moto[server]'")
	}
	where, err := execute(ctx, module, "go", "run", "-mod=mod", "./cmd/where")
	if err := errors.Join(missing, err); err != nil {
		return nil, fmt.Errorf("this cannot be measured here: %w", err)
	}
	p := &realAWS{dir: filepath.Join(w.dir, "estate-aws"), plugins: filepath.Join(w.dir, "plugins"), terraform: strings.TrimSpace(string(where.out))}
	binary := filepath.Join(w.dir, "pulumi-resource-aws")
	if _, err := execute(ctx, module, "go", "build", "-mod=mod", "-o", binary, "./cmd/pulumi-resource-aws"); err != nil {
		return nil, err
	}
	url, stop, err := emulate(ctx, emulator)
	if err != nil {
		return nil, err
	}
	p.stop = stop
	if err := p.prepare(ctx, url, binary); err != nil {
		return nil, errors.Join(err, stop())
	}
	return p, nil
}

var cloudLine = regexp.MustCompile(`(?m)^cloud: .*$`)

// prepare points the environment dev at the emulator, and locks the provider.
func (p *realAWS) prepare(ctx context.Context, url, binary string) (err error) {
	if err := os.CopyFS(p.dir, trunkline.Estate); err != nil {
		return err
	}
	file := filepath.Join(p.dir, "environments", "dev.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	cloud := fmt.Sprintf("cloud: {provider: aws, region: eu-west-1, account: \"123456789012\", emulator: true, endpoints: {default: %q}, variables: [%s]}", url, tfVariable)
	if err := os.WriteFile(file, cloudLine.ReplaceAllLiteral(text, []byte(cloud)), 0o600); err != nil {
		return err
	}
	d, err := p.driver()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	_, err = d.LockPlugins(ctx, driver.PluginRequest{Names: []string{"aws@" + awsVersion}, From: binary})
	return err
}

// driver is one that has nothing warm.
func (p *realAWS) driver() (*driver.Driver, error) {
	return driver.New(driver.Options{Dir: p.dir, Plugins: pluginstore.Store{Dir: p.plugins}, Getenv: func(name string) string {
		if name == tfVariable {
			return p.terraform
		}
		return os.Getenv(name)
	}})
}

// twice previews with a new driver, and again with the same one.
func (p *realAWS) twice(ctx context.Context) (first, again time.Duration, rep *driver.Report, err error) {
	d, err := p.driver()
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	only := driver.Selection{Environments: []string{"dev"}}
	s, err := d.Open(ctx, driver.OpenOptions{Run: true, Only: only.Environments})
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var took [2]time.Duration
	for i := range took {
		if rep, err = s.Preview(ctx, driver.PreviewRequest{Selection: only}); err == nil {
			err = rep.Err()
		}
		if err != nil {
			return 0, 0, nil, err
		}
		took[i] = rep.Took
	}
	return took[0], took[1], rep, nil
}

// emulate runs the emulator on a free port.
func emulate(ctx context.Context, program string) (url string, stop func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true") // as AWS has them
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		_ = cmd.Process.Kill() // it has nothing to save
		_ = cmd.Wait()         // which says that it was killed
		return nil
	}
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := answers(ctx, url+"/moto-api/data.json"); err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return url, stop, nil
}

// answers waits until something answers there.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, awsPatience)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", url, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
