package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

// maxFile is how much of an application file is read, in bytes.
const maxFile = 1 << 20

func newDecide() *cobra.Command {
	var dir, format string
	cmd := &cobra.Command{
		Use:   "decide FILE.json",
		Short: "Say whether an application meets its scheme's rules, and what is missing",
		Long: `Weigh an application, with the certificates that the candidate holds, by the rules
of its scheme. Nothing is recorded. docs/application.md describes the file.

Exit codes: 0 eligible, 1 not eligible, 2 the application cannot be read.`,
		Example: "  testamur decide application.json\n  testamur scheme example FND | testamur decide -o json -",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDecide(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), dir, args[0], format)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &format, "text", "json")
	return cmd
}

func runDecide(ctx context.Context, in io.Reader, out io.Writer, dir, file, format string) error {
	a, err := readApplication(in, file)
	if err != nil {
		return err
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	d, err := b.Decide(ctx, a)
	if err != nil {
		return refusal(err)
	}
	if format == "json" {
		err = term.JSON(out, d)
	} else {
		err = printDecision(out, a, d)
	}
	if err == nil && !d.Eligible {
		err = term.Silent(term.No)
	}
	return err
}

func printDecision(w io.Writer, a *issuer.Application, d scheme.Decision) error {
	out := new(strings.Builder)
	verdict := "ELIGIBLE"
	if !d.Eligible {
		verdict = "NOT ELIGIBLE"
	}
	fmt.Fprintf(out, "%s: %s for %s (application %s)\n", verdict, a.Candidate.Name, a.Certificate, a.ID)
	for _, u := range d.Unmet {
		fmt.Fprintf(out, "  missing   %s (%s): %s\n", u.Rule, u.Clause, u.Need)
	}
	for _, w := range d.Exempted {
		fmt.Fprintf(out, "  exempted  %s (%s): by %s on %s, route %s: %s\n", w.Rule, w.Clause, w.Assessor, w.Date, w.Route, w.Reason)
	}
	for _, m := range d.Met {
		fmt.Fprintf(out, "  met       %s (%s): %s\n", m.Rule, m.Clause, strings.TrimSpace(m.By+" "+m.Number))
	}
	_, err := io.WriteString(w, term.Plain(out.String()))
	return err
}

func newIssue() *cobra.Command {
	var dir string
	var style styleFlags
	var many manyFlags
	cmd := &cobra.Command{
		Use:   "issue FILE|FOLDER|-...",
		Short: "Decide applications and issue their certificates",
		Long: `Decide an application and issue its certificate. What is printed on standard
output is durable. Issuing one application twice gives the first certificate
again.

Of several files, of a folder, of a file in which several applications stand one
behind the other, as a list or, if it ends in .ndjson or .jsonl, one on each line, the
certificates are issued many at a time, and each application is told of in one row as
soon as that is done, in no certain order. What is refused keeps back no other. Of one
candidate the applications are taken in their order, so that a certificate can rest on
one that comes before it. A run that was interrupted is taken up by the same command.

--out prints every certificate into a folder, as NUMBER.pdf. --dry-run only decides,
by what is on record now: what rests on an application of the same run is not eligible
yet.

Before it is signed, it is tried whether the certificate can be printed: in the
house's choice of design, or as --design, --page and --language say.

Exit codes: 0 issued, 1 not eligible or refused, 2 the application cannot be read;
of several: 0 all issued, 1 some not, 2 there is none, 3 it ended early, or a paper
could not be printed.`,
		Example: `  testamur issue application.json
  testamur show EB-7Q2F9-KXM4C -o pdf --out certificate.pdf
  testamur issue applications/ --out papers/
  testamur issue --dry-run -o csv course.ndjson > decisions.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			many.formatWith = cmd.Flags().Changed("output")
			in := bufio.NewReaderSize(cmd.InOrStdin(), maxFile+1)
			if many.many(args, in) {
				return runIssueMany(cmd.Context(), in, cmd.OutOrStdout(), cmd.ErrOrStderr(), dir, args, style, many)
			}
			return runIssue(cmd.Context(), in, cmd.OutOrStdout(), cmd.ErrOrStderr(), dir, args[0], style)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &many.format, "text", "json", "csv")
	cmd.Flags().StringVar(&many.papers, "out", "", "print every certificate into this `folder`, as NUMBER.pdf")
	cmd.Flags().BoolVar(&many.dry, "dry-run", false, "only decide: record and print nothing")
	cmd.Flags().IntVar(&many.jobs, "jobs", 0, "`groups` that are worked on at once (default: one more than there are processors)")
	noTimestampFlag(cmd, &many.unstamped)
	style.add(cmd)
	return cmd
}

func runIssue(ctx context.Context, in io.Reader, out, words io.Writer, dir, file string, style styleFlags) error {
	a, err := readApplication(in, file)
	if err != nil {
		return err
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.ask(style); err != nil {
		return err
	}
	b.noteUnknown(words)
	// What an earlier run left half done comes first. One that cannot be
	// finished keeps nobody else waiting.
	if _, err := b.Resume(ctx); err != nil {
		fmt.Fprintln(words, "testamur: what an earlier run left half done could not be finished:", term.Plain(err.Error()))
	}
	cert, err := b.Issue(ctx, staff(), a)
	var not *issuer.NotEligibleError
	if errors.As(err, &not) {
		fmt.Fprintln(words, "testamur: nothing was issued")
		printDecision(words, a, not.Decision)
		return term.Silent(term.No)
	}
	if err != nil {
		return refusal(err)
	}
	return term.JSON(out, summary(b.Body, cert, b.Now()))
}

func readApplication(in io.Reader, file string) (*issuer.Application, error) {
	text, err := term.ReadInput(in, file, maxFile)
	if err != nil {
		return nil, term.Fail(term.Usage, err, "")
	}
	a, err := issuer.ParseApplication(text)
	if err != nil {
		return nil, term.Fail(term.Usage, err, "testamur scheme example CODE prints a worked one")
	}
	return a, nil
}

// refusal gives an error of the issuer its exit code: an application that
// cannot be understood is one thing, a text that cannot be printed another.
func refusal(err error) error {
	var text *issuer.TextError
	if errors.Is(err, issuer.ErrApplication) && !errors.As(err, &text) {
		return term.Fail(term.Usage, err, "")
	}
	return term.Fail(term.No, err, "")
}

// certificateJSON is what is told of a certificate on standard output.
type certificateJSON struct {
	Number      string `json:"number"`
	ID          string `json:"id"` // in links
	URL         string `json:"url"`
	QR          string `json:"qr"`
	Status      string `json:"status"` // issued, suspended, revoked or expired
	Certificate string `json:"certificate"`
	Name        string `json:"name,omitempty"`
	Holder      string `json:"holder,omitempty"`
	Scheme      string `json:"scheme"`
	Edition     string `json:"edition"`
	ValidFrom   string `json:"validFrom"`
	ValidUntil  string `json:"validUntil,omitempty"`
	Application string `json:"application"`
	IssuedAt    string `json:"issuedAt"`
}

func summary(b issuer.Body, c *issuer.Certificate, now time.Time) certificateJSON {
	s := certificateJSON{
		Number: c.Number, ID: c.Link, URL: b.VerifyURL(c.Link), QR: b.QR(c.Link), Status: string(c.Status),
		Certificate: c.Code, Scheme: c.Scheme, Edition: c.Edition, Application: c.Application,
		ValidFrom: c.ValidFrom.Format(time.RFC3339), IssuedAt: c.IssuedAt.Format(time.RFC3339),
	}
	if !c.ValidUntil.IsZero() {
		s.ValidUntil = c.ValidUntil.Format(time.RFC3339)
	}
	if c.Standing(now) == scheme.Expired {
		s.Status = string(scheme.Expired)
	}
	return s
}
