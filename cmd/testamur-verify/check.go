package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/receipt"
)

type checkOptions struct {
	trust   string
	offline bool
	at      string
	code    string
	name    string
	named   bool // --name was given
	format  string
	color   string
	list    string
	verbose bool
	failed  bool
	quiet   bool
	targets []string
}

func newCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [--trust FILE] TARGET|- …",
		Short: "Say whether certificates stand",
		Long: `Say whether certificates stand. A target is a PDF certificate, a signed file (.jws),
a PNG or JPEG of the QR code, a certificate as PNG or SVG, a verification address of
a trusted issuer, with or without https://, or the signed text itself; "-" reads one
of these from standard input. A folder stands for all PDFs, signed files, pictures,
and texts that begin as a signed text or an address does, in it and below it, hidden
ones aside; what else is in it is named at the end. A pattern stands for the files
that match it; ** in it means any folders. --from-list takes targets from a file,
one on each line.

The trust file is --trust, or $TESTAMUR_TRUST, or testamur/trust.json in the
configuration folder. Keys and addresses come from it alone, never from the
certificate. With --offline nothing is asked of the network: the status lists are
those inside the trust file (testamur trust --bundle). Without it they serve
beside those of the issuer, for as long as they are valid: the newer list counts,
and a withdrawal in either. The answer names the date of the list it rests on:
what happened later is not in it.

Of another moment than now (--at), expiry can always be told; whether a
certificate was withdrawn or suspended then, only as far as the list at hand
reaches. Otherwise the answer is "could not decide".

The second QR code of a paper, if it has one, is a signed summary of the certificate:
a picture or the text of it is checked with --offline too. Where the first one is in
the picture as well, and there is a network, the certificate itself is judged, and the
summary must agree with it.

With --name the answer also says whether the certificate is of the person of that
name: yes or no, and never whose it is instead.

A PDF as it was issued is compared with what was signed. What a photograph or a scan
shows is not: "paper not compared" means that the certificate stands, and that
whoever holds the paper has to compare it.

Of one target the whole report is printed, of several one line each, with the
reason below where one does not stand, and a count at the end. Output json is an
object for one target that is no folder, pattern or list, and otherwise an array;
ndjson is one object on each line, and csv one row, each as soon as it is known.

A verification receipt is recognised: it is told what it records, which is how a
certificate stood once, not now (see testamur-verify receipt). It is never valid:
a genuine one counts as could not decide, any other as not valid.

Exit codes: 0 valid, 1 not valid, 2 usage, 3 could not decide, or a receipt; of
several targets, the worst: not valid is worse than undecided. An interrupted run
prints what it has answered and exits with 3.`,
		Example: `  testamur-verify check --trust trust.json certificate.pdf
  testamur-verify check --trust trust.json HTTPS://CERTS.EXAMPLE.ORG/C/7Q2F9KXM31PDA8ZC7Q2F9KXM31
  testamur-verify check --trust trust.json --name "Ada Specimen" certificate.pdf
  testamur-verify check --offline --trust bundle.json applications/
  testamur-verify check --trust trust.json -o csv 'applications/**/*.pdf' > answers.csv
  testamur-verify check --trust trust.json --failed --from-list targets.txt
  testamur-verify check --trust trust.json --at 2029-12-31 certificate.pdf
  pbpaste | testamur-verify check --trust trust.json -o json -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.targets = args
			o.named = cmd.Flags().Changed("name")
			return runCheck(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.trust, "trust", "", "trust `file`: the issuers to believe")
	f.BoolVar(&o.offline, "offline", false, "ask nothing of the network")
	f.StringVar(&o.at, "at", "", "`time` asked about, e.g. 2026-06-30 or 2026-06-30T12:00:00Z (default now)")
	f.StringVar(&o.code, "certificate", "", "short `code` that the certificate must have, e.g. CM-COMP")
	f.StringVar(&o.name, "name", "", "`name` of the person whose certificate it must be")
	f.StringVar(&o.list, "from-list", "", "`file` with one target on each line, or - for standard input")
	f.BoolVar(&o.verbose, "verbose", false, "print the whole report of each of several targets")
	f.BoolVar(&o.failed, "failed", false, "leave out what is valid")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "show no progress and no notes")
	term.OutputFlag(cmd, &o.format, "text", "json", "ndjson", "csv")
	term.ColorFlag(cmd, &o.color)
	_ = cmd.MarkFlagFilename("trust", "json")
	return cmd
}

func runCheck(ctx context.Context, in io.Reader, out, words io.Writer, o checkOptions) error {
	paint, err := term.NewPaint(o.color, out)
	if err != nil {
		return err
	}
	policy, err := o.policy(time.Now())
	if err != nil {
		return err
	}
	switch {
	case o.format != "text" && o.format != "json" && o.format != "ndjson" && o.format != "csv":
		return fmt.Errorf("output format %q is not one of text, json, ndjson, csv", o.format)
	case len(o.targets) == 0 && o.list == "":
		return term.Fail(term.Usage, errors.New("nothing to check"), targetHint)
	}
	trust, err := readTrust(o.trust)
	if err != nil {
		return err
	}
	found, err := findTargets(trust, in, o.targets, o.list)
	if err != nil {
		return err
	}
	var lists []listState
	if o.offline || len(found.all) > 1 {
		lists = trust.bundled()
	}
	c := &checker{trust: trust, examiner: newExaminer(trust, lists, policy, o.offline)}

	count := &tally{}
	progress := term.NewProgress(words, "Checking", len(found.all))
	if o.quiet || len(found.all) == 1 {
		progress = term.NewProgress(io.Discard, "", 0)
	}
	var printed printer
	switch {
	case o.format == "csv":
		printed = newCSV(out)
	case o.format == "ndjson":
		printed = &ndjson{out}
	case o.format == "json":
		printed = &jsonText{out: out, one: found.one}
	default:
		text := &text{out: out, paint: paint, count: count, whole: o.verbose || len(found.all) == 1, many: len(found.all) > 1}
		if o.offline {
			text.age = bundleAge(lists, time.Now(), !policy.At.IsZero())
		}
		printed = text
	}
	err = eachInOrder(ctx, found.all, workers(), c.check, func(r result) error {
		count.add(r)
		if !o.failed || !r.good() {
			progress.Clear()
			if err := printed.result(r); err != nil {
				return err
			}
		}
		progress.Add(1)
		return nil
	})
	progress.Done()
	if err == nil {
		err = printed.end()
	}
	if err == nil && !o.quiet {
		note(words, found, lists, o, policy)
	}
	switch {
	case err != nil:
		return err
	case count.total < len(found.all):
		return term.Fail(term.Undecided, fmt.Errorf("interrupted: %d of %d were checked", count.total, len(found.all)), "run it again for the others")
	case count.code() != term.OK:
		return term.Silent(count.code())
	}
	return nil
}

// note says what is not in the answers, on standard error.
func note(words io.Writer, found *targets, lists []listState, o checkOptions, policy verifier.Policy) {
	for _, left := range found.left() {
		fmt.Fprintf(words, "note: %s\n", left)
	}
	if age := bundleAge(lists, time.Now(), !policy.At.IsZero()); o.offline && o.format != "text" && strings.Contains(age, "bundle") {
		fmt.Fprintf(words, "note: offline: %s\n", age)
	}
}

// policy is what the options ask for beyond a standing certificate.
func (o checkOptions) policy(now time.Time) (verifier.Policy, error) {
	p := verifier.Policy{Certificate: strings.ToUpper(o.code)}
	if o.named || o.name != "" {
		name := strings.TrimSpace(o.name)
		if name == "" {
			return p, errors.New("--name is empty: write the name as it is known to you, e.g. --name \"Ada Specimen\"")
		}
		p.Holder = func(holder string) bool { return paper.SameName(holder, name) }
	}
	var err error
	if o.at != "" {
		p.At, err = moment(o.at, now)
	}
	return p, err
}

// checker checks documents, several at once.
type checker struct {
	trust    *trusted
	examiner *paper.Examiner
}

// check answers one target. What cannot be read cannot be decided.
func (c *checker) check(ctx context.Context, t target) result {
	data, err := t.read()
	if err == nil && len(data) < 2*keys.MaxToken && receipt.Is(string(data)) {
		a := openReceipt(c.trust, string(data))
		if a.Genuine {
			a.Detail += " No certificate was checked now: check the certificate itself."
		}
		return result{Target: t.name, Receipt: a}
	}
	var r *verifier.Report
	if err != nil {
		r = verifier.NewReport(time.Now(), verifier.Indeterminate, verifier.Unavailable,
			"It could not be read: %s.", strings.ReplaceAll(err.Error(), "\n", "; "))
	} else {
		r = c.examine(ctx, t.name, data)
	}
	if at := c.examiner.Verifier.Policy.At; r.At == nil && !at.IsZero() { // whatever came of it, it was asked
		at = at.UTC()
		r.At = &at
	}
	if r.NameMatches != nil && !*r.NameMatches {
		withhold(r)
	}
	return result{Target: t.name, Report: r}
}

// examine examines a document, and what people give for one: nothing, a number,
// an address as they type it, a text that a mail program has broken.
func (c *checker) examine(ctx context.Context, name string, data []byte) *verifier.Report {
	if len(data) > paper.MaxText {
		return c.examiner.Examine(ctx, data)
	}
	text := strings.Trim(string(data), " \t\r\n\ufeff")
	switch {
	case text == "" && name == "-":
		return verifier.NewReport(time.Now(), verifier.Invalid, verifier.Malformed, "Standard input"+saysEmpty)
	case text == "":
		return verifier.NewReport(time.Now(), verifier.Invalid, verifier.Malformed, "The file"+saysEmpty)
	case number.MatchString(text):
		begin := "This"
		if name == text {
			begin = "There is no file of this name. It"
		}
		return verifier.NewReport(time.Now(), verifier.Indeterminate, verifier.NoCredential,
			"%s looks like a certificate number. A number is looked up on the pages of the body that issued it: %s. Here, check the PDF, or the address printed beside the QR code.", begin, c.bodies())
	}
	if address, ok := c.trust.address(text); ok {
		data = []byte(address)
	}
	r := c.examiner.Examine(ctx, data)
	if isBroken(text) {
		for i := range r.Checks {
			switch check := &r.Checks[i]; {
			case check.Outcome != verifier.Failed:
			case r.Reason == verifier.Malformed:
				check.Detail = saysBroken
			case r.Reason == verifier.Altered:
				check.Detail += " " + saysBroken
			}
		}
	}
	return r
}

const (
	saysEmpty  = " is empty."
	saysBroken = "The signed text is broken into lines. Line breaks inside it are not accepted: give the signed file as it was issued, or the text in one line."
)

// isBroken reports whether a text would be a signed one without its line breaks.
// It is not put together: a signed text has one spelling.
func isBroken(text string) bool {
	whole := strings.Join(strings.Fields(text), "")
	return len(whole) < len(text) && strings.HasPrefix(whole, "eyJ") && strings.Count(whole, ".") == 2 &&
		strings.Trim(whole, ".-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// bodies names the addresses of the trusted issuers.
func (c *checker) bodies() string {
	var all passed
	for _, i := range c.trust.Issuers() {
		all.over(i.ID)
	}
	return all.String()
}

// withhold takes out of a report whose certificate it is: the question was
// whether it is that of a certain person, and the answer is no.
func withhold(r *verifier.Report) {
	r.Payload, r.Summarised = nil, nil
	if r.Certificate != nil {
		other := *r.Certificate
		other.Subject.Identifier = nil
		r.Certificate = &other
	}
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Name == verifier.PaperCheck && (c.Outcome == verifier.Failed || c.Outcome == verifier.OutcomeUnknown) { // it may quote the name that was signed
			c.Detail = "What the paper shows was not found to be what was signed."
		}
	}
}

// newExaminer returns the examiner of a run. It opens each status list once for
// all certificates.
func newExaminer(trust *trusted, lists []listState, policy verifier.Policy, offline bool) *paper.Examiner {
	publication := verifier.NewPublication(trust.Trust)
	var published verifier.Statuses
	if !offline {
		published = &verifier.Lists{Source: &pastLists{Publication: publication}}
	}
	statuses, _ := trust.statuses(published, lists, time.Now())
	return &paper.Examiner{
		Verifier:    verifier.Verifier{Issuers: trust.Trust, Statuses: statuses, Policy: policy},
		Publication: publication,
		Offline:     offline,
	}
}

// moment reads --at. A day alone means its noon in UTC, which is in that day
// nearly everywhere; today means now.
func moment(s string, now time.Time) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		if s == now.UTC().Format(time.DateOnly) {
			return time.Time{}, nil
		}
		return day.Add(12 * time.Hour), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("--at %q is neither a day such as 2026-06-30 nor a time such as 2026-06-30T12:00:00Z", s)
	}
	return t, nil
}
