-- +goose Up

-- Names and values that people give to stacks.
CREATE TABLE tags (
  stack BIGINT NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
  name  TEXT   NOT NULL,
  value TEXT   NOT NULL,
  PRIMARY KEY (stack, name)
);

UPDATE meta SET value = '2' WHERE key = 'schema';
