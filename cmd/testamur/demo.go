package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
)

type demoOptions struct {
	dir, addr string
	noServe   bool
}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show everything with a throw-away body and specimen candidates",
		Long: `Make a throw-away body, let specimen candidates earn all eighteen certificates by
the real rules, write each as PDF and as signed file, check every PDF with the
verifier, revoke one certificate and suspend another, show both fail, print one
more paper with the second QR code, which proves it without a network, and serve the
pages until interrupted.

Everything is marked SPECIMEN. The folder must be new or one that an earlier demo
has made, which is then made anew.`,
		Example: "  testamur demo\n  testamur demo --dir /tmp/demo --no-serve",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	dirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.addr, "addr", defaultAddr, "`address` to serve the pages at")
	cmd.Flags().BoolVar(&o.noServe, "no-serve", false, "end after the table instead of serving")
	return cmd
}

// demoMark in a folder says that a demo made it and may make it anew.
const demoMark = "SPECIMEN"

// demoWrites is what a demo makes in its folder.
var demoWrites = []string{recordsFile, recordsFile + "-wal", recordsFile + "-shm", keysFolder, freshKeysFolder, "certificates", "trust.json", demoTwice + ".pdf", demoTwice + ".png", demoMark}

func runDemo(ctx context.Context, out, words io.Writer, o demoOptions) error {
	began := time.Now()
	// The address comes first: it stands in every certificate. Only then, and
	// if nobody serves what an earlier demo made, is that cleared away.
	addr := o.addr
	var ln net.Listener
	if _, port, err := net.SplitHostPort(addr); err != nil || !o.noServe || port == "0" {
		if ln, err = net.Listen("tcp", addr); err != nil {
			return term.Fail(term.No, err, "choose another address with --addr, such as --addr 127.0.0.1:0")
		}
		defer ln.Close()
		addr = ln.Addr().String()
	}
	if err := clearDemo(o.dir); err != nil {
		return err
	}
	b, err := foundDemo(ctx, o.dir, addr)
	if err != nil {
		return err
	}
	defer b.Close()
	rows, err := b.earnAll(ctx, filepath.Join(o.dir, "certificates"), words)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	if err := b.showcase(ctx, o.dir, rows); err != nil {
		return term.Fail(term.No, err, "")
	}
	if err := b.printTwice(ctx, o.dir, first(rows, demoGood)); err != nil {
		return term.Fail(term.No, err, "")
	}
	printDemo(out, o, b, rows, time.Since(began))
	if o.noServe {
		return nil
	}
	fmt.Fprintf(words, "Serving %s until interrupted (Ctrl-C).\n", b.Body.URL)
	return (&site{body: b, words: words, ln: ln}).serve(ctx)
}

// clearDemo empties a folder that a demo has made, and refuses any other that
// is not empty.
func clearDemo(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	mark, err := os.ReadFile(filepath.Join(dir, demoMark))
	if err != nil {
		return term.Fail(term.No, fmt.Errorf("%s is not empty and was not made by a demo; it is left as it is", dir), "choose another folder with --dir")
	}
	addr, _, _ := strings.Cut(string(mark), "\n")
	if served(addr, dir) {
		return term.Fail(term.No, fmt.Errorf("a demo is serving %s at http://%s", dir, addr), "stop it, or choose another folder with --dir")
	}
	for _, name := range demoWrites {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return term.Fail(term.No, err, "")
		}
	}
	return nil
}

// served reports whether somebody at the address serves the body in the folder:
// the keys published there are the keys here.
func served(addr, dir string) bool {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get("http://" + addr + "/.well-known/jwks.json")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	jwks, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return false
	}
	entries, err := os.ReadDir(filepath.Join(dir, keysFolder))
	if err != nil {
		return false
	}
	for _, e := range entries {
		if strings.Contains(string(jwks), strings.TrimSuffix(e.Name(), ".json")) {
			return true
		}
	}
	return false
}

func foundDemo(ctx context.Context, dir, addr string) (*body, error) {
	if err := os.MkdirAll(filepath.Join(dir, "certificates"), 0o700); err != nil {
		return nil, term.Fail(term.No, err, "")
	}
	if err := writeFile(filepath.Join(dir, demoMark), []byte(addr+"\n\nMade by testamur demo, which served it at this address. Everything here is a\nspecimen and may be thrown away.\n")); err != nil {
		return nil, term.Fail(term.No, err, "")
	}
	_, err := establish(ctx, initOptions{dir: dir, alg: string(keys.ES256), body: issuer.Body{
		Name: "Specimen Certification Body", URL: "http://" + addr, Specimen: true, Verifier: "http://" + addr,
	}})
	if err != nil {
		return nil, err
	}
	return openBody(ctx, dir)
}

// demoRow is one certificate of the demo.
type demoRow struct {
	cert   *issuer.Certificate
	holder string
	pdf    string
	report *verifier.Report
}

// earnAll issues the certificate of every worked application, in their order,
// and writes it into the folder.
func (b *body) earnAll(ctx context.Context, folder string, words io.Writer) ([]*demoRow, error) {
	examples := scheme.Examples()
	progress := term.NewProgress(words, "Issuing", len(examples))
	defer progress.Done()
	var rows []*demoRow
	for _, ex := range examples {
		a, err := issuer.ParseApplication(ex.JSON)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ex.File, err)
		}
		cert, err := b.Issue(ctx, issuer.Actor{Name: "demo"}, a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ex.File, err)
		}
		row := &demoRow{cert: cert, holder: a.Candidate.Name, pdf: filepath.Join(folder, cert.Number+".pdf")}
		for format, path := range map[string]string{"pdf": row.pdf, "jws": filepath.Join(folder, cert.Number+".jws")} {
			content, err := b.present(ctx, cert, format)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", ex.File, err)
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return nil, err
			}
		}
		rows = append(rows, row)
		progress.Add(1)
	}
	return rows, nil
}

// Which of the certificates the demo withdraws and suspends, and one that it does not.
const demoRevokes, demoSuspends, demoGood = "PRO-ALN", "PRO-DEL", "FND"

// showcase checks every PDF, revokes one certificate and suspends one, and
// checks those again, as somebody would who has the trust file and no network.
func (b *body) showcase(ctx context.Context, dir string, rows []*demoRow) error {
	if err := b.checkAll(ctx, dir, rows); err != nil {
		return err
	}
	for _, r := range rows {
		if r.report.Verdict != verifier.Valid {
			return fmt.Errorf("%s does not verify: %s", r.pdf, r.report.Summary())
		}
	}
	revoked, suspended := first(rows, demoRevokes), first(rows, demoSuspends)
	actor := issuer.Actor{Name: "demo"}
	var err error
	if revoked.cert, err = b.Revoke(ctx, actor, issuer.Change{Number: revoked.cert.Number, Reason: "error", Note: "demonstration"}); err != nil {
		return err
	}
	if suspended.cert, err = b.Suspend(ctx, actor, issuer.Change{Number: suspended.cert.Number, Reason: "investigation", Note: "demonstration"}); err != nil {
		return err
	}
	if err := b.checkAll(ctx, dir, rows); err != nil {
		return err
	}
	for row, want := range map[*demoRow]verifier.Reason{revoked: verifier.Revoked, suspended: verifier.Suspended} {
		if row.report.Verdict != verifier.Invalid || row.report.Reason != want {
			return fmt.Errorf("%s must read %s, but reads %s %s", row.pdf, want, row.report.Verdict, row.report.Reason)
		}
	}
	return nil
}

// checkAll writes the trust file with the current lists, and checks every PDF
// with what it holds.
func (b *body) checkAll(ctx context.Context, dir string, rows []*demoRow) error {
	bundle, err := b.Trust(ctx, true)
	if err != nil {
		return err
	}
	text, err := bundle.MarshalJSON()
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "trust.json"), append(text, '\n')); err != nil {
		return err
	}
	e, err := demoExaminer(dir)
	if err != nil {
		return err
	}
	for _, r := range rows {
		data, err := os.ReadFile(r.pdf)
		if err != nil {
			return err
		}
		r.report = e.Examine(ctx, data)
	}
	return nil
}

// demoExaminer checks with what the trust file of the folder holds, and no network.
func demoExaminer(dir string) (*paper.Examiner, error) {
	text, err := os.ReadFile(filepath.Join(dir, "trust.json"))
	if err != nil {
		return nil, err
	}
	trust, err := verifier.ParseTrust(text)
	if err != nil {
		return nil, err
	}
	return &paper.Examiner{
		Verifier:    verifier.Verifier{Issuers: trust, Statuses: trust},
		Publication: verifier.NewPublication(trust),
		Offline:     true,
	}, nil
}

// The designs of the schemes have one QR code. This one, in which the demo prints a
// certificate once more, has two; its picture is fine enough for any reader of codes.
const demoTwice, demoTwiceDesign, demoTwiceDPI = "two-codes", "portrait", 200

// printTwice prints a certificate once more, in a design with a place for the second
// QR code, and makes a picture of that paper. The picture is one as a camera or a
// screenshot has it: what is proven by it is proven by what is seen.
func (b *body) printTwice(ctx context.Context, dir string, row *demoRow) error {
	c, err := credential.Decode(row.cert.Payload)
	if err != nil {
		return err
	}
	p := row.cert.Paper(c)
	p.Style.Design = demoTwiceDesign
	pdf, err := b.Press.Render(ctx, p)
	if err != nil {
		return err
	}
	baked, err := b.pictures.PNG(ctx, p, demoTwiceDPI)
	if err != nil {
		return err
	}
	drawn, err := png.Decode(bytes.NewReader(baked))
	if err != nil {
		return err
	}
	var seen bytes.Buffer // without the credential that was baked in
	if err := png.Encode(&seen, drawn); err != nil {
		return err
	}
	e, err := demoExaminer(dir)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		end     string
		data    []byte
		summary bool // it is proven by the second QR code
	}{{".pdf", pdf, false}, {".png", seen.Bytes(), true}} {
		path := filepath.Join(dir, demoTwice+file.end)
		if err := writeFile(path, file.data); err != nil {
			return err
		}
		if r := e.Examine(ctx, file.data); r.Verdict != verifier.Valid || (r.Summarised != nil) != file.summary {
			return fmt.Errorf("%s does not verify as it must: %s", path, r.Summary())
		}
	}
	return nil
}

func first(rows []*demoRow, code string) *demoRow {
	for _, r := range rows {
		if r.cert.Code == code {
			return r
		}
	}
	panic("demo: no worked application for " + code)
}

func printDemo(out io.Writer, o demoOptions, b *body, rows []*demoRow, took time.Duration) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tCERTIFICATE\tHOLDER\tVALID FROM\tVALID THROUGH\tTHE VERIFIER SAYS")
	codes := map[string]bool{}
	for _, r := range rows {
		codes[r.cert.Code] = true
		through := "does not expire"
		if !r.cert.ValidUntil.IsZero() {
			through = r.cert.ValidUntil.Format("2 Jan 2006")
		}
		says := r.report.Verdict.String()
		if r.report.Reason != verifier.None {
			says += " (" + string(r.report.Reason) + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.cert.Number, r.cert.Code, r.holder, r.cert.ValidFrom.Format("2 Jan 2006"), through, says)
	}
	w.Flush()

	revoked, good := first(rows, demoRevokes), first(rows, demoGood)
	trust := filepath.Join(o.dir, "trust.json")
	fmt.Fprintf(out, "\n%d certificates of %d kinds earned by their rules, printed and checked in %.1f s.\n", len(rows), len(codes), took.Seconds())
	fmt.Fprintf(out, "One was revoked and one suspended since. All of it is SPECIMEN, in %s.\n", o.dir)
	twice := filepath.Join(o.dir, demoTwice)
	fmt.Fprintf(out, "%s.pdf: certificate %s with a second QR code, which proves it without a network.\n", twice, good.cert.Number)
	fmt.Fprintf(out, "%s.png: that paper as a camera sees it; the file holds nothing else.\n\nTry next:\n", twice)
	testamur, verify := programs()
	for _, command := range []string{
		verify + " check --offline --trust " + quote(trust) + " " + quote(good.pdf),
		verify + " check --offline --trust " + quote(trust) + " " + quote(revoked.pdf),
		verify + " check --offline --trust " + quote(trust) + " " + quote(twice+".png") + "    # by the second QR code in the picture",
		testamur + " show --dir " + quote(o.dir) + " " + good.cert.Number,
		testamur + " suspend --dir " + quote(o.dir) + " " + good.cert.Number + " --reason investigation",
		testamur + " trust --dir " + quote(o.dir) + " --bundle > " + quote(trust) + "    # the lists as they are now",
		verify + " check --offline --trust " + quote(trust) + " " + quote(good.pdf),
		testamur + " scheme show CM",
	} {
		fmt.Fprintln(out, "  "+command)
	}
	if !o.noServe {
		fmt.Fprintf(out, "and open %s in a browser.\n", b.Body.VerifyURL(good.cert.Link))
	}
}

// programs returns how the two programs are called by whoever runs this one.
func programs() (testamur, verify string) {
	if path, err := os.Executable(); err == nil && !strings.Contains(path, "go-build") {
		return quote(os.Args[0]), quote(filepath.Join(filepath.Dir(os.Args[0]), "testamur-verify"))
	}
	return "go run ./cmd/testamur", "go run ./cmd/testamur-verify"
}

// quote writes a word so that a shell reads it as one.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-:,+@=") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
