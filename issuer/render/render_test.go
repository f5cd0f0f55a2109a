package render

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

func press(t testing.TB) *Press {
	t.Helper()
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func date(s string) scheme.Date {
	d, err := scheme.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// paper is a certificate as it is printed every day.
func paper() issuer.Paper {
	expires := date("2029-11-19")
	return issuer.Paper{
		Holder:    "Katarzyna Wiśniewska",
		Title:     "Consultant/Manager Competence Certificate in ITSM according to ISO/IEC 20000",
		Code:      "CM-COMP",
		Number:    "OMI-2026-004217",
		Scope:     "Planning, introduction and continual improvement of IT service management systems according to ISO/IEC 20000-1, as consultant or as manager.",
		Scheme:    "Personnel Certification Scheme for IT Service Management according to ISO/IEC 20000",
		Edition:   "2026-04",
		Body:      "The Operations Management Institute",
		Decider:   "Dr. Friederike Baumgärtner",
		Decided:   date("2026-11-13"),
		Effective: date("2026-11-20"),
		Expires:   &expires,
		Link:      "https://verify.example.org/c/7Q2F-9KXM-31PD-A8ZC",
		QR:        "HTTPS://VERIFY.EXAMPLE.ORG/C/7Q2F-9KXM-31PD-A8ZC",
		Token:     "eyJhbGciOiJFUzI1NiJ9." + strings.Repeat("Q2VydGlmaWNhdGU", 90) + ".c2lnbmF0dXJl-_",
		Created:   time.Date(2026, 11, 13, 9, 30, 0, 0, time.FixedZone("", 3600)),
	}
}

// papers are certificates at the limits of what the page holds.
func papers() map[string]issuer.Paper {
	with := func(change func(*issuer.Paper)) issuer.Paper {
		q := paper()
		change(&q)
		return q
	}
	return map[string]issuer.Paper{
		"everyday": paper(),
		"short": with(func(q *issuer.Paper) {
			q.Holder, q.Title, q.Code, q.Scope = "Li Wu", "Foundation Certificate in ITSM", "", "Fundamentals."
			q.Edition, q.Expires = "", nil
		}),
		"long": with(func(q *issuer.Paper) {
			q.Holder = "Maria Magdalena Krzyżanowska-Wyszomirska von und zu Hohenstein-Bartenfels"
			q.Title = "Professional Certificate Management and Improvement of ITSM processes according to ISO/IEC 20000"
			q.Scope = "Management and improvement of IT service management processes: service level management, service reporting, continual improvement, supplier and relationship management, in organisations of every size, according to ISO/IEC 20000-1:2018."
			q.Scheme = "Personnel Certification Scheme for IT Service Management, Consultants, Managers and Auditors according to ISO/IEC 20000"
			q.Body = "Certification Body for Persons of the TÜV SÜD Examination Institute for Information Technology and Management"
			q.Link = "https://certificates.verification.examination-institute.example.org/check/2026/7Q2F-9KXM-31PD-A8ZC"
			q.QR, q.Expires, q.Specimen = q.Link, nil, true
		}),
		"executive": with(func(q *issuer.Paper) {
			q.Title = "Executive Consultant/Manager Competence Certificate in ITSM according to ISO/IEC 20000"
		}),
		"trademark": with(func(q *issuer.Paper) { q.Title = "Certified IT Service Operations Professional (CITSOP)™" }),
		"specimen":  with(func(q *issuer.Paper) { q.Specimen = true }),
		"polish":    with(func(q *issuer.Paper) { q.Holder = "Świętosława Żółć-Łącka" }),
		"greek": with(func(q *issuer.Paper) {
			q.Holder, q.Decider = "Ελένη Παπαδοπούλου", "Αλέξανδρος Ξυδάκης"
		}),
		"cyrillic": with(func(q *issuer.Paper) {
			q.Holder, q.Body = "Наталія Ґонґадзе", "ТОВ «Інститут сертифікації»"
		}),
		"vietnamese": with(func(q *issuer.Paper) { q.Holder = "Nguyễn Thị Phương Thảo" }),
		"template":   with(func(q *issuer.Paper) { q.Holder = "{{.Secret}} ${HOME} %s ../x (\\)" }),
	}
}

func render(t testing.TB, p *Press, q issuer.Paper) []byte {
	t.Helper()
	pdf, err := p.Render(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// debian names the package of every reader used here.
var debian = map[string]string{
	"qpdf": "qpdf", "zbarimg": "zbar-tools",
	"pdftotext": "poppler-utils", "pdftoppm": "poppler-utils", "pdfdetach": "poppler-utils", "pdffonts": "poppler-utils",
}

// read runs a reader that has no knowledge of this package.
func read(t testing.TB, tool string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatalf("%s is missing; install the Debian package %s", tool, debian[tool])
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", tool, strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes()
}

func save(t testing.TB, pdf []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "certificate.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSamePaperGivesSameBytes(t *testing.T) {
	p, q := press(t), paper()
	want := render(t, p, q)
	for range 3 {
		if !bytes.Equal(render(t, press(t), q), want) {
			t.Fatal("a second rendering differs")
		}
	}
	q.Created = q.Created.UTC() // the same moment told in another zone
	if !bytes.Equal(render(t, p, q), want) {
		t.Error("the zone of Created shows in the document")
	}
	q.Number += "0"
	if bytes.Equal(render(t, p, q), want) {
		t.Error("another number gives the same bytes")
	}
}

func TestConcurrentRenderingsGiveSameBytes(t *testing.T) {
	p, q := press(t), paper()
	want := render(t, p, q)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2 {
				got, err := p.Render(context.Background(), q)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("concurrent rendering differs: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

var (
	object = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj`)
	stream = regexp.MustCompile(`(?s)^(.*?)\nstream\n(.*)\nendstream$`)
	length = regexp.MustCompile(`/Length \d+`)
)

// anatomy lists the objects of a PDF with their streams inflated, for how
// tightly they are deflated may change with the Go release.
func anatomy(t testing.TB, pdf []byte) string {
	t.Helper()
	var b strings.Builder
	for _, o := range object.FindAllSubmatch(pdf, -1) {
		dict := o[2]
		if s := stream.FindSubmatch(o[2]); s != nil {
			dict = length.ReplaceAll(s[1], []byte("/Length …"))
			body := s[2]
			if bytes.Contains(dict, []byte("/FlateDecode")) {
				z, err := zlib.NewReader(bytes.NewReader(body))
				if err != nil {
					t.Fatalf("object %s: %v", o[1], err)
				}
				if body, err = io.ReadAll(z); err != nil {
					t.Fatalf("object %s: %v", o[1], err)
				}
			}
			dict = fmt.Appendf(dict, " stream of %d bytes, sha256 %x", len(body), sha256.Sum256(body))
		}
		fmt.Fprintf(&b, "%s: %q\n", o[1], strings.Join(strings.Fields(string(dict)), " "))
	}
	return b.String()
}

// TestPageIsTheGoldenOne holds still what a body's certificates look like. When
// it fails on purpose, look at the page, then run with -update.
func TestPageIsTheGoldenOne(t *testing.T) {
	p := press(t)
	for _, name := range []string{"everyday", "long", "greek"} {
		q := papers()[name]
		pg, err := p.compose(q)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, x := range pg.texts {
			fmt.Fprintf(&b, "%7.2f %7.2f mm %5.1f pt %-18s %s\n", x.x, x.y, x.size, x.set.face.family, string(x.set.runes))
		}
		b.WriteString(anatomy(t, render(t, p, q)))
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != string(want) {
			t.Errorf("%s differs from %s:\n%s", name, file, difference(string(want), got))
		}
	}
}

func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}

func TestReadersFindEverythingOnThePaper(t *testing.T) {
	p := press(t)
	for name, q := range papers() {
		t.Run(name, func(t *testing.T) {
			pdf := render(t, p, q)
			if len(pdf) > 150<<10 {
				t.Errorf("%d bytes, more than 150 KiB", len(pdf))
			}
			file := save(t, pdf)

			if out := read(t, "qpdf", "--check", file); !bytes.Contains(out, []byte("No syntax or stream encoding errors")) {
				t.Errorf("qpdf --check: %s", out)
			}

			words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
			plain := strings.ReplaceAll(words(string(read(t, "pdftotext", "-raw", file, "-"))), " ", "")
			for field, s := range map[string]string{
				"holder": q.Holder, "title": q.Title, "number": q.Number, "scope": q.Scope, "code": q.Code,
				"scheme": q.Scheme, "edition": q.Edition, "body": q.Body, "decider": q.Decider, "link": q.Link,
				"effective": day(q.Effective), "decided": day(q.Decided), "expiry": expiry(q.Expires), "phrase": phrase(q.Expires),
			} {
				if !strings.Contains(plain, strings.ReplaceAll(s, " ", "")) {
					t.Errorf("pdftotext finds no %s %q in\n%s", field, s, plain)
				}
			}
			if len(q.Holder) < 50 && !strings.Contains(words(string(read(t, "pdftotext", file, "-"))), q.Holder) {
				t.Errorf("the name %q is not in one piece", q.Holder)
			}

			if got := read(t, "qpdf", "--show-npages", file); string(got) != "1\n" {
				t.Errorf("%s pages", got)
			}

			dir := t.TempDir()
			image := filepath.Join(dir, "page")
			read(t, "pdftoppm", "-r", "150", "-png", "-singlefile", file, image)
			if got := string(read(t, "zbarimg", "-q", "--raw", image+".png")); got != q.QR+"\n" {
				t.Errorf("zbarimg reads %q, want %q", got, q.QR)
			}

			token := filepath.Join(dir, "token")
			if out := read(t, "pdfdetach", "-list", file); !bytes.Contains(out, []byte("1 embedded files")) || !bytes.Contains(out, []byte(tokenFile)) {
				t.Errorf("pdfdetach -list: %s", out)
			}
			read(t, "pdfdetach", "-save", "1", "-o", token, file)
			if got, err := os.ReadFile(token); err != nil || string(got) != q.Token {
				t.Errorf("the attachment is not the token: %v", err)
			}
		})
	}
}

func TestSpecimenIsMarked(t *testing.T) {
	p, q := press(t), paper()
	if bytes.Contains(read(t, "pdftotext", save(t, render(t, p, q)), "-"), []byte("pecimen")) {
		t.Error("an ordinary certificate is marked")
	}
	pg, err := p.compose(q)
	if err != nil || pg.mark != nil {
		t.Errorf("an ordinary certificate bears the mark (%v)", err)
	}
	q.Specimen = true
	if !bytes.Contains(read(t, "pdftotext", save(t, render(t, p, q)), "-"), []byte(templates.PaperSpecimenNote)) {
		t.Error("a specimen lacks the note")
	}
	if pg, err = p.compose(q); err != nil || pg.mark == nil {
		t.Errorf("a specimen lacks the mark (%v)", err)
	}
}

func TestDocumentDatesAreThoseOfThePaper(t *testing.T) {
	pdf := render(t, press(t), paper())
	for _, key := range []string{"/CreationDate", "/ModDate"} {
		if !bytes.Contains(pdf, []byte(key+" (D:20261113083000)")) {
			t.Errorf("%s is not that of the paper in UTC", key)
		}
	}
}

func TestEmbeddedFontsAreTheShippedOnes(t *testing.T) {
	out := string(read(t, "pdffonts", save(t, render(t, press(t), paper()))))
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 2+3 {
		t.Errorf("not three fonts:\n%s", out)
	}
	for _, core := range []string{"Helvetica", "Times", "Courier"} {
		if strings.Contains(out, core) {
			t.Errorf("core font in the document:\n%s", out)
		}
	}
}

func TestRenderStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := press(t).Render(ctx, paper()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestRenderChecksFirst(t *testing.T) {
	q := paper()
	q.Holder = "A\u202eB"
	_, err := press(t).Render(context.Background(), q)
	var te *issuer.TextError
	if !errors.As(err, &te) || te.Field != fieldHolder {
		t.Errorf("got %v", err)
	}
}

func TestPanicBecomesError(t *testing.T) {
	p, q := press(t), paper()
	pg, err := p.compose(q)
	if err != nil {
		t.Fatal(err)
	}
	pg.texts[0].set.runes[0] = 0x20000 // gofpdf panics on it (its issues 255 and 330)
	if _, err := p.draw(context.Background(), q, pg); err == nil {
		t.Error("no error")
	}
}

func TestBrokenFontIsAnErrorAndNoDocument(t *testing.T) {
	p := press(t)
	broken := *p.faces.serif
	broken.data = broken.data[:1000]
	p.faces.serif = &broken
	if pdf, err := p.Render(context.Background(), paper()); err == nil {
		t.Errorf("no error, and %d bytes", len(pdf))
	}
}

func TestTokenIsAttachedOnlyAsSigned(t *testing.T) {
	p := press(t)
	for _, token := range []string{"", "a b", "a.b.c\n", "ä", strings.Repeat("a", longestToken+1)} {
		q := paper()
		q.Token = token
		var te *issuer.TextError
		if _, err := p.Render(context.Background(), q); !errors.As(err, &te) || te.Field != fieldToken {
			t.Errorf("token of %d bytes: %v", len(token), err)
		}
		if err := p.Check(q); err != nil {
			t.Errorf("Check looks at the token: %v", err)
		}
	}
}

// extent is the place that a line of type takes.
func (t text) extent() box {
	em := t.size * mm
	return box{t.x, t.y - 0.70*em, t.width(), 0.92 * em}
}

func (b box) meets(c box) bool {
	return b.x < c.x+c.w && c.x < b.x+b.w && b.y < c.y+c.h && c.y < b.y+b.h
}

func TestNothingOverlapsAndTheCodeStandsAlone(t *testing.T) {
	p := press(t)
	for name, q := range papers() {
		pg, err := p.compose(q)
		if err != nil {
			t.Fatal(err)
		}
		code := box{pg.qrX, pg.qrY, qrSide, qrSide}
		for i, a := range pg.texts {
			e := a.extent()
			if e.meets(code) {
				t.Errorf("%s: %q stands in the QR code", name, string(a.set.runes))
			}
			inMain := e.x >= mainX && e.x+e.w <= mainX+mainWide+0.01
			inSide := e.x >= sideX && e.x+e.w <= sideX+sideWide+0.01
			if !inMain && !inSide || e.y < top-1 || a.y > bottom+0.01 {
				t.Errorf("%s: %q leaves its column: %+v", name, string(a.set.runes), e)
			}
			for _, b := range pg.texts[i+1:] {
				if e.meets(b.extent()) {
					t.Errorf("%s: %q overlaps %q", name, string(a.set.runes), string(b.set.runes))
				}
			}
		}
		for _, r := range pg.rules {
			if (box{r.x1, r.y1, r.x2 - r.x1, r.y2 - r.y1}).meets(code) {
				t.Errorf("%s: a rule crosses the QR code", name)
			}
		}
	}
}

func TestFixedWordingIsInTheFonts(t *testing.T) {
	f := press(t).faces
	for _, w := range fixedWords(f) {
		if err := w.face.covers(w.text); err != nil {
			t.Error(err)
		}
	}
	if f.serif.covers("東") == nil {
		t.Error("covers finds everything")
	}
	// Whatever the page prints of itself is in the list.
	var listed strings.Builder
	for _, w := range fixedWords(f) {
		listed.WriteString(w.face.family + strings.ReplaceAll(w.text, " ", "") + "\n")
	}
	q := paper()
	pg, err := f.lay(q)
	if err != nil {
		t.Fatal(err)
	}
	own := []string{q.Holder, q.Title, q.Code, q.Number, q.Scope, q.Scheme, q.Edition, q.Body, q.Decider, q.Link, day(q.Decided), day(q.Effective), expiry(q.Expires)}
	for _, x := range pg.texts {
		s := string(x.set.runes)
		if slices.ContainsFunc(own, func(o string) bool { return strings.Contains(o, s) }) {
			continue
		}
		if !strings.Contains(listed.String(), strings.ReplaceAll(s, " ", "")) {
			t.Errorf("%q is printed and not listed among the fixed words", s)
		}
	}
}

func TestDatesAreUnambiguous(t *testing.T) {
	if got := day(date("2026-02-03")); got != "3 February 2026" {
		t.Errorf("got %q", got)
	}
	d := date("2029-11-19")
	if got := expiry(&d); got != "valid through 19 November 2029" {
		t.Errorf("got %q", got)
	}
	if got := expiry(nil); got != "does not expire" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkRender(b *testing.B) {
	p, q := press(b), paper()
	b.ReportAllocs()
	for b.Loop() {
		render(b, p, q)
	}
}

func BenchmarkCheck(b *testing.B) {
	p, q := press(b), paper()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Check(q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQR(b *testing.B) {
	text := paper().QR
	b.ReportAllocs()
	for b.Loop() {
		if _, err := QR(text); err != nil {
			b.Fatal(err)
		}
	}
}
