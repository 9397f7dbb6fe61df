package recorder_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/recorder"
)

func TestAProgramThatRegistersWithoutEndIsCutOff(t *testing.T) {
	t.Parallel()
	r := recorder.Recorder{Limits: recorder.Limits{Resources: 10}}
	rec, err := r.Record(t.Context(), serve(t, stack(func(ctx *pulumi.Context) error {
		for i := range 30 {
			if _, err := sqs.NewQueue(ctx, fmt.Sprint("q", i), nil); err != nil {
				return err
			}
		}
		return nil
	})), request(t))
	if err != nil || len(rec.Resources) != 10 {
		t.Errorf("%d resources, %v", len(rec.Resources), err)
	}
	hasGap(t, rec, "the program registers more than 10 resources")
}

func TestAProgramThatSendsTooMuchIsCutOff(t *testing.T) {
	t.Parallel()
	r := recorder.Recorder{Limits: recorder.Limits{Bytes: 1 << 20}}
	rec, err := r.Record(t.Context(), serve(t, stack(func(ctx *pulumi.Context) error {
		_, err := sqs.NewQueue(ctx, "jobs", &sqs.QueueArgs{Policy: pulumi.String(strings.Repeat("x", 2<<20))})
		return err
	})), request(t))
	if err != nil || len(rec.Resources) != 0 {
		t.Errorf("%d resources, %v", len(rec.Resources), err)
	}
	hasGap(t, rec, "the program sends more than 1 MiB")
}

func TestAProgramThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	r := recorder.Recorder{Limits: recorder.Limits{Time: 100 * time.Millisecond}}
	rec, err := r.Record(t.Context(), serve(t, func(ctx context.Context, _ *pulumirpc.RunRequest) error {
		<-ctx.Done()
		return ctx.Err()
	}), request(t))
	if gitops.KindOf(err) != gitops.Timeout {
		t.Errorf("got %v", err)
	}
	hasGap(t, rec, "did not finish within 100ms")
}

func TestAProgramThatIsGoneIsAnErrorAndAGap(t *testing.T) {
	t.Parallel()
	rec, err := new(recorder.Recorder).Record(t.Context(), "127.0.0.1:1", request(t))
	if err == nil {
		t.Error("nobody was there, and nobody noticed")
	}
	hasGap(t, rec, recorder.Unfinished)
}

func TestAProgramThatFailsIsAGap(t *testing.T) {
	t.Parallel()
	rec := recorded(t, request(t), func(*pulumi.Context) error { return errors.New("no zones are left") })
	hasGap(t, rec, "the program failed: ")
	hasGap(t, rec, "no zones are left")
}

func TestTwoResourcesOfOneNameAreAGap(t *testing.T) {
	t.Parallel()
	rec := recorded(t, request(t), func(ctx *pulumi.Context) error {
		if _, err := sqs.NewQueue(ctx, "jobs", nil); err != nil {
			return err
		}
		_, err := sqs.NewQueue(ctx, "jobs", nil)
		return err
	})
	hasGap(t, rec, "two resources of the type aws:sqs/queue:Queue are called jobs")
}

func TestTransformsAndHooksAreGaps(t *testing.T) {
	t.Parallel()
	rec := recorded(t, request(t), func(ctx *pulumi.Context) error {
		return ctx.RegisterResourceTransform(func(context.Context, *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult { return nil })
	})
	hasGap(t, rec, "transform")
	rec = recorded(t, request(t), func(ctx *pulumi.Context) error {
		_, err := ctx.RegisterResourceHook("tell", func(*pulumi.ResourceHookArgs) error { return nil }, nil)
		return err
	})
	hasGap(t, rec, `the hook "tell"`)
}

// TestNonsenseOnTheWireIsRefused calls the monitor as no SDK would.
func TestNonsenseOnTheWireIsRefused(t *testing.T) {
	t.Parallel()
	nonsense, err := structpb.NewStruct(map[string]any{"x": map[string]any{"4dabf18193072939515e22adb298388d": "no such signature"}})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := new(recorder.Recorder).Record(t.Context(), serve(t, func(ctx context.Context, req *pulumirpc.RunRequest) error {
		conn, err := grpc.NewClient("passthrough:///"+req.GetMonitorAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer conn.Close()
		monitor := pulumirpc.NewResourceMonitorClient(conn)
		for _, r := range []*pulumirpc.RegisterResourceRequest{
			{}, {Type: "a:b:C"}, {Name: "x"},
			{Type: "a:b:C", Name: "x", Parent: "urn:pulumi:elsewhere"},
			{Type: "aws:sqs/queue:Queue", Name: "y", Custom: true, Object: nonsense},
			{Type: "pulumi:providers:", Name: "", Custom: true},
		} {
			if _, err := monitor.RegisterResource(ctx, r); err == nil {
				return fmt.Errorf("%v was accepted", r)
			}
		}
		if _, err := monitor.Call(ctx, &pulumirpc.ResourceCallRequest{Tok: "a:b:c"}); err == nil {
			return errors.New("a call was answered")
		}
		odd := &pulumirpc.RegisterResourceRequest{Type: "::$::", Name: "::\x00⟨", Custom: true, Provider: "::", Aliases: []*pulumirpc.Alias{{}, nil}}
		_, err = monitor.RegisterResource(ctx, odd)
		return err
	}), request(t))
	if err != nil || len(rec.Resources) != 1 {
		t.Errorf("%d resources, %v", len(rec.Resources), err)
	}
	hasGap(t, rec, "a:b:c needs an answer of its provider")
}
