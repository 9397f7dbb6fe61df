package estatetest

// On deploys into the sandbox of an earlier run, on top of what is there. The
// stacks that were run there need no Upstream: their outputs are the real ones.
// The environment is the same, too. Runs on one sandbox come one after the other.
//
//	net := estatetest.Run(t, network.Stack)
//	r := estatetest.Run(t, app.Stack, estatetest.On(net))
func On(earlier *Result) Option {
	return option(func(w *world) { w.place, w.env = earlier.world.place, earlier.world.env })
}
