package service

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/image"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
)

// The processors of a task.
const (
	ARM64 = "arm64"
	X86   = "x86_64"
)

// Args configures a service. Image, VPCID, SubnetIDs and LoadBalancerSubnetIDs
// must be given; then two small tasks listen on port 8080 behind a load balancer
// to which nobody may connect until Access says who.
type Args struct {
	// Container is the program.
	Container
	// Port is where the program listens, 1 to 65535. Default 8080. Changing it
	// replaces the target group.
	Port int
	// Sidecars run next to the program, in the same task.
	Sidecars []Sidecar
	// CPU is what all containers of a task share, in 1024ths of a processor: 256,
	// 512, 1024, 2048, 4096, 8192 or 16384. Default 256.
	CPU int
	// MemoryMiB is what they share, in the steps that Fargate offers for CPU.
	// Default: twice CPU, the least that there is.
	MemoryMiB int
	// Architecture is ARM64, which costs a fifth less, or X86. Images are built
	// for one of them. Default X86.
	Architecture string
	// Count is how many tasks run, 1 to 1000; with MaxCount the least. Default 2.
	Count int
	// MaxCount lets the service grow up to so many tasks, and shrink again to
	// Count. Default 0: it stays at Count.
	MaxCount int
	// ScaleAtCPU is the load in percent that growing keeps, 10 to 90. Default 60
	// with MaxCount.
	ScaleAtCPU int
	// ScaleAtRequests is how many requests a minute a task gets before the service
	// grows. Default 0: requests are not counted.
	ScaleAtRequests int
	// TaskPolicy is the JSON of what the program may do in AWS, as
	// iampolicy.Document gives it. Default: nothing.
	TaskPolicy pulumi.StringInput
	// SecretKeyARNs are the KMS keys of Secrets that have keys of their own.
	SecretKeyARNs pulumi.StringArray
	// ClusterARN is the ECS cluster. Default: one of its own, which is free.
	ClusterARN pulumi.StringInput
	// VPCID is where everything stands. Changing it replaces everything.
	VPCID pulumi.StringInput
	// SubnetIDs are where the tasks run: private subnets that reach the registry
	// of the images.
	SubnetIDs pulumi.StringArrayInput
	// PublicIPs gives the tasks public addresses, for public subnets without NAT.
	PublicIPs bool
	// LoadBalancerSubnetIDs are where the load balancer stands, in two zones at
	// least: public subnets, unless Internal.
	LoadBalancerSubnetIDs pulumi.StringArrayInput
	// Internal keeps the load balancer inside the VPC. Changing it replaces it.
	Internal bool
	// Access says who may connect to the load balancer, such as
	// securitygroup.Anyone(). Default: nobody.
	Access securitygroup.Peers
	// CertificateARN is the ACM certificate, of the same region, with which the
	// load balancer answers HTTPS; HTTP is then redirected to it. Without it
	// everything, passwords too, crosses the network in plain text: for trials and
	// private networks only.
	CertificateARN pulumi.StringInput
	// Health is how the load balancer finds out which tasks can answer.
	Health Health
	// Unprotected lets the load balancer be deleted, and the service with it.
	Unprotected bool
	// NoWait returns before the new tasks are healthy. Without it a deployment
	// that is rolled back is an error.
	NoWait bool
	// LogDays is how long logs are kept, one of the days that CloudWatch offers.
	// Default 30.
	LogDays int
	// Latency raises an alarm when one answer in twenty takes longer, 1ms to 1m.
	// Default 1s.
	Latency time.Duration
	// AlarmActions are the ARNs that an alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	AlarmActions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Container is one program of a task.
type Container struct {
	// Image is what runs.
	Image image.Image
	// Command replaces the one of the image.
	Command []string
	// Environment are the program's environment variables. Everyone who may read
	// the task definition in AWS sees them: secrets go into Secrets.
	Environment pulumi.StringMap
	// Secrets are environment variables whose values are taken from Secrets
	// Manager or SSM when a task starts: their ARNs. ":key::" behind that of a
	// secret takes one key of its JSON.
	Secrets pulumi.StringMap
}

// Sidecar is a further program of every task.
type Sidecar struct {
	// Name is the container's name: lower-case letters, digits and hyphens.
	Name string
	Container
	// Optional lets the task live on when this container ends.
	Optional bool
}

// Health is how the load balancer finds out which tasks can answer.
type Health struct {
	// Path is what it asks for. Default "/".
	Path string
	// Codes are the answers that are right: "200", "200-299" or "200,302". Default
	// "200".
	Codes string
	// Interval is the time between two questions, in whole seconds, 6s to 5m.
	// Default 15s.
	Interval time.Duration
	// Grace is how long a new task may fail, in whole seconds up to an hour.
	// Default 1m.
	Grace time.Duration
	// Drain is how long an old task may finish its answers, in whole seconds up to
	// an hour. Default 30s.
	Drain time.Duration
}

func (a Args) withDefaults() Args {
	for _, d := range []struct {
		field *int
		value int
	}{{&a.Port, 8080}, {&a.CPU, 256}, {&a.Count, 2}, {&a.LogDays, 30}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if a.MemoryMiB == 0 {
		a.MemoryMiB = 2 * a.CPU
	}
	if a.Architecture == "" {
		a.Architecture = X86
	}
	if a.MaxCount > 0 && a.ScaleAtCPU == 0 {
		a.ScaleAtCPU = 60
	}
	if a.Latency == 0 {
		a.Latency = time.Second
	}
	a.Health = a.Health.withDefaults()
	return a
}

func (h Health) withDefaults() Health {
	if h.Path == "" {
		h.Path = "/"
	}
	if h.Codes == "" {
		h.Codes = "200"
	}
	if h.Interval == 0 {
		h.Interval = 15 * time.Second
	}
	if h.Grace == 0 {
		h.Grace = time.Minute
	}
	if h.Drain == 0 {
		h.Drain = 30 * time.Second
	}
	return h
}
