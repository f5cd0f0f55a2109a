package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier"
)

// jsonText prints the report of the one target, or an array of them.
type jsonText struct {
	out  io.Writer
	one  bool
	some bool
}

func (j *jsonText) result(r result) error {
	if j.one {
		return term.JSON(j.out, r.object())
	}
	var b bytes.Buffer
	if err := term.JSON(&b, r.object()); err != nil {
		return err
	}
	before := "[\n  "
	if j.some {
		before = ",\n  "
	}
	j.some = true
	_, err := io.WriteString(j.out, before+strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\n", "\n  "))
	return err
}

func (j *jsonText) end() error {
	if j.one {
		return nil
	}
	after := "\n]\n"
	if !j.some {
		after = "[]\n"
	}
	_, err := io.WriteString(j.out, after)
	return err
}

// ndjson prints one report on each line.
type ndjson struct{ out io.Writer }

func (n *ndjson) result(r result) error { return term.JSONLine(n.out, r.object()) }
func (n *ndjson) end() error            { return nil }

// columns are those of the table. Programs read them by name: none is ever
// renamed, and new ones come last.
var columns = []string{
	"target", "verdict", "reason", "valid", "name", "certificate", "number", "valid_from", "valid_until",
	"issuer", "status_as_of", "name_matches", "checked_at", "summary",
	"at", "paper", "specimen",
}

// table prints one row for each result.
type table struct {
	csv      *csv.Writer
	terminal bool
}

func newCSV(out io.Writer) *table {
	t := &table{csv.NewWriter(out), term.IsTerminal(out)}
	_ = t.csv.Write(columns) // an error comes with the next row, or at the end
	return t
}

func (t *table) result(r result) error {
	row := map[string]string{"target": r.Target}
	if r.Receipt != nil {
		receiptRow(row, r.Receipt)
	} else {
		reportRow(row, r.Report)
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = harmless(row[c])
		if t.terminal {
			cells[i] = term.Plain(cells[i])
		}
	}
	if err := t.csv.Write(cells); err != nil {
		return err
	}
	return t.end()
}

func (t *table) end() error {
	t.csv.Flush()
	return t.csv.Error()
}

func reportRow(row map[string]string, r *verifier.Report) {
	row["verdict"], row["reason"], row["summary"] = r.Verdict.String(), string(r.Reason), summary(r)
	if r.Verdict != verifier.Indeterminate { // what is not known is neither
		row["valid"] = strconv.FormatBool(r.Verdict == verifier.Valid)
	}
	row["checked_at"], row["status_as_of"], row["at"] = stamp(&r.CheckedAt), stamp(r.StatusAsOf), stamp(r.At)
	row["paper"] = ofPaper(r.Checks)
	if r.NameMatches != nil {
		row["name_matches"] = strconv.FormatBool(*r.NameMatches)
	}
	if c := r.Certificate; c != nil {
		row["name"], row["certificate"], row["number"] = c.Holder(), c.Subject.Achievement.Name, c.Subject.LicenseNumber
		row["issuer"], row["valid_from"] = c.Issuer.ID, c.ValidFrom.Format(time.DateOnly)
		if c.ValidUntil != nil {
			row["valid_until"] = c.ValidUntil.Format(time.DateOnly)
		}
		if c.Specimen() {
			row["specimen"] = "true"
		}
	}
}

// ofPaper says whether a paper was compared with what was signed; "" where there
// is none, or nothing to compare it with.
func ofPaper(checks []verifier.Check) string {
	for _, c := range checks {
		switch {
		case c.Name != verifier.PaperCheck:
		case c.Outcome == verifier.Passed, c.Outcome == verifier.Failed:
			return "compared"
		default:
			return "not compared"
		}
	}
	return ""
}

// receiptRow fills the row of a receipt. The column valid is about certificates
// as they stand: it stays empty.
func receiptRow(row map[string]string, a *receiptAnswer) {
	row["verdict"], row["reason"], row["summary"] = a.verdict(), a.Reason, a.Detail
	if !a.Genuine {
		row["valid"] = "false"
	}
	if r := a.Content; r != nil {
		row["checked_at"], row["status_as_of"], row["at"] = stamp(&r.CheckedAt), stamp(r.StatusAsOf), stamp(r.At)
		row["paper"] = ofPaper(r.Checks)
		if r.Certificate != nil {
			row["certificate"], row["number"], row["issuer"] = r.Certificate.Title, r.Certificate.Number, r.Certificate.Issuer
		}
	}
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a cell from being taken for a formula by a spreadsheet
// (OWASP, CSV injection).
func harmless(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
