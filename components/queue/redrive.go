package queue

import (
	"encoding/json"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// longest is how long SQS keeps a message at most.
const longest = 14 * 24 * time.Hour

// redriveTo is the policy of a queue that gives a message up after so many
// attempts.
func redriveTo(deadLetterARN string, maxReceives int) string {
	return text(struct {
		DeadLetterTargetARN string `json:"deadLetterTargetArn"`
		MaxReceiveCount     int    `json:"maxReceiveCount"`
	}{deadLetterARN, maxReceives})
}

// redriveFrom is the policy of a dead-letter queue that serves one queue.
func redriveFrom(queueARN string) string {
	return text(struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueARNs   []string `json:"sourceQueueArns"`
	}{"byQueue", []string{queueARN}})
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return string(b)
}

func seconds(d time.Duration) pulumi.Int { return pulumi.Int(d / time.Second) }
