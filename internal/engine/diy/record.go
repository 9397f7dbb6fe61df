package diy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/owner"
)

// leaseRecord is the object of one lease. Its number is the epoch. Only its
// holder rewrites it; it ends when it says so or when there is a higher number.
type leaseRecord struct {
	ID        string           `json:"id,omitempty"`
	Holder    string           `json:"holder,omitempty"`
	Operation gitops.Operation `json:"operation,omitempty"`
	Since     time.Time        `json:"since,omitzero"`
	Expires   time.Time        `json:"expires,omitzero"`
	Ended     bool             `json:"ended,omitempty"`
	Owner     owner.Process    `json:"owner"`
	// Lock is the key of the lock file that keeps the Pulumi CLI away.
	Lock string `json:"lock,omitempty"`
	// Update has begun and not ended.
	Update *gitops.UpdateRecord `json:"update,omitempty"`
}

// info is the lease as others see it.
func (r leaseRecord) info(ref gitops.StackRef, epoch int64) gitops.LeaseInfo {
	return gitops.LeaseInfo{
		ID: r.ID, Ref: ref, Holder: r.Holder, Operation: r.Operation, Epoch: epoch, Since: r.Since, Expires: r.Expires,
	}
}

// versionRecord says what a version of the state is. Its number is the version.
type versionRecord struct {
	// Hash is that of the deployment.
	Hash string `json:"hash"`
	// Seq is the number of the last journal object that is part of it.
	Seq int64 `json:"seq"`
	// Kept is the key of a copy of the checkpoint; "" when none was made.
	Kept string `json:"kept,omitempty"`
	// Stamp is the newest time in the names of Pulumi's history that is known.
	Stamp     int64     `json:"stamp"`
	Created   time.Time `json:"created,omitzero"`
	Resources int       `json:"resources"`
	Bytes     int       `json:"bytes"`
}

// journalRecord is one object of a journal. Its number grows for ever.
type journalRecord struct {
	Epoch int64 `json:"epoch"`
	// Previous is the hash of the object before, or of the deployment that the
	// journal continues.
	Previous string   `json:"previous"`
	Entries  [][]byte `json:"entries,omitempty"`
	// Fence shuts the holders of lower epochs out. Lost is the lease whose holder,
	// the process Owner, may have been alive then.
	Fence bool              `json:"fence,omitempty"`
	Lost  *gitops.LeaseInfo `json:"lost,omitempty"`
	Owner owner.Process     `json:"owner,omitzero"`
	// Commit is the hash of the deployment that is about to be written.
	Commit string `json:"commit,omitempty"`
}

// envelope is the form of all records: damage is noticed.
type envelope struct {
	Body json.RawMessage `json:"body"`
	Hash string          `json:"sha256"`
}

// pack writes a record and returns its hash.
func pack(record any) (data []byte, hash string, err error) {
	body, err := json.Marshal(record)
	if err != nil {
		return nil, "", err
	}
	hash = sum(body)
	data, err = json.Marshal(envelope{Body: body, Hash: hash})
	return data, hash, err
}

var errDamaged = errors.New("it does not match its checksum")

// unpack reads a record into what into points at.
func unpack(data []byte, into any) (hash string, err error) {
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return "", errors.Join(errDamaged, err)
	}
	if sum(e.Body) != e.Hash {
		return "", errDamaged
	}
	return e.Hash, json.Unmarshal(e.Body, into)
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
