package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
	compact "github.com/testamur/testamur/verifier/summary"
)

// holders are names as registers have them.
var holders = []string{
	"Li Wu", "Ana Sá", "Katarzyna Wiśniewska", "Jean-Luc O’Connor", "Świętosława Żółć-Łącka", "Ελένη Παπαδοπούλου", "Наталія Ґонґадзе",
	"Nguyễn Thị Phương Thảo", "Đặng Văn Đức", "Åse Bjørnsdóttir", "François Château-d’Œx", "Dr. Friederike Baumgärtner, MSc", "İbrahim Çağlayan Öztürk",
	"Maria Magdalena Krzyżanowska-Wyszomirska von und zu Hohenstein-Bartenfels", "Fiona Fifer-Offiah", "Юрий Иванович Достоевский",
	"Ærøskøbing Þorsteinsson", "Ştefan Lăcrămioara Țepeș", "محمد عبد الله الأحمد", "נועה בן־דוד", "अनन्या श्रीवास्तव", "กิตติศักดิ์ สุขสวัสดิ์", "王小明", "山田 太郎", "김민준",
	"Արամ Հակոբյան", "ნინო ბერიძე",
}

// genuinePaper is one certificate with its PDF.
type genuinePaper struct {
	cred *credential.Credential
	text issuer.Paper
	pdf  []byte
	plan *certificate.Plan // what its page must show

	apart *pdf // to be read only
}

// planned is what a page must show.
type planned struct{ *certificate.Plan }

// planned is what the page of another certificate would have to show in the same
// style.
func (g genuinePaper) planned(change func(*certificate.Facts)) planned {
	day := func(d scheme.Date) certificate.Day { return certificate.Day{Year: d.Year, Month: d.Month, Day: d.Day} }
	p := g.text
	f := certificate.Facts{
		Holder: p.Holder, Title: p.Title, Code: p.Code, Number: p.Number, Scope: p.Scope, Scheme: p.Scheme, Edition: p.Edition, Body: p.Body,
		Decider: p.Decider, Decided: day(p.Decided), Effective: day(p.Effective), Specimen: p.Specimen, Link: p.Link,
	}
	if p.Expires != nil {
		last := day(*p.Expires)
		f.Expires = &last
	}
	change(&f)
	d, err := certificate.Builtin().Design(p.Style.Design)
	if err != nil {
		panic(err)
	}
	plan, err := d.Plan(f, p.Style)
	if err != nil {
		panic(err)
	}
	return planned{plan}
}

// says gives what stands on the page for a fact, in the first language.
func (p planned) says(fact string) string {
	for _, place := range p.Places {
		for _, e := range place.Entries {
			if e.Fact == fact {
				return e.Want
			}
		}
	}
	return ""
}

// phrase is the wording that depends on whether the certificate ends.
func (p planned) phrase() string {
	for _, place := range p.Places {
		for _, e := range place.Entries {
			if e.Instead != "" {
				return e.Want
			}
		}
	}
	return ""
}

func (g genuinePaper) phrase() string { return planned{g.plan}.phrase() }

// plain reports whether a text of the page is set with a font, and not drawn.
func (g genuinePaper) plain(text string) bool { return text != "" && len(g.apart.has(text)) > 0 }

// reissue signs the credential of a specimen for somebody else: another name,
// number, link and dates, and every second one of no throw-away body.
func reissue(t testing.TB, b *specimenBody, press issuer.Press, s specimen, n int) genuinePaper {
	t.Helper()
	c := *s.cred
	c.Subject.Identifier = slices.Clone(c.Subject.Identifier)
	c.Subject.Identifier[0].IdentityHash = holders[n%len(holders)]
	if n%3 != 0 {
		c.Subject.Achievement.Tag = slices.DeleteFunc(slices.Clone(c.Subject.Achievement.Tag), func(s string) bool { return s == credential.TagSpecimen })
	}
	if n%5 == 4 {
		c.Issuer.Name = "Certification Body for Persons of the Examination Institute for Information Technology and Management"
	}
	// A place in the lists that no specimen has: other tests withdraw specimens.
	status, place := *c.Status, n
	for slices.ContainsFunc(b.all, func(s specimen) bool { return s.cred.Status.Index == fmt.Sprint(place) }) {
		place += genuineCount
	}
	status.Index = fmt.Sprint(place)
	c.Status = &status
	link := fmt.Sprintf("%06dQ7XV1A66A0BHH9RPBY4J", n)
	c.ID = c.Issuer.ID + "/certificates/" + link
	c.Subject.LicenseNumber = fmt.Sprintf("SCB-%05d-%05d", n*7919%100000, n*104729%100000)
	from := c.ValidFrom.AddDate(0, 0, -(n % 300))
	c.ValidFrom = credential.Time{Time: from}
	awarded := credential.Time{Time: from.AddDate(0, 0, -(n % 40))}
	c.AwardedDate = &awarded
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	token, err := b.Signer.Sign(t.Context(), keys.ForCredential, keys.TypeVC, payload)
	if err != nil {
		t.Fatal(err)
	}
	g := genuinePaper{cred: &c, text: issuer.PaperOf(&c, token)}
	g.text.Style = styleOf(n)
	if n%4 == 1 {
		g.text.Summary = b.summarised(t, &c)
	}
	g.plan = g.planned(func(*certificate.Facts) {}).Plan
	if g.pdf, err = press.Render(t.Context(), g.text); err != nil {
		t.Fatalf("%s: %v", g.text.Holder, err)
	}
	g.apart = takeApart(t, g.pdf)
	return g
}

// summarised signs the text of the second QR code of a certificate.
func (b *specimenBody) summarised(t testing.TB, c *credential.Credential) string {
	t.Helper()
	s, err := compact.Of(c, "https://verify.example.org")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, s := range []*compact.Summary{s, s.WithoutScope()} {
		payload, err := s.Payload()
		if err != nil {
			t.Fatal(err)
		}
		token, err := b.Signer.Sign(t.Context(), keys.ForCredential, keys.TypeSummary, payload)
		if err != nil {
			t.Fatal(err)
		}
		if text, err = compact.Write(token); err == nil {
			return text
		}
	}
	t.Fatal("the summary does not fit a QR code")
	return ""
}

// styleOf goes round the built-in designs, the sizes of paper and the languages.
func styleOf(n int) certificate.Style {
	designs := certificate.Builtin().All()
	d := designs[n%len(designs)]
	n /= len(designs)
	s := certificate.Style{Design: d.Name, Size: d.Sizes[n%len(d.Sizes)]}
	n /= len(d.Sizes)
	first := d.Languages[n%len(d.Languages)]
	s.Languages = []string{first}
	if n /= len(d.Languages); n%2 == 1 {
		if second := d.Languages[n/2%len(d.Languages)]; second != first {
			s.Languages = append(s.Languages, second)
		}
	}
	return s
}

// reissued are the genuine papers of this suite, made once.
var reissued = sync.OnceValue(func() *[]genuinePaper { return new([]genuinePaper) })

const genuineCount = 522

func genuinePapers(t *testing.T, b *specimenBody) []genuinePaper {
	t.Helper()
	kept := reissued()
	if *kept != nil {
		return *kept
	}
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]genuinePaper, genuineCount)
	inParallel(genuineCount, func(n int) { all[n] = reissue(t, b, press, b.all[n%len(b.all)], n) })
	*kept = all
	return all
}

func inParallel(count int, do func(n int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range 2 {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= count {
					return
				}
				do(n)
			}
		})
	}
	wg.Wait()
}

// resave has qpdf write a document anew without changing what it shows.
func resave(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("qpdf", append(args, in, out)...).CombinedOutput(); err != nil {
		t.Fatalf("qpdf %q: %v\n%s", args, err, text)
	}
	written, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

var resaves = [][]string{
	{"--linearize"},
	{"--object-streams=generate", "--compress-streams=y", "--recompress-flate"},
	{"--qdf"},
	{"--encrypt", "", "owner", "256", "--print=full", "--"},
}

// Every genuine paper is valid, whoever holds it and whichever program has
// written it anew.
func TestGenuinePapersShowWhatWasSigned(t *testing.T) {
	b := allSpecimens(t)
	e := b.examiner(t)
	papers := genuinePapers(t, b)
	var passed atomic.Int64
	var longest atomic.Int64
	check := func(g genuinePaper, data []byte, how string) {
		start := time.Now()
		r := e.Examine(t.Context(), data)
		longest.Store(max(longest.Load(), int64(time.Since(start))))
		if r.Verdict != verifier.Valid || len(r.Checks) != 7 || r.Checks[6].Name != verifier.PaperCheck {
			t.Errorf("%s (%s, %s): %s %s: %s", g.text.Holder, g.text.Code, how, r.Verdict, r.Reason, r.Summary())
			return
		}
		passed.Add(1)
	}
	codes := map[string]bool{}
	for _, g := range papers {
		codes[g.text.Code] = true
	}
	if len(codes) != 18 {
		t.Errorf("%d of 18 certificates", len(codes))
	}
	inParallel(len(papers), func(n int) {
		if raceDetector && n%8 != 0 {
			return
		}
		g := papers[n]
		check(g, g.pdf, "as printed")
		if n%12 == 0 {
			how := resaves[n/12%len(resaves)]
			check(g, resave(t, g.pdf, how...), how[0])
		}
		if n%29 == 0 {
			p := takeApart(t, g.pdf)
			p.change(p.info, "/Producer", "/Keywords (kept)/Producer")
			check(g, p.write(), "other metadata")
		}
	})
	t.Logf("%d genuine papers valid, the slowest in %v", passed.Load(), time.Duration(longest.Load()).Round(time.Millisecond))
}

// Every edit that a reader can see is found, and named where it can be. Without
// the comparison each of them would pass: that is what makes the suite worth
// something.
func TestEditedPapersAreFound(t *testing.T) {
	b := allSpecimens(t)
	e := b.examiner(t)
	papers := genuinePapers(t, b)
	dir := os.Getenv("TESTAMUR_EDITED") // where to keep one of each kind, to be looked at
	each, twins := 4, 2
	if raceDetector {
		each, twins = 1, 1
	}
	var flagged, passing atomic.Int64
	inParallel(len(edits), func(k int) {
		kind := edits[k]
		found := 0
		for i := range each {
			n := (k*37 + i*61) % len(papers)
			if kind.only != nil && !slices.ContainsFunc(papers, kind.only) {
				t.Errorf("%s: there is no paper to be edited", kind.name)
				break
			}
			for kind.only != nil && !kind.only(papers[n]) {
				n = (n + 1) % len(papers)
			}
			g := papers[n]
			data := kind.edit(t, takeApart(t, g.pdf), g, papers[(n+1)%len(papers)])
			if i == 0 && dir != "" {
				name := strings.Map(func(r rune) rune {
					if r == ' ' || r == '/' {
						return '-'
					}
					return r
				}, kind.name)
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d-%s.pdf", k, name)), data, 0o600); err != nil {
					t.Error(err)
				}
			}
			r := e.Examine(t.Context(), data)
			switch {
			case r.Verdict == verifier.Valid:
				t.Errorf("%s: %s: valid", kind.name, g.text.Holder)
			case kind.either && r.Reason != verifier.NoCredential && r.Reason != verifier.Altered,
				!kind.either && kind.undecided && (r.Verdict != verifier.Indeterminate || r.Reason != verifier.NoCredential),
				!kind.either && !kind.undecided && (r.Verdict != verifier.Invalid || r.Reason != verifier.Altered):
				t.Errorf("%s: %s: %s %s: %s", kind.name, g.text.Holder, r.Verdict, r.Reason, r.Summary())
			case kind.says != "" && !strings.Contains(r.Summary(), kind.says):
				t.Errorf("%s: %s: says %q, not %q", kind.name, g.text.Holder, r.Summary(), kind.says)
			default:
				found++
			}
			if i == 0 {
				t.Logf("%-44s %s: %s", kind.name, r.Verdict, r.Summary())
			}
			// The broken twin: the attachment alone, as if the page were not there.
			if i >= twins {
				continue
			}
			if alone, err := paper.Read(t.Context(), data); err == nil && len(alone.Tokens) > 0 {
				if e.Verifier.Examine(t.Context(), alone.Tokens[0]).Verdict == verifier.Valid {
					passing.Add(1)
				}
			}
		}
		flagged.Add(int64(found))
	})
	total := int64(len(edits) * each)
	tried := int64(len(edits) * twins)
	t.Logf("%d of %d edited papers found, of %d kinds; %d of %d would pass by their attachment alone", flagged.Load(), total, len(edits), passing.Load(), tried)
	if passing.Load() != tried {
		t.Errorf("only %d of %d edited papers would pass without the comparison: the others test nothing", passing.Load(), tried)
	}
}

// A report of the paper stays what programs know: a check more, and no more.
func TestPaperCheckIsInTheReport(t *testing.T) {
	b := allSpecimens(t)
	s := b.all[0]
	r := b.examiner(t).Examine(t.Context(), readFile(t, s.pdf))
	text, err := json.Marshal(r)
	if err != nil || !bytes.Contains(text, []byte(`{"name":"paper","outcome":"passed"`)) {
		t.Errorf("%v: %s", err, text)
	}
	r = b.examiner(t).Examine(t.Context(), []byte(s.cert.Token))
	for _, c := range r.Checks {
		if c.Name == verifier.PaperCheck {
			t.Error("a token has no paper to be checked")
		}
	}
}
