package paper_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jung-kurt/gofpdf"
	"github.com/skip2/go-qrcode"

	"github.com/testamur/testamur/verifier/paper"
)

const link = "https://verify.example.org/c/7Q2F-9KXM-31PD-A8ZC"

// token has the shape of a token and a payload of about n bytes.
func token(n int) string {
	part := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	return part([]byte(`{"alg":"ES256","typ":"vc+jwt"}`)) + "." +
		part([]byte(`{"name":"`+strings.Repeat("Ada ", max(1, n/4))+`"}`)) + "." + part(bytes.Repeat([]byte{0xa7, 0x13}, 32))
}

// tool runs a real program. It fails where the program is missing: a test that skips proves nothing.
func tool(t testing.TB, debianPackage, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("this test needs %s: install the Debian package %s", name, debianPackage)
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func needPdftoppm(t testing.TB) { t.Helper(); tool(t, "poppler-utils", "pdftoppm", "-v") }

// qpdf gives what qpdf makes of a PDF; in and out stand for the two files.
func qpdf(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	args = slices.Clone(args)
	for i, a := range args {
		args[i] = strings.NewReplacer("IN", in, "OUT", out).Replace(a)
	}
	tool(t, "qpdf", "qpdf", args...)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// certificate describes a PDF to be made.
type certificate struct {
	attached []gofpdf.Attachment
	picture  string // QR code as a picture
	drawn    string // QR code as rectangles
	holder   string // a name, on a line of its own
	stroked  string // QR code as thick lines, which only other programs see
	click    string // link annotation
	pages    int    // pages before the one with the content
}

func pdfOf(t testing.TB, c certificate) []byte {
	t.Helper()
	pdf := gofpdf.New("P", "mm", "A4", "")
	for range c.pages {
		pdf.AddPage()
	}
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 24)
	pdf.CellFormat(0, 20, "Certificate of Competence", "", 1, "C", false, 0, "")
	pdf.SetFont("Helvetica", "", 10)
	for range 30 {
		pdf.CellFormat(0, 5, "Ada Lovelace has shown the competence that the scheme asks for.", "", 1, "L", false, 0, "")
	}
	if c.holder != "" {
		pdf.CellFormat(0, 10, c.holder, "", 1, "L", false, 0, "")
	}
	pdf.Rect(5, 5, 200, 287, "D")
	pdf.SetAttachments(c.attached)
	if c.picture != "" {
		pdf.RegisterImageOptionsReader("qr", gofpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(pngQR(t, c.picture, 300)))
		pdf.ImageOptions("qr", 150, 230, 35, 35, false, gofpdf.ImageOptions{}, 0, "")
	}
	if c.drawn != "" {
		bits := qrOf(t, c.drawn).Bitmap()
		module := 30 / float64(len(bits))
		for y, row := range bits {
			for x, black := range row {
				if black {
					pdf.Rect(20+float64(x)*module, 230+float64(y)*module, module, module, "F")
				}
			}
		}
	}
	if c.stroked != "" {
		bits := qrOf(t, c.stroked).Bitmap()
		module := 30 / float64(len(bits))
		pdf.SetLineWidth(module)
		pdf.SetLineCapStyle("butt")
		for y, row := range bits {
			for x, black := range row {
				if black {
					at := 230 + (float64(y)+0.5)*module
					pdf.Line(20+float64(x)*module, at, 20+float64(x+1)*module, at)
				}
			}
		}
	}
	if c.click != "" {
		pdf.LinkString(20, 200, 50, 10, c.click)
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func attachment(name, content string) gofpdf.Attachment {
	return gofpdf.Attachment{Filename: name, Content: []byte(content)}
}

func qrOf(t testing.TB, text string) *qrcode.QRCode {
	t.Helper()
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func pngQR(t testing.TB, text string, size int) []byte {
	t.Helper()
	return pngOf(t, grey(qrOf(t, text).Image(size)))
}

func pngOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func grey(p image.Image) *image.Gray {
	g := image.NewGray(p.Bounds())
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			g.Set(x, y, color.GrayModel.Convert(p.At(x, y)))
		}
	}
	return g
}

func read(t testing.TB, data []byte) *paper.Found {
	t.Helper()
	found, err := paper.Read(context.Background(), data)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return found
}

// refused checks that data is refused for the reason given, and that the error speaks to a person.
func refused(t testing.TB, data []byte, reason error) *paper.Error {
	t.Helper()
	found, err := paper.Read(context.Background(), data)
	var e *paper.Error
	if !errors.As(err, &e) {
		t.Fatalf("Read gave %+v and error %v, want an *Error", found, err)
	}
	if found != nil {
		t.Errorf("Read gave both %+v and an error", found)
	}
	if !errors.Is(err, reason) {
		t.Errorf("error is %v, want %v", err, reason)
	}
	if !strings.HasSuffix(e.Words, ".") || !strings.HasSuffix(e.Try, ".") {
		t.Errorf("error does not speak in sentences: %q, %q", e.Words, e.Try)
	}
	return e
}

func want(t testing.TB, found *paper.Found, kind paper.Kind, tokens, links []string) {
	t.Helper()
	if found.Kind != kind || !slices.Equal(found.Tokens, tokens) || !slices.Equal(found.Links, links) {
		t.Errorf("found %+v\nwant %s, tokens %.60q, links %q", found, kind, tokens, links)
	}
}

func TestEmptyInputIsRefused(t *testing.T) {
	refused(t, nil, paper.ErrUnreadable)
	refused(t, []byte{}, paper.ErrUnreadable)
}

func TestInputAboveTheLimitIsRefused(t *testing.T) {
	for _, start := range []string{"%PDF-1.4\n", "\x89PNG\r\n\x1a\n", "text "} {
		refused(t, append([]byte(start), make([]byte, 17<<20)...), paper.ErrTooLarge)
	}
}

func TestOtherKindsOfFileAreRefusedByName(t *testing.T) {
	for name, start := range map[string]string{
		"HEIC photo": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
		"GIF":        "GIF89a\x01\x00\x01\x00",
		"office":     "PK\x03\x04\x14\x00\x06\x00",
		"unknown":    "\x7fELF\x00\x01\xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, append([]byte(start), 0, 1, 2, 0xff), paper.ErrNotACertificate)
			refused(t, append([]byte(start), bytes.Repeat([]byte{0xff}, 1<<20)...), paper.ErrNotACertificate)
		})
	}
}

func TestCancelledCallerGetsItsOwnErrorBack(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := paper.Read(ctx, pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("a", token(10))}}))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, paper.ErrUnreadable) {
		t.Errorf("error is %v", err)
	}
}
