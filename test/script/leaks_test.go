package script

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// spellings are the ways in which a text may stand somewhere: as it is, and as
// encoders write it. In base64 it looks different at each of three offsets.
func spellings(text string) map[string][]byte {
	quoted, _ := json.Marshal(text) // a string always marshals
	out := map[string][]byte{
		"plain": []byte(text), "JSON": bytes.Trim(quoted, `"`), "Go": []byte(strings.Trim(strconv.Quote(text), `"`)),
		"URL query": []byte(url.QueryEscape(text)), "URL path": []byte(url.PathEscape(text)),
		"hex": []byte(hex.EncodeToString([]byte(text))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))),
	}
	for shift := range 3 {
		padded := append(bytes.Repeat([]byte{'x'}, shift), text...)
		whole := len(padded) / 3 * 3 // what follows it must not matter
		for name, enc := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
			coded := enc.EncodeToString(padded[:whole])
			out[fmt.Sprintf("%s+%d", name, shift)] = []byte(coded[(shift*8+5)/6:])
		}
	}
	return out
}

// leaks reports every place below the story's directory, in its databases and on
// the command lines of running processes, in which one of the files' contents
// stands in any spelling. Those files, the cloud, and homes are no such places.
// Negated, it must find something.
func leaks(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, false, args, "leaks FILE...", 1)
	found := 0
	for _, name := range args {
		text := strings.TrimSpace(ts.ReadFile(name))
		report := func(where string, content []byte) {
			for how, s := range spellings(text) {
				if len(s) >= 8 && bytes.Contains(content, s) {
					ts.Logf("%s holds %s as %s", where, name, how)
					found++
				}
			}
		}
		report("the last stdout", []byte(ts.ReadFile("stdout")))
		report("the last stderr", []byte(ts.ReadFile("stderr")))
		ts.Check(eachFile(ts, args, report))
		eachCommandLine(report)
	}
	if (found > 0) != neg {
		ts.Fatalf("found in the open: %d", found)
	}
}

func eachFile(ts *testscript.TestScript, inputs []string, report func(string, []byte)) error {
	work := ts.Getenv("WORK")
	return filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".home" {
			return firstOf(err, fs.SkipDir)
		}
		base := filepath.Base(path)
		if d.IsDir() || !d.Type().IsRegular() || strings.HasPrefix(base, "sandbox.db") {
			return nil
		}
		for _, in := range inputs {
			if ts.MkAbs(in) == path {
				return nil
			}
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		report(path, content)
		if filepath.Ext(path) == ".db" {
			return eachCell(path, report)
		}
		return nil
	})
}

func firstOf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// eachCell shows every value of a database, which may stand in pieces in its
// file.
func eachCell(path string, report func(string, []byte)) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := column(db, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		return err
	}
	for _, table := range tables {
		columns, err := column(db, "SELECT name FROM pragma_table_info('"+string(table)+"')")
		if err != nil {
			return err
		}
		for _, c := range columns {
			cells, err := column(db, fmt.Sprintf("SELECT CAST(%q AS BLOB) FROM %q", c, table))
			if err != nil {
				return err
			}
			for _, cell := range cells {
				report(fmt.Sprintf("%s, %s.%s", path, table, c), cell)
			}
		}
	}
	return nil
}

func column(db *sql.DB, query string) ([][]byte, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var cell []byte
		if err := rows.Scan(&cell); err != nil {
			return nil, err
		}
		out = append(out, cell)
	}
	return out, rows.Err()
}

// eachCommandLine shows the command lines and, for all but trunkline itself, the
// environments of the processes that run now, where the system tells them.
func eachCommandLine(report func(string, []byte)) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue // it has ended
		}
		shown := strings.ReplaceAll(string(line), "\x00", " ")
		report("the command line "+shown, line)
		if strings.HasPrefix(filepath.Base(strings.Fields(shown + " x")[0]), "trunkline") {
			continue // who is given a passphrase has it
		}
		if env, err := os.ReadFile(filepath.Join(dir, "environ")); err == nil {
			report("the environment of "+shown, env)
		}
	}
}
