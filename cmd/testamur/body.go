package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/picture"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
)

// What is inside the folder of a body.
const (
	recordsFile   = "testamur.db" // every record
	keysFolder    = "keys"        // private keys, one file each
	schemesFolder = "schemes"     // schemes of the body's own, beside those built in
)

// dirFlag adds --dir to a command.
func dirFlag(cmd *cobra.Command, dir *string) {
	def := os.Getenv("TESTAMUR_DIR")
	if def == "" {
		def = "testamur-data"
	}
	cmd.Flags().StringVar(dir, "dir", def, "`folder` of the body; also $TESTAMUR_DIR")
}

// body is an opened body.
type body struct {
	*issuer.Issuer
	Ring  *keys.Ring
	looks func() (*looks, error) // read when something is to be printed or compared
	seals *seals                 // nil: it has no key to seal papers with
	press printer
	store *store.DB

	pictures *picture.Painter // of what the press sets
}

func (b *body) Close() error { return b.store.Close() }

// openBody opens the body in the folder.
func openBody(ctx context.Context, dir string) (*body, error) {
	path := filepath.Join(dir, recordsFile)
	const hint = `make one with: testamur init --dir DIR --name "Name of the body" --url https://certs.example.org`
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, term.Fail(term.Usage, fmt.Errorf("there is no body in %s", dir), hint)
	case err == nil && info.Size() == 0: // opening it would make it look like a new one
		return nil, term.Fail(term.No, fmt.Errorf("the records in %s are empty", dir), "if a body was here, restore its records from a backup")
	}
	db, err := store.Open(ctx, path)
	if err != nil {
		return nil, term.Fail(term.No, err, "the folder and the files in it must be whole, on a local disk, and writable by the user who runs this")
	}
	b, err := assemble(ctx, dir, db)
	switch {
	case errors.Is(err, issuer.ErrNotFound):
		err = term.Fail(term.Usage, fmt.Errorf("the body in %s was never finished", dir), hint)
	case err != nil:
		err = term.Fail(term.No, err, "")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return b, nil
}

// assemble puts the parts of a body together.
func assemble(ctx context.Context, dir string, db *store.DB) (*body, error) {
	var about issuer.Body
	err := db.View(ctx, func(tx issuer.Tx) (err error) {
		about, err = tx.Body()
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := finishInit(dir); err != nil {
		return nil, err
	}
	ring, err := keys.Load(filepath.Join(dir, keysFolder), about.URL)
	if err != nil {
		return nil, err
	}
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		if _, err := ring.Active(p); err != nil {
			return nil, fmt.Errorf("%w: restore the key files from a backup", err)
		}
	}
	schemes, err := loadSchemes(dir)
	if err != nil {
		return nil, err
	}
	looks := sync.OnceValues(func() (*looks, error) { return openLooks(dir) })
	seals := loadSeals(dir, ring, time.Now)
	press := newPrinter(looks, seals)
	return &body{
		Issuer: &issuer.Issuer{
			Body: about, Schemes: schemes, Store: db, Signer: ring, Keys: ring.Set(),
			Press: press, Now: time.Now, Random: rand.Reader,
		},
		Ring:  ring,
		looks: looks,
		seals: seals,
		press: press,
		store: db,

		pictures: picture.New(press),
	}, nil
}

// loadSchemes returns the built-in schemes and those of the body's own.
func loadSchemes(dir string) (*scheme.Catalogue, error) {
	own := filepath.Join(dir, schemesFolder)
	if _, err := os.Stat(own); errors.Is(err, fs.ErrNotExist) {
		return scheme.Builtin()
	} else if err != nil { // unreadable is not the same as not there
		return nil, err
	}
	return scheme.Load(os.DirFS(own))
}

// staff is the person at the keyboard, as the audit log names them.
func staff() issuer.Actor {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return issuer.Actor{Name: u.Username + " (command line)"}
	}
	return issuer.Actor{Name: "command line"}
}
