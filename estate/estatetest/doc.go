// Package estatetest runs a stack inside a Go test: the real engine, the
// sandbox instead of AWS, no process, no network, nothing left behind. What
// comes back are plain values, after everything has settled.
//
//	r := estatetest.Run(t, data.Stack,
//		estatetest.Settings{"keepVersionsDays": 7},
//		estatetest.Upstream(network.Stack, map[string]any{"vpcId": "vpc-1"}))
//	if got := r.Get("files-bucket").Input("forceDestroy"); got != nil { … }
//	r.Golden()
package estatetest
