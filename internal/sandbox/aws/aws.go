// Package aws is what the sandbox knows about AWS beyond the shape of its
// types: which identifiers and outputs a resource gets, what AWS refuses, and
// what its functions answer.
//
// Everything here is a function from values to values. What exists is read
// through Cloud; nothing is written, and there is no clock or chance: what looks
// random is derived from a key.
package aws

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Object holds the properties of a resource as plain JSON values; Unknown stands
// for a value that is not known yet.
type Object map[string]any

// Unknown is the value of a property that only an update will know.
type Unknown struct{}

// Resource is something that exists in the sandbox's cloud.
type Resource struct {
	Type    string
	ID      string
	Region  string
	Account string
	State   Object
}

// Cloud is what exists, seen from one account and region.
type Cloud interface {
	// All lists the resources of a type, oldest first.
	All(token string) ([]Resource, error)
}

// Scope is where a call is made.
type Scope struct {
	Region  string
	Account string
	// Now is the time that AWS would write down, in UTC.
	Now time.Time
}

// Partition is "aws", or that of China or GovCloud.
func (s Scope) Partition() string {
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Suffix is the domain of the partition's services.
func (s Scope) Suffix() string {
	if s.Partition() == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// ARN returns the name of a resource in the scope's region and account.
func (s Scope) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.Partition(), service, s.Region, s.Account, resource)
}

// GlobalARN returns the name of a resource that belongs to no region.
func (s Scope) GlobalARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", s.Partition(), service, s.Account, resource)
}

// Call is the creation or update of one resource.
type Call struct {
	Scope
	Token string
	// ID is empty until the ID function has run.
	ID string
	// Key is different for every creation; derived values come from it.
	Key   string
	In    Object
	Cloud Cloud
	// Update tells that the resource exists already.
	Update bool
}

// hex returns n hexadecimal digits that belong to the label of this resource.
func (c *Call) hex(label string, n int) string { return digits(c.Key, label, n) }

// id returns an identifier in EC2's form, such as vpc-0a1b2c3d4e5f60718.
func (c *Call) id(prefix string) string { return prefix + "-0" + c.hex(prefix, 16) }

func digits(key, label string, n int) string {
	sum := sha256.Sum256([]byte(key + "\x00" + label))
	return hex.EncodeToString(sum[:])[:n]
}

// number returns a number below limit that belongs to the key and label.
func number(key, label string, limit uint64) uint64 {
	sum := sha256.Sum256([]byte(key + "\x00" + label))
	return binary.BigEndian.Uint64(sum[:]) % max(limit, 1)
}

// uuid returns a UUID in AWS's form.
func (c *Call) uuid(label string) string {
	h := c.hex(label, 32)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20], h[20:]}, "-")
}

// letters returns an identifier in IAM's form, such as AROA…
func (c *Call) letters(prefix string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	sum := sha256.Sum256([]byte(c.Key + "\x00" + prefix))
	b := make([]byte, 17)
	for i := range b {
		b[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	return prefix + string(b)
}

// Failure is an input that the provider rejects before anything is created.
type Failure struct {
	// Property is the path of the input, such as "cidrBlock".
	Property string
	Reason   string
}

// Error is what AWS answers to a call that it refuses.
type Error struct {
	// Code is AWS's own, such as "InvalidVpcID.NotFound".
	Code    string
	Message string
}

func (e *Error) Error() string { return "api error " + e.Code + ": " + e.Message }

func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
