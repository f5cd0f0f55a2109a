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
		Long: `Establish a certification body: its records and its four keys: one that signs
certificates, one for status lists, one for receipts of verifications and one that
seals papers, with a certificate of the body's own making.

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
	f.StringVar(&o.body.Verifier, "verifier", "", "`address` of the verification service, often the issuer address, that a second QR code on papers opens, see testamur summary (default: no such code)")
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

// establish makes the folder of a body. A folder that holds a body, or keys, is
// left as it is: keys are never thrown away, whatever has become of the records.
func establish(ctx context.Context, o initOptions) (b issuer.Body, err error) {
	if b, err = issuer.NewBody(o.body); err != nil {
		return b, term.Fail(term.Usage, err, "")
	}
	if err := printable(b); err != nil {
		return b, term.Fail(term.Usage, err, "")
	}
	now := time.Now()
	var ring []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt} {
		k, err := keys.Generate(b.URL, p, keys.Algorithm(o.alg), now)
		if err != nil {
			return b, term.Fail(term.Usage, err, "")
		}
		ring = append(ring, k)
	}
	// Readers of PDF do not know Ed25519.
	sealAlg := keys.Algorithm(o.alg)
	if sealAlg == keys.EdDSA {
		sealAlg = keys.ES256
	}
	sealKey, chain, err := selfIssued(b, sealAlg, now)
	if err != nil {
		return b, term.Fail(term.Usage, err, "")
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return b, term.Fail(term.No, err, "")
	}
	records := filepath.Join(o.dir, recordsFile)
	if _, err := os.Stat(filepath.Join(o.dir, keysFolder)); err == nil {
		if info, err := os.Stat(records); err != nil || info.Size() == 0 {
			return b, term.Fail(term.No, fmt.Errorf("%s holds keys, but no records", o.dir), "if the records were lost, restore them from a backup; otherwise choose another folder with --dir")
		}
		return b, term.Fail(term.No, fmt.Errorf("%s holds a body already", o.dir), "choose another folder with --dir")
	}
	db, err := store.Open(ctx, records)
	if err != nil {
		return b, term.Fail(term.No, err, "")
	}
	err = settle(ctx, db, b, now, o.dir, func(fresh string) error {
		for _, k := range ring {
			if err := keys.Save(fresh, k); err != nil {
				return err
			}
		}
		return saveSeal(fresh, sealKey, chain)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return b, term.Fail(term.No, err, "choose another folder with --dir")
	}
	return b, nil
}

// settle saves the keys under another name, records the body, and then gives
// the keys their name. Interrupted before the record, it is begun anew; after
// it, finishInit does the rest.
func settle(ctx context.Context, db *store.DB, b issuer.Body, now time.Time, dir string, save func(folder string) error) error {
	err := issuer.Establish(ctx, db, b, staff(), now, func() error {
		fresh := filepath.Join(dir, freshKeysFolder)
		if err := os.RemoveAll(fresh); err != nil { // of no body: they have signed nothing
			return err
		}
		return save(fresh)
	})
	if err != nil {
		return err
	}
	return finishInit(dir)
}

// freshKeysFolder holds the keys of a body that is being established.
const freshKeysFolder = keysFolder + ".new"

// finishInit gives the keys of a recorded body their name, if an interrupted
// init has not.
func finishInit(dir string) error {
	fresh, named := filepath.Join(dir, freshKeysFolder), filepath.Join(dir, keysFolder)
	if _, err := os.Stat(named); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(fresh); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return keys.Rename(fresh, named)
}

// printable reports whether certificates of the body can be printed at all.
func printable(b issuer.Body) error {
	press, err := render.New(render.House{})
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
