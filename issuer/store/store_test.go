package store_test

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

func open(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// raw is the database without the store: as another program would open it.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestSQLite(t *testing.T) {
	testStore(t, func(t *testing.T) issuer.Store { return open(t, filepath.Join(t.TempDir(), "testamur.db")) })
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testamur.db")
	r := &records{t, open(t, path)}
	r.furnish()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("testamur.db%s has the mode %04o", suffix, mode)
		}
	}
}

func TestReopeningKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testamur.db")
	db := open(t, path)
	r := &records{t, db}
	r.furnish()
	r.add(reservation(1))
	r.update(func(tx issuer.Tx) error { return act(tx, "x") })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := dump(t, path)
	r.store = open(t, path)
	if c := r.certificate("SCB-1"); c.Link != "LINK1" {
		t.Errorf("got %+v", c)
	}
	if r.chain() != 1 {
		t.Error("the act is gone")
	}
	if after := dump(t, path); after != before {
		t.Errorf("opening changed the records:\n%s\nwas\n%s", after, before)
	}
}

// dump writes every row of every table.
func dump(t *testing.T, path string) string {
	t.Helper()
	db := raw(t, path)
	var out strings.Builder
	for _, table := range tables(t, db) {
		rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&out, table, values)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func tables(t *testing.T, db *sql.DB) (names []string) {
	t.Helper()
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestTwoHandlesSeeAndJudgeEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testamur.db")
	one, two := &records{t, open(t, path)}, &records{t, open(t, path)}
	one.furnish()
	two.add(reservation(1))
	if c := one.certificate("SCB-1"); c.Link != "LINK1" {
		t.Errorf("got %+v", c)
	}
	var wg sync.WaitGroup
	for _, r := range []*records{one, two} {
		for range 2 {
			wg.Go(func() {
				for range 15 {
					if err := r.try(func(tx issuer.Tx) error { return act(tx, "x") }); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if n := one.chain(); n != 60 {
		t.Errorf("%d acts, want 60", n)
	}
}

func TestOpenedByManyAtOnceForTheFirstTime(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "testamur.db")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				db, err := store.Open(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				db.Close()
			})
		}
		wg.Wait()
	}
}

func TestAwkwardPathsAreOpened(t *testing.T) {
	for _, name := range []string{"with space.db", "100%.db", "a?b=c.db", "a#b.db", "ü☃.db", "a%20b.db", "a&b;c.db", "_pragma=synchronous(0).db"} {
		folder := t.TempDir()
		db := open(t, filepath.Join(folder, name))
		(&records{t, db}).furnish()
		db.Close()
		files, err := os.ReadDir(folder)
		if err != nil || len(files) != 1 || files[0].Name() != name {
			t.Errorf("%s became %v, %v", name, files, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		says    string
	}{
		"records of a later release": {func(t *testing.T, path string) {
			open(t, path).Close()
			if _, err := raw(t, path).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
				t.Fatal(err)
			}
		}, "later release (version 99"},
		"what is no database": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("no database\n"), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a database"},
		"a folder": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "open store"},
		"tables that something else made": {func(t *testing.T, path string) {
			if _, err := raw(t, path).Exec("CREATE TABLE acts (x TEXT)"); err != nil {
				t.Fatal(err)
			}
		}, "acts already exists"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "testamur.db")
			c.prepare(t, path)
			db, err := store.Open(t.Context(), path)
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %q; it should say %q and which file", err, c.says)
			}
		})
	}
	if db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "none", "testamur.db")); err == nil {
		db.Close()
		t.Error("opened in a folder that is not there")
	}
}

// The tables are a promise to every record that exists: they change by a new
// migration, and then this golden file with them.
func TestTablesAreAsReleased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testamur.db")
	open(t, path)
	rows, err := raw(t, path).Query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY type DESC, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got bytes.Buffer
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&got, text)
	}
	golden := filepath.Join("testdata", "tables.golden")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the tables are\n%s\nwhere testdata/tables.golden has\n%s", got.Bytes(), want)
	}
}

// The trail of publications grows for ever; looking into it must not.
func TestPublicationsAreFoundByTheirKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testamur.db")
	open(t, path)
	rows, err := raw(t, path).Query(`EXPLAIN QUERY PLAN SELECT token FROM publications
		WHERE list = $1 AND purpose = $2 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1`, "1", "revocation", "2026")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(step, "SEARCH publications USING INDEX") || !strings.Contains(step, "valid_from<?") {
			t.Errorf("the plan is to %s", step)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
