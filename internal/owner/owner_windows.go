package owner

// processExists says yes: on this system a lease ends by Release or by time.
func processExists(int) bool { return true }
