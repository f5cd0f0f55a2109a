package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier"
)

// result is the report on one target.
type result struct {
	Target string `json:"target"`
	*verifier.Report
}

// worst returns the exit code for several results. Not valid is worse than
// could not decide: it is certain.
func worst(results []result) int {
	code := term.OK
	for _, r := range results {
		switch {
		case r.Verdict == verifier.Invalid:
			return term.No
		case r.Verdict != verifier.Valid:
			code = term.Undecided
		}
	}
	return code
}

// printJSON prints the report, or a list of them for several targets.
func printJSON(out io.Writer, results []result) error {
	if len(results) == 1 {
		return term.JSON(out, results[0])
	}
	return term.JSON(out, results)
}

// headline says the verdict in words that cannot be taken for another.
func headline(r *verifier.Report) string {
	switch r.Verdict {
	case verifier.Valid:
		return "VALID"
	case verifier.Invalid:
		switch r.Reason {
		case verifier.Revoked:
			return "NOT VALID: withdrawn"
		case verifier.Suspended:
			return "NOT VALID: suspended"
		case verifier.Expired:
			return "NOT VALID: expired"
		case verifier.NotYetValid:
			return "NOT VALID: not yet in effect"
		case verifier.Altered:
			return "NOT VALID: altered"
		case verifier.UntrustedIssuer:
			return "NOT VALID: not from a trusted issuer"
		case verifier.Unknown:
			return "NOT VALID: unknown to the issuer"
		case verifier.PolicyNotMet:
			return "NOT WHAT WAS ASKED FOR"
		default:
			return "NOT VALID: not a certificate"
		}
	default:
		return "COULD NOT DECIDE"
	}
}

var marks = map[verifier.Outcome]string{
	verifier.Passed: "passed", verifier.Failed: "FAILED", verifier.OutcomeUnknown: "unknown", verifier.OutcomeSkipped: "-",
}

// printText prints the reports for people. Names are other people's texts: even
// signed ones are made safe for the terminal.
func printText(w io.Writer, results []result) error {
	out := new(strings.Builder)
	for n, r := range results {
		if n > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s  (%s)\n", headline(r.Report), target(r.Target))
		if s := r.Summary(); r.Verdict != verifier.Valid {
			fmt.Fprintf(out, "  %s\n", s)
		}
		if c := r.Certificate; c != nil {
			if r.Verdict == verifier.Valid {
				fmt.Fprintln(out, "\n  The paper must say exactly this:")
			} else {
				fmt.Fprintln(out, "\n  It was issued as:")
			}
			fmt.Fprintf(out, "    name         %s\n", c.Holder())
			fmt.Fprintf(out, "    certificate  %s\n", c.Subject.Achievement.Name)
			fmt.Fprintf(out, "    number       %s\n", c.Subject.LicenseNumber)
			fmt.Fprintf(out, "    valid from   %s\n", c.ValidFrom.Format("2 January 2006"))
			if c.ValidUntil != nil {
				fmt.Fprintf(out, "    through      %s\n", c.ValidUntil.Format("2 January 2006"))
			} else {
				fmt.Fprintln(out, "    through      does not expire")
			}
			fmt.Fprintf(out, "    issued by    %s, %s\n", c.Issuer.Name, c.Issuer.ID)
			if c.Specimen() {
				fmt.Fprintln(out, "    SPECIMEN     of a throw-away body; it certifies nothing")
			}
		}
		fmt.Fprintln(out, "\n  Checks:")
		for _, c := range r.Checks {
			fmt.Fprintf(out, "    %-10s %-8s %s\n", c.Name, marks[c.Outcome], c.Detail)
		}
		fmt.Fprintf(out, "  Checked at %s", r.CheckedAt.Format(time.RFC3339))
		if r.At != nil {
			fmt.Fprintf(out, ", asking about %s", r.At.Format(time.RFC3339))
		}
		fmt.Fprintln(out)
	}
	_, err := io.WriteString(w, term.Plain(out.String()))
	return err
}

// target shortens a target that is a token.
func target(s string) string {
	if len(s) > 80 {
		return s[:40] + "…"
	}
	return s
}
