-- +goose Up

-- What is read often stands before the deployment: SQLite walks through a long
-- value to reach what is stored after it.
CREATE TABLE generations_2 (
  stack      INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  resources  INTEGER NOT NULL,
  pending    INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  created    INTEGER NOT NULL,
  sha256     BLOB    NOT NULL,
  deployment BLOB    NOT NULL,
  PRIMARY KEY (stack, version)
) STRICT;
INSERT INTO generations_2 (stack, version, resources, pending, bytes, created, sha256, deployment)
SELECT stack, version, resources,
       CASE WHEN json_valid(CAST(deployment AS TEXT))
            THEN coalesce(json_array_length(CAST(deployment AS TEXT), '$.deployment.pending_operations'), 0)
            ELSE 0 END,
       length(deployment), created, sha256, deployment
FROM generations;
DROP TABLE generations;
ALTER TABLE generations_2 RENAME TO generations;

-- The lease under which the journal was written, as JSON, when it ran out or
-- was unlocked and its holder may be alive.
ALTER TABLE stacks ADD COLUMN lost TEXT;

-- Who waits for a stack, in the order of seq, until the time of until. owner is
-- the waiting process, as JSON.
CREATE TABLE line (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  stack     INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  ticket    TEXT    NOT NULL,
  holder    TEXT    NOT NULL,
  operation TEXT    NOT NULL,
  since     INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  owner     TEXT    NOT NULL,
  UNIQUE (stack, ticket)
) STRICT;

PRAGMA user_version = 2;
