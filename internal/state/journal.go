package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// link is one entry of a journal.
type link struct {
	seq   int64
	epoch int64
	entry []byte
	hash  []byte
}

// chain returns the hash of an entry: over the hash before it, its number, its
// epoch and itself. The first one follows the hash of the deployment that the
// journal continues.
func chain(previous []byte, seq, epoch int64, entry []byte) []byte {
	h := sha256.New()
	h.Write(previous)
	var n [16]byte
	binary.BigEndian.PutUint64(n[:8], uint64(seq))
	binary.BigEndian.PutUint64(n[8:], uint64(epoch))
	h.Write(n[:])
	h.Write(entry)
	return h.Sum(nil)
}

// checkChain tells whether the links are, whole and in order, what was
// appended after the deployment with the hash base: length entries, the last
// of which has the hash head.
func checkChain(base []byte, links []link, length int64, head []byte) error {
	if int64(len(links)) != length {
		return fmt.Errorf("the journal has %d of %d entries and %w", len(links), length, errDamaged)
	}
	previous := base
	for i, l := range links {
		want := chain(previous, int64(i)+1, l.epoch, l.entry)
		if l.seq != int64(i)+1 || !bytes.Equal(want, l.hash) {
			return fmt.Errorf("entry %d of the journal %w", i+1, errDamaged)
		}
		previous = want
	}
	if length > 0 && !bytes.Equal(previous, head) {
		return fmt.Errorf("the end of the journal %w", errDamaged)
	}
	return nil
}

// readJournal returns the links of a stack in order, unchecked.
func readJournal(ctx context.Context, q querier, stack int64) ([]link, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT seq, epoch, entry, hash FROM journal WHERE stack = ? ORDER BY seq`, stack)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var links []link
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.seq, &l.epoch, &l.entry, &l.hash); err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, rows.Err()
}

// appendJournal adds entries after those that row knows of.
func appendJournal(ctx context.Context, q querier, row stackRow, epoch int64, entries [][]byte) error {
	head := row.journalHash
	if row.journalLength == 0 {
		err := q.QueryRowContext(ctx,
			`SELECT sha256 FROM generations WHERE stack = ? AND version = ?`, row.id, row.version).Scan(&head)
		if err != nil {
			return err
		}
	}
	links := make([]link, len(entries))
	for i, entry := range entries {
		if entry == nil {
			entry = []byte{} // NULL is not an empty entry
		}
		seq := row.journalLength + int64(i) + 1
		head = chain(head, seq, epoch, entry)
		links[i] = link{seq, epoch, entry, head}
	}
	if err := insertLinks(ctx, q, row.id, links); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx,
		`UPDATE stacks SET journal_length = ?, journal_hash = ? WHERE id = ?`,
		row.journalLength+int64(len(entries)), head, row.id)
	return err
}

// insertLinks adds many rows with few statements, of a few sizes only, so that
// a database that prepares statements knows them soon.
func insertLinks(ctx context.Context, q querier, stack int64, links []link) error {
	for _, size := range []int{64, 8, 1} {
		for ; len(links) >= size; links = links[size:] {
			args := make([]any, 0, 5*size)
			for _, l := range links[:size] {
				args = append(args, stack, l.seq, l.epoch, l.entry, l.hash)
			}
			_, err := q.ExecContext(ctx, `INSERT INTO journal (stack, seq, epoch, entry, hash) VALUES (?, ?, ?, ?, ?)`+
				strings.Repeat(`, (?, ?, ?, ?, ?)`, size-1), args...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// emptyJournal removes the entries of a stack. A journal that is not what was
// appended is put aside instead: the deployment that replaces it counts, and
// the damage can still be looked into.
func emptyJournal(ctx context.Context, q querier, row stackRow) error {
	links, err := readJournal(ctx, q, row.id)
	if err != nil {
		return err
	}
	var base []byte
	err = q.QueryRowContext(ctx,
		`SELECT sha256 FROM generations WHERE stack = ? AND version = ?`, row.id, row.version).Scan(&base)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if checkChain(base, links, row.journalLength, row.journalHash) != nil {
		_, err := q.ExecContext(ctx,
			`INSERT INTO damaged_journal (stack, version, seq, epoch, entry, hash)
			 SELECT stack, ?, seq, epoch, entry, hash FROM journal WHERE stack = ?`, row.version, row.id)
		if err != nil {
			return err
		}
	}
	_, err = q.ExecContext(ctx, `DELETE FROM journal WHERE stack = ?`, row.id)
	return err
}
