package paper_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/testamur/testamur/verifier/paper"
)

func TestAttachedTokenIsFound(t *testing.T) {
	tok := token(1200)
	found := read(t, pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", tok+"\n")}, drawn: link}))
	want(t, found, paper.KindPDF, []string{tok}, nil)
	if found.Attachments != 1 {
		t.Errorf("%d attachments", found.Attachments)
	}
}

func TestAttachmentIsChosenByContentNotByName(t *testing.T) {
	tok := token(1200)
	found := read(t, pdfOf(t, certificate{attached: []gofpdf.Attachment{
		attachment("credential.jwt", "this is not a credential"),
		attachment("token.jwt", strings.Repeat("eyJ.", 1000)),
		attachment("../../etc/passwd", "\x00\xff\xfe"),
		attachment("photo.jpg", tok),
		attachment("empty", ""),
	}}))
	want(t, found, paper.KindPDF, []string{tok}, nil)
	if found.Attachments != 5 {
		t.Errorf("%d attachments", found.Attachments)
	}
}

func TestNamesOutOfOrderDoNotHideAttachments(t *testing.T) {
	var all []gofpdf.Attachment
	for i := range 12 { // gofpdf does not sort its name tree from 10 files on
		all = append(all, attachment(fmt.Sprint(i), "nothing"))
	}
	tok := token(100)
	all[11].Content = []byte(tok)
	want(t, read(t, pdfOf(t, certificate{attached: all})), paper.KindPDF, []string{tok}, nil)
}

func TestLargeAndSurplusAttachmentsAreLeftOutAndNoted(t *testing.T) {
	tok := token(100)
	bomb := attachment("bomb", strings.Repeat("A", 40<<20))
	found := read(t, pdfOf(t, certificate{attached: []gofpdf.Attachment{bomb, attachment("c", tok)}}))
	want(t, found, paper.KindPDF, []string{tok}, nil)
	if len(found.Notes) != 1 || !strings.Contains(found.Notes[0], "64 KB") {
		t.Errorf("notes %q", found.Notes)
	}

	var all []gofpdf.Attachment
	for range 40 {
		all = append(all, attachment("n", "nothing"))
	}
	all[0].Content = []byte(tok)
	found = read(t, pdfOf(t, certificate{attached: all}))
	want(t, found, paper.KindPDF, []string{tok}, nil)
	if found.Attachments != paper.MaxAttachments || len(found.Notes) != 1 {
		t.Errorf("%d attachments, notes %q", found.Attachments, found.Notes)
	}
}

func TestPDFStrippedOfItsAttachmentFallsBackToTheQRPicture(t *testing.T) {
	whole := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", token(1200))}, picture: link})
	stripped := qpdf(t, whole, "--empty", "--pages", "IN", "1", "--", "OUT")
	t.Setenv("PATH", "") // the picture is read without drawing the page
	found := read(t, stripped)
	want(t, found, paper.KindPDF, nil, []string{link})
	if found.Attachments != 0 || found.Pages != 1 {
		t.Errorf("%d attachments, %d pages", found.Attachments, found.Pages)
	}
}

func TestTokenInAQRPictureIsFound(t *testing.T) {
	tok := token(300)
	t.Setenv("PATH", "")
	want(t, read(t, pdfOf(t, certificate{picture: tok})), paper.KindPDF, []string{tok}, nil)
}

func TestDrawnQRCodeIsFoundWithoutAnotherProgram(t *testing.T) {
	t.Setenv("PATH", "")
	for _, pages := range []int{0, 2} {
		found := read(t, pdfOf(t, certificate{drawn: link, pages: pages}))
		want(t, found, paper.KindPDF, nil, []string{link})
		if found.Pages != pages+1 {
			t.Errorf("%d pages", found.Pages)
		}
	}
	tok := token(300)
	want(t, read(t, pdfOf(t, certificate{drawn: tok})), paper.KindPDF, []string{tok}, nil)
}

func TestQRCodeThatOnlyOtherProgramsSeeIsFound(t *testing.T) {
	needPdftoppm(t)
	want(t, read(t, pdfOf(t, certificate{stroked: link})), paper.KindPDF, nil, []string{link})
}

func TestDrawnQRCodeOnALaterPageIsNotLookedFor(t *testing.T) {
	needPdftoppm(t)
	refused(t, pdfOf(t, certificate{drawn: link, pages: 3}), paper.ErrNothingFound)
}

func TestWithoutPdftoppmTheErrorSaysToScanOrType(t *testing.T) {
	data := pdfOf(t, certificate{stroked: link})
	t.Setenv("PATH", "")
	e := refused(t, data, paper.ErrNothingFound)
	if !errors.Is(e, paper.ErrNoDrawing) {
		t.Errorf("error is %v", e)
	}
	for _, word := range []string{"Scan", "type", "address"} {
		if !strings.Contains(e.Try, word) {
			t.Errorf("advice lacks %q: %s", word, e.Try)
		}
	}
}

func TestLinkAnnotationsComeAfterQRCodes(t *testing.T) {
	const front = "https://www.example.org/"
	want(t, read(t, pdfOf(t, certificate{picture: link, click: front})), paper.KindPDF, nil, []string{link, front})

	t.Setenv("PATH", "")
	want(t, read(t, pdfOf(t, certificate{drawn: link, click: front})), paper.KindPDF, nil, []string{link, front})
	found := read(t, pdfOf(t, certificate{stroked: link, click: front}))
	want(t, found, paper.KindPDF, nil, []string{front})
	if len(found.Notes) != 1 {
		t.Errorf("notes %q do not say that the QR code was not read", found.Notes)
	}
	refused(t, pdfOf(t, certificate{click: "mailto:ada@example.org"}), paper.ErrNothingFound)
}

func TestPDFWithNothingIsRefused(t *testing.T) {
	needPdftoppm(t)
	e := refused(t, pdfOf(t, certificate{}), paper.ErrNothingFound)
	if errors.Is(e, paper.ErrNoDrawing) {
		t.Error("pdftoppm is there")
	}
	refused(t, pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("a.jwt", "nothing")}}), paper.ErrNothingFound)
}

func TestEncryptedPDFIsRefusedAsSuch(t *testing.T) {
	data := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", token(100))}})
	for _, how := range [][]string{
		{"--encrypt", "user", "owner", "256", "--"},
		{"--encrypt", "user", "owner", "128", "--use-aes=y", "--"},
		{"--allow-weak-crypto", "--encrypt", "user", "owner", "40", "--"},
	} {
		refused(t, qpdf(t, data, append(how, "IN", "OUT")...), paper.ErrEncrypted)
	}
}

func TestPDFLockedAgainstChangesOnlyIsRead(t *testing.T) {
	tok := token(100)
	data := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", tok)}})
	data = qpdf(t, data, "--encrypt", "", "owner", "256", "--print=none", "--extract=n", "--", "IN", "OUT")
	want(t, read(t, data), paper.KindPDF, []string{tok}, nil)
}

func TestRewrittenPDFIsRead(t *testing.T) {
	tok := token(1200)
	attached := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", tok)}})
	picture := pdfOf(t, certificate{picture: link})
	for name, how := range map[string][]string{
		"object streams": {"--object-streams=generate", "--compress-streams=y", "--recompress-flate", "IN", "OUT"},
		"uncompressed":   {"--qdf", "IN", "OUT"},
		"linearized":     {"--linearize", "IN", "OUT"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, read(t, qpdf(t, attached, how...)), paper.KindPDF, []string{tok}, nil)
			want(t, read(t, qpdf(t, picture, how...)), paper.KindPDF, nil, []string{link})
		})
	}
}

// A signature is appended to a PDF as a further revision (ISO 32000-1 §7.5.6).
func TestPDFWithAnAppendedRevisionIsRead(t *testing.T) {
	tok := token(100)
	data := handmade("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", "<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>", stream("", []byte(tok)))
	last := bytes.LastIndex(data, []byte("xref\n0"))
	page := len(data)
	data = append(data, "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[]>>\nendobj\n"...)
	data = fmt.Appendf(data, "xref\n3 1\n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", page, last, len(data))
	want(t, read(t, data), paper.KindPDF, []string{tok}, nil)
}

func TestHeaderAfterJunkAndJunkAtTheEndAreRead(t *testing.T) {
	tok := token(100)
	data := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", tok)}})
	want(t, read(t, append(data, "\r\n-- \r\nscanned by the mail gateway"...)), paper.KindPDF, []string{tok}, nil)
	want(t, read(t, append([]byte("Content-Type: application/pdf\r\n\r\n"), data...)), paper.KindPDF, []string{tok}, nil)
}

func TestTruncatedPDFIsReadOrRefusedButNeverWrong(t *testing.T) {
	tok := token(1200)
	whole := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", tok)}, picture: link})
	t.Setenv("PATH", "")
	for n := 5; n < len(whole); n += len(whole)/60 + 1 {
		found, err := paper.Read(t.Context(), whole[:n])
		if err != nil {
			if !errors.Is(err, paper.ErrUnreadable) && !errors.Is(err, paper.ErrNothingFound) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			continue
		}
		if len(found.Tokens) > 1 || len(found.Tokens) == 1 && found.Tokens[0] != tok || len(found.Links) == 1 && found.Links[0] != link {
			t.Errorf("%d bytes: %+v", n, found)
		}
	}
}

func TestDamagedPDFThatViewersOpenIsDrawn(t *testing.T) {
	needPdftoppm(t)
	data := pdfOf(t, certificate{drawn: link})
	// A stream whose length is itself stops the parser; viewers do without it.
	data = bytes.Replace(data, []byte("%%EOF"), []byte("99 0 obj\n<</Length 99 0 R>>\nstream\nendstream\nendobj\n%%EOF"), 1)
	data = bytes.Replace(data, []byte("startxref"), []byte("startxxxx"), 1)
	found := read(t, data)
	want(t, found, paper.KindPDF, nil, []string{link})
	if len(found.Notes) != 1 || !strings.Contains(found.Notes[0], "damaged") {
		t.Errorf("notes %q", found.Notes)
	}
}

// handmade gives a PDF of objects numbered from 1; the first is the catalogue.
func handmade(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

func stream(dict string, content []byte) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

func flate(content []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

func TestHostilePDFsAreRefusedInTime(t *testing.T) {
	needPdftoppm(t)
	const pages, onePage = "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>"
	const catalog = "<</Type/Catalog/Pages 2 0 R>>"
	contents := stream("", []byte("q 100 0 0 100 0 0 cm /I Do Q"))

	doubling := []string{"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 2 0 R>>>>"} // 2^90 ways down
	for i := range 90 {
		doubling = append(doubling, fmt.Sprintf("<</Type/Pages/Count 1000000/Kids[%d 0 R %d 0 R]>>", i+3, i+3))
	}
	doubling = append(doubling, "<</Type/Pages/Count 0/Kids[]>>")

	var loads []string // every object is the same 1 MB stream
	loads = append(loads, catalog, pages, onePage, stream("", make([]byte, 1<<20)))
	many := handmade(loads...)
	at := bytes.Index(many, []byte("4 0 obj"))
	xref := bytes.LastIndex(many, []byte("xref\n0"))
	var b bytes.Buffer
	b.Write(many[:xref])
	fmt.Fprintf(&b, "xref\n0 20000\n0000000000 65535 f \n")
	for range 19_999 {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 20000/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", xref)

	for name, data := range map[string][]byte{
		"header only":                   []byte("%PDF-1.4\n%%EOF\n"),
		"no pages":                      handmade(catalog, "<</Type/Pages/Kids[]/Count 0>>"),
		"page tree is a circle":         handmade(catalog, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
		"trees that double, drawn":      handmade(doubling...),
		"colour space names itself":     handmade(catalog, pages, onePage, stream("/Type/XObject/Subtype/Image/Width 30/Height 30/BitsPerComponent 8/ColorSpace 6 0 R/Filter/DCTDecode", []byte("abcd")), contents, "[/Indexed 6 0 R 1 <0000>]"),
		"colour space names itself, 8":  handmade(catalog, pages, onePage, stream("/Type/XObject/Subtype/Image/Width 30/Height 30/BitsPerComponent 8/ColorSpace 6 0 R", make([]byte, 900)), contents, "[/Indexed 6 0 R 1 <0000>]"),
		"form holds itself":             handmade(catalog, pages, onePage, stream("/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</I 4 0 R>>>>", nil), contents),
		"picture of 10^10 pixels":       handmade(catalog, pages, onePage, stream("/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 1/ColorSpace/DeviceGray", make([]byte, 100)), contents),
		"picture is a bomb":             handmade(catalog, pages, onePage, stream("/Type/XObject/Subtype/Image/Width 6000/Height 6000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode", flate(make([]byte, 48<<20))), contents),
		"negative size":                 handmade(catalog, pages, onePage, stream("/Type/XObject/Subtype/Image/Width -30/Height -30/BitsPerComponent 8/ColorSpace/DeviceGray", make([]byte, 900)), contents),
		"length refers to itself":       handmade(catalog, pages, onePage, "<</Length 4 0 R>>\nstream\nabc\nendstream", contents),
		"deep nesting":                  handmade(catalog, pages, strings.Repeat("[", 1<<20)),
		"page 5 metres wide, drawn":     handmade(catalog, pages, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/UserUnit 1000/Contents 4 0 R>>", contents),
		"twenty thousand times 1 MB":    b.Bytes(),
		"one predictor row of 10^12":    handmade("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", "<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>", stream("/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1000000000000>>", flate([]byte("abc")))),
		"attachment through 99 filters": handmade("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", "<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>", stream("/Filter["+strings.Repeat("/ASCIIHexDecode", 99)+"]", []byte("41>"))),
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(name, "draw") {
				t.Setenv("PATH", "")
			}
			start := time.Now()
			found, err := paper.Read(t.Context(), data)
			if err == nil {
				t.Fatalf("found %+v", found)
			}
			var e *paper.Error
			if !errors.As(err, &e) {
				t.Fatalf("not an *Error: %v", err)
			}
			if took := time.Since(start); took > 8*time.Second { // drawing alone may take five
				t.Errorf("took %v", took)
			} else {
				t.Logf("%v: %v", took.Round(time.Millisecond), err)
			}
		})
	}
}

func TestChangedBytesNeverCrashOrHang(t *testing.T) {
	whole := pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("credential.jwt", token(600))}, picture: link, click: link})
	bases := [][]byte{
		whole,
		qpdf(t, whole, "--object-streams=generate", "--compress-streams=y", "IN", "OUT"),
		qpdf(t, whole, "--qdf", "IN", "OUT"),
	}
	t.Setenv("PATH", "") // what pdftoppm survives is not the question here
	random := rand.New(rand.NewPCG(1, 2))
	var slowest time.Duration
	for i := range 300 {
		data := bytes.Clone(bases[i%len(bases)])
		for range 1 + random.IntN(30) {
			data[random.IntN(len(data))] = byte(random.Uint32())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		start := time.Now()
		_, err := paper.Read(ctx, data)
		slowest = max(slowest, time.Since(start))
		if ctx.Err() != nil {
			t.Errorf("change %d ran into the time limit", i)
		}
		cancel()
		var e *paper.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("change %d: not an *Error: %v", i, err)
		}
	}
	t.Logf("slowest: %v", slowest)
}
