package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/receipt"
)

type receiptOptions struct {
	trust, format, color, of string
	targets                  []string
}

func newReceipt() *cobra.Command {
	var o receiptOptions
	cmd := &cobra.Command{
		Use:   "receipt [--trust FILE] FILE|- …",
		Short: "Say what a verification receipt records",
		Long: `Say whether verification receipts are genuine, and what they record: which
certificate was checked, when, against which status lists and with which result.
A receipt tells how a certificate stood then, never how it stands now: for that,
check the certificate.

The body that gave the receipt must be in the trust file; nothing is asked of the
network. With --of the receipt must also be about exactly that file, byte for byte.

Exit codes: 0 genuine, 1 not genuine or not about the file, 2 usage; of several,
the worst. They do not say how the certificate stood.`,
		Example: `  testamur-verify receipt --trust trust.json receipt.jws
  testamur-verify receipt --trust trust.json --of certificate.pdf receipt.jws
  testamur-verify receipt --trust trust.json -o json receipt.jws`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.targets = args
			return runReceipt(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().StringVar(&o.trust, "trust", "", "trust `file`: the bodies to believe")
	cmd.Flags().StringVar(&o.of, "of", "", "`file` that must be the one that was checked")
	term.OutputFlag(cmd, &o.format, "text", "json")
	term.ColorFlag(cmd, &o.color)
	_ = cmd.MarkFlagFilename("trust", "json")
	return cmd
}

func runReceipt(ctx context.Context, in io.Reader, out io.Writer, o receiptOptions) error {
	paint, err := term.NewPaint(o.color, out)
	if err != nil {
		return err
	}
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("output format %q is not one of text, json", o.format)
	}
	trust, err := readTrust(o.trust)
	if err != nil {
		return err
	}
	found, err := findTargets(nil, in, o.targets, "")
	if err != nil {
		return err
	}
	digest := ""
	if o.of != "" {
		presented, err := term.ReadInput(nil, o.of, paper.MaxInput)
		if err != nil {
			return term.Fail(term.Usage, err, "--of names the file that was checked when the receipt was given")
		}
		digest = credential.Digest(presented)
	}
	var printed printer = &jsonText{out: out, one: found.one}
	if o.format == "text" {
		printed = &text{out: out, paint: paint, whole: true}
	}
	code := term.OK
	for i, t := range found.all {
		if ctx.Err() != nil {
			return term.Fail(term.Undecided, fmt.Errorf("interrupted: %d of %d were looked at", i, len(found.all)), "run it again for the others")
		}
		data, err := t.read()
		if err != nil {
			return term.Fail(term.Usage, err, "a receipt is a signed file (.jws), as the verification service gives it")
		}
		a := openReceipt(trust, string(data))
		if digest != "" && a.Genuine && a.Content.Presented != digest {
			about := "it is about another document than " + filepath.Base(o.of)
			if a.Content.Presented == "" {
				about = "no document was presented then"
			}
			a.Detail = fmt.Sprintf("The receipt is signed by %s, but %s. %s", a.body, about, a.Detail)
			a.Genuine, a.Reason = false, otherDocument
		}
		if !a.Genuine {
			code = term.No
		}
		if err := printed.result(result{Target: t.name, Receipt: a}); err != nil {
			return err
		}
	}
	if err := printed.end(); err != nil {
		return err
	}
	if code != term.OK {
		return term.Silent(code)
	}
	return nil
}

// receiptAnswer says what a receipt turned out to be. It is kept apart from the
// report on a certificate, so that the verdict it records is never taken for one
// on how the certificate stands.
type receiptAnswer struct {
	Genuine bool             `json:"genuine"` // and about the document asked about, if one was
	Reason  string           `json:"reason"`  // why not: "malformed", "untrusted_issuer", "altered", "other_document"
	Detail  string           `json:"detail"`
	Content *receipt.Receipt `json:"content,omitempty"` // only of one whose signature is good

	body string // that gave it
}

func (a *receiptAnswer) verdict() string {
	if a.Genuine {
		return "receipt"
	}
	return verifier.Invalid.String()
}

const (
	notNow        = "It does not say how it stands now."
	otherDocument = "other_document"
)

// openReceipt verifies a receipt with the keys of the trust file.
func openReceipt(trust *trusted, text string) *receiptAnswer {
	if !receipt.Is(text) {
		return &receiptAnswer{Reason: string(verifier.Malformed), Detail: "This is not a verification receipt. A certificate is checked with testamur-verify check."}
	}
	r, err := receipt.Open(trust.Trust, text)
	switch {
	case err == nil:
	case errors.Is(err, receipt.ErrNotTrusted):
		_, body, _ := strings.Cut(err.Error(), ": ")
		return &receiptAnswer{Reason: string(verifier.UntrustedIssuer), Detail: fmt.Sprintf("It is not a receipt of a body trusted here: it names %s.", body)}
	case errors.Is(err, keys.ErrUnknownKey), errors.Is(err, keys.ErrPurpose):
		return &receiptAnswer{Reason: string(verifier.UntrustedIssuer), Detail: "It was altered, or not signed by the body that it names: the key is not one of that body's for receipts."}
	case errors.Is(err, keys.ErrSignature):
		return &receiptAnswer{Reason: string(verifier.Altered), Detail: "It has been altered: the signature does not fit."}
	default:
		return &receiptAnswer{Reason: string(verifier.Malformed), Detail: fmt.Sprintf("It is damaged, or not a receipt in the accepted form: %v.", err)}
	}
	a := &receiptAnswer{Genuine: true, Content: r, body: r.Issuer}
	if i, ok := trust.Issuer(r.Issuer); ok && i.Name != "" {
		a.body = fmt.Sprintf("%s (%s)", i.Name, i.ID)
	}
	what := "a document that was no certificate it could vouch for"
	if r.Certificate != nil {
		what = "certificate " + r.Certificate.Number
	}
	a.Detail = fmt.Sprintf("On %s %s checked %s: %s. %s", verifier.Minute(r.CheckedAt), a.body, what, recorded(r), notNow)
	return a
}

// recorded says the verdict that a receipt records, in words that cannot be
// taken for one of today.
func recorded(r *receipt.Receipt) string {
	var words string
	switch r.Verdict {
	case verifier.Valid.String():
		words = "it was valid"
	case verifier.Invalid.String():
		words = "it was not valid (" + wrong(r.Reason) + ")"
	default:
		words = "it could not be decided"
	}
	if uncompared(r) {
		words += ", and what the document shows was not compared"
	}
	if r.At != nil {
		words += fmt.Sprintf(", asked about %s", verifier.Minute(*r.At))
	}
	if r.NameMatches != nil {
		words += map[bool]string{true: "; the name asked about matched", false: "; the name asked about did not match"}[*r.NameMatches]
	}
	return words
}

// uncompared reports whether the document was one of which it could not be told
// what it shows, such as a photograph.
func uncompared(r *receipt.Receipt) bool {
	return slices.ContainsFunc(r.Checks, func(c verifier.Check) bool {
		return c.Name == verifier.PaperCheck && c.Outcome == verifier.OutcomeSkipped
	})
}

// text is the whole answer for people.
func (a *receiptAnswer) text(name string, paint term.Paint) string {
	out := new(strings.Builder)
	fmt.Fprintf(out, "  (%s)\n  %s\n", oneLine(target80(name)), a.Detail)
	r := a.Content
	head := paint.Open("RECEIPT")
	switch {
	case r != nil && a.Reason == otherDocument && r.Presented == "":
		head = paint.Bad("GENUINE, BUT OF NO DOCUMENT")
	case r != nil && a.Reason == otherDocument:
		head = paint.Bad("GENUINE, BUT OF ANOTHER DOCUMENT")
	case r == nil || !a.Genuine:
		return paint.Bad("RECEIPT NOT GENUINE") + term.Plain(out.String())
	case uncompared(r):
		head = paint.Open("RECEIPT, paper not compared")
	}
	if c := r.Certificate; c != nil {
		fmt.Fprintln(out, "\n  The certificate that was checked then:")
		fmt.Fprintf(out, "    certificate  %s\n", c.Title)
		fmt.Fprintf(out, "    number       %s\n", c.Number)
		fmt.Fprintf(out, "    issued by    %s\n", c.Issuer)
	}
	if r.Presented != "" {
		fmt.Fprintf(out, "    presented    %s (compare with --of FILE)\n", r.Presented)
	}
	out.WriteString(strings.Replace(checksText(r.Checks), "Checks:", "What was found then:", 1))
	for _, l := range r.StatusLists {
		fmt.Fprintf(out, "  For %s it rests on the list of %s, %s.\n", l.Purpose, verifier.Minute(l.ValidFrom), l.URL)
	}
	fmt.Fprintf(out, "  Receipt %s, given at %s\n", r.ID, time.Unix(int64(r.IssuedAt), 0).UTC().Format(time.RFC3339))
	return head + term.Plain(out.String())
}
