package sandbox_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

const (
	childEnv = "SANDBOX_TEST_CHILD"
	perChild = 20
)

// TestMain makes the test binary a second process that uses a cloud.
func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		os.Exit(child(path))
	}
	os.Exit(m.Run())
}

func child(path string) int {
	c, err := sandbox.Open(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer c.Close()
	for i := range perChild {
		u := fmt.Sprintf("urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::main-%d-%d", os.Getpid(), i)
		in, err := structpb.NewStruct(props{"cidrBlock": "10.0.0.0/16"})
		if err == nil {
			_, err = c.Server("", "").Create(context.Background(), &pulumirpc.CreateRequest{Urn: u, Properties: in})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

func TestTwoProcessesShareOneCloud(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".trunkline", "sandbox.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var running []*exec.Cmd
	for range 2 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	c, err := sandbox.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ids := map[string]bool{}
	for _, r := range resources(t, c) {
		ids[r.ID] = true
	}
	if len(ids) != 2*perChild {
		t.Errorf("%d VPCs exist, want %d", len(ids), 2*perChild)
	}
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %o, want 600", name, info.Mode().Perm())
		}
	}
}

func TestCloudOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sandbox.db")
	c, err := sandbox.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, c)
	d := e.create("aws:ec2/vpc:Vpc", "main", props{"cidrBlock": "10.0.0.0/16"})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = sandbox.Open(path); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if e = newEngine(t, c); !e.refresh(d) {
		t.Error("the VPC is gone")
	}
}

func TestUnusableFileIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Open(garbage); gitops.KindOf(err) != gitops.Failed || !strings.Contains(err.Error(), garbage) {
		t.Errorf("garbage: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Open(filepath.Join(dir, "file", "sandbox.db")); gitops.KindOf(err) != gitops.Failed {
		t.Errorf("no directory: %v", err)
	}
}

func TestProviderWorksOverTheWire(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(server, cloud(t).Server("eu-central-1", ""))
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	defer func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	conn, err := grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, ctx := pulumirpc.NewResourceProviderClient(conn), context.Background()
	if info, err := client.GetPluginInfo(ctx, &emptypb.Empty{}); err != nil || info.GetVersion() != "6.83.2" {
		t.Fatalf("%v %v", info, err)
	}
	if _, err := client.Configure(ctx, &pulumirpc.ConfigureRequest{Args: wire(t, props{"region": "eu-central-1"})}); err != nil {
		t.Fatal(err)
	}
	u := urn("aws:sqs/queue:Queue", "jobs")
	checked, err := client.Check(ctx, &pulumirpc.CheckRequest{Urn: u, News: wire(t, props{"kmsMasterKeyId": resource.MakeSecret(resource.NewProperty("alias/aws/sqs"))})})
	if err != nil {
		t.Fatal(err)
	}
	created, err := client.Create(ctx, &pulumirpc.CreateRequest{Urn: u, Properties: checked.GetInputs()})
	if err != nil {
		t.Fatal(err)
	}
	out := values(t, created.GetProperties())
	if out["kmsMasterKeyId"] != "secret" || !strings.HasPrefix(out["arn"].(string), "arn:aws:sqs:eu-central-1:") {
		t.Errorf("outputs are %v", out)
	}
	if _, err := client.Check(ctx, &pulumirpc.CheckRequest{Urn: urn("aws:no/such:Such", "x")}); err == nil {
		t.Error("an unknown type was checked")
	}
}

func TestACloudLiesWhereItsPathSays(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "50% of #1?")
	cloud, err := sandbox.Open(filepath.Join(dir, "sandbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	found, err := os.ReadDir(dir)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	if info, err := found[0].Info(); err != nil || info.Size() == 0 {
		t.Errorf("%s holds nothing, %v", found[0].Name(), err)
	}
}
