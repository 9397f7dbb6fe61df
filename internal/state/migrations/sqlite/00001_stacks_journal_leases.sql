-- +goose Up

-- Facts about the store itself. Every version, also an older one, must be able
-- to read this table: never change its shape.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- version names the newest row of generations. journal_hash is the hash of the
-- last of journal_length entries, NULL without any.
CREATE TABLE stacks (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  project        TEXT    NOT NULL,
  name           TEXT    NOT NULL,
  version        INTEGER NOT NULL,
  updated        INTEGER NOT NULL,
  journal_length INTEGER NOT NULL DEFAULT 0,
  journal_hash   BLOB,
  UNIQUE (project, name)
) STRICT;

-- The last committed deployments.
CREATE TABLE generations (
  stack      INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  deployment BLOB    NOT NULL,
  sha256     BLOB    NOT NULL,
  resources  INTEGER NOT NULL,
  created    INTEGER NOT NULL,
  PRIMARY KEY (stack, version)
) STRICT;

-- What happened since the newest generation. Each hash covers the one before.
CREATE TABLE journal (
  stack INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  seq   INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  entry BLOB    NOT NULL,
  hash  BLOB    NOT NULL,
  PRIMARY KEY (stack, seq)
) STRICT;

-- Journals that did not match their hashes when a commit replaced them: kept
-- as evidence, read by nobody.
CREATE TABLE damaged_journal (
  stack   INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  epoch   INTEGER NOT NULL,
  entry   BLOB    NOT NULL,
  hash    BLOB    NOT NULL
) STRICT;

-- Updates, started and finished, in the order of their start.
CREATE TABLE updates (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  stack       INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version     INTEGER NOT NULL DEFAULT 0,
  operation   TEXT    NOT NULL,
  started     INTEGER NOT NULL,
  ended       INTEGER NOT NULL DEFAULT 0,
  message     TEXT    NOT NULL,
  environment TEXT    NOT NULL,
  config      BLOB,
  result      TEXT    NOT NULL,
  changes     TEXT    NOT NULL
) STRICT;
CREATE INDEX updates_by_stack ON updates (stack, seq);

-- At most one row per stack. AUTOINCREMENT never gives a number twice, also not
-- after the row, the stack or its name is gone: an epoch is greater than every
-- earlier one of the same stack, for ever.
CREATE TABLE leases (
  epoch     INTEGER PRIMARY KEY AUTOINCREMENT,
  stack     INTEGER NOT NULL UNIQUE REFERENCES stacks (id) ON DELETE CASCADE,
  id        TEXT    NOT NULL,
  holder    TEXT    NOT NULL,
  operation TEXT    NOT NULL,
  since     INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  host      TEXT    NOT NULL,
  boot      TEXT    NOT NULL,
  space     TEXT    NOT NULL,
  pid       INTEGER NOT NULL,
  started   TEXT    NOT NULL,
  update_seq INTEGER REFERENCES updates (seq)
) STRICT;

PRAGMA user_version = 1;
