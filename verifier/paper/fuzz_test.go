package paper_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/testamur/testamur/verifier/paper"
)

// FuzzRead holds Read to its contract for any bytes: something found within the limits, or an *Error.
func FuzzRead(f *testing.F) {
	tok := token(20)
	small := pngQR(f, "17", 42)
	for _, seed := range [][]byte{
		[]byte(tok), []byte(link), []byte("17"), []byte("see " + link + ", " + tok + "."), []byte("\ufeff\"" + tok[:40] + "\n" + tok[40:] + "\""),
		small, bake(small, itxt("openbadgecredential", "\x00\x00", tok)), bake(small, itxt("openbadgecredential", "\x00\x00", tok), itxt("openbadgecredential", "\x00\x00", tok)),
		pngHeader(50_000, 50_000), []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
		pdfOf(f, certificate{attached: []gofpdf.Attachment{attachment("c.jwt", tok)}}),
		handmade("<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", "<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>", stream("", []byte(tok))),
		handmade("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/Resources<</XObject<</I 4 0 R>>>>>>", stream("/Type/XObject/Subtype/Image/Width 30/Height 30/BitsPerComponent 2/ColorSpace[/Indexed/DeviceRGB 3<000000FFFFFF112233445566>]", make([]byte, 300))),
	} {
		f.Add(seed)
	}
	f.Setenv("PATH", "") // a process for each input would be all that is measured
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		found, err := paper.Read(ctx, data)
		if ctx.Err() != nil {
			t.Fatal("ran into the time limit")
		}
		var e *paper.Error
		if err != nil {
			if found != nil || !errors.As(err, &e) || e.Reason == nil || e.Words == "" || e.Try == "" {
				t.Fatalf("found %+v, error %#v", found, err)
			}
			return
		}
		if len(found.Tokens)+len(found.Links) == 0 && found.Text == "" {
			t.Fatalf("neither found nor refused: %+v", found)
		}
		for _, list := range [][]string{found.Tokens, found.Links} {
			if len(list) > paper.MaxFound || len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(list) {
				t.Fatalf("too many or twice: %q", list)
			}
		}
		for _, s := range found.Tokens {
			if len(s) > paper.MaxToken || !strings.HasPrefix(s, "eyJ") || strings.Count(s, ".") != 2 {
				t.Fatalf("token %q", s)
			}
		}
		for _, s := range found.Links {
			if len(s) > paper.MaxLink || !strings.HasPrefix(strings.ToLower(s), "http") || strings.ContainsAny(s, " \r\n\t\x00") {
				t.Fatalf("link %q", s)
			}
		}
		if len(found.Text) > paper.MaxNumber {
			t.Fatalf("text %q", found.Text)
		}
	})
}
