// Package app is the stack that does the work: a web service that takes orders,
// and a worker that handles what they leave in the queue.
package app

import (
	_ "embed"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/function"
	"github.com/trunkline-dev/trunkline/components/image"
	"github.com/trunkline-dev/trunkline/components/schedule"
	"github.com/trunkline-dev/trunkline/components/secret"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/service"
	"github.com/trunkline-dev/trunkline/components/topic"
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/stacks/data"
	"github.com/trunkline-dev/trunkline/stacks/network"
)

// Config is what an environment can choose.
type Config struct {
	Image    string `estate:"image" default:"public.ecr.aws/nginx/nginx" doc:"repository of the web service's image, without a tag"`
	Version  string `estate:"version" default:"1.29.3" doc:"tag or digest of the image that runs"`
	Port     int    `estate:"port" default:"80" min:"1" max:"65535" doc:"where the web service listens"`
	CPU      int    `estate:"cpu" default:"256" enum:"256,512,1024,2048,4096" doc:"processor of a task, in 1024ths; a task has twice as many MiB of memory"`
	Replicas int    `estate:"replicas" default:"1" min:"1" max:"20" doc:"number of tasks, or the least when maxReplicas is set"`
	// Zero means that the number of tasks stays what Replicas says.
	MaxReplicas    int      `estate:"maxReplicas" default:"0" min:"0" max:"100" doc:"up to how many tasks the service grows under load; 0: it does not"`
	Wait           bool     `estate:"wait" default:"true" doc:"wait until the new tasks are healthy, so that a deployment that is rolled back is an error"`
	CertificateARN string   `estate:"certificateArn" doc:"ACM certificate for HTTPS; without one the load balancer answers plain HTTP"`
	Alerts         []string `estate:"alerts" doc:"addresses that get an e-mail when an alarm is raised"`
	CleanUp        string   `estate:"cleanUp" default:"cron(0 3 * * ? *)" doc:"when the worker cleans up, as EventBridge Scheduler says it, in UTC"`

	APIKey estate.Secret `estate:"apiKey" doc:"key of the payment service; kept in Secrets Manager, none when left out"`
}

// Outputs is what other stacks, and people, can use.
type Outputs struct {
	URL        pulumi.StringOutput `pulumi:"url" doc:"where the web service answers"`
	AlertsARN  pulumi.StringOutput `pulumi:"alertsArn" doc:"topic of the alarms"`
	WorkerName pulumi.StringOutput `pulumi:"workerName" doc:"function that handles the queue"`
}

// Stack is the application of an environment.
var Stack = estate.Define("app", build,
	estate.Doc("A web service that takes orders, and a worker that handles what they leave in the queue"),
	estate.Needs(network.Stack, data.Stack))

// builder makes the parts of the stack, step by step.
type builder struct {
	ctx   *pulumi.Context
	env   estate.Environment
	cfg   Config
	net   *network.Outputs
	store *data.Outputs

	alerts *topic.Topic
	notify pulumi.StringArray
	web    *service.Service
	worker *function.Function
}

func build(ctx *pulumi.Context, env estate.Environment, cfg Config) (*Outputs, error) {
	net, err := estate.Use(ctx, network.Stack)
	if err != nil {
		return nil, err
	}
	store, err := estate.Use(ctx, data.Stack)
	if err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, env: env, cfg: cfg, net: net, store: store}
	for _, step := range []func() error{
		b.makeAlerts,
		b.makeWeb,
		b.letWebIn,
		b.makeWorker,
		b.makeCleanUp,
		b.watchWork,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &Outputs{URL: b.web.URL, AlertsARN: b.alerts.ARN, WorkerName: b.worker.Name}, nil
}

// makeAlerts makes the topic to which every alarm of this stack goes.
func (b *builder) makeAlerts() (err error) {
	var people []topic.Subscription
	for _, address := range b.cfg.Alerts {
		people = append(people, topic.Subscription{Name: mailbox(address), Email: address})
	}
	b.alerts, err = topic.New(b.ctx, "alerts", topic.Args{
		DisplayName:   "Alarms of " + b.env.Name,
		Services:      []string{"cloudwatch.amazonaws.com"},
		Subscriptions: people,
	})
	if err != nil {
		return err
	}
	b.notify = pulumi.StringArray{b.alerts.ARN}
	return nil
}

// makeWeb makes the web service: in the private subnets, behind a load balancer
// that everybody may reach.
func (b *builder) makeWeb() error {
	secrets := pulumi.StringMap{
		"DATABASE_USER":     pulumi.Sprintf("%s:username::", b.store.DatabaseSecretARN),
		"DATABASE_PASSWORD": pulumi.Sprintf("%s:password::", b.store.DatabaseSecretARN),
	}
	if b.cfg.APIKey.IsSet() {
		key, err := secret.New(b.ctx, "api-key", secret.Args{
			Description:  "Key of the payment service",
			Value:        b.cfg.APIKey.Output(),
			DeleteAtOnce: !b.env.Protect,
		})
		if err != nil {
			return err
		}
		secrets["API_KEY"] = key.ARN
	}
	args := service.Args{
		Container: service.Container{
			Image: image.Image{Repository: pulumi.String(b.cfg.Image), Tag: b.cfg.Version},
			Environment: pulumi.StringMap{
				"DATABASE_HOST": b.store.DatabaseAddress,
				"DATABASE_NAME": b.store.DatabaseName,
				"SESSIONS":      b.store.TableName,
				"BUCKET":        b.store.BucketName,
				"QUEUE_URL":     b.store.QueueURL,
			},
			Secrets: secrets,
		},
		Port:                  b.cfg.Port,
		CPU:                   b.cfg.CPU,
		Count:                 b.cfg.Replicas,
		MaxCount:              b.cfg.MaxReplicas,
		TaskPolicy:            policy(webMay, b.store.TableARN, b.store.BucketARN, b.store.QueueARN),
		VPCID:                 b.net.VPCID,
		SubnetIDs:             b.net.PrivateSubnets,
		LoadBalancerSubnetIDs: b.net.PublicSubnets,
		Access:                securitygroup.Anyone(),
		Unprotected:           !b.env.Protect,
		NoWait:                !b.cfg.Wait,
		AlarmActions:          b.notify,
	}
	if b.cfg.CertificateARN != "" {
		args.CertificateARN = pulumi.String(b.cfg.CertificateARN)
	}
	web, err := service.New(b.ctx, "web", args)
	b.web = web
	return err
}

// letWebIn opens the database to the web service.
func (b *builder) letWebIn() error {
	return securitygroup.Allow(b.ctx, "database", b.store.DatabaseSecurityGroup, securitygroup.Rule{
		Description: "The web service",
		FromPort:    5432,
		Peers:       securitygroup.Peers{Groups: map[string]pulumi.StringInput{"web": b.web.SecurityGroupID}},
	})
}

//go:embed worker.py
var workerCode string

// workerTimeout is how long the worker may take for a batch of messages.
const workerTimeout = 30 * time.Second

// makeWorker makes the function that handles what the web service puts into the
// queue.
func (b *builder) makeWorker() (err error) {
	b.worker, err = function.New(b.ctx, "worker", function.Args{
		Code:    pulumi.NewAssetArchive(map[string]any{"worker.py": pulumi.NewStringAsset(workerCode)}),
		Runtime: "python3.13",
		Handler: "worker.handle",
		Timeout: workerTimeout,
		Environment: pulumi.StringMap{
			"SESSIONS": b.store.TableName,
			"BUCKET":   b.store.BucketName,
		},
		Policy:       policy(workerMay, b.store.TableARN, b.store.BucketARN),
		Queues:       []function.Queue{{Name: "work", ARN: b.store.QueueARN, PartialFailures: true}},
		AlarmActions: b.notify,
	})
	return err
}

// makeCleanUp lets the worker clean up once a day.
func (b *builder) makeCleanUp() error {
	_, err := schedule.New(b.ctx, "clean-up", schedule.Args{
		Expression:   b.cfg.CleanUp,
		Window:       15 * time.Minute,
		TargetARN:    b.worker.ARN,
		Input:        pulumi.String(`{"task":"clean-up"}`),
		AlarmActions: b.notify,
	})
	return err
}

// watchWork tells people when the queue of the data stack is not emptied, which
// is this stack's business.
func (b *builder) watchWork() error {
	_, err := alarms.New(b.ctx, "backlog", alarms.Args{
		Watch:   []alarms.Alarm{alarms.OldestMessage(b.store.QueueName, time.Hour)},
		Actions: b.notify,
	})
	return err
}
