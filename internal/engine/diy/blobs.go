package diy

import (
	"bytes"
	"context"
	"errors"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// blobs keeps objects in a bucket of a cloud.
type blobs struct{ bucket *blob.Bucket }

func (b blobs) Get(ctx context.Context, key string) ([]byte, error) {
	data, err := b.bucket.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, errMissing
	}
	return data, err
}

func (b blobs) Put(ctx context.Context, key string, data []byte) error {
	return b.bucket.WriteAll(ctx, key, data, nil)
}

// Create asks after an error whether the object was written all the same: its
// content is nobody else's.
func (b blobs) Create(ctx context.Context, key string, data []byte) error {
	err := b.bucket.WriteAll(ctx, key, data, &blob.WriterOptions{IfNotExist: true})
	if err == nil {
		return nil
	}
	there, readErr := b.Get(ctx, key)
	switch {
	case readErr == nil && bytes.Equal(there, data):
		return nil
	case readErr == nil:
		return errExists
	}
	return err
}

func (b blobs) Delete(ctx context.Context, key string) error {
	err := b.bucket.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}

func (b blobs) List(ctx context.Context, prefix string) ([]object, error) {
	it := b.bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"})
	var list []object
	for {
		o, err := it.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		case !o.IsDir:
			list = append(list, object{Key: o.Key, Modified: o.ModTime})
		}
	}
}

// Sync has nothing to do: a bucket answers when the object is durable.
func (b blobs) Sync(context.Context, string) error { return nil }

// MD5 says nothing: a bucket checks what it keeps by itself, and what it tells
// of an object depends on how it was encrypted and written.
func (b blobs) MD5(context.Context, string) ([]byte, error) { return nil, nil }

func (b blobs) Close() error { return b.bucket.Close() }
