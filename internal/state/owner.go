package state

import process "github.com/trunkline-dev/trunkline/internal/owner"

// owner tells which process holds a lease, precisely enough to know later that
// it is dead.
type owner = process.Process
