package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

// An edit is one way to forge a paper whose attachment stays genuine.
type edit struct {
	name      string
	says      string // part of what the report must say
	undecided bool   // it cannot be told what the page shows, and that is said
	either    bool   // which of the two it is depends on the letters
	only      func(genuinePaper) bool
	edit      func(t *testing.T, p *pdf, g, other genuinePaper) []byte
}

// someoneElse is a name that can be set with the letters of every document.
func someoneElse(g genuinePaper) string {
	if g.text.Holder == "Martin Peterson" {
		return "Petra Stein"
	}
	return "Martin Peterson"
}

func expires(g genuinePaper) bool    { return g.text.Expires != nil }
func forever(g genuinePaper) bool    { return g.text.Expires == nil }
func isSpecimen(g genuinePaper) bool { return g.text.Specimen && g.plain(g.plan.Mark) }

// oneLineName picks the papers whose name is short and set as text.
func oneLineName(g genuinePaper) bool {
	return len([]rune(g.text.Holder)) < 24 && g.plain(g.text.Holder)
}

// isClassic picks the papers of which it is known where nothing stands.
func isClassic(g genuinePaper) bool {
	return g.text.Style.Design == "classic" && g.text.Style.Size == certificate.A4 && g.text.Style.Languages[0] != "ar" && len(g.text.Style.Languages) == 1
}

// plainName picks the papers whose name is set as text.
func plainName(g genuinePaper) bool { return g.plain(g.text.Holder) }

// later is what stands for an expiry five years after day.
func (g genuinePaper) later(day scheme.Date) string {
	return g.planned(func(f *certificate.Facts) {
		f.Expires = &certificate.Day{Year: day.Year + 5, Month: day.Month, Day: day.Day}
	}).says(certificate.FactExpiry)
}

// lasting is what stands for the expiry of what does not expire.
func (g genuinePaper) lasting() string {
	return g.planned(func(f *certificate.Facts) { f.Expires = nil }).says(certificate.FactExpiry)
}

func (g genuinePaper) expiry() string { return planned{g.plan}.says(certificate.FactExpiry) }

// textEdit replaces one text by another.
func textEdit(name, says string, only func(genuinePaper) bool, from, to func(genuinePaper) string) edit {
	plain := func(g genuinePaper) bool { return (only == nil || only(g)) && g.plain(from(g)) }
	return edit{name: name, says: says, only: plain, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.replace(t, from(g), to(g))
		return p.write()
	}}
}

// hidden hides the name by some means and shows another in its place.
func hidden(name, says, before, after string, prepare func(p *pdf)) edit {
	return edit{name: name, says: says, only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		if prepare != nil {
			prepare(p)
		}
		at := p.around(t, g.text.Holder, before, after)[0]
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}}
}

// overlaid puts an annotation with an appearance over the name.
func overlaid(subtype, extra string) edit {
	return edit{name: "annotation " + subtype, says: "put over the page", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		form := p.addStream("/Type/XObject/Subtype/Form/BBox[0 0 420 60]"+p.resources(), []byte(fmt.Sprintf(
			"1 g 0 0 420 60 re f 0 g BT /%s %.1f Tf 0 15 Td <%s> Tj ET", p.serif().name, at.size, toHex(someoneElse(g)))))
		a := p.add(fmt.Sprintf("<</Type/Annot/Subtype/%s/F 4/Rect[%.1f %.1f %.1f %.1f]/AP<</N %d 0 R>>%s>>", subtype, at.x, at.y-15, at.x+420, at.y+45, form, extra))
		p.change(p.page, "/Annots [", fmt.Sprintf("/Annots [%d 0 R ", a))
		return p.write()
	}}
}

// picture is a grey picture as an object.
func (p *pdf) picture(g *image.Gray) int {
	return p.addStream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray", g.Rect.Dx(), g.Rect.Dy()), g.Pix)
}

// drawn is what pdftoppm draws of a document.
func drawn(t *testing.T, data []byte, dpi int) *image.Gray {
	t.Helper()
	cmd := exec.Command("pdftoppm", "-r", fmt.Sprint(dpi), "-gray", "-png", "-singlefile", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftoppm: %v", err)
	}
	im, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	g := image.NewGray(im.Bounds())
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			g.Set(x, y, color.GrayModel.Convert(im.At(x, y)))
		}
	}
	return g
}

// code finds the lines of the QR code: the white ground and the black modules.
func (p *pdf) code(t *testing.T) (from, to int) {
	for i, l := range p.content {
		if l == "q 1 1 1 rg" {
			for to = i; ; to++ {
				if p.content[to] == "f Q" {
					return i, to
				}
			}
		}
	}
	t.Fatal("no QR code on the page")
	return 0, 0
}

// newCode draws another QR code where the code was.
func (p *pdf) newCode(t *testing.T, text string) {
	modules, err := render.QR(text)
	if err != nil {
		t.Fatal(err)
	}
	from, to := p.code(t)
	var x, y, w, h float64
	if _, err := fmt.Sscanf(p.content[from+1], "%f %f %f %f re", &x, &y, &w, &h); err != nil {
		t.Fatal(err)
	}
	lines := append(slices.Clone(p.content[from:from+2]), "0 0 0 rg")
	side := w / float64(len(modules))
	for r, row := range modules {
		for c, dark := range row {
			if dark {
				lines = append(lines, fmt.Sprintf("%.4f %.4f %.4f %.4f re", x+float64(c)*side, y+h-float64(r+1)*side, side, side))
			}
		}
	}
	p.content = append(p.content[:from], append(append(lines, "f Q"), p.content[to+1:]...)...)
}

// adopt copies the page of another document into this one, with its resources,
// and returns the number of the page.
func (p *pdf) adopt(o *pdf) int {
	o.objects[o.written] = streamObject("", []byte(strings.Join(o.content, "\n")))
	by := len(p.objects)
	for n := 1; n <= len(o.objects); n++ {
		head, stream, has := bytes.Cut(o.objects[n], []byte("stream\n"))
		head = reference.ReplaceAllFunc(head, func(m []byte) []byte {
			var k int
			fmt.Sscanf(string(m), "%d", &k)
			if k == o.pages {
				return fmt.Appendf(nil, "%d 0 R", p.pages)
			}
			return fmt.Appendf(nil, "%d 0 R", k+by)
		})
		if has {
			head = append(append(head, "stream\n"...), stream...)
		}
		p.add(string(head))
	}
	return by + o.page
}

var edits = slices.Concat(pageEdits, readerEdits, outlineEdits, forgedEdits)

// pageEdits change what the page says; readerEdits, what programs make of it.
var pageEdits = []edit{
	{name: "name in the letters of the document", says: "The paper shows the name “", only: plainName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.replace(t, g.text.Holder, someoneElse(g))
		return p.write()
	}},
	{name: "name in Helvetica", says: "The paper shows the name “Mallory Fox”; the certificate is for “", only: plainName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.resource("Font", "/Hv <</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
		at := p.replace(t, g.text.Holder, "")
		p.append("BT /Hv %.1f Tf %.2f %.2f Td (Mallory Fox) Tj ET", at.size, at.x, at.y)
		return p.write()
	}},
	{name: "name with one letter less", says: "The paper shows the name “", only: plainName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		r := []rune(g.text.Holder)
		p.replace(t, g.text.Holder, string(r[:len(r)-1]))
		return p.write()
	}},
	textEdit("number", "The paper shows the certificate number “", nil,
		func(g genuinePaper) string { return g.text.Number },
		func(g genuinePaper) string {
			r := []byte(g.text.Number)
			r[4], r[len(r)-1] = r[len(r)-1], r[4]
			if string(r) == g.text.Number {
				r[5] = '1' ^ r[5]&1
			}
			return string(r)
		}),
	{name: "title", says: "The paper shows the title “", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.replace(t, g.text.Title, "Master "+strings.Fields(g.text.Title)[0])
		return p.write()
	}},
	textEdit("effective date", "The paper shows the effective date “", func(g genuinePaper) bool { return g.text.Effective != g.text.Decided },
		func(g genuinePaper) string { return planned{g.plan}.says(certificate.FactEffective) }, func(genuinePaper) string { return "1 May 2029" }),
	textEdit("expiry five years later", "The paper shows the expiry “", expires, genuinePaper.expiry, func(g genuinePaper) string { return g.later(*g.text.Expires) }),
	textEdit("expiry to never", "The paper shows the expiry “", expires, genuinePaper.expiry, genuinePaper.lasting),
	textEdit("never to a date", "The paper shows the expiry “", forever, genuinePaper.expiry, func(g genuinePaper) string { return g.later(g.text.Effective) }),
	textEdit("date of decision", "The paper shows the date of decision “", func(g genuinePaper) bool { return g.text.Effective != g.text.Decided },
		func(g genuinePaper) string { return planned{g.plan}.says(certificate.FactDecided) }, func(genuinePaper) string { return "1 May 2019" }),
	textEdit("scope", "The paper shows the scope “", nil, func(g genuinePaper) string { return g.text.Scope }, func(g genuinePaper) string { return "everything" }),
	textEdit("scheme", "The paper shows the scheme “", nil, func(g genuinePaper) string { return g.text.Scheme }, func(g genuinePaper) string { return "another scheme" }),
	textEdit("decision maker", "The paper shows the decision maker “", nil, func(g genuinePaper) string { return g.text.Decider }, func(g genuinePaper) string { return "D. Decent" }),
	textEdit("body", "as the body that issued it", nil, func(g genuinePaper) string { return g.text.Body }, func(g genuinePaper) string { return "Certification Institute" }),
	textEdit("code", "The paper shows the code “", func(g genuinePaper) bool { return len(g.text.Code) > 4 }, func(g genuinePaper) string { return g.text.Code }, func(g genuinePaper) string { return g.text.Code[:3] }),
	textEdit("address in clear", "The paper shows the address “", nil, func(g genuinePaper) string { return g.text.Link }, func(g genuinePaper) string { return "https://certs.exarnple.org/c/" + g.text.Link[len(g.text.Link)-8:] }),
	textEdit("fixed wording", "", expires, genuinePaper.phrase, func(genuinePaper) string { return "has met the requirements and holds for ever the certification" }),
	textEdit("wording of what does not expire", "The paper does not show the words “", expires, genuinePaper.phrase, func(g genuinePaper) string {
		return g.planned(func(f *certificate.Facts) { f.Expires = nil }).phrase()
	}),
	{name: "white area over the name", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		p.append("q 1 g %.1f %.1f 470 %.1f re f Q", at.x-2, at.y-12, at.size+8)
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "white form over the name", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		n := p.addStream("/Type/XObject/Subtype/Form/BBox[0 0 500 80]"+p.resources(), []byte(fmt.Sprintf(
			"1 1 1 rg 0 0 470 60 re f 0 g BT /%s %.1f Tf 2 14 Td <%s> Tj ET", p.serif().name, at.size, toHex(someoneElse(g)))))
		p.resource("XObject", fmt.Sprintf("/Over %d 0 R", n))
		p.append("q 1 0 0 1 %.1f %.1f cm /Over Do Q", at.x-2, at.y-14)
		return p.write()
	}},
	{name: "white letter over the name", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		for i := range 60 { // strokes of white type, as with correction fluid
			p.append("q 1 g 1 G 6 w BT 2 Tr /%s 60 Tf %.1f %.1f Td <%s> Tj 0 Tr ET Q", p.serif().name, at.x-6+float64(i)*8, at.y-6, toHex("e"))
		}
		p.append("q 1 G 60 w %.1f %.1f m %.1f %.1f l S Q", at.x-4, at.y+14, at.x+480, at.y+14)
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "picture over the name", says: "Something was painted over “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		q := takeApart(t, g.pdf)
		q.replace(t, g.text.Holder, someoneElse(g))
		page := drawn(t, q.write(), 144)
		x, y := int(at.x-2)*2, page.Rect.Dy()-int(at.y+at.size)*2
		cut := image.NewGray(image.Rect(0, 0, 900, int(at.size+12)*2))
		for r := range cut.Rect.Dy() {
			copy(cut.Pix[r*cut.Stride:][:900], page.Pix[(y+r)*page.Stride+x:])
		}
		p.resource("XObject", fmt.Sprintf("/Im %d 0 R", p.picture(cut)))
		p.append("q 450 0 0 %d %d %d cm /Im Do Q", int(at.size+12), int(at.x-2), int(at.y)-12)
		return p.write()
	}},
	overlaid("FreeText", "/DA(/Helv 12 Tf)/Contents(x)"),
	overlaid("Stamp", ""),
	overlaid("Widget", "/FT/Tx/T(a)/V(b)"),
	{name: "page inserted before", says: "", edit: func(t *testing.T, p *pdf, g, other genuinePaper) []byte {
		n := p.adopt(takeApart(t, other.pdf))
		p.kids(n, p.page)
		return p.write()
	}},
	{name: "empty page inserted after", says: "The document has 2 pages", undecided: true, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.kids(p.page, p.add(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 800 600]%s>>", p.pages, p.resources())))
		return p.write()
	}},
	{name: "page of another certificate", says: "The paper shows the name “", edit: func(t *testing.T, p *pdf, g, other genuinePaper) []byte {
		n := p.adopt(takeApart(t, other.pdf))
		p.kids(n)
		return p.write()
	}},
	{name: "attachment of another certificate", says: "The paper shows the name “", edit: func(t *testing.T, p *pdf, g, other genuinePaper) []byte {
		p.objects[p.token] = streamObject("/Type/EmbeddedFile", []byte(other.text.Token))
		return p.write()
	}},
	{name: "second attachment", says: "2 different credentials are attached to this one page", edit: func(t *testing.T, p *pdf, g, other genuinePaper) []byte {
		file := p.addStream("/Type/EmbeddedFile", []byte(other.text.Token))
		spec := p.add(fmt.Sprintf("<</Type/Filespec/F(b.jws)/UF(b.jws)/EF<</F %d 0 R>>>>", file))
		p.change(p.catalog, fmt.Sprintf(" %d 0 R]>>>>", p.spec), fmt.Sprintf(" %d 0 R (d.jws) %d 0 R]>>>>", p.spec, spec))
		return p.write()
	}},
	{name: "QR code of another certificate", says: "The QR code leads to “", edit: func(t *testing.T, p *pdf, g, other genuinePaper) []byte {
		p.newCode(t, other.text.QR)
		return p.write()
	}},
	{name: "QR code of another domain", says: "The QR code leads to “https://certs.exarnple.org", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.newCode(t, "https://certs.exarnple.org/c/0B4D")
		return p.write()
	}},
	{name: "QR code of another domain as picture", says: "The QR code leads to “https://certs.exarnple.org", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		modules, err := render.QR("https://certs.exarnple.org/c/0B4D")
		if err != nil {
			t.Fatal(err)
		}
		im := image.NewGray(image.Rect(0, 0, 8*len(modules), 8*len(modules)))
		for y := range im.Rect.Dy() {
			for x := range im.Rect.Dx() {
				if !modules[y/8][x/8] {
					im.Pix[y*im.Stride+x] = 255
				}
			}
		}
		from, to := p.code(t)
		var x, y, w, h float64
		fmt.Sscanf(p.content[from+1], "%f %f %f %f re", &x, &y, &w, &h)
		p.content = append(p.content[:from], p.content[to+1:]...)
		p.resource("XObject", fmt.Sprintf("/Im %d 0 R", p.picture(im)))
		p.append("q %f 0 0 %f %f %f cm /Im Do Q", w, h, x, y)
		return p.write()
	}},
	{name: "QR code covered", says: "no QR code that can be read", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		from, _ := p.code(t)
		p.append("q 1 g %s Q", p.content[from+1])
		return p.write()
	}},
	{name: "QR code removed", says: "no QR code that can be read", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		from, to := p.code(t)
		p.content = append(p.content[:from], p.content[to+1:]...)
		return p.write()
	}},
	{name: "second QR code", says: "The QR code leads to “https://certs.exarnple.org", only: isClassic, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		q := takeApart(t, g.pdf)
		q.newCode(t, "https://certs.exarnple.org/c/0B4D")
		from, to := q.code(t)
		p.append("q 0.6 0 0 0.6 0 56 cm\n%s\nQ", strings.Join(q.content[from:to+1], "\n"))
		return p.write()
	}},
	hidden("name invisible by mode 3", "The paper shows the name “", "3 Tr", "0 Tr", nil),
	hidden("name invisible by mode 7", "The paper shows the name “", "q 7 Tr", "0 Tr Q", nil),
	hidden("name nearly transparent", "", "q /Gt gs", "Q", func(p *pdf) { p.resource("ExtGState", "/Gt <</ca 0.02>>") }),
	hidden("name clipped away", "The paper shows the name “", "q 0 0 5 5 re W n", "Q", nil),
	hidden("name clipped away by a shape", "", "q 0 0 m 1 1 l 840 590 l 839 590 l h W n", "Q", nil),
	hidden("name off the page", "The paper shows the name “", "q 1 0 0 1 0 2000 cm", "Q", nil),
	hidden("name in a hidden layer", "parts that can be shown and hidden", "/OC /Lay BDC", "EMC", func(p *pdf) {
		n := p.add("<</Type/OCG/Name(a)>>")
		p.resource("Properties", fmt.Sprintf("/Lay %d 0 R", n))
		p.change(p.catalog, "/Type /Catalog", fmt.Sprintf("/Type /Catalog /OCProperties <</OCGs[%d 0 R]/D<</OFF[%d 0 R]>>>>", n, n))
	}),
	{name: "name in white", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		pieces := p.linesOf(t, g.text.Holder)
		for _, s := range pieces {
			p.content[s.at] = "q 1 1 1 rg " + p.content[s.at] + " Q"
		}
		p.typeset(pieces[0].x, pieces[0].y, pieces[0].size, someoneElse(g))
		return p.write()
	}},
	{name: "name of one point", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		p.typeset(at.x, at.y+at.size, 1, g.text.Holder)
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "name outside the crop box", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		wide, high := p.size()
		p.typeset(20, high+25, at.size, g.text.Holder)
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		p.boxed(0, 0, 0, 100)
		p.change(p.page, "/Type /Page ", fmt.Sprintf("/Type /Page /CropBox[0 0 %.2f %.2f] ", wide, high))
		return p.write()
	}},
	{name: "name as drawn shapes", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.around(t, g.text.Holder, "3 Tr", "0 Tr")[0]
		x := at.x // an M, an E and an L
		for _, bar := range [][4]float64{{0, 0, 4, 26}, {4, 20, 6, 6}, {10, 14, 4, 6}, {14, 20, 6, 6}, {20, 0, 4, 26}, {32, 0, 4, 26}, {36, 0, 12, 4}, {36, 11, 9, 4}, {36, 22, 12, 4}, {56, 0, 4, 26}, {60, 0, 12, 4}} {
			p.append("q 0 g %.1f %.1f %.1f %.1f re f Q", x+bar[0], at.y+bar[1], bar[2], bar[3])
		}
		return p.write()
	}},
	{name: "code points tell the right name", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		other := []rune(someoneElse(g))
		right := []rune(g.text.Holder)
		var map1 strings.Builder // what is drawn reads, by the document, as the right name
		seen := map[rune]bool{}
		for i, r := range other {
			if i < len(right) && !seen[r] {
				seen[r] = true
				fmt.Fprintf(&map1, "<%04x> <%04x>\n", r, right[i])
			}
		}
		p.objects[p.serif().unicode] = streamObject("", []byte("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n"+
			fmt.Sprint(len(seen))+" beginbfchar\n"+map1.String()+"endbfchar\n1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"))
		p.replace(t, g.text.Holder, string(other))
		return p.write()
	}},
	{name: "actual text tells the right name", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		p.append("/Span <</ActualText <feff%s>>> BDC", toHex(g.text.Holder))
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		p.append("EMC")
		return p.write()
	}},
	{name: "glyphs exchanged in the map of the font", says: "The paper shows the", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		m := p.stream(t, p.serif().glyphs)
		swap := func(a, b rune) {
			m[2*a], m[2*b] = m[2*b], m[2*a]
			m[2*a+1], m[2*b+1] = m[2*b+1], m[2*a+1]
		}
		swap('e', 'o')
		swap('a', 'i')
		swap('n', 's')
		swap('ο', 'α')
		swap('а', 'и')
		p.objects[p.serif().glyphs] = streamObject("", m)
		return p.write()
	}},
	{name: "glyphs exchanged in the font", says: "The paper shows the", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		f, m := p.stream(t, p.serif().file), p.stream(t, p.serif().glyphs)
		swapGlyphs(f, int(m[2*'e'])<<8|int(m[2*'e'+1]), int(m[2*'a'])<<8|int(m[2*'a'+1]))
		swapGlyphs(f, int(m[2*'n'])<<8|int(m[2*'n'+1]), int(m[2*'s'])<<8|int(m[2*'s'+1]))
		p.objects[p.serif().file] = streamObject("", f)
		return p.write()
	}},
	{name: "letters of another font", either: true, only: isClassic, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		italic := p.fonts["EBGaramond-Italic"] // whose glyphs have other numbers
		p.objects[p.serif().file] = p.objects[italic.file]
		p.objects[p.serif().glyphs] = p.objects[italic.glyphs]
		f := p.stream(t, p.serif().file)
		for i := range 4 { // and one of its points moved
			f[len(f)/2+i] ^= 1
		}
		bend(f)
		p.objects[p.serif().file] = streamObject("", f)
		return p.write()
	}},
	{name: "name in a font of drawn glyphs", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		glyph := p.addStream("", []byte("600 0 d0 50 0 200 700 re f 350 0 200 350 re f"))
		p.resource("Font", fmt.Sprintf("/T3 <</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<</a %d 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[600]/Resources<<>>>>", glyph))
		p.append("q 0 g BT /T3 %.1f Tf %.2f %.2f Td (aaaa) Tj ET Q", at.size, at.x, at.y)
		return p.write()
	}},
	{name: "appended revision", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		q := takeApart(t, g.pdf)
		q.replace(t, g.text.Holder, someoneElse(g))
		content := streamObject("", []byte(strings.Join(q.content, "\n")))
		before := bytes.LastIndex(g.pdf, []byte("\nxref\n")) + 1
		data := append(bytes.Clone(g.pdf), '\n')
		at := len(data)
		data = fmt.Appendf(data, "%d 0 obj\n%s\nendobj\n", p.written, content)
		start := len(data)
		return fmt.Appendf(data, "xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Info %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", p.written, at, len(p.objects)+1, p.catalog, p.info, before, start)
	}},
	{name: "holder and decision maker exchanged", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		name, decider := p.linesOf(t, g.text.Holder)[0], p.linesOf(t, g.text.Decider)[0]
		p.blank(t, g.text.Holder)
		p.blank(t, g.text.Decider)
		p.typeset(name.x, name.y, name.size, g.text.Decider)
		p.typeset(decider.x, decider.y, decider.size, g.text.Holder)
		return p.write()
	}},
	{name: "words added", says: "in the scope", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.typeset(300, 420, 12, "in the scope")
		return p.write()
	}},
	{name: "words added to the name", says: "The paper shows the name “", only: func(g genuinePaper) bool { return len([]rune(g.text.Holder)) < 18 && g.plain(g.text.Holder) }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		pieces := p.linesOf(t, g.text.Holder)
		last := pieces[len(pieces)-1]
		p.content[last.at] = strings.Replace(p.content[last.at], ">] TJ", toHex(" in scope")+">] TJ", 1)
		return p.write()
	}},
	{name: "page as a picture", says: "The page is a picture", undecided: true, only: plainName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		q := takeApart(t, g.pdf)
		q.replace(t, g.text.Holder, someoneElse(g))
		p.resource("XObject", fmt.Sprintf("/Im %d 0 R", p.picture(drawn(t, q.write(), 100))))
		wide, high := p.size()
		p.objects[p.ornament] = streamObject("", nil)
		p.content = []string{fmt.Sprintf("q %.2f 0 0 %.2f 0 0 cm /Im Do Q", wide, high)}
		return p.write()
	}},
	{name: "picture over the whole page", says: "painted over", only: plainName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		q := takeApart(t, g.pdf)
		q.replace(t, g.text.Holder, someoneElse(g))
		p.resource("XObject", fmt.Sprintf("/Im %d 0 R", p.picture(drawn(t, q.write(), 100))))
		wide, high := p.size()
		p.append("q %.2f 0 0 %.2f 0 0 cm /Im Do Q", wide, high)
		return p.write()
	}},
	{name: "genuine page made tiny under a forged one", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		whole := strings.Join(p.content, "\n")
		p.replace(t, g.text.Holder, someoneElse(g))
		p.append("q 0.001 0 0 0.001 3 3 cm\n%s\nQ", whole)
		return p.write()
	}},
	{name: "letters put in another order", says: "The paper shows the", only: func(g genuinePaper) bool { return g.text.Holder == "Li Wu" || g.text.Holder == "Ana Sá" }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		r := []rune(g.text.Holder)
		p.append("q 0.09 0.098 0.118 rg BT /%s %.1f Tf %.2f %.2f Td <%s> Tj %.2f 0 Td <%s> Tj ET Q", p.serif().name, at.size, at.x+2*at.size, at.y, toHex(string(r[:2])), -2*at.size, toHex(string(r[2:])))
		return p.write()
	}},
	{name: "name stretched to nothing", says: "the name", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.around(t, g.text.Holder, "q 1 Tz", "Q")[0]
		p.typeset(at.x+10, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "name upside down, another above", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		p.append("q 0.09 0.098 0.118 rg BT /%s 8 Tf -1 0 0 -1 %.2f %.2f Tm <%s> Tj ET Q", p.serif().name, at.x+400, at.y+20, toHex(g.text.Holder))
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "expiry struck out", says: "Something was painted over “", only: expires, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.expiry())[0]
		p.append("q 0.8 w 0 G %.1f %.1f m %.1f %.1f l S Q", at.x-2, at.y+4, at.x+0.5*at.size*float64(len(g.expiry())), at.y+4)
		return p.write()
	}},
	{name: "signs of a specimen removed", says: "The paper does not show the words “", only: isSpecimen, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.blank(t, g.plan.Mark)
		return p.write()
	}},
	{name: "mark of a specimen covered", says: "The paper does not show the words “", only: isSpecimen, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.content[p.linesOf(t, g.plan.Mark)[0].at] += "\nQ q 1 g 20 20 800 800 re f Q q"
		return p.write()
	}},
	{name: "click leads elsewhere", says: "A link on the page leads to “https://certs.exarnple.org", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		for n, o := range p.objects {
			if bytes.Contains(o, []byte("/Subtype /Link")) {
				p.change(n, "URI (https://certs.example.org", "URI (https://certs.exarnple.org")
			}
		}
		return p.write()
	}},
	{name: "inline picture", says: "A picture was put on the page", only: func(g genuinePaper) bool { return !g.text.Specimen && isClassic(g) }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.append("q 200 0 0 40 100 118 cm BI /W 2 /H 2 /BPC 8 /CS /G ID \x00\xff\x00\xff EI Q")
		return p.write()
	}},
	{name: "form that replaces the page", says: "could not be compared", undecided: true, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		n := p.addStream("", []byte("<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\"/>"))
		p.change(p.catalog, "/Type /Catalog", fmt.Sprintf("/Type /Catalog /AcroForm<</XFA %d 0 R/Fields[]>>", n))
		return p.write()
	}},
	{name: "page that is also a tree of pages", says: "could not be compared", undecided: true, only: plainName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		n := p.adopt(takeApart(t, g.pdf))
		p.replace(t, g.text.Holder, someoneElse(g))
		p.change(p.page, "/Type /Page ", fmt.Sprintf("/Type /Page /Kids [%d 0 R] ", n))
		return p.write()
	}},
	{name: "thick white outlines over the name", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		for i := range 14 {
			p.append("q 1 g 1 G 50 w 1 j BT 2 Tr /%s 4 Tf %.1f %.1f Td <%s> Tj 0 Tr ET Q", p.serif().name, at.x+float64(i)*34, at.y+12, toHex("e"))
		}
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "point of a white line over the name", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		p.append("q 1 G 50 w 0 j 60 M %.1f %.1f m %.1f %.1f l %.1f %.1f l S Q", at.x+470, at.y+18, at.x+330, at.y+12, at.x+470, at.y+6)
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "white on black", says: "", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		p.content[0] += fmt.Sprintf("\nq 0.09 0.098 0.118 rg %.1f %.1f 470 %.1f re f Q", at.x-2, at.y-12, at.size+8)
		p.append("q 1 g BT /%s %.1f Tf %.2f %.2f Td <%s> Tj ET Q", p.serif().name, at.size, at.x, at.y, toHex(someoneElse(g)))
		return p.write()
	}},
	{name: "shading over the name", says: "Something was painted over “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		p.resource("Shading", "/Sh <</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 0]/Function<</FunctionType 2/Domain[0 1]/N 1/C0[1]/C1[1]>>/Extend[true true]>>")
		p.append("q %.1f %.1f 470 %.1f re W n /Sh sh Q", at.x-2, at.y-12, at.size+8)
		return p.write()
	}},
}

// swapGlyphs exchanges the outlines of two glyphs of a font, keeping its loca in
// order by exchanging what loca points at only where both have one size; other
// pairs are exchanged by their metrics and by the whole table.
func swapGlyphs(f []byte, a, b int) {
	tables := int(f[4])<<8 | int(f[5])
	var loca, glyf, head int
	for i := range tables {
		r := f[12+16*i:]
		at := int(r[8])<<24 | int(r[9])<<16 | int(r[10])<<8 | int(r[11])
		switch string(r[:4]) {
		case "loca":
			loca = at
		case "glyf":
			glyf = at
		case "head":
			head = at
		}
	}
	read := func(g int) (from, to int) {
		if f[head+51] == 0 {
			at := loca + 2*g
			return 2 * (int(f[at])<<8 | int(f[at+1])), 2 * (int(f[at+2])<<8 | int(f[at+3]))
		}
		at := loca + 4*g
		return int(f[at+1])<<16 | int(f[at+2])<<8 | int(f[at+3]), int(f[at+5])<<16 | int(f[at+6])<<8 | int(f[at+7])
	}
	a0, a1 := read(a)
	b0, b1 := read(b)
	if a0 > b0 {
		a0, a1, b0, b1 = b0, b1, a0, a1
	}
	// The longer one is cut to the shorter one's room by taking the shorter one twice.
	n := min(a1-a0, b1-b0)
	one, two := bytes.Clone(f[glyf+a0:glyf+a0+n]), bytes.Clone(f[glyf+b0:glyf+b0+n])
	if a1-a0 > b1-b0 {
		copy(f[glyf+a0:], two)
	} else {
		copy(f[glyf+b0:], one)
	}
}

// bend changes one coordinate of many glyphs, as a font drawn by somebody else
// would differ.
func bend(f []byte) {
	tables := int(f[4])<<8 | int(f[5])
	for i := range tables {
		r := f[12+16*i:]
		if string(r[:4]) == "hmtx" {
			at := int(r[8])<<24 | int(r[9])<<16 | int(r[10])<<8 | int(r[11])
			size := int(r[12])<<24 | int(r[13])<<16 | int(r[14])<<8 | int(r[15])
			for k := at + 2; k+1 < at+size; k += 4 {
				f[k+1] ^= 0x70
			}
		}
	}
}
