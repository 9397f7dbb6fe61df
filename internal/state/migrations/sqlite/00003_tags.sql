-- +goose Up

-- Names and values that people give to stacks.
CREATE TABLE tags (
  stack INTEGER NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  name  TEXT    NOT NULL,
  value TEXT    NOT NULL,
  PRIMARY KEY (stack, name)
) STRICT;

PRAGMA user_version = 3;
