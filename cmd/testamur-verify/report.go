package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier"
)

// result is the answer on one target: a report on a certificate, or what a
// receipt turned out to be.
type result struct {
	Target string `json:"target"`
	*verifier.Report
	Receipt *receiptAnswer `json:"-"`
}

// object is the result as JSON shows it: the report with its target. The verdict
// on a receipt is never that of a certificate that stands.
func (r result) object() any {
	if r.Receipt == nil {
		return r
	}
	return struct {
		Target  string         `json:"target"`
		Verdict string         `json:"verdict"`
		Reason  string         `json:"reason"`
		Receipt *receiptAnswer `json:"receipt"`
	}{r.Target, r.Receipt.verdict(), r.Receipt.Reason, r.Receipt}
}

// good reports whether there is nothing about the result to look into.
func (r result) good() bool { return r.code() == term.OK }

// code is the exit code of a check. A receipt is never a certificate that stands,
// whatever it records.
func (r result) code() int {
	switch {
	case r.Receipt != nil && r.Receipt.Genuine:
		return term.Undecided
	case r.Receipt != nil, r.Verdict == verifier.Invalid:
		return term.No
	case r.Verdict == verifier.Valid:
		return term.OK
	}
	return term.Undecided
}

// tally counts the results of a run.
type tally struct {
	total, valid, undecided, receipts int
	uncompared, since                 int            // of the valid: papers not compared, withdrawn since
	bad                               map[string]int // by what is wrong
}

func (t *tally) add(r result) {
	t.total++
	switch {
	case r.code() == term.No:
		if t.bad == nil {
			t.bad = map[string]int{}
		}
		what := "receipt not genuine"
		if r.Receipt == nil {
			what = fault(r.Report)
		}
		t.bad[what]++
	case r.Receipt != nil:
		t.receipts++
	case r.code() == term.Undecided:
		t.undecided++
	default:
		t.valid++
		if r.Uncompared() {
			t.uncompared++
		}
		if withdrawnSince(r.Report) {
			t.since++
		}
	}
}

// code returns the exit code for all results. Not valid is worse than could not
// decide: it is certain.
func (t *tally) code() int {
	switch {
	case len(t.bad) > 0:
		return term.No
	case t.undecided > 0, t.receipts > 0:
		return term.Undecided
	}
	return term.OK
}

func (t *tally) String() string {
	words := fmt.Sprintf("%d checked: %d valid", t.total, t.valid)
	var but []string
	switch t.uncompared {
	case 0:
	case 1:
		but = append(but, "1 paper not compared")
	default:
		but = append(but, fmt.Sprintf("%d papers not compared", t.uncompared))
	}
	if t.since > 0 {
		but = append(but, fmt.Sprintf("%d withdrawn since", t.since))
	}
	if len(but) > 0 {
		words += " (" + strings.Join(but, ", ") + ")"
	}
	if bad := t.total - t.valid - t.undecided - t.receipts; bad > 0 {
		var kinds []string
		for what, n := range t.bad {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, what))
		}
		slices.SortFunc(kinds, func(a, b string) int {
			_, a, _ = strings.Cut(a, " ")
			_, b, _ = strings.Cut(b, " ")
			return strings.Compare(a, b)
		})
		words += fmt.Sprintf(", %d not valid (%s)", bad, strings.Join(kinds, ", "))
	}
	if t.undecided > 0 {
		words += fmt.Sprintf(", %d could not be decided", t.undecided)
	}
	switch t.receipts {
	case 0:
	case 1:
		words += ", 1 receipt, which says how a certificate stood once"
	default:
		words += fmt.Sprintf(", %d receipts, which say how certificates stood once", t.receipts)
	}
	return words
}

// wrong says in a word or two what is wrong with a certificate.
func wrong(r verifier.Reason) string {
	switch r {
	case verifier.Revoked:
		return "withdrawn"
	case verifier.Suspended:
		return "suspended"
	case verifier.Expired:
		return "expired"
	case verifier.NotYetValid:
		return "not yet in effect"
	case verifier.Altered:
		return "altered"
	case verifier.UntrustedIssuer:
		return "not from a trusted issuer"
	case verifier.Unknown:
		return "unknown to the issuer"
	case verifier.PolicyNotMet:
		return "not what was asked for"
	case verifier.NameMismatch:
		return "not of the name asked about"
	default:
		return "not a certificate"
	}
}

// fault is the same of a document that was looked at.
func fault(r *verifier.Report) string {
	if r.Reason == verifier.Malformed && strings.HasSuffix(r.Summary(), saysEmpty) {
		return "empty"
	}
	return wrong(r.Reason)
}

// headline says the verdict in words that cannot be taken for another.
func headline(r *verifier.Report) string {
	switch {
	case r.Verdict == verifier.Valid:
		return "VALID"
	case r.Verdict != verifier.Invalid:
		return "COULD NOT DECIDE"
	case r.Reason == verifier.PolicyNotMet:
		return "NOT WHAT WAS ASKED FOR"
	case r.Reason == verifier.NameMismatch:
		return "NAME DOES NOT MATCH"
	}
	return "NOT VALID" + on(r.At) + ": " + fault(r)
}

// on names the moment asked about, where it is not now.
func on(at *time.Time) string {
	switch {
	case at == nil:
		return ""
	case at.Equal(at.UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)): // as a day alone is taken
		return " on " + verifier.Day(*at).String()
	}
	return " on " + verifier.Minute(*at).String()
}

// but is what must not be overlooked beside the word valid.
func but(r *verifier.Report) (words string) {
	if r.Verdict != verifier.Valid {
		return ""
	}
	if r.Uncompared() {
		words += ", paper not compared"
	}
	if withdrawnSince(r) {
		words += ", withdrawn since"
	}
	return words
}

// withdrawnSince reports whether a certificate that stood at the moment asked
// about does so no longer.
func withdrawnSince(r *verifier.Report) bool {
	return r.At != nil && slices.ContainsFunc(r.Checks, func(c verifier.Check) bool {
		format, _ := c.Message()
		return c.Name == verifier.Status && c.Outcome == verifier.Passed && strings.Contains(format, "withdrawn since")
	})
}

// summary says why the answer is what it is. Of a valid certificate it is all that
// must not be overlooked: that the paper was not compared, and how it stood in the
// past.
func summary(r *verifier.Report) string {
	var all []string
	for _, c := range r.Checks {
		if r.Verdict == verifier.Valid && (c.Name == verifier.PaperCheck && c.Outcome == verifier.OutcomeSkipped || c.Name == verifier.Status && r.At != nil) {
			all = append(all, c.Detail)
		}
	}
	if len(all) == 0 {
		return r.Summary()
	}
	return strings.Join(all, " ")
}

// printer prints results as they come.
type printer interface {
	result(result) error
	end() error
}

// text prints results for people. Names are other people's texts: even signed
// ones are made safe for the terminal.
type text struct {
	out   io.Writer
	paint term.Paint
	count *tally
	whole bool   // the whole report of each
	many  bool   // there is more than one target
	age   string // of the lists inside the trust file, where nothing else is asked
	some  bool   // something was printed
}

func (t *text) result(r result) error {
	var s string
	switch {
	case !t.whole:
		s = t.line(r)
	case r.Receipt != nil:
		s = r.Receipt.text(r.Target, t.paint)
	default:
		s = t.report(r)
	}
	if t.whole && t.some {
		s = "\n" + s
	}
	t.some = true
	_, err := io.WriteString(t.out, s)
	return err
}

func (t *text) end() error {
	var b strings.Builder
	if t.many {
		if t.some {
			b.WriteByte('\n')
		}
		fmt.Fprintln(&b, t.count)
	}
	if t.age != "" {
		indent := ""
		if !t.many {
			indent = "  "
		}
		fmt.Fprintf(&b, "%sOffline: %s\n", indent, t.age)
	}
	_, err := io.WriteString(t.out, term.Plain(b.String()))
	return err
}

// line is the result in one line, with the reason below where it is not good.
func (t *text) line(r result) string {
	paint, word := t.paint.Good, "VALID"
	number, name, reason, beside, besides, specimen := "-", "-", "", "", "", ""
	switch {
	case r.Receipt != nil:
		paint, word, reason = t.paint.Open, "RECEIPT", r.Receipt.Detail
		if !r.Receipt.Genuine {
			paint, word = t.paint.Bad, "FALSE RECEIPT"
		}
	case r.Verdict == verifier.Invalid:
		paint, word, reason = t.paint.Bad, "NOT VALID", r.Summary()
	case r.Verdict != verifier.Valid:
		paint, word, reason = t.paint.Open, "COULD NOT DECIDE", r.Summary()
	default:
		if besides = but(r.Report); besides != "" {
			reason = summary(r.Report)
		}
	}
	if r.Report != nil {
		beside = on(r.At)
	}
	if r.Report != nil && r.Certificate != nil {
		number = r.Certificate.Subject.LicenseNumber
		if holder := r.Certificate.Holder(); holder != "" {
			name = holder
		}
		if r.Certificate.Specimen() {
			specimen = "SPECIMEN  "
		}
	}
	s := paint(word) + beside + t.paint.Open(besides) + strings.Repeat(" ", max(0, 16-len(word)-len(besides))) +
		term.Plain(fmt.Sprintf("  %-16s  %-26s  %s%s\n", oneLine(number), oneLine(name), specimen, oneLine(target80(r.Target))))
	if reason != "" {
		s += term.Plain("    " + oneLine(reason) + "\n")
	}
	return s
}

// report is the whole report.
func (t *text) report(r result) string {
	out := new(strings.Builder)
	fmt.Fprintf(out, "  (%s)\n", oneLine(target80(r.Target)))
	if r.Verdict != verifier.Valid || r.At != nil || r.Uncompared() {
		fmt.Fprintf(out, "  %s\n", summary(r.Report))
	}
	if c := r.Certificate; c != nil {
		if r.Verdict == verifier.Valid {
			fmt.Fprintln(out, "\n  The paper must say exactly this:")
		} else {
			fmt.Fprintln(out, "\n  It was issued as:")
		}
		switch {
		case r.NameMatches == nil:
			fmt.Fprintf(out, "    name         %s\n", c.Holder())
		case *r.NameMatches:
			fmt.Fprintf(out, "    name         %s (matches the name asked about)\n", c.Holder())
		default:
			fmt.Fprintln(out, "    name         does not match the name asked about")
		}
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
	out.WriteString(checksText(r.Checks))
	fmt.Fprintf(out, "  Checked at %s", r.CheckedAt.Format(time.RFC3339))
	if r.At != nil {
		fmt.Fprintf(out, ", asking about %s", r.At.Format(time.RFC3339))
	}
	fmt.Fprintln(out)
	if r.At != nil {
		for _, l := range r.StatusLists {
			fmt.Fprintf(out, "  %s\n", restsOn(l, *r.At))
		}
	}
	paint := t.paint.Open
	switch r.Verdict {
	case verifier.Valid:
		paint = t.paint.Good
	case verifier.Invalid:
		paint = t.paint.Bad
	}
	head := paint(headline(r.Report))
	if r.Verdict == verifier.Valid {
		head += on(r.At) + t.paint.Open(but(r.Report))
	}
	return head + term.Plain(out.String())
}

// restsOn says how a status list tells about another moment than now.
func restsOn(l verifier.ListUsed, at time.Time) string {
	from, until := verifier.Minute(l.ValidFrom), verifier.Minute(l.ValidUntil)
	switch {
	case at.Before(l.ValidFrom):
		return fmt.Sprintf("For %s the answer rests on a later list, of %s: what is not withdrawn in it never was before.", l.Purpose, from)
	case at.After(l.ValidUntil):
		return fmt.Sprintf("For %s the answer rests on an earlier list, of %s: what is withdrawn stays so.", l.Purpose, from)
	}
	return fmt.Sprintf("For %s the answer rests on the list in force then, of %s, good until %s.", l.Purpose, from, until)
}

var outcomes = map[verifier.Outcome]string{
	verifier.Passed: "passed", verifier.Failed: "FAILED", verifier.OutcomeUnknown: "unknown", verifier.OutcomeSkipped: "-",
}

func checksText(checks []verifier.Check) string {
	var b strings.Builder
	b.WriteString("\n  Checks:\n")
	for _, c := range checks {
		fmt.Fprintf(&b, "    %-10s %-8s %s\n", c.Name, outcomes[c.Outcome], c.Detail)
	}
	return b.String()
}

// target80 shortens a target that is a token.
func target80(s string) string {
	if len(s) > 80 && isText(s) {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }
