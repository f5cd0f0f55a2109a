package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
)

type initOptions struct {
	dir  string
	alg  string
	body issuer.Body
}

func newInit() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init --name NAME --url ISSUER_URL",
		Short: "Establish a certification body in a new folder",
		Long: `Establish a certification body: its records and its two signing keys, one for
certificates and one for status lists.

The issuer address is for ever: it stands in every certificate and QR code. It is
where "testamur serve" will be reachable, https://host or https://host/path.`,
		Example: `  testamur init --dir body --name "Example Certification Body" --url https://certs.example.org
  testamur init --name "Example Body" --url https://certs.example.org --zone Europe/Berlin --accreditation D-ZP-00000-01-00`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInit(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	dirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.body.Name, "name", "", "legal `name` of the body, as printed on certificates")
	f.StringVar(&o.body.URL, "url", "", "issuer `address`, https://…")
	f.StringVar(&o.body.Prefix, "prefix", "", "`prefix` of certificate numbers (default: initials of the name)")
	f.StringVar(&o.body.Zone, "zone", "", "IANA time `zone` in which days begin and end (default UTC)")
	f.StringVar(&o.body.Accreditation, "accreditation", "", "accreditation `number`, if the body is accredited")
	f.StringVar(&o.alg, "alg", string(keys.ES256), "signature `algorithm`: ES256, EdDSA or RS256")
	cmd.MarkFlagRequired("name")
	cmd.MarkFlagRequired("url")
	return cmd
}

func runInit(ctx context.Context, out io.Writer, o initOptions) error {
	b, err := establish(ctx, o)
	if err != nil {
		return err
	}
	return term.JSON(out, map[string]any{"dir": o.dir, "name": b.Name, "url": b.URL, "prefix": b.Prefix, "zone": b.Zone})
}

// establish makes the folder of a body. The records come first and say last
// that there is a body: until then nothing has been issued, and an interrupted
// init is begun anew. A folder that holds a body, or keys without records, is
// left as it is.
func establish(ctx context.Context, o initOptions) (b issuer.Body, err error) {
	if b, err = issuer.NewBody(o.body); err != nil {
		return b, term.Fail(term.Usage, err, "")
	}
	if err := printable(b); err != nil {
		return b, term.Fail(term.Usage, err, "")
	}
	now := time.Now()
	var ring []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(b.URL, p, keys.Algorithm(o.alg), now)
		if err != nil {
			return b, term.Fail(term.Usage, err, "")
		}
		ring = append(ring, k)
	}
	records, keysAt := filepath.Join(o.dir, recordsFile), filepath.Join(o.dir, keysFolder)
	if _, err := os.Stat(records); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(keysAt); err == nil {
			return b, term.Fail(term.No, fmt.Errorf("%s holds keys but no records", o.dir), "if the records were lost, restore them from a backup; otherwise choose another folder with --dir")
		}
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return b, term.Fail(term.No, err, "")
	}
	db, err := store.Open(ctx, records)
	if err != nil {
		return b, term.Fail(term.No, err, "")
	}
	err = settle(ctx, db, b, keysAt, ring, now)
	if err = errors.Join(err, db.Close()); err != nil {
		return b, term.Fail(term.No, err, "choose another folder with --dir")
	}
	return b, nil
}

// printable reports whether certificates of the body can be printed at all.
func printable(b issuer.Body) error {
	press, err := render.New()
	if err != nil {
		return err
	}
	const text = "Specimen"
	day := scheme.Date{Year: 2026, Month: time.November, Day: 20}
	longest := strings.Repeat("0", 26)
	return press.Check(issuer.Paper{
		Holder: text, Title: text, Code: text, Number: b.Prefix + "-00000-00000", Scope: text, Scheme: text, Edition: "1",
		Body: b.Name, Decider: text, Decided: day, Effective: day,
		Link: b.VerifyURL(longest), QR: b.QR(longest), Created: time.Unix(0, 0),
	})
}

// settle saves the keys and then records the body.
func settle(ctx context.Context, db *store.DB, b issuer.Body, keysAt string, ring []*keys.Private, now time.Time) error {
	err := db.View(ctx, func(tx issuer.Tx) error {
		known, err := tx.Body()
		if err == nil {
			return fmt.Errorf("%s holds a body already, %q", filepath.Dir(keysAt), known.Name)
		}
		if errors.Is(err, issuer.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	// Keys of an interrupted init have signed nothing.
	if err := os.RemoveAll(keysAt); err != nil {
		return err
	}
	for _, k := range ring {
		if err := keys.Save(keysAt, k); err != nil {
			return err
		}
	}
	return issuer.Establish(ctx, db, b, staff(), now)
}
