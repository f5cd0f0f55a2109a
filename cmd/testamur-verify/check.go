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
a PNG or JPEG of the QR code, a verification address of a trusted issuer, or the
signed text itself; "-" reads one of these from standard input. A folder stands for
all PDFs, signed files and pictures in it and below it, hidden ones aside, and a
pattern for the files that match it; ** in it means any folders. --from-list takes
targets from a file, one on each line.

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

With --name the answer also says whether the certificate is of the person of that
name: yes or no, and never whose it is instead.

Of one target the whole report is printed, of several one line each, with the
reason below where one does not stand, and a count at the end. Output json is an
object for one target that is no folder, pattern or list, and otherwise an array;
ndjson is one object on each line, and csv one row, each as soon as it is known.

A verification receipt is recognised: it is told what it records, which is how a
certificate stood once, not now (see testamur-verify receipt).

Exit codes: 0 valid, 1 not valid, 2 usage, 3 could not decide; of several
targets, the worst: not valid is worse than undecided. An interrupted run prints
what it has answered and exits with 3.`,
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
	found, err := findTargets(in, o.targets, o.list)
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
	if found.links > 0 {
		fmt.Fprintf(words, "note: %s\n", strings.TrimPrefix(found.left(), "; "))
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
	if err != nil {
		return result{Target: t.name, Report: verifier.NewReport(time.Now(), verifier.Indeterminate, verifier.Unavailable,
			"It could not be read: %s.", strings.ReplaceAll(err.Error(), "\n", "; "))}
	}
	if len(data) < 2*keys.MaxToken && receipt.Is(string(data)) {
		return result{Target: t.name, Receipt: openReceipt(c.trust, string(data))}
	}
	r := c.examiner.Examine(ctx, data)
	if r.NameMatches != nil && !*r.NameMatches {
		withhold(r)
	}
	return result{Target: t.name, Report: r}
}

// withhold takes out of a report whose certificate it is: the question was
// whether it is that of a certain person, and the answer is no.
func withhold(r *verifier.Report) {
	r.Payload = nil
	if r.Certificate != nil {
		other := *r.Certificate
		other.Subject.Identifier = nil
		r.Certificate = &other
	}
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Name == verifier.PaperCheck && c.Outcome != verifier.Passed { // it may quote the name that was signed
			c.Detail = "What the paper shows was not found to be what was signed."
		}
	}
}

// newExaminer returns the examiner of a run. It opens each status list once for
// all certificates. Lists inside the trust file that are out of date, and
// questions about the past, are left to the verifier: it knows what such lists
// can still tell.
func newExaminer(trust *trusted, lists []listState, policy verifier.Policy, offline bool) *paper.Examiner {
	publication := verifier.NewPublication(trust.Trust)
	var inside verifier.Statuses = trust.Trust
	current := len(lists) > 0 && policy.At.IsZero()
	for _, l := range lists {
		current = current && l.current(time.Now())
	}
	if current {
		inside = &verifier.Lists{Source: trust.Trust}
	}
	e := &paper.Examiner{
		Verifier:    verifier.Verifier{Issuers: trust.Trust, Statuses: inside, Policy: policy},
		Publication: publication,
		Offline:     offline,
	}
	if !offline {
		e.Verifier.Statuses = verifier.Sources{&verifier.Lists{Source: &pastLists{Publication: publication}}, inside}
	}
	return e
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
