package paper

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// showing is a page of 800 × 600 points with that content and no font.
func showing(t testing.TB, content string) *sheet {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, o := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 800 600]/Resources<<>>/Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content),
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	d, err := openPDF(t.Context(), b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	d.collectPages(&Found{})
	return d.show(d.pages[0])
}

// outlined draws a text as the press draws what it has no font for, claiming that
// it says claim.
func outlined(t testing.TB, text, claim string, o typeface.Options, m matrix, decimals int) string {
	t.Helper()
	l, err := typeface.Serif().Set(text, o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("/Span <</ActualText <FEFF")
	for _, u := range utf16.Encode([]rune(claim)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">>> BDC\n")
	at := func(p typeface.Point, g typeface.Glyph) string {
		q := m.apply((p.X+float64(g.X))/1000, (p.Y+float64(g.Y))/1000)
		return fmt.Sprintf("%.*f %.*f ", decimals, q.x, decimals, q.y)
	}
	for _, r := range l.Runs {
		for _, g := range r.Glyphs {
			if len(r.Face.Outline(g.ID)) == 0 {
				continue
			}
			for _, s := range r.Face.Outline(g.ID) {
				switch s.Op {
				case typeface.MoveTo:
					b.WriteString(at(s.P[0], g) + "m\n")
				case typeface.LineTo:
					b.WriteString(at(s.P[0], g) + "l\n")
				case typeface.CubeTo:
					b.WriteString(at(s.P[0], g) + at(s.P[1], g) + at(s.P[2], g) + "c\n")
				}
			}
			b.WriteString("f\n") // each glyph by itself
		}
	}
	return b.String() + "EMC\n"
}

func readOutlines(t testing.TB, content string) *reading {
	t.Helper()
	return showing(t, content).read(func() *setter { return newSetter(families(certificate.Builtin().All()), certificate.Languages()) })
}

var scripts = []string{
	"Katarzyna Wiśniewska", "Ελένη Παπαδοπούλου", "Наталія Ґонґадзе", "محمد عبد الله الأحمد", "נועה בן־דוד", "अनन्या श्रीवास्तव", "กิตติศักดิ์ สุขสวัสดิ์",
	"王小明", "山田 太郎", "김민준", "Արամ Հակոբյան", "ნინო ბერიძე",
}

// A text drawn as outlines is read where and as large as it stands, whichever
// script it is in, however it is tracked, turned or rounded.
func TestOutlinedTextsAreRead(t *testing.T) {
	for _, name := range scripts {
		for _, row := range []struct {
			options  typeface.Options
			m        matrix
			decimals int
		}{
			{typeface.Options{Language: "en"}, matrix{44, 0, 0, 44, 60, 300}, 3},
			{typeface.Options{Language: "de", RTL: true}, matrix{9, 0, 0, 9, 400, 50}, 3},
			{typeface.Options{Language: "fr", Track: 25}, matrix{21, 0, 0, 21, 60, 500}, 2},
			{typeface.Options{Language: "en"}, matrix{0, 30, -30, 0, 300, 20}, 2},
			{typeface.Options{Language: "ar", RTL: true, Track: 60}, matrix{60, 30, -30, 60, 100, 100}, 2},
		} {
			r := readOutlines(t, outlined(t, name, name, row.options, row.m, row.decimals))
			if len(r.all) != 1 {
				t.Errorf("%s %+v: %d texts", name, row.options, len(r.all))
				continue
			}
			g := r.all[0]
			far := 0.0
			for i := range g.m {
				far = max(far, g.m[i]-row.m[i], row.m[i]-g.m[i])
			}
			if g.text != name || !g.proven || !g.plain || g.clipped || far > 0.06 {
				t.Errorf("%s: %q, proven %v, plain %v, clipped %v, %.2f away", name, g.text, g.proven, g.plain, g.clipped, far)
			}
		}
	}
}

// What is said of outlines is believed only where they bear it out.
func TestOutlinesThatShowSomethingElseAreNotRead(t *testing.T) {
	upright := matrix{44, 0, 0, 44, 60, 300}
	en := typeface.Options{Language: "en"}
	right := func(name string) string { return outlined(t, name, name, en, upright, 3) }
	for i, name := range scripts {
		other := scripts[(i+1)%len(scripts)]
		r := []rune(name)
		r[0], r[1] = r[1], r[0]
		for what, content := range map[string]string{
			"another claim":     outlined(t, name, other, en, upright, 3),
			"letters exchanged": outlined(t, name, string(r), en, upright, 3),
			"a letter more":     outlined(t, name, name+string(r[0]), en, upright, 3),
			"no claim":          outlined(t, name, "", en, upright, 3),
			"mirrored":          outlined(t, name, name, en, matrix{-44, 0, 0, 44, 700, 300}, 3),
			"stretched":         outlined(t, name, name, en, matrix{46, 0, 0, 44, 60, 300}, 3),
			"slanted":           outlined(t, name, name, en, matrix{44, 0, 2, 44, 60, 300}, 3),
			"even and odd":      strings.Replace(right(name), "f\n", "f*\n", 1),
			"a bar more":        strings.Replace(right(name), "f\nEMC", "f\n70 310 20 3 re f\nEMC", 1),
			"a point moved":     movedPoint(right(name)),
			"an outline less":   strings.Replace(right(name), right(name)[strings.Index(right(name), "BDC\n")+4:secondMove(right(name))], "", 1),
		} {
			if what == "letters exchanged" && string(r) == name {
				continue
			}
			if r := readOutlines(t, content); len(r.all) != 0 {
				t.Errorf("%s, %s: read as %q", name, what, r.all[0].text)
			}
		}
	}
}

// movedPoint moves the first point of the outlines by a tenth of the size.
func movedPoint(content string) string {
	at := strings.Index(content, "BDC\n") + 4
	var x, y float64
	fmt.Sscanf(content[at:], "%f %f m", &x, &y)
	return content[:at] + fmt.Sprintf("%.3f %.3f m", x+4.4, y) + content[at+strings.Index(content[at:], " m")+2:]
}

// secondMove is where the second outline begins.
func secondMove(content string) int {
	first := strings.Index(content, "m\n") + 2
	second := first + strings.Index(content[first:], "m\n")
	return strings.LastIndex(content[:second], "\n") + 1
}

// A text that is read from right to left is held against what was signed letter by
// letter and space by space, pieces in other letters included.
func TestLinesReadFromTheRightAreHeldAsTheyStand(t *testing.T) {
	rtl := typeface.Options{Language: "ar", RTL: true}
	place := matrix{20, 0, 0, 20, 60, 300}
	for shown, wants := range map[string]map[string]bool{
		"محمد عبد الله":           {"محمد عبد الله": true, "محمد عبدالله": false, "عبد الله محمد": false, "محمد عبد اللة": false, "محمد": false},
		"محمد عبدالله":            {"محمد عبدالله": true, "محمد عبد الله": false},
		"14 ديسمبر 2028":          {"14 ديسمبر 2028": true, "2028 ديسمبر 14": false, "14 ديسمبر 2029": false, "14ديسمبر 2028": false},
		"دار ISO/IEC 20000 للعلم": {"دار ISO/IEC 20000 للعلم": true, "دار ISO/IEC 20001 للعلم": false, "للعلم ISO/IEC 20000 دار": false},
	} {
		line, err := typeface.Serif().Set(shown, rtl)
		if err != nil {
			t.Fatal(err)
		}
		content := ""
		for _, r := range line.Runs { // as the press draws them, one after the other
			if strings.TrimSpace(r.Text) == "" {
				continue
			}
			content += outlinedRun(r, place)
		}
		lines := inLines(readOutlines(t, content).standing)
		for want, right := range wants {
			if same(lines, want) != right {
				t.Errorf("%q taken for %q: %v", shown, want, !right)
			}
		}
	}
}

// outlinedRun draws one run of a line.
func outlinedRun(r typeface.Run, m matrix) string {
	var b strings.Builder
	b.WriteString("/Span <</ActualText <FEFF")
	for _, u := range utf16.Encode([]rune(r.Text)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">>> BDC\n")
	for _, g := range r.Glyphs {
		for _, s := range r.Face.Outline(g.ID) {
			n, op := 1, map[typeface.Op]string{typeface.MoveTo: "m\n", typeface.LineTo: "l\n", typeface.CubeTo: "c\n"}[s.Op]
			if s.Op == typeface.CubeTo {
				n = 3
			}
			for _, p := range s.P[:n] {
				q := m.apply((p.X+float64(g.X))/1000, (p.Y+float64(g.Y))/1000)
				fmt.Fprintf(&b, "%.3f %.3f ", q.x, q.y)
			}
			b.WriteString(op)
		}
		b.WriteString("f\n")
	}
	return b.String() + "EMC\n"
}
