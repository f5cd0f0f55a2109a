package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
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

// establish makes the folder of a body. What it has made of an impossible body
// is nothing; a folder that holds a body is left as it is.
func establish(ctx context.Context, o initOptions) (b issuer.Body, err error) {
	if b, err = issuer.NewBody(o.body); err != nil {
		return b, term.Fail(term.Usage, err, "")
	}
	path := filepath.Join(o.dir, recordsFile)
	if _, err := os.Stat(path); err == nil {
		return b, term.Fail(term.No, fmt.Errorf("%s holds a body already", o.dir), "choose another folder with --dir")
	}
	var ring []*keys.Private
	now := time.Now()
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(b.URL, p, keys.Algorithm(o.alg), now)
		if err != nil {
			return b, term.Fail(term.Usage, err, "")
		}
		ring = append(ring, k)
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return b, term.Fail(term.No, err, "")
	}
	for _, k := range ring {
		if err := keys.Save(filepath.Join(o.dir, keysFolder), k); err != nil {
			return b, term.Fail(term.No, err, "")
		}
	}
	db, err := store.Open(ctx, path)
	if err != nil {
		return b, term.Fail(term.No, err, "")
	}
	err = issuer.Establish(ctx, db, b, staff(), now)
	if err = errors.Join(err, db.Close()); err != nil {
		return b, term.Fail(term.No, err, "")
	}
	return b, nil
}
