package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// A drawnText is a text that the page shows as outlines, within marked content that
// says what it is.
type drawnText struct {
	from, to   int // its lines in the content
	text       string
	size, x, y float64
}

var (
	claims = regexp.MustCompile(`^/Span <</ActualText <FEFF([0-9A-F]*)>>> BDC$`)
	placed = regexp.MustCompile(`^([\d.]+) 0 0 ([\d.]+) (-?[\d.]+) (-?[\d.]+) cm$`)
)

// drawn lists the texts that are outlines.
func (p *pdf) drawn() (all []drawnText) {
	for i, line := range p.content {
		m := claims.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		s := drawnText{from: i, text: fromHex(m[1])}
		for s.to = i; p.content[s.to] != "EMC"; s.to++ {
			if m := placed.FindStringSubmatch(p.content[s.to]); m != nil {
				s.size, _ = strconv.ParseFloat(m[1], 64)
				s.size *= 1000
				s.x, _ = strconv.ParseFloat(m[3], 64)
				s.y, _ = strconv.ParseFloat(m[4], 64)
			}
		}
		all = append(all, s)
	}
	return all
}

// nameDrawn is the name of the holder where it is drawn in one piece.
func (p *pdf) nameDrawn(g genuinePaper) (drawnText, bool) {
	for _, s := range p.drawn() {
		if s.text == g.text.Holder && s.size > 0 {
			return s, true
		}
	}
	return drawnText{}, false
}

func isDrawn(g genuinePaper) bool { _, ok := g.apart.nameDrawn(g); return ok }

// outlines writes the outlines of a text, claiming that it says claim.
func outlines(t *testing.T, text, claim string, size, x, y float64) string {
	t.Helper()
	l, err := typeface.Serif().Set(text, typeface.Options{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "/Span <</ActualText <FEFF%s>>> BDC\nq 0.09 0.098 0.118 rg %.6f 0 0 %.6f %.3f %.3f cm\n", strings.ToUpper(toHex(claim)), size/1000, size/1000, x, y)
	for _, r := range l.Runs {
		for _, g := range r.Glyphs {
			for _, s := range r.Face.Outline(g.ID) {
				n := map[typeface.Op]int{typeface.MoveTo: 1, typeface.LineTo: 1, typeface.CubeTo: 3}[s.Op]
				for _, q := range s.P[:n] {
					fmt.Fprintf(&b, "%.0f %.0f ", q.X+float64(g.X), q.Y+float64(g.Y))
				}
				b.WriteString(map[typeface.Op]string{typeface.MoveTo: "m\n", typeface.LineTo: "l\n", typeface.CubeTo: "c\n"}[s.Op])
			}
			b.WriteString("f\n")
		}
	}
	return b.String() + "Q\nEMC"
}

// another is a name in the script of a name.
func another(g genuinePaper) string {
	for _, pair := range [][2]string{
		{"محمد عبد الله الأحمد", "أحمد عبد الله المحمد"}, {"נועה בן־דוד", "דוד בן־נועה"}, {"अनन्या श्रीवास्तव", "अनामिका श्रीवास्तव"},
		{"กิตติศักดิ์ สุขสวัสดิ์", "กิตติพงษ์ สุขสวัสดิ์"}, {"王小明", "王大明"}, {"山田 太郎", "山田 次郎"}, {"김민준", "김민수"}, {"Արամ Հակոբյան", "Արա Հակոբյան"}, {"ნინო ბერიძე", "ნანი ბერიძე"},
	} {
		if g.text.Holder == pair[0] {
			return pair[1]
		}
	}
	return "Nguyễn Thị Phương Anh"
}

// redrawn draws a name in place of that of the holder, claiming whatever claim gives.
func redrawn(name, says string, text, claim func(g genuinePaper) string) edit {
	return edit{name: name, says: says, only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		p.content = slices.Replace(p.content, s.from, s.to+1, strings.Split(outlines(t, text(g), claim(g), s.size, s.x, s.y), "\n")...)
		return p.write()
	}}
}

// reshaped changes how the outlines of the name are drawn.
func reshaped(name, says string, change func(lines []string)) edit {
	return edit{name: name, says: says, only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		before := strings.Join(p.content, "\n")
		if change(p.content[s.from : s.to+1]); strings.Join(p.content, "\n") == before {
			t.Errorf("%s: nothing was changed", name)
		}
		return p.write()
	}}
}

func each(from, to string) func([]string) {
	pattern := regexp.MustCompile(from)
	return func(lines []string) {
		for i := range lines {
			lines[i] = pattern.ReplaceAllString(lines[i], to)
		}
	}
}

func holder(g genuinePaper) string { return g.text.Holder }

// hasSummary picks the papers with a second QR code.
func hasSummary(g genuinePaper) bool { return len(g.apart.codes()) == 2 }

// codes lists the QR codes, each by its first and its last line.
func (p *pdf) codes() (all [][2]int) {
	for i, l := range p.content {
		if l == "q 1 1 1 rg" {
			to := i
			for p.content[to] != "f Q" {
				to++
			}
			all = append(all, [2]int{i, to})
		}
	}
	return all
}

// wordsExchanged shows one wording of the page where another stands, and the other
// way round.
func wordsExchanged(name string, one, other func(g genuinePaper) string) edit {
	return edit{name: name, says: "The paper ", only: func(g genuinePaper) bool { return g.plain(one(g)) && g.plain(other(g)) }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.replace(t, one(g), "\x00")
		p.replace(t, other(g), one(g))
		p.replace(t, "\x00", other(g))
		return p.write()
	}}
}

// labelOf is the fixed wording before or after a fact.
func labelOf(fact string) func(g genuinePaper) string {
	return func(g genuinePaper) string {
		for _, place := range g.plan.Places {
			for i, e := range place.Entries {
				if e.Fact == fact && i > 0 && place.Entries[i-1].Fact == "" {
					return place.Entries[i-1].Want
				}
			}
		}
		return ""
	}
}

// outlineEdits forge what designs, languages and outlines have brought to the page.
var outlineEdits = []edit{
	redrawn("outlines of another name, the text left", "The paper does not show the name of the holder", another, holder),
	redrawn("text of another name, the outlines left", "The paper does not show the name of the holder", holder, another),
	redrawn("outlines and text of another name", "The paper shows the name “", another, another),
	redrawn("outlines of a name cut off", "The paper does not show the name of the holder", func(g genuinePaper) string {
		r := []rune(g.text.Holder)
		return string(r[:len(r)-1])
	}, holder),
	reshaped("outlines stretched", "The paper does not show the name of the holder", each(`^([\d.]+) 0 0 ([\d.]+) (\S+ \S+ cm)$`, `0.03 0 0 0.045 $3`)),
	reshaped("outlines slanted", "The paper does not show the name of the holder", each(`^([\d.]+) 0 0 ([\d.]+) (\S+ \S+ cm)$`, `$1 0 0.01 $2 $3`)),
	reshaped("outlines mirrored", "The paper does not show the name of the holder", each(`^([\d.]+) 0 0 ([\d.]+) (\S+ \S+ cm)$`, `$1 0 0 -$2 $3`)),
	reshaped("outlines of another size", "in another size", each(`^([\d.]+) 0 0 ([\d.]+) (\S+ \S+ cm)$`, `0.009 0 0 0.009 $3`)),
	reshaped("outlines in white", "The paper does not show the name of the holder", each(`^(q )?[\d.]+ [\d.]+ [\d.]+ rg$`, `${1}1 1 1 rg`)),
	reshaped("outlines in a faint grey", "so faintly", each(`^(q )?[\d.]+ [\d.]+ [\d.]+ rg$`, `${1}0.9 0.9 0.9 rg`)),
	reshaped("outlines with holes where they overlap", "The paper does not show the name of the holder", each(`^f$`, `f*`)),
	reshaped("one outline less", "The paper does not show the name of the holder", func(lines []string) {
		last := -1
		for i, l := range lines {
			if strings.HasSuffix(l, " m") {
				last = i
			}
		}
		for i := last; lines[i] != "f"; i++ {
			lines[i] = ""
		}
	}),
	{name: "second name over the first", says: "The paper shows the name “", only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		p.append("%s", outlines(t, another(g), another(g), s.size, s.x+s.size, s.y))
		return p.write()
	}},
	{name: "name as outlines over the name as text", says: "The paper shows the name “", only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s := p.linesOf(t, g.text.Holder)[0]
		p.append("%s", outlines(t, "Nguyễn Thị", "Nguyễn Thị", s.size, s.x, s.y))
		return p.write()
	}},
	{name: "outlines of look-alike letters", says: "The paper does not show the name of the holder", only: func(g genuinePaper) bool {
		return oneLineName(g) && strings.ContainsAny(g.text.Holder, "il")
	}, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s := p.replace(t, g.text.Holder, "")
		p.append("%s", outlines(t, strings.NewReplacer("i", "ı", "l", "I").Replace(g.text.Holder), g.text.Holder, s.size, s.x, s.y))
		return p.write()
	}},
	{name: "white area over a drawn name", says: "", only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		p.append("q 1 g %.2f %.2f %.2f %.2f re f Q", s.x-2, s.y-0.3*s.size, 12*s.size, 1.4*s.size)
		p.typeset(s.x, s.y, s.size, "Martin Peterson")
		return p.write()
	}},
	{name: "thin white line through a drawn name", says: "Something was painted over “", only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		p.append("q 1 G 1.5 w %.2f %.2f m %.2f %.2f l S Q", s.x-2, s.y+0.3*s.size, s.x+12*s.size, s.y+0.3*s.size)
		return p.write()
	}},
	{name: "bar through a drawn name", says: "Something was painted over “", only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		p.append("q 0 G 1.5 w %.2f %.2f m %.2f %.2f l S Q", s.x-2, s.y+0.3*s.size, s.x+12*s.size, s.y+0.3*s.size)
		return p.write()
	}},
	{name: "name left to readers of text alone", says: "The paper does not show the name of the holder", only: isDrawn, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s, _ := p.nameDrawn(g)
		p.content = slices.Delete(p.content, s.from, s.to+1) // what is shown in no ink stays
		return p.write()
	}},
	{name: "second QR code of another certificate", says: "The second QR code", only: hasSummary, edit: func(t *testing.T, p *pdf, g, other genuinePaper) []byte {
		for _, o := range genuinePapers(t, allSpecimens(t)) {
			if hasSummary(o) && o.text.Number != g.text.Number && o.text.Style.Size == g.text.Style.Size && o.text.Style.Design == g.text.Style.Design {
				other = o
			}
		}
		from, to := p.codes()[1], other.apart.codes()[1]
		p.content = slices.Replace(p.content, from[0], from[1]+1, other.apart.content[to[0]:to[1]+1]...)
		return p.write()
	}},
	{name: "second QR code in place of the first", says: "no QR code that can be read", only: hasSummary, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		codes := p.codes()
		p.content = slices.Delete(p.content, codes[0][0], codes[0][1]+1)
		return p.write()
	}},
	{name: "second QR code that leads elsewhere", says: "The QR code leads to “https://certs.exarnple.org", only: hasSummary, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		codes := p.codes()
		first := slices.Clone(p.content[:codes[1][0]])
		p.content = slices.Clone(p.content[codes[1][0]:])
		p.newCode(t, "https://certs.exarnple.org/c/0B4D")
		p.content = append(first, p.content...)
		return p.write()
	}},
	{name: "second QR code covered in part", says: "painted", only: hasSummary, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		var x, y, w, h float64
		fmt.Sscanf(p.content[p.codes()[1][0]+1], "%f %f %f %f re", &x, &y, &w, &h)
		p.append("q 1 0 0 rg %.2f %.2f %.2f %.2f re f Q", x+w/3, y+h/3, w/3, h/3)
		return p.write()
	}},
	wordsExchanged("labels of two dates exchanged", labelOf(certificate.FactEffective), labelOf(certificate.FactExpiry)),
	wordsExchanged("number and code exchanged", func(g genuinePaper) string { return g.text.Number }, func(g genuinePaper) string { return g.text.Code }),
	{name: "label in another language", says: "The paper ", only: func(g genuinePaper) bool { return g.plain(labelOf(certificate.FactExpiry)(g)) }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		label := labelOf(certificate.FactExpiry)(g)
		other := "EXPIRY"
		if strings.HasPrefix(label, other) {
			other = "ABLAUF"
		}
		p.replace(t, label, other)
		return p.write()
	}},
	{name: "page of another size of paper", either: true, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		wide, high := p.size()
		if g.text.Style.Size == certificate.A4 {
			wide, high = wide*215.9/210, high*279.4/297
			if wide > high {
				wide, high = 792, 612
			} else {
				wide, high = 612, 792
			}
		} else if wide > high {
			wide, high = 841.89, 595.28
		} else {
			wide, high = 595.28, 841.89
		}
		was, tall := p.size()
		p.boxed(0, 0, wide-was, high-tall)
		return p.write()
	}},
	{name: "lines moved apart in their place", says: "in other places", only: func(g genuinePaper) bool {
		return len(g.apart.has(g.text.Scope)) == 2 && g.plain(g.text.Number)
	}, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		s := p.linesOf(t, g.text.Scope)[1]
		p.content[s.at] = fmt.Sprintf("q 1 0 0 1 9 0 cm\n%s\nQ", p.content[s.at])
		return p.write()
	}},
}
