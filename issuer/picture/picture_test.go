package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/picture"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

const token = "eyJhbGciOiJFUzI1NiIsInR5cCI6InZjK2p3dCJ9.eyJuYW1lIjoiQWRhIn0.c2lnbmF0dXJl"

func paper() issuer.Paper {
	day := scheme.Date{Year: 2026, Month: 11, Day: 2}
	return issuer.Paper{
		Holder: "Agnès Österling", Title: "Service Management Practitioner", Code: "PRO-MGT", Number: "EB-7Q2F9-KXM4C",
		Scope:  "Planning, running and improving a service management system",
		Scheme: "Service management", Edition: "2026.1", Body: "Example Certification Body", Decider: "Olena Kovalenko",
		Decided: day, Effective: day,
		Link:  "https://verify.example.org/c/7Q2F9KXM31PDA8ZC0123456789",
		QR:    "HTTPS://VERIFY.EXAMPLE.ORG/C/7Q2F9KXM31PDA8ZC0123456789",
		Token: token, Created: time.Unix(1790000000, 0),
	}
}

func press(t testing.TB) *render.Press {
	t.Helper()
	p, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// styles are all designs, and of every second one another size and another
// script too.
func styles() []certificate.Style {
	var all []certificate.Style
	for i, d := range certificate.Builtin().All() {
		all = append(all, certificate.Style{Design: d.Name, Size: d.Sizes[0], Languages: []string{"en"}})
		if i%2 == 0 {
			all = append(all, certificate.Style{Design: d.Name, Size: d.Sizes[len(d.Sizes)-1], Languages: []string{"ar"}})
		}
	}
	return all
}

func name(s certificate.Style) string {
	return fmt.Sprint(s.Design, " ", s.Size, " ", strings.Join(s.Languages, " "))
}

func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, errs.String())
	}
	return out
}

func written(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func decoded(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// likeness is what two drawings of one page may differ by: in the mean of all
// pixels, and in any square of 12 pixels, 2 mm, in the mean of its grey levels.
type likeness struct{ all, square float64 }

const square = 12

var (
	// pdftoppm puts letters on whole lines of pixels, which moves them by up to half
	// of one.
	asPDF = likeness{2.5, 32}
	// rsvg-convert draws by coverage too.
	asSVG = likeness{0.5, 24}
)

// differ measures how far two drawings differ: the mean of the differences of all
// pixels, and the greatest difference between the means of a square.
func differ(a, b image.Image) (all, worst float64, at image.Point) {
	w, h := min(a.Bounds().Dx(), b.Bounds().Dx()), min(a.Bounds().Dy(), b.Bounds().Dy())
	one, other := grey(a), grey(b)
	for y := 0; y < h; y += square {
		for x := 0; x < w; x += square {
			var sum, n float64
			for dy := range min(square, h-y) {
				for dx := range min(square, w-x) {
					d := float64(one.GrayAt(x+dx, y+dy).Y) - float64(other.GrayAt(x+dx, y+dy).Y)
					sum += d
					all += math.Abs(d)
					n++
				}
			}
			if d := math.Abs(sum / n); d > worst {
				worst, at = d, image.Pt(x, y)
			}
		}
	}
	return all / float64(w*h), worst, at
}

func grey(m image.Image) *image.Gray {
	g := image.NewGray(m.Bounds())
	draw.Draw(g, g.Rect, m, g.Rect.Min, draw.Src)
	return g
}

func TestPictureShowsWhatThePDFShows(t *testing.T) {
	pr := press(t)
	p := picture.New(pr)
	for _, s := range styles() {
		t.Run(name(s), func(t *testing.T) {
			q := paper()
			q.Style, q.Specimen = s, s.Size != certificate.A4
			pdf, err := pr.Render(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			data, err := p.PNG(t.Context(), q, picture.Usual)
			if err != nil {
				t.Fatal(err)
			}
			drawn := decoded(t, data)
			printed := decoded(t, run(t, "pdftoppm", "-r", fmt.Sprint(picture.Usual), "-png", "-singlefile", written(t, "c.pdf", pdf)))
			if dx, dy := printed.Bounds().Dx()-drawn.Bounds().Dx(), printed.Bounds().Dy()-drawn.Bounds().Dy(); dx < 0 || dx > 1 || dy < 0 || dy > 1 {
				t.Errorf("%v, and %v from the PDF", drawn.Bounds(), printed.Bounds())
			}
			all, worst, at := differ(drawn, printed)
			t.Logf("PNG: %.2f in all, %.1f in the square at %v", all, worst, at)
			if all > asPDF.all || worst > asPDF.square {
				t.Errorf("the PNG is not the page: %.2f in all, %.1f in the square at %v", all, worst, at)
			}

			vector, err := p.SVG(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			foreign := decoded(t, run(t, "rsvg-convert", "--dpi-x", fmt.Sprint(picture.Usual), "--dpi-y", fmt.Sprint(picture.Usual), written(t, "c.svg", vector)))
			if all, worst, at := differ(drawn, foreign); all > asSVG.all || worst > asSVG.square {
				t.Errorf("the SVG is not the page: %.2f in all, %.1f in the square at %v", all, worst, at)
			} else {
				t.Logf("SVG: %.2f in all, %.1f in the square at %v", all, worst, at)
			}
		})
	}
}

// The measure is worth something only if it tells pages apart that differ little.
func TestMeasureTellsPagesApart(t *testing.T) {
	p := picture.New(press(t))
	paint := func(change func(*issuer.Paper)) image.Image {
		q := paper()
		change(&q)
		data, err := p.PNG(t.Context(), q, picture.Usual)
		if err != nil {
			t.Fatal(err)
		}
		return decoded(t, data)
	}
	honest := paint(func(*issuer.Paper) {})
	for name, change := range map[string]func(*issuer.Paper){
		"another letter of the name": func(q *issuer.Paper) { q.Holder = "Agnès Österlimg" },
		"another day":                func(q *issuer.Paper) { q.Effective.Day = 28 },
		"no code":                    func(q *issuer.Paper) { q.Code = "" },
		"another QR code":            func(q *issuer.Paper) { q.QR = strings.Replace(q.QR, "7Q2F", "7Q2G", 1) },
		"a specimen":                 func(q *issuer.Paper) { q.Specimen = true },
	} {
		if all, worst, _ := differ(honest, paint(change)); all <= asPDF.all && worst <= asPDF.square {
			t.Errorf("%s: %.2f in all, %.1f in a square, which passes", name, all, worst)
		}
	}
	// One that stands two pixels off, a third of a millimetre.
	moved := image.NewRGBA(honest.Bounds())
	for y := range moved.Rect.Dy() {
		for x := range moved.Rect.Dx() {
			moved.Set(x, y, honest.At(max(0, x-2), y))
		}
	}
	if all, worst, _ := differ(honest, moved); all <= asPDF.all && worst <= asPDF.square {
		t.Errorf("moved: %.2f in all, %.1f in a square, which passes", all, worst)
	}
}

// chunks reads a PNG by hand.
func chunks(t *testing.T, data []byte) (kinds []string, texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	rest, ok := bytes.CutPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	if !ok {
		t.Fatal("not a PNG")
	}
	for len(rest) > 0 {
		size := binary.BigEndian.Uint32(rest)
		kind, body := string(rest[4:8]), rest[8:8+size]
		if binary.BigEndian.Uint32(rest[8+size:]) != crc32.ChecksumIEEE(rest[4:8+size]) {
			t.Errorf("the sum of %s is wrong", kind)
		}
		kinds = append(kinds, kind)
		if kind == "iTXt" {
			keyword, content, _ := bytes.Cut(body, []byte{0})
			if _, twice := texts[string(keyword)]; twice {
				t.Errorf("%s stands twice", keyword)
			}
			if content[0] != 0 || content[1] != 0 {
				t.Errorf("%s is compressed", keyword)
			}
			parts := bytes.SplitN(content[2:], []byte{0}, 3)
			texts[string(keyword)] = string(parts[2])
		}
		rest = rest[12+size:]
	}
	return kinds, texts
}

func TestPNGIsABadgeThatOtherProgramsRead(t *testing.T) {
	p := picture.New(press(t))
	data, err := p.PNG(t.Context(), paper(), picture.Usual)
	if err != nil {
		t.Fatal(err)
	}
	kinds, texts := chunks(t, data)
	if got := strings.Join(kinds, " "); got != "IHDR sRGB pHYs iTXt iTXt iTXt IDAT IEND" {
		t.Errorf("chunks %s", got)
	}
	if texts["openbadgecredential"] != token {
		t.Errorf("the credential is %q", texts["openbadgecredential"])
	}
	if texts["Title"] != "Service Management Practitioner · Agnès Österling" || !strings.Contains(texts["Description"], "Olena Kovalenko") {
		t.Errorf("texts %q", texts)
	}
	file := written(t, "c.png", data)
	out := string(run(t, "pngcheck", "-v", file))
	for _, want := range []string{"No errors detected", "(150 dpi)", "keyword: openbadgecredential"} {
		if !strings.Contains(out, want) {
			t.Errorf("pngcheck does not say %q:\n%s", want, out)
		}
	}
	if out := strings.TrimSpace(string(run(t, "exiftool", "-s3", "-Openbadgecredential", "-ImageSize", file))); out != token+"\n1754x1240" {
		t.Errorf("exiftool sees %q", out)
	}
	broken := bytes.Clone(data)
	broken[bytes.Index(broken, []byte(token))] ^= 1
	if out, err := exec.Command("pngcheck", written(t, "b.png", broken)).CombinedOutput(); err == nil && !bytes.Contains(out, []byte("ERROR")) {
		t.Errorf("pngcheck finds nothing wrong with a changed credential: %s", out)
	}
}

func TestQRCodesOfThePNGScan(t *testing.T) {
	p := picture.New(press(t))
	for _, s := range styles() {
		q := paper()
		q.Style = s
		for _, dpi := range []int{100, picture.Usual} {
			data, err := p.PNG(t.Context(), q, dpi)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(string(run(t, "zbarimg", "-q", "--raw", written(t, "c.png", data)))); got != q.QR {
				t.Errorf("%s at %d: zbar reads %q", name(s), dpi, got)
			}
		}
	}
}

// The second code is fine: two pixels to the module at 150 dpi.
func TestSecondQRCodeOfThePNGScans(t *testing.T) {
	p := picture.New(press(t))
	tried := 0
	for _, d := range certificate.Builtin().All() {
		if !d.Offline {
			continue
		}
		tried++
		q := paper()
		q.Style.Design = d.Name
		q.Summary = "https://verify.example.org/v#" + strings.Repeat("0123456789", 140)
		for _, dpi := range []int{picture.Usual, picture.Finest} {
			data, err := p.PNG(t.Context(), q, dpi)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Fields(string(run(t, "zbarimg", "-q", "--raw", written(t, "c.png", data))))
			slices.Sort(got)
			if want := []string{q.QR, q.Summary}; !slices.Equal(got, want) {
				t.Errorf("%s at %d: zbar reads %q", d.Name, dpi, got)
			}
		}
	}
	if tried == 0 {
		t.Error("no design has a second code")
	}
}

// safe holds an SVG against what it may be made of. It is the test's own reading,
// of every element and attribute.
func safe(data []byte) error {
	allowed := map[string]bool{"svg": true, "title": true, "desc": true, "defs": true, "path": true, "rect": true, "g": true, "use": true, "line": true, "image": true, "credential": true}
	ids := map[string]bool{}
	var refs []string
	d := xml.NewDecoder(bytes.NewReader(data))
	elements := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.Directive, xml.Comment:
			return fmt.Errorf("%T", tok)
		case xml.StartElement:
			elements++
			if !allowed[e.Name.Local] {
				return fmt.Errorf("element %s", e.Name.Local)
			}
			if (elements == 2) != (e.Name == xml.Name{Space: "https://purl.imsglobal.org/ob/v3p0", Local: "credential"}) {
				return fmt.Errorf("element %d is %v", elements, e.Name)
			}
			for _, a := range e.Attr {
				switch {
				case a.Name.Local == "id":
					if ids[a.Value] {
						return fmt.Errorf("id %s twice", a.Value)
					}
					ids[a.Value] = true
				case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
					refs = append(refs, a.Value[1:])
				case a.Name.Local == "href" && !strings.HasPrefix(a.Value, "data:image/png;base64,"):
					return fmt.Errorf("reference to %s", a.Value)
				case strings.HasPrefix(a.Name.Local, "on"), a.Name.Local == "style", strings.Contains(a.Value, "url("):
					return fmt.Errorf("attribute %s", a.Name.Local)
				}
			}
		}
	}
	for _, r := range refs {
		if !ids[r] {
			return fmt.Errorf("nothing has the id %s", r)
		}
	}
	if len(refs) == 0 {
		return errors.New("no letters")
	}
	return nil
}

func TestSVGIsWholeSafeAndSpeaks(t *testing.T) {
	p := picture.New(press(t))
	for _, s := range styles() {
		q := paper()
		q.Style = s
		q.Holder, q.Specimen = `Åsa O'Brien`, true
		data, err := p.SVG(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if err := safe(data); err != nil {
			t.Errorf("%s: %v", name(s), err)
		}
		run(t, "xmllint", "--noout", "--nonet", written(t, "c.svg", data))
		var doc struct {
			Role       string `xml:"role,attr"`
			Labels     string `xml:"aria-labelledby,attr"`
			Credential struct {
				Verify string `xml:"verify,attr"`
			} `xml:"https://purl.imsglobal.org/ob/v3p0 credential"`
			Title string `xml:"title"`
			Desc  string `xml:"desc"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		if doc.Credential.Verify != token || doc.Role != "img" || doc.Labels != "title description" {
			t.Errorf("%s: %+v", name(s), doc)
		}
		for _, want := range []string{q.Holder, q.Title, q.Number, q.Scope, q.Decider} {
			if !strings.Contains(strings.ReplaceAll(doc.Desc, "\n", " "), want) {
				t.Errorf("%s: the description does not say %q:\n%s", name(s), want, doc.Desc)
			}
		}
		for _, twin := range []string{
			strings.Replace(string(data), "<g ", `<g onload="x()" `, 1),
			strings.Replace(string(data), "<defs>", "<script/><defs>", 1),
			strings.Replace(string(data), `href="#g0"`, `href="http://example.org/a"`, 1),
			strings.Replace(string(data), `href="#g0"`, `href="#nowhere"`, 1),
		} {
			if safe([]byte(twin)) == nil {
				t.Error("a twin that is not safe passes")
			}
		}
	}
}

func TestSamePaperGivesTheSamePictures(t *testing.T) {
	pr := press(t)
	one, other := picture.New(pr), picture.New(press(t))
	var wg sync.WaitGroup
	for _, s := range styles()[:6] {
		q := paper()
		q.Style = s
		first, err := other.PNG(t.Context(), q, 72)
		if err != nil {
			t.Fatal(err)
		}
		vector, err := other.SVG(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			wg.Go(func() {
				if got, err := one.PNG(t.Context(), q, 72); err != nil || !bytes.Equal(got, first) {
					t.Errorf("%s: another PNG (%v)", name(s), err)
				}
				if got, err := one.SVG(t.Context(), q); err != nil || !bytes.Equal(got, vector) {
					t.Errorf("%s: another SVG (%v)", name(s), err)
				}
			})
		}
	}
	wg.Wait()
}

func TestWhatCannotBeDrawnIsRefused(t *testing.T) {
	p := picture.New(press(t))
	for name, tt := range map[string]struct {
		change func(*issuer.Paper)
		dpi    int
		want   string
	}{
		"no credential":  {func(q *issuer.Paper) { q.Token = "" }, 150, "no credential"},
		"not a token":    {func(q *issuer.Paper) { q.Token = "eyJ\x00.a.b" }, 150, "U+0000"},
		"a tag":          {func(q *issuer.Paper) { q.Token = `eyJ"/><script>` }, 150, "no compact JWS"},
		"too coarse":     {func(*issuer.Paper) {}, 49, "50 to 300"},
		"too fine":       {func(*issuer.Paper) {}, 301, "50 to 300"},
		"a control":      {func(q *issuer.Paper) { q.Holder = "Ada\u202e" }, 150, "U+202E"},
		"unknown design": {func(q *issuer.Paper) { q.Style.Design = "nowhere" }, 150, "nowhere"},
	} {
		q := paper()
		tt.change(&q)
		if _, err := p.PNG(t.Context(), q, tt.dpi); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if tt.dpi != 150 {
			continue
		}
		if _, err := p.SVG(t.Context(), q); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s as SVG: %v", name, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.PNG(gone, paper(), 150); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkPNG(b *testing.B) {
	p := picture.New(press(b))
	for _, s := range styles() {
		if s.Size != certificate.A4 || s.Languages[0] != "en" {
			continue
		}
		b.Run(s.Design, func(b *testing.B) {
			q := paper()
			q.Style = s
			size := 0
			for b.Loop() {
				data, err := p.PNG(b.Context(), q, picture.Usual)
				if err != nil {
					b.Fatal(err)
				}
				size = len(data)
			}
			b.ReportMetric(float64(size), "bytes/file")
		})
	}
}

func BenchmarkSVG(b *testing.B) {
	p := picture.New(press(b))
	q := paper()
	for b.Loop() {
		if _, err := p.SVG(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}
