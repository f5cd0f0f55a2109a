package render

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jung-kurt/gofpdf"
)

// grey is a page as a grey raster.
type grey struct {
	wide, high int
	pix        []byte
	perMM      float64
}

func raster(t testing.TB, pdf []byte, dpi int) grey {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page")
	read(t, "pdftoppm", "-r", fmt.Sprint(dpi), "-gray", "-singlefile", save(t, pdf), name)
	data, err := os.ReadFile(name + ".pgm")
	if err != nil {
		t.Fatal(err)
	}
	g := grey{perMM: float64(dpi) / 25.4}
	var most int
	if _, err := fmt.Fscanf(bytes.NewReader(data), "P5\n%d %d\n%d\n", &g.wide, &g.high, &most); err != nil || most != 255 {
		t.Fatalf("pdftoppm: %v", err)
	}
	g.pix = data[len(data)-g.wide*g.high:]
	return g
}

// cut returns the pixels of a part of the page, given in millimetres.
func (g grey) cut(b box) string {
	var s strings.Builder
	left, right := int(math.Round(b.x*g.perMM)), int(math.Round((b.x+b.w)*g.perMM))
	for y := int(b.y * g.perMM); y < int((b.y+b.h)*g.perMM); y++ {
		s.Write(g.pix[y*g.wide+left : y*g.wide+right])
	}
	return s.String()
}

func holderOf(pg *page) *text {
	at := 0
	for i, x := range pg.texts {
		if x.size > pg.texts[at].size {
			at = i
		}
	}
	return &pg.texts[at]
}

// TestNameIsDrawnAndNotBoxes guards against the fault that text extraction does
// not show: the right characters with the wrong ink.
func TestNameIsDrawnAndNotBoxes(t *testing.T) {
	p := press(t)
	for _, name := range []string{"polish", "greek", "cyrillic", "vietnamese"} {
		q := papers()[name]
		pg, err := p.compose(q)
		if err != nil {
			t.Fatal(err)
		}
		h := holderOf(pg)
		if string(h.set.runes) != q.Holder {
			t.Fatalf("the largest text is %q", string(h.set.runes))
		}
		area := h.extent()
		right := raster(t, render(t, p, q), 100).cut(area)

		boxes := *h
		boxes.set.runes = []rune(strings.Repeat("東", len(h.set.runes))) // not in the face
		*h = boxes
		wrong, err := p.draw(context.Background(), q, pg)
		if err != nil {
			t.Fatal(err)
		}
		if right == raster(t, wrong, 100).cut(area) {
			t.Errorf("%s is printed as boxes", q.Holder)
		}
	}
}

func TestDifferentLettersLeaveDifferentInk(t *testing.T) {
	p := press(t)
	for _, letters := range []string{"ΓΔΘΛΞΠΣΦΨΩ", "αβγδζηθλμξπφψω", "БГДЖЗИЛПФЦЧШЭЮЯ", "бвгджзилнптфцчшъыэюяґї", "ĄĆĘŁŃŚŹŻąćęłńśźż", "ẠẢẤẦẨẪẬẮẰẲẴẶạảấầẩẫậ"} {
		q := paper()
		q.Holder = letters
		pg, err := p.compose(q)
		if err != nil {
			t.Fatal(err)
		}
		h := holderOf(pg)
		g := raster(t, render(t, p, q), 150)
		em := h.size * mm
		seen := map[string]rune{}
		for i, r := range h.set.runes {
			cell := g.cut(box{h.x + float64(h.set.left[i])/1000*em, h.y - 0.95*em, float64(h.set.wide[i]) / 1000 * em, 1.25 * em})
			dark := 0
			for _, v := range []byte(cell) {
				if v < 128 {
					dark++
				}
			}
			if dark < 20 {
				t.Errorf("%c leaves next to no ink", r)
			}
			if other, ok := seen[cell]; ok {
				t.Errorf("%c looks like %c", r, other)
			}
			seen[cell] = r
		}
	}
}

// accepted lists every character that a name may hold.
func accepted(p *Press) []rune {
	var list []rune
	for r := rune(1); r < 0x10000; r++ {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		if checkText(fieldHolder, string(r), p.faces.serif) == nil {
			list = append(list, r)
		}
	}
	return list
}

// TestEveryAcceptedCharacterIsOnPaper prints all characters that Check lets
// pass and reads them back (threat model T21).
func TestEveryAcceptedCharacterIsOnPaper(t *testing.T) {
	p := press(t)
	all := accepted(p)
	if len(all) < 1000 {
		t.Fatalf("only %d characters are accepted", len(all))
	}
	const batch = 60
	for i := 0; i < len(all); i += batch {
		part := all[i:min(i+batch, len(all))]
		q := paper()
		var scope strings.Builder
		for k, r := range part {
			if k > 0 && k%12 == 0 {
				scope.WriteByte(' ')
			}
			scope.WriteRune(r)
		}
		q.Scope = scope.String()
		text := string(read(t, "pdftotext", "-raw", save(t, render(t, p, q)), "-"))
		for _, r := range part {
			if !strings.ContainsRune(text, r) {
				t.Errorf("%q (%U) is accepted and not on paper", r, r)
			}
		}
	}
}

// TestBothReadersOfTheFontAgree: what is measured with sfnt is drawn by gofpdf.
func TestBothReadersOfTheFontAgree(t *testing.T) {
	p := press(t)
	pdf := gofpdf.New("L", "mm", "A4", "")
	pdf.AddPage()
	for _, f := range p.faces.all() {
		pdf.AddUTF8FontFromBytes(f.family, "", bytes.Clone(f.data))
		pdf.SetFont(f.family, "", 10)
		for r := rune(1); r < 0x10000; r++ {
			if checkText(fieldHolder, string(r), f) != nil {
				continue
			}
			if got, want := pdf.GetStringSymbolWidth(string(r)), f.set(string(r), 0).width; got != want {
				t.Errorf("%s: %q (%U) is %d wide for gofpdf, %d for sfnt", f.family, r, r, got, want)
			}
		}
	}
	if err := pdf.Error(); err != nil {
		t.Error(err)
	}
}
