package store

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatOpenMakesIsDurable(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "testamur.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, d := range map[string]*sql.DB{"write": db.write, "read": db.read} {
		if err := durable(t.Context(), d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each setting is that of a database that works, and loses what it has
// acknowledged, or keeps what does not belong together.
func TestWhatCouldLoseRecordsIsRefused(t *testing.T) {
	good := []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}
	for _, c := range []struct{ instead, of, says string }{
		{"synchronous(NORMAL)", good[1], "synchronous=1"},
		{"synchronous(OFF)", good[1], "synchronous=0"},
		{"journal_mode(DELETE)", good[0], "journal_mode=delete"},
		{"journal_mode(MEMORY)", good[0], "journal_mode=memory"},
		{"journal_mode(OFF)", good[0], "journal_mode=off"},
		{"foreign_keys(0)", good[2], "foreign_keys=0"},
	} {
		dsn := "file:" + filepath.Join(t.TempDir(), "twin.db") + "?"
		for _, setting := range good {
			if setting == c.of {
				setting = c.instead
			}
			dsn += "&_pragma=" + setting
		}
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('y')"); err != nil {
			t.Fatalf("%s: the twin does not work at all: %v", c.instead, err)
		}
		if err := durable(t.Context(), db); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want a refusal that says %s", c.instead, err, c.says)
		}
	}
}
