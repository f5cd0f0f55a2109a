package certificate_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

// dpi is the resolution of the kept pictures: enough to see that a text moved,
// is missing, or stands there as boxes.
const dpi = 50

// paperOf is a paper with the facts.
func paperOf(f certificate.Facts, s certificate.Style) issuer.Paper {
	day := func(d certificate.Day) scheme.Date { return scheme.Date{Year: d.Year, Month: d.Month, Day: d.Day} }
	p := issuer.Paper{
		Holder: f.Holder, Title: f.Title, Code: f.Code, Number: f.Number, Scope: f.Scope, Scheme: f.Scheme, Edition: f.Edition,
		Body: f.Body, Decider: f.Decider, Decided: day(f.Decided), Effective: day(f.Effective), Specimen: f.Specimen,
		Link: f.Link, QR: strings.ToUpper(f.Link), Token: "e30.e30.AA", Created: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Style: s,
	}
	if f.Expires != nil {
		until := day(*f.Expires)
		p.Expires = &until
	}
	if f.Offline {
		p.Summary = "https://certs.example.org/v#" + strings.Repeat("0123456789", 150)
	}
	return p
}

// kept are the pages of which pictures are kept: every design in every language
// and in two pairs of them on A4, and once on Letter. Among them are a page with
// the longest facts, one that does not expire, names of other scripts, and pages
// with and without a second QR code.
func kept(d *certificate.Design) map[string]issuer.Paper {
	all := map[string]issuer.Paper{}
	add := func(size certificate.Size, languages ...string) {
		f := certificate.Specimen()
		f.Offline = true
		switch strings.Join(languages, "-") {
		case "de":
			f.Holder = "Maria-Magdalena Konstantinopoulou-Wiśniewska de la Cruz y Montesinos"
			f.Body = "Certification Body for Persons of the Academy for Service Management"
			f.Title = "Professional Certificate Management and Improvement of ITSM processes according to ISO/IEC 20000"
		case "fr":
			f.Expires, f.Specimen, f.Offline = nil, false, false
			f.Body = "Example Certification Body"
		case "es":
			f.Holder = "Μαρία Παπαδοπούλου"
			f.Code, f.Edition = "", ""
		case "ar":
			f.Holder, f.Specimen = "فاطمة الزهراء", false
		case "de-en":
			f.Specimen, f.Offline = false, false
			f.Holder = "Анна Каренина"
		}
		name := fmt.Sprintf("%s-%s-%s.png", d.Name, strings.ToLower(string(size)), strings.Join(languages, "-"))
		all[name] = paperOf(f, certificate.Style{Design: d.Name, Size: size, Languages: languages})
	}
	for _, tag := range d.Languages {
		add(certificate.A4, tag)
	}
	add(certificate.A4, "de", "en")
	add(certificate.A4, "ar", "en")
	add(certificate.Letter, "en")
	return all
}

// TestDesignsLookAsTheyDid holds every design, as it is printed, against a
// picture that somebody looked at.
func TestDesignsLookAsTheyDid(t *testing.T) {
	write := os.Getenv("TESTAMUR_GOLDEN") == "write"
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("testdata", "gallery")
	if write {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	known, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]issuer.Paper{}
	for _, d := range certificate.Builtin().All() {
		for name, p := range kept(d) {
			pages[name] = p
		}
	}
	for _, file := range known {
		if _, ok := pages[filepath.Base(file)]; !ok {
			t.Errorf("%s shows a page that there is no more", file)
		}
	}
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pdf, err := press.Render(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			data := rasterised(t, pdf)
			file := filepath.Join(folder, name)
			if write {
				if err := os.WriteFile(file, data, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if far := farthest(decoded(t, data), decoded(t, want)); far > tolerance {
				now := filepath.Join(t.TempDir(), name)
				if out := os.Getenv("TESTAMUR_GALLERY"); out != "" {
					now = filepath.Join(out, name)
				}
				_ = os.WriteFile(now, data, 0o644)
				t.Errorf("looks otherwise than %s: somewhere by %.0f of 255. TESTAMUR_GALLERY=FOLDER keeps what it looks like now; if it is meant, look at it and run this test with TESTAMUR_GOLDEN=write", file, far)
			}
		})
	}
}

// rasterised draws the page of a PDF in shades of grey.
func rasterised(t *testing.T, pdf []byte) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftoppm", "-r", fmt.Sprint(dpi), "-gray", "-png", "-singlefile", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, errs.String())
	}
	return coarse(t, out.Bytes())
}

// coarse keeps sixteen shades of grey: enough to compare, and a third of the
// bytes.
func coarse(t *testing.T, data []byte) []byte {
	t.Helper()
	palette := make(color.Palette, 16)
	for i := range palette {
		palette[i] = color.Gray{uint8(i * 17)}
	}
	img := decoded(t, data)
	few := image.NewPaletted(img.Bounds(), palette)
	for y := range few.Rect.Dy() {
		for x := range few.Rect.Dx() {
			few.SetColorIndex(x, y, uint8((int(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)+8)/17))
		}
	}
	var buf bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&buf, few); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// tolerance is how much the darkness of a square of four pixels (two millimetres)
// may differ: other versions of the rasteriser smooth edges in other ways, but a
// letter that is missing or another one makes more.
const tolerance = 22

// farthest is how much two pictures differ where they differ most.
func farthest(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 255
	}
	const side = 4
	grey := func(img image.Image, x, y int) float64 {
		return float64(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
	}
	far := 0.0
	r := a.Bounds()
	for y := r.Min.Y; y+side <= r.Max.Y; y += side / 2 {
		for x := r.Min.X; x+side <= r.Max.X; x += side / 2 {
			diff := 0.0
			for dy := range side {
				for dx := range side {
					diff += grey(a, x+dx, y+dy) - grey(b, x+dx, y+dy)
				}
			}
			far = max(far, diff/side/side, -diff/side/side)
		}
	}
	return far
}

// The comparison of pictures sees what it must: another name, another number, a
// missing line.
func TestPicturesTellPagesApart(t *testing.T) {
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	look := func(change func(*certificate.Facts)) image.Image {
		f := certificate.Specimen()
		change(&f)
		pdf, err := press.Render(t.Context(), paperOf(f, certificate.Style{Design: "classic"}))
		if err != nil {
			t.Fatal(err)
		}
		return decoded(t, rasterised(t, pdf))
	}
	same := look(func(*certificate.Facts) {})
	if far := farthest(same, look(func(*certificate.Facts) {})); far != 0 {
		t.Errorf("the same page differs by %.0f", far)
	}
	for name, change := range map[string]func(*certificate.Facts){
		"name":   func(f *certificate.Facts) { f.Holder = "Ada Specimem" },
		"title":  func(f *certificate.Facts) { f.Title = strings.Replace(f.Title, "ITSM", "ITSN", 1) },
		"year":   func(f *certificate.Facts) { f.Effective.Year = 2028 },
		"number": func(f *certificate.Facts) { f.Number = "SCB-0JV17-514YM" },
		"code":   func(f *certificate.Facts) { f.Code = "" },
		"mark":   func(f *certificate.Facts) { f.Specimen = false },
	} {
		if far := farthest(same, look(change)); far <= tolerance {
			t.Errorf("another %s makes %.0f, and %d is let pass", name, far, tolerance)
		}
	}
}
