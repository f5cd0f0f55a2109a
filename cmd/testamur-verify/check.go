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
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
)

type checkOptions struct {
	trust   string
	offline bool
	at      string
	code    string
	format  string
	targets []string
}

func newCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [--trust FILE] TARGET|- …",
		Short: "Say whether certificates stand",
		Long: `Say whether certificates stand. A target is a PDF certificate, a signed file (.jws),
a PNG or JPEG of the QR code, a verification address of a trusted issuer, or the
signed text itself; "-" reads one of these from standard input.

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

Exit codes: 0 valid, 1 not valid, 2 usage, 3 could not decide; of several
targets, the worst.`,
		Example: `  testamur-verify check --trust trust.json certificate.pdf
  testamur-verify check --trust trust.json HTTPS://CERTS.EXAMPLE.ORG/C/7Q2F9KXM31PDA8ZC7Q2F9KXM31
  testamur-verify check --offline --trust bundle.json *.pdf
  testamur-verify check --trust trust.json --at 2029-12-31 certificate.pdf
  pbpaste | testamur-verify check --trust trust.json -o json -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.targets = args
			return runCheck(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.trust, "trust", "", "trust `file`: the issuers to believe")
	f.BoolVar(&o.offline, "offline", false, "ask nothing of the network")
	f.StringVar(&o.at, "at", "", "`time` asked about, e.g. 2026-06-30 or 2026-06-30T12:00:00Z (default now)")
	f.StringVar(&o.code, "certificate", "", "short `code` that the certificate must have, e.g. CM-COMP")
	f.StringVarP(&o.format, "output", "o", "text", "output `format`: text, json")
	return cmd
}

func runCheck(ctx context.Context, in io.Reader, out io.Writer, o checkOptions) error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("output format %q is not one of text, json", o.format)
	}
	policy := verifier.Policy{Certificate: strings.ToUpper(o.code)}
	if o.at != "" {
		var err error
		if policy.At, err = moment(o.at, time.Now()); err != nil {
			return err
		}
	}
	trust, err := readTrust(o.trust)
	if err != nil {
		return err
	}
	examiner := newExaminer(trust, policy, o.offline)

	var results []result
	for _, name := range o.targets {
		data, err := readTarget(in, name)
		if err != nil {
			return term.Fail(term.Usage, err, "a target is a file, an address that begins with https://, or - for standard input")
		}
		results = append(results, result{name, examiner.Examine(ctx, data)})
	}
	if o.format == "json" {
		err = printJSON(out, results)
	} else {
		err = printText(out, results)
	}
	if code := worst(results); err == nil && code != term.OK {
		err = term.Silent(code)
	}
	return err
}

func newExaminer(trust *verifier.Trust, policy verifier.Policy, offline bool) *paper.Examiner {
	publication := verifier.NewPublication(trust)
	e := &paper.Examiner{
		Verifier:    verifier.Verifier{Issuers: trust, Statuses: trust, Policy: policy},
		Publication: publication,
		Offline:     offline,
	}
	if !offline {
		e.Verifier.Statuses = verifier.Sources{publication, trust}
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

const maxTrust = 64 << 20

func readTrust(path string) (*verifier.Trust, error) {
	const hint = "the body that issues the certificates hands out its trust file: testamur trust > trust.json"
	if path == "" {
		path = os.Getenv("TESTAMUR_TRUST")
	}
	if path == "" {
		folder, err := os.UserConfigDir()
		if err == nil {
			path = filepath.Join(folder, "testamur", "trust.json")
		}
		if _, statErr := os.Stat(path); err != nil || statErr != nil {
			return nil, term.Fail(term.Usage, errors.New("no trust file: name it with --trust FILE or $TESTAMUR_TRUST, or put it at "+path), hint)
		}
	}
	text, err := term.ReadInput(nil, path, maxTrust)
	if err != nil {
		return nil, term.Fail(term.Usage, fmt.Errorf("trust file: %w", err), hint)
	}
	trust, err := verifier.ParseTrust(text)
	if err != nil {
		return nil, term.Fail(term.Usage, fmt.Errorf("%s: %w", path, err), hint)
	}
	return trust, nil
}

// readTarget returns what the target holds: the file of that name, standard
// input for "-", or, if there is no such file, the text itself.
func readTarget(in io.Reader, name string) ([]byte, error) {
	data, err := term.ReadInput(in, name, paper.MaxInput)
	if errors.Is(err, fs.ErrNotExist) || err != nil && len(name) > 255 {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") || strings.Count(name, ".") == 2 && strings.HasPrefix(name, "eyJ") {
			return []byte(name), nil
		}
	}
	return data, err
}
