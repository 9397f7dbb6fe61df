package sandbox

import (
	"context"
	"database/sql"
	"regexp"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// FailRule makes operations of the provider fail. Empty fields match everything.
type FailRule struct {
	// Type is a type token or its last part ("Queue"); * stands for any text.
	Type string `json:"type,omitempty"`
	// Name is the resource's name in the program; * stands for any text.
	Name string `json:"name,omitempty"`
	// Operation is create, read, update or delete.
	Operation string `json:"operation,omitempty"`
	// Message is the error.
	Message string `json:"message,omitempty"`
	// Times is how often the rule applies; 0 means always.
	Times int `json:"times,omitempty"`
	// After makes the operation happen, and its answer get lost.
	After bool `json:"after,omitempty"`
}

// DelayRule makes operations of the provider slow. Empty fields match everything.
type DelayRule struct {
	Type, Name, Operation string
	// Delay is how long the operation takes.
	Delay time.Duration
	// Times is how often the rule applies; 0 means always.
	Times int
	// After waits when the operation has happened, before it is answered.
	After bool
}

// Fault is a rule that is in force.
type Fault struct {
	FailRule
	// Delay is how long to wait; with a Message the failure comes after it.
	Delay time.Duration `json:"delay,omitempty"`
}

// Fail makes operations fail from now on, in every process that uses the cloud.
func (c *Cloud) Fail(ctx context.Context, r FailRule) error {
	if r.Message == "" {
		r.Message = "InternalError: the sandbox was asked to fail"
	}
	return c.disturb(ctx, Fault{FailRule: r})
}

// Delay makes operations slow from now on, in every process that uses the cloud.
func (c *Cloud) Delay(ctx context.Context, r DelayRule) error {
	if r.Delay <= 0 {
		return gitops.Errorf(gitops.Invalid, "a delay must be longer than nothing, got %s", r.Delay)
	}
	return c.disturb(ctx, Fault{FailRule{Type: r.Type, Name: r.Name, Operation: r.Operation, Times: r.Times, After: r.After}, r.Delay})
}

func (c *Cloud) disturb(ctx context.Context, f Fault) error {
	switch f.Operation {
	case "", "create", "read", "update", "delete":
	default:
		return &gitops.Error{Kind: gitops.Invalid, What: "there is no operation " + f.Operation, Next: "use create, read, update or delete"}
	}
	times := f.Times
	if times <= 0 {
		times = -1
	}
	return c.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO faults (type, name, operation, message, delay, after, remaining) VALUES (?, ?, ?, ?, ?, ?, ?)",
			f.Type, f.Name, f.Operation, f.Message, int64(f.Delay), f.After, times)
		return err
	})
}

// Faults lists the rules in force, oldest first. Times is how often a rule will
// still apply.
func (c *Cloud) Faults(ctx context.Context) ([]Fault, error) {
	out, _, err := faults(ctx, c.db)
	return out, c.broken(err)
}

// Heal ends every rule.
func (c *Cloud) Heal(ctx context.Context) error {
	return c.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM faults")
		return err
	})
}

func faults(ctx context.Context, q queryer) (list []Fault, seqs []int64, err error) {
	rows, err := q.QueryContext(ctx, "SELECT seq, type, name, operation, message, delay, after, remaining FROM faults ORDER BY seq")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f Fault
		var seq int64
		if err := rows.Scan(&seq, &f.Type, &f.Name, &f.Operation, &f.Message, &f.Delay, &f.After, &f.Times); err != nil {
			return nil, nil, err
		}
		f.Times = max(f.Times, 0)
		list, seqs = append(list, f), append(seqs, seq)
	}
	return list, seqs, rows.Err()
}

// disturbed does an operation the way the rules in force want it.
func (c *Cloud) disturbed(ctx context.Context, operation string, r row, do func() error) error {
	hit, err := c.consume(ctx, operation, r)
	if err != nil {
		return err
	}
	for _, f := range hit {
		if !f.After {
			if err := f.strike(ctx); err != nil {
				return err
			}
		}
	}
	if err := do(); err != nil {
		return err
	}
	for _, f := range hit {
		if f.After {
			if err := f.strike(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// strike waits and fails as the rule says.
func (f Fault) strike(ctx context.Context) error {
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.Message != "" {
		return &injectedError{f.Message}
	}
	return nil
}

// consume returns the rules that match an operation and counts them down. Most
// clouds have none, and then nothing is written.
func (c *Cloud) consume(ctx context.Context, operation string, r row) ([]Fault, error) {
	all, _, err := faults(ctx, c.db)
	if err != nil || len(all) == 0 {
		return nil, c.broken(err)
	}
	var hit []Fault
	err = c.write(ctx, func(tx *sql.Tx) error {
		hit = nil
		list, seqs, err := faults(ctx, tx)
		if err != nil {
			return err
		}
		for i, f := range list {
			if !f.matches(operation, r) {
				continue
			}
			hit = append(hit, f)
			if _, err := tx.ExecContext(ctx, "UPDATE faults SET remaining = remaining - 1 WHERE seq = ? AND remaining > 0", seqs[i]); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM faults WHERE remaining = 0")
		return err
	})
	return hit, err
}

func (f Fault) matches(operation string, r row) bool {
	last := r.Type[strings.LastIndexByte(r.Type, ':')+1:]
	return (f.Operation == "" || f.Operation == operation) &&
		(f.Type == "" || glob(f.Type, r.Type) || glob(f.Type, last)) &&
		(f.Name == "" || glob(f.Name, r.name))
}

// glob matches a text with a pattern in which * stands for any text.
func glob(pattern, s string) bool {
	expr := "^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
	ok, err := regexp.MatchString(expr, s)
	return err == nil && ok
}
