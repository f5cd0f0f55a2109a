package paper

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
)

// original prints a certificate and opens it.
func original(t testing.TB) (*document, []byte) {
	t.Helper()
	d, content, _ := originalFile(t)
	return d, content
}

func originalFile(t testing.TB) (d *document, content, pdf []byte) {
	t.Helper()
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	day := scheme.Date{Year: 2026, Month: 11, Day: 20}
	pdf, err = press.Render(context.Background(), issuer.Paper{
		Holder: "Emil Noble", Title: "Professional Certificate", Number: "A-1", Scope: "Planning and running of services.", Scheme: "Scheme", Body: "Institute",
		Decider: "Dr. T. Decker", Decided: day, Effective: day, Link: "https://certs.example.org/c/0A", QR: "HTTPS://CERTS.EXAMPLE.ORG/C/0A", Token: "eyJ.e30.AA",
		Created: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		Style:   certificate.Style{Design: "classic", Size: certificate.A4, Languages: []string{"en"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err = openPDF(context.Background(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	d.collectPages(&Found{})
	content, err = d.content(d.pages[0].dict["Contents"])
	if err != nil {
		t.Fatal(err)
	}
	return d, content, pdf
}

var someone = &credential.Credential{ID: "https://certs.example.org/certificates/0A", Issuer: credential.Profile{ID: "https://certs.example.org", Name: "Institute"}}

// someoneElse believes every address.
var someoneElse = &examined{
	leads: func(string) bool { return true }, proves: func(string) bool { return false }, designs: certificate.Builtin().All(),
}

// carriedOut interprets content in place of that of the page, without the net
// that catches panics.
func carriedOut(d *document, content []byte) (*interpreter, finding) {
	in := d.interpreter(d.pages[0])
	in.run(content, 0)
	if in.broken {
		in.doubt(doubtDamaged)
	}
	d.look(in.sheet)
	return in, in.compare(someone, someoneElse).finding()
}

func TestPageIsReadAsItStands(t *testing.T) {
	d, content := original(t)
	in, _ := carriedOut(d, content)
	if in.broken || len(in.doubts) > 0 || len(in.faults) > 0 || len(in.covered) > 0 {
		t.Errorf("broken %v, doubts %q, faults %v, %d covered", in.broken, in.doubts, in.faults, len(in.covered))
	}
	lines, loose := in.lines()
	var texts []string
	for _, l := range lines {
		if !l.proven || !l.plain {
			t.Errorf("%q: proven %v, plain %v", l.text, l.proven, l.plain)
		}
		texts = append(texts, l.text)
	}
	all := strings.Join(texts, "|")
	for _, want := range []string{"Emil Noble", "This is to certify that", "SCOPE", "20 November 2026", "A-1", "does not expire"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among %q", want, all)
		}
	}
	if len(loose) > 0 || len(in.codes) != 1 || len(in.codes[0].texts) != 1 || !in.codes[0].pure {
		t.Errorf("%d loose, codes %+v", len(loose), in.codes)
	}
}

// What is malformed, or beyond a limit, ends in a doubt; it never passes and
// never runs on.
func TestHostileContentEndsInADoubt(t *testing.T) {
	d, content := original(t)
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for name, extra := range map[string]string{
		"unknown operator":      "1 2 frobnicate",
		"operands missing":      "1 0 0 rg 3 Td",
		"string without end":    "BT (abc",
		"hex with other signs":  "BT <zz> Tj ET",
		"nesting":               many("[", 100_000),
		"saved states":          many("q ", 100_000),
		"operators":             many("0 g ", 500_000),
		"operands":              many("1 ", 100_000) + "m",
		"pieces":                many("0 0 1 1 re ", 200_000),
		"letters":               "BT /" + fontName(content) + " 9 Tf " + many("1 0 0 1 99 99 Tm <0041> Tj ", 30_000) + " ET",
		"matrix beyond measure": many("1000000 0 0 1000000 0 0 cm ", 5),
		"matrix of nothing":     "q 0 0 0 0 0 0 cm 0 0 1 1 re f Q 1e99 w",
		"font that is missing":  "BT /Nothing 9 Tf (a) Tj ET",
		"form that is missing":  "/Nothing Do",
		"state that is missing": "/Nothing gs",
		"line from nowhere":     "1 1 l S",
		"rendering mode":        "BT 9 Tr /" + fontName(content) + " 9 Tf <0041> Tj ET",
		"picture without end":   "BI /W 1 ID aaaa",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			in, f := carriedOut(d, append(bytes.Clone(content), extra...))
			if !in.broken || f.kind == agrees {
				t.Errorf("broken %v, %+v", in.broken, f)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func fontName(content []byte) string {
	at := bytes.Index(content, []byte("BT /"))
	return string(bytes.Fields(content[at+4:])[0])
}

// Forms that draw themselves come to an end.
func TestFormsThatDrawThemselvesComeToAnEnd(t *testing.T) {
	var b bytes.Buffer
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Resources<</XObject<</F 4 0 R>>>>/Contents 5 0 R>>",
		"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length 23>>\nstream\n/F Do /F Do /F Do /F Do\nendstream",
		"<</Length 5>>\nstream\n/F Do\nendstream",
	}
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	d, err := openPDF(t.Context(), b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	d.collectPages(&Found{})
	if s := d.show(d.pages[0]); len(s.doubts) == 0 {
		t.Error("no doubt about a form that draws itself")
	}
}

func TestDamagedFontsAreRefused(t *testing.T) {
	for _, f := range typefaces() {
		if len(f.signs) < 500 {
			t.Errorf("%d outlines", len(f.signs))
		}
	}
	if alike('A') != alike('А') || alike('A') != alike('Α') || alike('A') == alike('B') {
		t.Error("letters that look alike are not told by their looks")
	}
	for n := range 200 {
		data := make([]byte, n)
		copy(data, "\x00\x01\x00\x00\x00\x02")
		if _, err := openOutlines(data, true); err == nil {
			t.Fatalf("%d bytes are a font", n)
		}
	}
}

// FuzzContent holds the interpreter to its limits for any content: no panic, no
// end of memory, and an answer.
func FuzzContent(f *testing.F) {
	d, content := original(f)
	text := bytes.Index(content, []byte("BT "))
	words := content[text : text+2000]
	f.Add(content[text : text+400])
	f.Add([]byte("q 1 0 0 1 5 5 cm 0 0 10 10 re W* n 1 0 0 rg 1 1 5 5 re B* 3 3 m 4 4 5 5 6 6 c h f Q BI /W 1 /H 1 ID a EI"))
	f.Add([]byte("/OC /a BDC BT /" + fontName(content) + " 20 Tf 7 Tr 1 0 0 -1 50 50 Tm [<00410042> -200 (\\101\\\n)] TJ T* (x) ' 1 2 (y) \" ET EMC"))
	f.Add([]byte("/Span <</ActualText <FEFF00410042>>> BDC q 0.02 0 0 0.02 60 300 cm 0 0 m 9 9 l 5 7 8 9 10 11 c f 3 3 m 4 4 l 5 3 l b 1 g 0 0 9 9 re f Q EMC"))
	f.Add([]byte("/DeviceRGB cs 1 1 1 sc /Pattern CS /P SCN 0.1 0.2 0.3 0.4 k 5 w 0 0 m 100 100 l S << /a [1 2 (x)] >> DP"))
	f.Fuzz(func(t *testing.T, extra []byte) {
		if len(extra) > 1<<14 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		page := *d
		page.ctx = ctx
		_, found := carriedOut(&page, extra)
		if found.kind == agrees || found.format == "" {
			t.Fatalf("%+v", found)
		}
		if ctx.Err() != nil {
			t.Fatal("ran into the time limit")
		}
		carriedOut(&page, append(bytes.Clone(words), extra...))
	})
}

// FuzzFont holds the reader of outlines to its limits for any font.
func FuzzFont(f *testing.F) {
	d, _ := original(f)
	for _, o := range d.dict(d.dict(d.pages[0].resources)["Font"]) {
		below := d.array(d.dict(o)["DescendantFonts"])
		file := d.stream(d.dict(d.dict(below[0])["FontDescriptor"])["FontFile2"])
		data, err := decoded(file, maxFontFile)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := openOutlines(data, true)
		if err != nil {
			return
		}
		for g := range min(o.glyphs, 300) {
			if s, err := o.shape(g); err == nil && len(s.points) > maxPoints {
				t.Fatalf("%d points", len(s.points))
			}
		}
	})
}

func BenchmarkShow(b *testing.B) {
	d, _ := original(b)
	b.ReportAllocs()
	for b.Loop() {
		d.show(d.pages[0])
	}
}
