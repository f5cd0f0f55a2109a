package render

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

func press(t testing.TB) *Press {
	t.Helper()
	p, err := New(House{})
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

// token is as long as those of real certificates, and packs as badly.
func token() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	r := rand.New(rand.NewPCG(7515, 7))
	b := make([]byte, 3580)
	for i := range b {
		b[i] = alphabet[r.IntN(64)]
	}
	b[150], b[len(b)-87] = '.', '.'
	return string(b)
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
		Token:     token(),
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
		"arabic": with(func(q *issuer.Paper) {
			q.Holder, q.Decider = "محمد عبد الرحمن الأحمد", "Σοφία Παππά"
		}),
		"hebrew":     with(func(q *issuer.Paper) { q.Holder = "שָׂרָה בֶּן־דָּוִד" }),
		"devanagari": with(func(q *issuer.Paper) { q.Holder = "श्रीनिवास कृष्णमूर्ति" }),
		"thai":       with(func(q *issuer.Paper) { q.Holder = "ณัฐวุฒิ เจริญสุข" }),
		"japanese":   with(func(q *issuer.Paper) { q.Holder, q.Body = "髙橋さくら", "国際認証機構" }),
		"korean":     with(func(q *issuer.Paper) { q.Holder = "김민준" }),
		"rare":       with(func(q *issuer.Paper) { q.Holder = "𠮷野 李" }),
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
	"qpdf": "qpdf", "zbarimg": "zbar-tools", "mutool": "mupdf-tools", "pdfinfo": "poppler-utils",
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

func TestDocumentDatesAreThoseOfThePaper(t *testing.T) {
	pdf := render(t, press(t), paper())
	for _, key := range []string{"/CreationDate", "/ModDate"} {
		if !bytes.Contains(pdf, []byte(key+" (D:20261113083000+00'00')")) {
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
