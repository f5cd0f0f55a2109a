package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/templates/certificate"
)

// forgedEdits deceive who believes what a document says of itself: what its letters are,
// what a module of its codes is in the middle, what its words are when they are read aloud.
var forgedEdits = slices.Concat(blankFonts(), twoFacedCodes(), spokenEdits(), []edit{
	{name: "letters alike in italics alone", says: "The paper shows the name “", only: func(g genuinePaper) bool {
		return oneLineName(g) && strings.ContainsAny(g.text.Holder, "тип")
	}, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.replace(t, g.text.Holder, strings.NewReplacer("т", "m", "и", "u", "п", "n").Replace(g.text.Holder))
		return p.write()
	}},
	{name: "letter pushed onto the one before", says: "The paper shows the name “", only: func(g genuinePaper) bool {
		return oneLineName(g) && doubled(g.text.Holder) > 0
	}, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		r := []rune(g.text.Holder)
		k := doubled(g.text.Holder)
		p.append("q 0.09 0.098 0.118 rg BT /%s %.2f Tf %.2f %.2f Td [<%s> 400 <%s>] TJ ET Q", at.font, at.size, at.x, at.y, toHex(string(r[:k])), toHex(string(r[k:])))
		return p.write()
	}},
	{name: "letter pushed halfway onto the one before", says: "The paper shows the name “", only: func(g genuinePaper) bool {
		return oneLineName(g) && doubled(g.text.Holder) > 0
	}, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.replace(t, g.text.Holder, "")
		r := []rune(g.text.Holder)
		k := doubled(g.text.Holder)
		p.append("q 0.09 0.098 0.118 rg BT /%s %.2f Tf %.2f %.2f Td [<%s> 200 <%s>] TJ ET Q", at.font, at.size, at.x, at.y, toHex(string(r[:k])), toHex(string(r[k:])))
		return p.write()
	}},
	marked("mark of a specimen in the grey of paper", "0.965 0.965 0.965 rg 0.965 0.965 0.965 RG\nPALE"),
	marked("mark of a specimen upside down", "-1 0 0 -1 WIDE HIGH cm\nMARK"),
	marked("mark of a specimen moved aside", "1 0 0 1 0 -40 cm\nMARK"),
	marked("mark of a specimen made smaller", "0.8 0 0 0.8 80 60 cm\nMARK"),
	marked("mark of a specimen cut off", "0 0 HALF HIGH re W n\nMARK"),
	{name: "outlines filled one after the other", says: "The paper does not show the name of the holder", only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		var lines []string
		open := false
		for _, l := range p.content[s.from : s.to+1] {
			if strings.HasSuffix(l, " m") {
				if open {
					lines = append(lines, "f")
				}
				open = true
			}
			if l == "f" {
				open = false
			}
			lines = append(lines, l)
		}
		if len(lines) == s.to+1-s.from {
			return otherName(t, p, g) // none of its letters has a hole
		}
		p.content = slices.Replace(p.content, s.from, s.to+1, lines...)
		return p.write()
	}},
	{name: "value of a date nearer to the next label", says: "in other places", only: func(g genuinePaper) bool {
		return isClassic(g) && g.plain(planned{g.plan}.says(certificate.FactEffective)) && g.plain(g.expiry()) && g.plain(labelOf(certificate.FactExpiry)(g))
	}, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		value, label := p.linesOf(t, planned{g.plan}.says(certificate.FactEffective))[0], p.linesOf(t, labelOf(certificate.FactExpiry)(g))[0]
		down := value.y - label.y - 1.15*value.size
		p.content[value.at] = fmt.Sprintf("q 1 0 0 1 0 %.2f cm\n%s\nQ", -down, p.content[value.at])
		return p.write()
	}},
	unsure("another part of the page for viewers to show", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		p.change(p.catalog, "/ViewerPreferences <<", "/ViewerPreferences <</ViewArea /TrimBox /ViewClip /TrimBox ")
		p.change(p.page, "/Type /Page ", "/Type /Page /TrimBox [0 200 841 400] ")
		return p.write()
	}),
	unsure("another part of the page for printers", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		p.change(p.catalog, "/ViewerPreferences <<", "/ViewerPreferences <</PrintArea /ArtBox ")
		p.change(p.page, "/Type /Page ", "/Type /Page /ArtBox [0 200 841 400] ")
		return p.write()
	}),
	unsure("units of another size", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		p.change(p.page, "/Type /Page ", "/Type /Page /UserUnit 0.1 ")
		return p.write()
	}),
	unsure("small picture in place of the page", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		n := p.addStream("/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", []byte{0})
		p.change(p.page, "/Type /Page ", fmt.Sprintf("/Type /Page /Thumb %d 0 R ", n))
		return p.write()
	}),
	unsure("second end of the file", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		data := p.write()
		at := regexp.MustCompile(`startxref\n(\d+)`).FindSubmatch(data)[1]
		return append(data, fmt.Sprintf("%%%s\nstartxref\n%s\n%%%%EOF\n", strings.Repeat("A", 3000), at)...)
	}),
	unsure("second end of the file in a comment", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		data := p.write()
		at := bytes.LastIndex(data, []byte("\nxref\n")) + 1
		return slices.Concat(data[:at], []byte("% startxref 9 %%EOF\n"), bytes.Replace(data[at:], fmt.Appendf(nil, "startxref\n%d\n", at), fmt.Appendf(nil, "startxref\n%d\n", at+20), 1))
	}),
})

// otherName shows somebody else's name.
func otherName(t *testing.T, p *pdf, g genuinePaper) []byte {
	s, _ := p.nameDrawn(g)
	p.content = slices.Replace(p.content, s.from, s.to+1, strings.Split(outlines(t, another(g), holder(g), s.size, s.x, s.y), "\n")...)
	return p.write()
}

// doubled is where a letter stands behind the same one, 0 for nowhere.
func doubled(s string) int {
	r := []rune(s)
	for i := 1; i < len(r); i++ {
		if r[i] == r[i-1] {
			return i
		}
	}
	return 0
}

// marked draws the mark of a specimen in another way.
func marked(name, format string) edit {
	return edit{name: name, either: true, only: isSpecimen, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s := p.linesOf(t, g.plan.Mark)
		if len(s) != 1 || !strings.HasPrefix(p.content[s[0].at], "2 Tr ") {
			t.Fatalf("%s: the mark is not drawn in one line", name)
		}
		wide, high := p.size()
		p.content[s[0].at] = "q " + strings.NewReplacer("WIDE", fmt.Sprint(wide), "HIGH", fmt.Sprint(high), "HALF", fmt.Sprint(wide/2), "MARK", p.content[s[0].at], "PALE", pale(p.content[s[0].at])).Replace(format) + "\nQ"
		return p.write()
	}}
}

// pale leaves out the inks of a line.
func pale(line string) string {
	return regexp.MustCompile(`[\d.]+ [\d.]+ [\d.]+ (rg|RG) `).ReplaceAllString(line, "")
}

// blankFonts write with fonts that call every letter a blank.
func blankFonts() (all []edit) {
	says := func(p *pdf, digits int, char string) int {
		var b strings.Builder
		for c := 33; c < 127; c++ {
			fmt.Fprintf(&b, "<%0*x> <%s>\n", digits, c, char)
		}
		return p.addStream("", []byte(fmt.Sprintf("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "+
			"1 begincodespacerange <%0*x> <%s> endcodespacerange\n94 beginbfchar\n%sendbfchar\nendcmap end end", digits, 0, strings.Repeat("ff", digits/2), b.String())))
	}
	fonts := map[string]func(p *pdf, char string) string{
		"a font of every viewer": func(p *pdf, char string) string {
			return fmt.Sprintf("<</Type/Font/Subtype/Type1/BaseFont/Times-Bold/Encoding/WinAnsiEncoding/ToUnicode %d 0 R>>", says(p, 2, char))
		},
		"a TrueType font": func(p *pdf, char string) string {
			return fmt.Sprintf("<</Type/Font/Subtype/TrueType/BaseFont/Arial/Encoding/WinAnsiEncoding/ToUnicode %d 0 R>>", says(p, 2, char))
		},
		"a font whose glyphs have other names": func(p *pdf, _ string) string {
			return "<</Type/Font/Subtype/Type1/BaseFont/Times-Bold/Encoding<</Differences[33" + strings.Repeat("/space", 94) + "]>>>>"
		},
		"a font of drawn glyphs": func(p *pdf, char string) string {
			n := p.addStream("", []byte("600 0 0 0 500 700 d1 0 0 500 700 re f"))
			return fmt.Sprintf("<</Type/Font/Subtype/Type3/FontBBox[0 0 600 700]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 33/LastChar 126/Widths[%s]/CharProcs<</a %d 0 R>>/Encoding<</Differences[33%s]>>/ToUnicode %d 0 R>>",
				strings.Repeat("600 ", 94), n, strings.Repeat("/a", 94), says(p, 2, char))
		},
	}
	write := func(name, font, char, format string) {
		all = append(all, edit{name: name, either: true, only: func(g genuinePaper) bool { return isClassic(g) && oneLineName(g) }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
			p.resource("Font", "/Bl "+fonts[font](p, char))
			at := p.linesOf(t, g.text.Holder)[0]
			p.append("%s", fmt.Sprintf(format, at.x, at.y+3.5, at.size))
			return p.write()
		}})
	}
	const added = "q 0 g BT /Bl 20 Tf %[1]f 225 Td (with distinction, and EXPERT level) Tj ET Q"
	for _, char := range []string{"0020", "2003", "3000", "0085", "0009", "00A0", "2028", "200B", "00AD", "FEFF"} {
		write("words of blanks U+"+char, "a font of every viewer", char, added)
	}
	for _, font := range []string{"a TrueType font", "a font whose glyphs have other names", "a font of drawn glyphs"} {
		write("words of blanks in "+font, font, "0020", added)
	}
	write("drawn glyphs in no ink", "a font of drawn glyphs", "0020", "q 3 Tr 0 g BT /Bl 20 Tf %[1]f 225 Td (ab) Tj ET Q")
	write("name of blanks over the name", "a font of every viewer", "0020", "q 1 g BT /Bl 60 Tf %[1]f %[2]f Td (mmmmmmmm) Tj ET 0 g BT /Bl %[3]f Tf %[1]f %[2]f Td (Mallory Fox) Tj ET Q")
	write("blanks in white over the name", "a font of every viewer", "0020", "q 1 g BT /Bl 60 Tf %[1]f %[2]f Td (mmmmmmmm) Tj ET Q")
	write("blanks in white where nothing stands", "a font of every viewer", "0020", "q 1 g BT /Bl 20 Tf %[1]f 225 Td (mmmmmmmm) Tj ET Q")
	return all
}

// twoFacedCodes are QR codes that say one thing in the middle of each module and another
// to a camera.
func twoFacedCodes() (all []edit) {
	dots := func(name string, dot func(x, y, side float64, dark bool) string) {
		all = append(all, edit{name: name, says: "The QR code", only: isClassic, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
			address := strings.ToUpper(g.text.Link)
			genuine, err := render.QR(address)
			if err != nil {
				t.Fatal(err)
			}
			evil := strings.Replace(address, ".ORG", ".0RG", 1)
			modules, err := render.QR(evil)
			if err != nil || evil == address || len(modules) != len(genuine) {
				t.Fatal(err, evil)
			}
			p.newCode(t, evil)
			from, to := p.code(t)
			var x, y, w, h float64
			if _, err := fmt.Sscanf(p.content[from+1], "%f %f %f %f re", &x, &y, &w, &h); err != nil {
				t.Fatal(err)
			}
			side := w / float64(len(modules))
			more := []string{}
			for r := range modules {
				for c := range modules[r] {
					if genuine[r][c] != modules[r][c] {
						more = append(more, dot(x+float64(c)*side, y+h-float64(r+1)*side, side, genuine[r][c]))
					}
				}
			}
			p.content = slices.Insert(p.content, to+1, "q", strings.Join(more, "\n"), "Q")
			return p.write()
		}})
	}
	shade := map[bool]string{true: "0 g", false: "1 g"}
	for _, size := range []float64{0.05, 0.2, 0.4, 0.8} {
		dots(fmt.Sprintf("QR code with dots of %.0f %% of a module", 100*size), func(x, y, side float64, dark bool) string {
			gap := (1 - size) / 2 * side
			return fmt.Sprintf("%s %.4f %.4f %.4f %.4f re f", shade[dark], x+gap, y+gap, size*side, size*side)
		})
	}
	dots("QR code with stripes in its modules", func(x, y, side float64, dark bool) string {
		return fmt.Sprintf("%s %.4f %.4f %.4f %.4f re f", shade[dark], x+0.4*side, y, 0.2*side, side)
	})
	dots("QR code with round dots", func(x, y, side float64, dark bool) string {
		a, b := x+0.3*side, x+0.7*side
		c, d := y+0.3*side, y+0.7*side
		return fmt.Sprintf("%s %.4f %.4f m %.4f %.4f %.4f %.4f %.4f %.4f c %.4f %.4f %.4f %.4f %.4f %.4f c f", shade[dark], a, c, a, d, b, d, b, c, b, c, a, c, a, c)
	})
	return all
}

// spokenEdits leave the page as it is, and tell programs something else.
func spokenEdits() (all []edit) {
	const says = "it tells programs and screen readers something else"
	with := func(name string, only func(genuinePaper) bool, change func(t *testing.T, p *pdf, g genuinePaper)) {
		all = append(all, edit{name: name, says: says, undecided: true, only: only, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
			change(t, p, g)
			return p.write()
		}})
	}
	around := func(before, after string) func(t *testing.T, p *pdf, g genuinePaper) {
		return func(t *testing.T, p *pdf, g genuinePaper) { p.around(t, g.text.Holder, before, after) }
	}
	with("another name read aloud", oneLineName, around("/Span <</ActualText (Mallory Fox)>> BDC", "EMC"))
	with("another name read aloud, in two bytes", oneLineName, around("/Span <</ActualText <FEFF"+toHex("Mallory Fox")+">>> BDC", "EMC"))
	with("another name for the name", oneLineName, around("/Span <</Alt (Mallory Fox)>> BDC", "EMC"))
	with("another name read aloud by reference", oneLineName, func(t *testing.T, p *pdf, g genuinePaper) {
		p.resource("Properties", "/P0 <</ActualText (Mallory Fox)>>")
		p.around(t, g.text.Holder, "/Span /P0 BDC", "EMC")
	})
	with("name read aloud where nothing is drawn", oneLineName, func(t *testing.T, p *pdf, g genuinePaper) {
		p.append("/Span <</ActualText <FEFF%s>>> BDC EMC", toHex("Mallory Fox"))
	})
	with("another name read aloud to the end of the page", oneLineName, func(t *testing.T, p *pdf, g genuinePaper) {
		p.append("/Span <</ActualText <FEFF%s>>> BDC", toHex("Mallory Fox"))
	})
	with("words in no ink", oneLineName, func(t *testing.T, p *pdf, g genuinePaper) {
		p.append("q 3 Tr BT /%s 14 Tf 76 300 Td <%s> Tj ET Q", p.serif().name, toHex("Mallory Fox"))
	})
	with("another name in no ink beneath the drawn one", isDrawn, func(t *testing.T, p *pdf, g genuinePaper) {
		s, _ := p.nameDrawn(g)
		p.append("q 3 Tr BT /%s %.2f Tf %.2f %.2f Td <%s> Tj ET Q", p.serif().name, s.size/4, s.x, s.y, toHex("Fox"))
	})
	with("letters that are called others", plainName, func(t *testing.T, p *pdf, g genuinePaper) {
		u := p.serif().unicode
		p.objects[u] = streamObject("", bytes.Replace(p.stream(t, u), []byte("endcmap"), []byte("1 beginbfchar\n<0065> <0078>\nendbfchar\nendcmap"), 1))
	})
	with("blanks that are called words", plainName, func(t *testing.T, p *pdf, g genuinePaper) {
		u := p.serif().unicode
		p.objects[u] = streamObject("", []byte("/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n"+
			"3 beginbfrange\n<0000> <001f> <0000>\n<0020> <0020> <00200045007800700065007200740020>\n<0021> <ffff> <0021>\nendbfrange\nendcmap end end"))
	})
	with("title of the window", nil, func(t *testing.T, p *pdf, g genuinePaper) {
		p.objects[p.info] = regexp.MustCompile(`/Title (\([^)]*\)|<[^>]*>)`).ReplaceAll(p.objects[p.info], []byte("/Title (Expert Certificate - Mallory Fox)"))
	})
	with("title in the metadata", nil, func(t *testing.T, p *pdf, g genuinePaper) {
		n := p.refers(p.catalog, "/Metadata ")
		xmp := regexp.MustCompile(`(?s)(<dc:title>.*?<rdf:li[^>]*>).*?(</rdf:li>)`).ReplaceAll(p.stream(t, n), []byte("${1}Expert Certificate - Mallory Fox$2"))
		p.objects[n] = streamObject("/Type /Metadata /Subtype /XML", xmp)
	})
	with("title in the metadata under another prefix", nil, func(t *testing.T, p *pdf, g genuinePaper) {
		p.objects[p.refers(p.catalog, "/Metadata ")] = streamObject("/Type /Metadata /Subtype /XML", []byte(`<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description xmlns:q="http://purl.org/dc/elements/1.1/" q:title="Expert"/></r:RDF>`))
	})
	with("bookmark", nil, func(t *testing.T, p *pdf, g genuinePaper) {
		root, item := len(p.objects)+1, len(p.objects)+2
		p.add(fmt.Sprintf("<</Type/Outlines/First %d 0 R/Last %d 0 R/Count 1>>", item, item))
		p.add(fmt.Sprintf("<</Title(Mallory Fox)/Parent %d 0 R/A<</S/URI/URI(https://evil.example)>>>>", root))
		p.change(p.catalog, "/Type /Catalog", fmt.Sprintf("/Type /Catalog/PageMode/UseOutlines/Outlines %d 0 R", root))
	})
	with("structure that says something else", nil, func(t *testing.T, p *pdf, g genuinePaper) {
		p.change(p.catalog, "/Type /Catalog", "/Type /Catalog/MarkInfo<</Marked true>>/StructTreeRoot<</Type/StructTreeRoot/K<</Type/StructElem/S/P/Alt(Mallory Fox is certified)>>>>")
	})
	with("words beside the mouse", nil, func(t *testing.T, p *pdf, g genuinePaper) {
		for n := range p.objects {
			p.objects[n] = regexp.MustCompile(`(/Subtype /Link.*?/Contents )(\([^)]*\)|<[^>]*>)`).ReplaceAll(p.objects[n], []byte("${1}(Mallory Fox: expert)"))
		}
	})
	return all
}
