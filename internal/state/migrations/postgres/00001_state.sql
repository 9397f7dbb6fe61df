-- +goose Up

-- Facts about the store itself; 'schema' is the number of the last migration.
-- Every version, also an older one, must be able to read this table: never
-- change its shape.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- version names the newest row of generations. journal_hash is the hash of the
-- last of journal_length entries, NULL without any. lost is the lease under
-- which the journal was written, as JSON, when it ran out or was unlocked and
-- its holder may be alive. Whoever changes anything of a stack locks its row
-- first.
CREATE TABLE stacks (
  id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project        TEXT   NOT NULL,
  name           TEXT   NOT NULL,
  version        BIGINT NOT NULL,
  updated        BIGINT NOT NULL,
  journal_length BIGINT NOT NULL DEFAULT 0,
  journal_hash   BYTEA,
  lost           TEXT,
  UNIQUE (project, name)
);

-- The last committed deployments.
CREATE TABLE generations (
  stack      BIGINT NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version    BIGINT NOT NULL,
  resources  BIGINT NOT NULL,
  pending    BIGINT NOT NULL,
  bytes      BIGINT NOT NULL,
  created    BIGINT NOT NULL,
  sha256     BYTEA  NOT NULL,
  deployment BYTEA  NOT NULL,
  PRIMARY KEY (stack, version)
);

-- What happened since the newest generation. Each hash covers the one before.
CREATE TABLE journal (
  stack BIGINT NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  seq   BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  entry BYTEA  NOT NULL,
  hash  BYTEA  NOT NULL,
  PRIMARY KEY (stack, seq)
);

-- Journals that did not match their hashes when a commit replaced them: kept
-- as evidence, read by nobody.
CREATE TABLE damaged_journal (
  stack   BIGINT NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  seq     BIGINT NOT NULL,
  epoch   BIGINT NOT NULL,
  entry   BYTEA  NOT NULL,
  hash    BYTEA  NOT NULL
);
CREATE INDEX damaged_journal_by_stack ON damaged_journal (stack);

-- Updates, started and finished, in the order of their start.
CREATE TABLE updates (
  seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stack       BIGINT NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version     BIGINT NOT NULL DEFAULT 0,
  operation   TEXT   NOT NULL,
  started     BIGINT NOT NULL,
  ended       BIGINT NOT NULL DEFAULT 0,
  message     TEXT   NOT NULL,
  environment TEXT   NOT NULL,
  config      BYTEA,
  result      TEXT   NOT NULL,
  changes     TEXT   NOT NULL
);
CREATE INDEX updates_by_stack ON updates (stack, seq);

-- At most one row per stack. A sequence never gives a number twice, also not
-- after the row, the stack or its name is gone: an epoch is greater than every
-- earlier one of the same stack, for ever.
CREATE TABLE leases (
  epoch      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stack      BIGINT NOT NULL UNIQUE REFERENCES stacks (id) ON DELETE CASCADE,
  id         TEXT   NOT NULL,
  holder     TEXT   NOT NULL,
  operation  TEXT   NOT NULL,
  since      BIGINT NOT NULL,
  expires    BIGINT NOT NULL,
  host       TEXT   NOT NULL,
  boot       TEXT   NOT NULL,
  space      TEXT   NOT NULL,
  pid        BIGINT NOT NULL,
  started    TEXT   NOT NULL,
  update_seq BIGINT REFERENCES updates (seq)
);

-- Who waits for a stack, in the order of seq, until the time of until. owner is
-- the waiting process, as JSON.
CREATE TABLE line (
  seq       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stack     BIGINT NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  ticket    TEXT   NOT NULL,
  holder    TEXT   NOT NULL,
  operation TEXT   NOT NULL,
  since     BIGINT NOT NULL,
  until     BIGINT NOT NULL,
  owner     TEXT   NOT NULL,
  UNIQUE (stack, ticket)
);

INSERT INTO meta (key, value) VALUES ('schema', '1');
