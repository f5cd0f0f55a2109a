package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier/credential"
)

func newShow() *cobra.Command {
	var dir, format, out string
	var unstamped bool
	var pictures asPictures
	var style styleFlags
	cmd := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show a certificate: its record, its signed credential, its PDF or a picture",
		Long: `Show a certificate: its record, its signed credential or its PDF, on standard
output or in a file. With --png and --svg it is drawn as a picture too, which looks
as the PDF does, for pages and posts. The signed credential is baked into either
(Open Badges 3.0): whoever has the picture can have it checked, as long as no program
has made another picture of it.`,
		Example: `  testamur show EB-7Q2F9-KXM4C
  testamur show EB-7Q2F9-KXM4C -o pdf --out certificate.pdf
  testamur show EB-7Q2F9-KXM4C -o pdf --design portrait --language de,en --out certificate.pdf
  testamur show EB-7Q2F9-KXM4C --png certificate.png --svg certificate.svg
  testamur show EB-7Q2F9-KXM4C --png for-printing.png --dpi 300
  testamur show EB-7Q2F9-KXM4C -o jws | testamur-verify check --trust trust.json -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := pictures.check(cmd); err != nil {
				return err
			}
			if style != (styleFlags{}) && format != "pdf" && !pictures.any() {
				return term.Fail(term.Usage, errors.New("--design, --page and --language are of a paper or a picture, and neither is asked for"), "add -o pdf, --png or --svg")
			}
			return runShow(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), dir, args[0], format, out, unstamped, style, pictures)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &format, "json", "jws", "pdf")
	cmd.Flags().StringVar(&out, "out", "", "write to this `file` instead of standard output, which is also -")
	noTimestampFlag(cmd, &unstamped)
	style.add(cmd)
	pictureFlags(cmd, &pictures)
	return cmd
}

func runShow(ctx context.Context, stdout, words io.Writer, dir, number, format, out string, unstamped bool, style styleFlags, pictures asPictures) error {
	if out == "-" {
		out = ""
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	if format == "pdf" || pictures.any() {
		if err := b.ask(style); err != nil {
			return err
		}
	}
	cert, err := b.find(ctx, number)
	if err != nil {
		return err
	}
	if format == "pdf" && out == "" && term.IsTerminal(stdout) {
		return term.Fail(term.Usage, errors.New("a PDF is not for a terminal"), "add --out certificate.pdf")
	}
	if format == "pdf" {
		b.sealing(words, !unstamped)
	}
	if err := b.writePictures(ctx, cert, pictures); err != nil || pictures.alone {
		return err
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
		return b.Press.Render(ctx, cert.Paper(c))
	}
	s := summary(b.Body, cert, b.Now())
	s.Name, s.Holder = c.Subject.Achievement.Name, c.Holder()
	var text bytes.Buffer
	err = term.JSON(&text, s)
	return text.Bytes(), err
}

// writeFile writes a whole file or none: beside its place first, then moved. Where a
// symbolic link stands, the file is that which it leads to; what is there and is no
// file, as a device or a pipe, is written to. An existing file keeps its
// permissions. The error is of the file that was asked for, and not of that beside it.
func writeFile(path string, content []byte) error {
	if err := replaceFile(path, content); err != nil {
		var of *fs.PathError
		var moving *os.LinkError
		switch {
		case errors.As(err, &of):
			err = of.Err
		case errors.As(err, &moving):
			err = moving.Err
		}
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}

func replaceFile(path string, content []byte) error {
	mode := fs.FileMode(0o644)
	switch info, err := os.Stat(path); { // of what a link leads to
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		return errors.Join(err, f.Close())
	default:
		mode = info.Mode().Perm()
	}
	path, err := linked(path)
	if err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the move there is nothing to remove
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// linked follows symbolic links to the name of a file, which need not be there yet.
func linked(path string) (string, error) {
	const most = 40 // as many as Linux follows
	for range most {
		to, err := os.Readlink(path)
		if err != nil { // it is no link
			return path, nil
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(path) // as it is: a .. may be behind a link
			to = dir + to
		}
		path = to
	}
	return "", errors.New("too many symbolic links lead on from there")
}
