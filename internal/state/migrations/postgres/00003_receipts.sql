-- +goose Up

-- One row for each transaction that wrote, for a day: who lost the answer to a
-- COMMIT finds out by it how that ended. void marks those of which it is known
-- that they did not happen. The server's own names of transactions would not
-- do: one that a crash has swept away is given to another transaction.
CREATE TABLE receipts (
  id   TEXT    PRIMARY KEY,
  at   BIGINT  NOT NULL,
  void BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX receipts_by_age ON receipts (at);

UPDATE meta SET value = '3' WHERE key = 'schema';
