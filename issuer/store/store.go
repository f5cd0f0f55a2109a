// Package store keeps the records of a body in a database: SQLite, in one file
// beside the keys.
//
// [Open] refuses a database that would lose what it has acknowledged: what
// Update has kept survives a power cut. There is one SQL text for every engine,
// and the database is the judge of what may exist once: UNIQUE constraints
// decide about numbers, links, status indexes and applications, whatever runs
// at the same time.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is an open store. It implements [issuer.Store].
type DB struct {
	read  *sql.DB // several connections, for View
	write *sql.DB // one, for Update

	updates atomic.Uint64
}

// Open opens the store in the SQLite file at path, making it if need be, and
// brings its tables up to date. Close it after use.
func Open(ctx context.Context, path string) (*DB, error) {
	db, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		// Made here, so that nobody else may read it at any moment.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err == nil {
			if err := errors.Join(f.Close(), syncFolder(filepath.Dir(path))); err != nil {
				return nil, err
			}
		}
	}
	db := &DB{}
	var err error
	if db.write, err = connect(path, "immediate", 1); err != nil {
		return nil, err
	}
	err = patiently(ctx, func() error {
		if err := durable(ctx, db.write); err != nil {
			return err
		}
		return migrate(ctx, db.write)
	})
	if err == nil {
		db.read, err = connect(path, "deferred", 8)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// syncFolder makes the name of a new file survive a power cut; SQLite syncs what
// is in the file.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// patience is how long opening waits for other processes that are opening the
// same records. SQLite itself waits as long for a lock, except while it turns a
// new file to WAL.
const patience = 10 * time.Second

// patiently runs fn again while the database is locked by another process.
func patiently(ctx context.Context, fn func() error) error {
	began := time.Now()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		err := fn()
		if !locked(err) || time.Since(began) > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(wait):
		}
	}
}

func locked(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	primary := e.Code() & 0xff // the higher bits say more precisely which
	return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED
}

// Close closes the store.
func (db *DB) Close() error {
	var errs []error
	for _, d := range []*sql.DB{db.read, db.write} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	return errors.Join(errs...)
}

func connect(path, lock string, connections int) (*sql.DB, error) {
	settings := url.Values{
		"_txlock": {lock},
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	}
	if connections == 1 {
		// Numbers, links, indexes and hashes are random: each lands on a page of its
		// own, of which the most are wanted again by the next. So a batch of the
		// hundred thousandth certificate costs what one of the first does. 32 MiB
		// are kept in memory, and 16 MiB in the log before they are moved.
		settings["_pragma"] = append(settings["_pragma"], "cache_size(-32768)", "wal_autocheckpoint(4000)")
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

// durable refuses a database that acknowledges what a power cut can take back.
// With synchronous=NORMAL that is what happens, without any error.
func durable(ctx context.Context, db *sql.DB) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"},
	} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return err
		}
		if got != want.value {
			return fmt.Errorf("the database has %s=%s instead of %s, and could lose what it acknowledges; put it on a local disk", want.pragma, got, want.value)
		}
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, sub)
	if err != nil {
		return err
	}
	for {
		before, target, err := p.GetVersions(ctx)
		if err != nil {
			return err
		}
		if before > target {
			return fmt.Errorf("the records are of a later release (version %d, this one knows %d); use that release", before, target)
		}
		if before == target {
			return nil
		}
		_, failed := p.Up(ctx)
		if failed == nil {
			return nil
		}
		// Another process may have brought them forward at the same time.
		if after, _, err := p.GetVersions(ctx); err != nil || after == before {
			return failed
		}
	}
}

// View implements [issuer.Store].
func (db *DB) View(ctx context.Context, fn func(issuer.Tx) error) error {
	return run(ctx, db.read, true, fn)
}

// Update implements [issuer.Store].
func (db *DB) Update(ctx context.Context, fn func(issuer.Tx) error) error {
	defer db.updates.Add(1) // also if it is not known whether it was kept
	return run(ctx, db.write, false, fn)
}

// Updates counts the changes made through this DB. While it stays the same, what
// was read stays so, as far as this process is concerned; others may make changes.
func (db *DB) Updates() uint64 { return db.updates.Load() }

func run(ctx context.Context, db *sql.DB, readOnly bool, fn func(issuer.Tx) error) error {
	sqlTx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: readOnly})
	if err != nil {
		return err
	}
	defer sqlTx.Rollback() // after a commit it does nothing
	if err := fn(&tx{ctx: ctx, statements: context.WithoutCancel(ctx), sql: sqlTx, readOnly: readOnly}); err != nil {
		return err
	}
	if readOnly {
		return nil
	}
	err = sqlTx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // rolled back when ctx ended
		return ctx.Err()
	}
	return err
}

// tx implements [issuer.Tx].
type tx struct {
	ctx context.Context
	// statements is ctx that does not end: each statement is short, and the driver
	// has a goroutine watch over every one that could be interrupted.
	statements context.Context
	sql        *sql.Tx
	readOnly   bool

	prepared map[string]*sql.Stmt // of what is asked more than once; nil: asked once, or being read from
	last     *audit.Entry         // the last act, once it has been read or added; only in a transaction that changes something
}

// statement returns the prepared statement of a query, or nil when it is not worth
// while: when it is asked for the first time. The caller gives it back after use,
// by calling done.
func (t *tx) statement(query string) (s *sql.Stmt, done func(), err error) {
	s, again := t.prepared[query]
	if again && s == nil {
		s, err = t.sql.PrepareContext(t.statements, query)
	}
	if t.prepared == nil {
		t.prepared = map[string]*sql.Stmt{}
	}
	t.prepared[query] = nil
	return s, func() { t.prepared[query] = s }, err
}

func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	if t.readOnly {
		return nil, errors.New("store: a change inside View")
	}
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	s, done, err := t.statement(query)
	if err != nil {
		return nil, err
	}
	defer done()
	if s == nil {
		return t.sql.ExecContext(t.statements, query, args...)
	}
	return s.ExecContext(t.statements, args...)
}

// row scans the one row of the answer; the error is sql.ErrNoRows if there is none.
func (t *tx) row(query string, args []any, values ...any) error {
	found := false
	err := t.rows(func(r *sql.Rows) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(values...)
	}, query, args...)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}

// rows calls scan for each row of the answer.
func (t *tx) rows(scan func(*sql.Rows) error, query string, args ...any) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	s, done, err := t.statement(query)
	if err != nil {
		return err
	}
	defer done()
	var rows *sql.Rows
	if s == nil {
		rows, err = t.sql.QueryContext(t.statements, query, args...)
	} else {
		rows, err = s.QueryContext(t.statements, args...)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// found turns the absence of a row into issuer.ErrNotFound, saying of what.
func found(err error, what, key string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %q: %w", what, key, issuer.ErrNotFound)
	}
	return err
}

// violates reports whether err is that of a UNIQUE constraint that names one of
// the columns.
func violates(err error, columns ...string) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code() != sqlite3.SQLITE_CONSTRAINT_UNIQUE && e.Code() != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return false
	}
	for _, c := range columns {
		if strings.Contains(e.Error(), c) {
			return true
		}
	}
	return false
}
