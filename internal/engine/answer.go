package engine

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"google.golang.org/grpc/codes"
)

// listener is a provider whose creates are listened to for an answer.
type listener struct {
	plugin.Provider
	// unanswered is told the URN of what was being created when there was none.
	unanswered func(urn string)
}

// Create implements plugin.Provider.
func (l listener) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	res, err := l.Provider.Create(ctx, req)
	if err != nil && !req.Preview && !answered(err) {
		l.unanswered(string(req.URN))
	}
	return res, err
}

// answered tells whether an error is a provider's own word that it has failed.
// Otherwise its process has ended, the connection to it broke or it panicked,
// in the middle of work that may be done.
func answered(err error) bool {
	var rpc *rpcerror.Error
	if !errors.As(err, &rpc) {
		return true // it was not called, or has created something half
	}
	switch rpc.Code() {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Internal, codes.DataLoss:
		return false
	default:
		return true
	}
}
