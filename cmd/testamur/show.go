package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier/credential"
)

func newShow() *cobra.Command {
	var dir, format, out string
	cmd := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show a certificate: its record, its signed credential or its PDF",
		Example: `  testamur show EB-7Q2F9-KXM4C
  testamur show EB-7Q2F9-KXM4C -o pdf --out certificate.pdf
  testamur show EB-7Q2F9-KXM4C -o jws | testamur-verify check --trust trust.json -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runShow(cmd.Context(), cmd.OutOrStdout(), dir, args[0], format, out)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &format, "json", "jws", "pdf")
	cmd.Flags().StringVar(&out, "out", "", "write to this `file` instead of standard output")
	return cmd
}

func runShow(ctx context.Context, stdout io.Writer, dir, number, format, out string) error {
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	cert, err := b.find(ctx, number)
	if err != nil {
		return err
	}
	if format == "pdf" && out == "" && term.IsTerminal(stdout) {
		return term.Fail(term.Usage, errors.New("a PDF is not for a terminal"), "add --out certificate.pdf")
	}
	content, err := b.present(ctx, cert, format)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	if out == "" {
		_, err = stdout.Write(content)
		return err
	}
	if err := writeFile(out, content); err != nil {
		return term.Fail(term.No, err, "")
	}
	return nil
}

// find returns the issued certificate of a number as people type it.
func (b *body) find(ctx context.Context, number string) (cert *issuer.Certificate, err error) {
	number, err = issuer.ParseNumber(number, b.Body.Prefix)
	if err != nil {
		return nil, term.Fail(term.No, err, "")
	}
	err = b.Store.View(ctx, func(tx issuer.Tx) (err error) {
		cert, err = tx.Certificate(number)
		return err
	})
	if errors.Is(err, issuer.ErrNotFound) {
		return nil, term.Fail(term.No, fmt.Errorf("this body has issued no certificate %s", number), "")
	}
	return cert, err
}

// present returns the certificate in a format.
func (b *body) present(ctx context.Context, cert *issuer.Certificate, format string) ([]byte, error) {
	if format == "jws" {
		return []byte(cert.Token + "\n"), nil
	}
	c, err := credential.Decode(cert.Payload)
	if err != nil {
		return nil, err
	}
	if format == "pdf" {
		return b.Press.Render(ctx, issuer.PaperOf(c, cert.Token))
	}
	s := summary(b.Body, cert, b.Now())
	s.Name, s.Holder = c.Subject.Achievement.Name, c.Holder()
	var text bytes.Buffer
	err = term.JSON(&text, s)
	return text.Bytes(), err
}

// writeFile writes a whole file or none: beside its place first, then moved.
func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the move there is nothing to remove
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
