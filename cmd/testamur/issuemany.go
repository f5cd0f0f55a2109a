package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

// manyFlags are what many applications are issued by.
type manyFlags struct {
	papers     string // folder for the PDFs; "": none
	dry        bool
	jobs       int
	format     string
	unstamped  bool
	formatWith bool // the format was asked for
}

// What became of one application, as it is told. Programs read these words: none
// is ever renamed.
const (
	wasIssued      = "issued"       // now
	wasBefore      = "again"        // it had been issued before: the certificate of then
	wouldBe        = "eligible"     // --dry-run
	wasNotEligible = "not_eligible" // the rules are not met
	wasRefused     = "refused"      // for another reason that is the application's own
	wasUnreadable  = "unreadable"   // it is no application
	wasFailed      = "failed"       // for a reason that is the body's own
	wasUnprinted   = "unprinted"    // issued, now or before, but its paper could not be printed
)

// row is what is told of one application.
type row struct {
	Source      string         `json:"source"` // the file, and where in it
	Application string         `json:"application,omitempty"`
	Verdict     string         `json:"verdict"`
	Number      string         `json:"number,omitempty"`
	ID          string         `json:"id,omitempty"` // in links
	URL         string         `json:"url,omitempty"`
	Certificate string         `json:"certificate,omitempty"`
	Holder      string         `json:"holder,omitempty"`
	Paper       string         `json:"paper,omitempty"` // the file of the PDF
	Error       string         `json:"error,omitempty"`
	Unmet       []scheme.Unmet `json:"unmet,omitempty"`
}

// many reports whether the command is about more than one application, or is to
// be carried out as if it were.
func (f manyFlags) many(args []string, stdin *bufio.Reader) bool {
	if len(args) != 1 || f.papers != "" || f.dry || f.jobs != 0 || f.formatWith || isLines(args[0]) {
		return true
	}
	if args[0] == "-" {
		text, err := stdin.Peek(maxFile + 1)
		return err == nil || several(text)
	}
	if info, err := os.Stat(args[0]); err != nil || info.IsDir() {
		return err == nil
	}
	text, err := term.ReadInput(nil, args[0], maxFile)
	return len(text) > maxFile || err == nil && several(text)
}

// several reports whether a text is a list, or more than one value.
func several(text []byte) bool {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	if len(text) > 0 && text[0] == '[' {
		return true
	}
	values := json.NewDecoder(bytes.NewReader(text))
	var first json.RawMessage
	return values.Decode(&first) == nil && values.More()
}

func isLines(file string) bool {
	ext := strings.ToLower(filepath.Ext(file))
	return ext == ".ndjson" || ext == ".jsonl"
}

func runIssueMany(ctx context.Context, in io.Reader, out, words io.Writer, dir string, args []string, style styleFlags, f manyFlags) error {
	if f.jobs < 0 || f.jobs > 64 {
		return term.Fail(term.Usage, fmt.Errorf("--jobs %d: give 1 to 64", f.jobs), "")
	}
	if f.papers == "-" {
		return term.Fail(term.Usage, errors.New("--out -: papers go into a folder"), "testamur show NUMBER -o pdf prints one on standard output")
	}
	files, err := inputs(args)
	if err != nil {
		return term.Fail(term.Usage, err, "")
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
	m := &many{body: b, manyFlags: f, in: in, words: words, files: files, began: time.Now(), sources: map[*issuer.Application]string{}, count: map[string]int{}}
	switch f.format {
	case "json":
		m.tell = func(r row) error { return term.JSONLine(out, r) }
	case "csv":
		table := csv.NewWriter(out)
		_ = table.Write([]string{"source", "application", "verdict", "number", "url", "certificate", "holder", "paper", "error"}) // an error comes with the next row
		m.tell = func(r row) error {
			defer table.Flush()
			return table.Write(cells(r))
		}
	default:
		m.tell = func(r row) error { return tellPlainly(out, r) }
	}
	if f.papers != "" && !f.dry {
		if err := os.MkdirAll(f.papers, 0o755); err != nil {
			return term.Fail(term.Usage, err, "name a folder that can be written to with --out")
		}
		b.sealing(words, !f.unstamped)
	}
	return m.run(ctx)
}

// collectSeldom has garbage collected when there is five times as much as is in
// use, and not at twice, unless the environment says when: of a batch little is kept
// for long, and a tenth of its time is spared. It returns what ends that.
func collectSeldom() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// many is one run over many applications.
type many struct {
	*body
	manyFlags
	in    io.Reader
	words io.Writer
	files []string
	tell  func(row) error
	began time.Time

	mu       sync.Mutex // of all below
	progress *term.Progress
	sources  map[*issuer.Application]string // of those under way
	count    map[string]int                 // by verdict
	told     int
	broken   error // what ended the reading or the telling
}

func (m *many) run(ctx context.Context) error {
	defer collectSeldom()()
	total := 0
	for _, file := range m.files {
		if file == "-" {
			total = 0 // nobody knows
			break
		}
		_ = m.each(file, nil, func(string, []byte) bool { total++; return true }) // its faults are told when it is read again
	}
	label := "Issuing"
	if m.dry {
		label = "Deciding"
	}
	m.progress = term.NewProgress(m.words, label, total)
	var err error
	if m.dry {
		err = m.decideAll(ctx)
	} else {
		// What an earlier run left half done comes first. One that cannot be
		// finished keeps nobody else waiting.
		if _, err := m.Resume(ctx); err != nil {
			fmt.Fprintln(m.words, "testamur: what an earlier run left half done could not be finished:", term.Plain(err.Error()))
		}
		settle := func() error { return nil }
		if m.papers != "" {
			sweep(m.papers, m.Body.Prefix, time.Now())
			settle, err = papersInto(m.papers)
		}
		if err == nil {
			err = m.IssueAll(ctx, staff(), m.applications, issuer.Batch{Jobs: m.jobs}, func(o issuer.Outcome) error { return m.take(ctx, o) })
			err = errors.Join(err, settle())
		}
	}
	m.progress.Done()
	return m.conclude(err)
}

// conclude sums up, and gives the exit code.
func (m *many) conclude(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told > 0 || err != nil {
		var parts []string
		for _, w := range []struct{ verdict, words string }{
			{wasIssued, "issued"}, {wasBefore, "issued before"}, {wouldBe, "eligible"}, {wasNotEligible, "not eligible"},
			{wasRefused, "refused"}, {wasUnreadable, "not readable"}, {wasUnprinted, "issued, but not printed"}, {wasFailed, "failed"},
		} {
			if n := m.count[w.verdict]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, w.words))
			}
		}
		if parts == nil {
			parts = []string{"none issued"}
		}
		took := time.Since(m.began)
		told := "1 application"
		if m.told != 1 {
			told = fmt.Sprintf("%d applications", m.told)
		}
		fmt.Fprintf(m.words, "testamur: %s: %s; %.1f s, %.0f/s\n", told, strings.Join(parts, ", "), took.Seconds(), float64(m.told)/max(took.Seconds(), 1e-3))
	}
	const again = "what has been issued stands; run the same command again for the rest: nothing is issued twice"
	switch {
	case err != nil:
		return term.Fail(term.Undecided, err, again)
	case m.broken != nil:
		return term.Fail(term.Undecided, m.broken, again)
	case m.count[wasFailed] > 0:
		return term.Fail(term.Undecided, fmt.Errorf("%d could not be issued for a reason that is not the application's", m.count[wasFailed]), again)
	case m.count[wasUnprinted] > 0:
		return term.Fail(term.Undecided, fmt.Errorf("of %d that are issued the paper could not be printed", m.count[wasUnprinted]), again)
	case m.told == 0:
		return term.Fail(term.Usage, errors.New("there is no application"), "name files of applications, a folder that holds some, or - for standard input")
	case m.count[wasNotEligible]+m.count[wasRefused]+m.count[wasUnreadable] > 0:
		return term.Silent(term.No)
	}
	return nil
}

// applications is the sequence of those that can be read. The others are told of.
func (m *many) applications(yield func(*issuer.Application) bool) {
	for _, file := range m.files {
		going := true
		err := m.each(file, m.in, func(source string, text []byte) bool {
			a, err := issuer.ParseApplication(text)
			if err != nil {
				return m.add(row{Source: source, Verdict: wasUnreadable, Error: err.Error()}) == nil
			}
			m.mu.Lock()
			m.sources[a] = source
			m.mu.Unlock()
			going = yield(a)
			return going
		})
		if err != nil && m.add(row{Source: file, Verdict: wasUnreadable, Error: err.Error()}) != nil || !going {
			return
		}
	}
}

// take tells of an outcome, and prints the paper.
func (m *many) take(ctx context.Context, o issuer.Outcome) error {
	m.mu.Lock()
	r := row{Source: m.sources[o.Application], Application: o.Application.ID, Certificate: o.Application.Certificate, Holder: o.Application.Candidate.Name}
	delete(m.sources, o.Application)
	m.mu.Unlock()
	var not *issuer.NotEligibleError
	switch err := o.Err; {
	case errors.As(err, &not):
		r.Verdict, r.Unmet = wasNotEligible, not.Decision.Unmet
	case issuer.Refused(err):
		r.Verdict = wasRefused
	case err != nil:
		r.Verdict = wasFailed
	case o.Again:
		r.Verdict = wasBefore
	default:
		r.Verdict = wasIssued
	}
	if c := o.Certificate; c != nil {
		r.Number, r.ID, r.URL = c.Number, c.Link, m.Body.VerifyURL(c.Link)
		if m.papers != "" {
			paper, err := m.print(ctx, o)
			switch {
			case err != nil && ctx.Err() != nil:
				r.Verdict, r.Error = wasUnprinted, "it is issued; its paper was not printed, as the run was interrupted"
			case err != nil:
				r.Verdict, r.Error = wasUnprinted, "it is issued; its paper could not be printed: "+err.Error()
			}
			r.Paper = paper
		}
	}
	if o.Err != nil {
		r.Error = o.Err.Error()
	}
	return m.add(r)
}

// print writes the paper of a certificate into the folder, whole or not at all,
// under its number. It is not waited for until the disk has it: a paper is printed
// from the record as often as asked, and [papersInto] waits once for all.
func (m *many) print(ctx context.Context, o issuer.Outcome) (string, error) {
	p, err := o.Paper()
	if err != nil {
		return "", err
	}
	path := filepath.Join(m.papers, p.Number+".pdf")
	f, err := os.CreateTemp(m.papers, "."+p.Number+".*")
	if err != nil {
		return "", err
	}
	err = m.press.Print(ctx, f, p)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return path, nil
}

// sweep removes what papers were written into that a killed run has left in the
// folder. One that is younger than any paper takes may be another run's.
func sweep(folder, prefix string, now time.Time) {
	const longest = time.Minute
	left, err := os.ReadDir(folder)
	if err != nil { // which printing says
		return
	}
	for _, e := range left {
		name, hidden := strings.CutPrefix(e.Name(), ".")
		number, random, ok := strings.Cut(name, ".")
		if !hidden || !ok {
			continue
		}
		if parsed, err := issuer.ParseNumber(number, prefix); err != nil || parsed != number || strings.Trim(random, "0123456789") != "" {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > longest {
			_ = os.Remove(filepath.Join(folder, e.Name())) // what cannot be removed harms nobody
		}
	}
}

// decideAll tells of each application what issuing it now would say, and records
// nothing.
func (m *many) decideAll(ctx context.Context) error {
	for a := range m.applications {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := row{Source: m.sources[a], Application: a.ID, Certificate: a.Certificate, Holder: a.Candidate.Name, Verdict: wouldBe}
		delete(m.sources, a)
		d, err := m.Decide(ctx, a)
		switch {
		case issuer.Refused(err):
			r.Verdict, r.Error = wasRefused, err.Error()
		case err != nil:
			r.Verdict, r.Error = wasFailed, err.Error()
		case !d.Eligible:
			r.Verdict, r.Unmet = wasNotEligible, d.Unmet
			r.Error = (&issuer.NotEligibleError{Application: a.ID, Certificate: a.Certificate, Decision: d}).Error()
		}
		if err := m.add(r); err != nil {
			return err
		}
	}
	return nil
}

// add tells of one application.
func (m *many) add(r row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.count[r.Verdict]++
	m.told++
	m.progress.Clear()
	if err := m.tell(r); err != nil {
		m.broken = fmt.Errorf("what was issued could not be told: %w", err)
		return m.broken
	}
	m.progress.Add(1)
	return nil
}

// tellPlainly prints a row for people: the verdict, the number and the rest.
func tellPlainly(w io.Writer, r row) error {
	words := map[string]string{wasIssued: "ISSUED", wasBefore: "BEFORE", wouldBe: "ELIGIBLE", wasNotEligible: "NOT ELIGIBLE", wasRefused: "REFUSED", wasUnreadable: "NOT READABLE", wasUnprinted: "NOT PRINTED", wasFailed: "FAILED"}
	out := new(strings.Builder)
	fmt.Fprintf(out, "%-12s", words[r.Verdict])
	for _, s := range []string{r.Number, r.Application, r.Certificate, r.Holder} {
		if s != "" {
			out.WriteString("  " + s)
		}
	}
	if r.Paper != "" {
		out.WriteString("  " + r.Paper)
	}
	out.WriteByte('\n')
	if r.Error != "" {
		fmt.Fprintf(out, "  %s: %s\n", r.Source, strings.ReplaceAll(r.Error, "\n", "\n  "))
	}
	for _, u := range r.Unmet {
		fmt.Fprintf(out, "  missing   %s (%s): %s\n", u.Rule, u.Clause, u.Need)
	}
	_, err := io.WriteString(w, term.Plain(out.String()))
	return err
}

// cells are those of a row of a table. A spreadsheet must not take a text from an
// application for a formula.
func cells(r row) []string {
	list := []string{r.Source, r.Application, r.Verdict, r.Number, r.URL, r.Certificate, r.Holder, r.Paper, r.Error}
	for n, s := range list {
		if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
			list[n] = "'" + s
		}
	}
	return list
}
