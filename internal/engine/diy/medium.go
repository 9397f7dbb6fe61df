package diy

import (
	"context"
	"errors"
	"time"
)

// medium is where objects are kept. Keys have slashes on every system.
type medium interface {
	// Get returns the content of an object, or errMissing.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put writes an object, whole or not at all.
	Put(ctx context.Context, key string, data []byte) error
	// Create writes an object that does not exist yet, whole or not at all. Of
	// several writers one wins; the others get errExists.
	Create(ctx context.Context, key string, data []byte) error
	// Delete removes an object. One that is missing is no error.
	Delete(ctx context.Context, key string) error
	// List returns the objects whose key begins with the prefix and has no slash
	// after it, ordered by key.
	List(ctx context.Context, prefix string) ([]object, error)
	// Sync makes durable what Pulumi's code wrote.
	Sync(ctx context.Context, key string) error
	// MD5 returns the checksum that was kept when the object was written; nil
	// when there is none.
	MD5(ctx context.Context, key string) ([]byte, error)
	Close() error
}

// object is an entry of a listing.
type object struct {
	Key      string
	Modified time.Time
}

var (
	errMissing = errors.New("the object does not exist")
	errExists  = errors.New("the object exists already")
)
