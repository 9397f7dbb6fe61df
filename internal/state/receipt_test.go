package state

import (
	"testing"

	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

func TestAReceiptSaysHowATransactionEndedHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Start(t).URL(t))
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := s.read(t.Context(), "read", func(q querier) error {
		return q.QueryRowContext(t.Context(), "SELECT id FROM receipts").Scan(&left)
	}); err != nil {
		t.Fatal(err)
	}
	for receipt, want := range map[string]bool{left: false, "never left": true} {
		for range 3 {
			if void, err := s.voidReceipt(t.Context(), receipt); err != nil || void != want {
				t.Errorf("receipt %q is void: %v, %v, want %v", receipt, void, err, want)
			}
		}
	}
}

// TestAReceiptIsNotVoidWhileItsTransactionMayStillEndWell asks for a receipt
// between the writing and the COMMIT of its transaction.
func TestAReceiptIsNotVoidWhileItsTransactionMayStillEndWell(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, other := open(t, server.URL(t)), make(chan bool, 1)
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	err := s.write(t.Context(), "write", func(q querier) error {
		var receipt string
		if err := q.QueryRowContext(t.Context(), "SELECT id FROM receipts ORDER BY xmin::text::bigint DESC LIMIT 1").Scan(&receipt); err != nil {
			return err
		}
		go func() {
			void, err := s.voidReceipt(t.Context(), receipt)
			other <- void || err != nil
		}()
		return waitFor(t, s, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'")
	})
	if err != nil {
		t.Fatal(err)
	}
	if <-other {
		t.Error("a receipt was void whose transaction was committed")
	}
}

// TestATransactionThatACrashSweptAwayDidNotHappen kills the server between the
// writing and the COMMIT. The server then gives its own name of the transaction
// to the next one.
func TestATransactionThatACrashSweptAwayDidNotHappen(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s := open(t, server.URL(t))
	var receipt string
	err := transact(t.Context(), s.writer, s.dialect, s.dialect.begin, func(q querier) error {
		if err := q.QueryRowContext(t.Context(), "SELECT id FROM receipts").Scan(&receipt); err != nil {
			return err
		}
		server.Kill(t)
		return nil
	})
	if err == nil {
		t.Fatal("a server that is gone took a COMMIT")
	}
	server.Restart(t)
	if err := s.Create(t.Context(), dev, tiny); err != nil { // takes the name
		t.Fatal(err)
	}
	if void, err := s.voidReceipt(t.Context(), receipt); err != nil || !void {
		t.Errorf("the receipt of the transaction is void: %v, %v", void, err)
	}
}

// waitFor polls until a query counts something.
func waitFor(t *testing.T, s *Store, query string) error {
	t.Helper()
	for n := 0; n == 0; {
		err := s.read(t.Context(), "read", func(q querier) error {
			return q.QueryRowContext(t.Context(), query).Scan(&n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestOldReceiptsGoAFewWithEachWrite(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Start(t).URL(t))
	l := leased(t, s)
	if err := s.write(t.Context(), "write", func(q querier) error {
		_, err := q.ExecContext(t.Context(), "UPDATE receipts SET at = 0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := l.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var old int
	if err := s.read(t.Context(), "read", func(q querier) error {
		return q.QueryRowContext(t.Context(), "SELECT count(*) FROM receipts WHERE at = 0").Scan(&old)
	}); err != nil || old != 0 {
		t.Errorf("%d old receipts are left, %v", old, err)
	}
}
