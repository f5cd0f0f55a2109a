package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unsure is a forgery that lives on programs understanding a document in several
// ways: there the check must not decide.
func unsure(name string, change func(t *testing.T, p *pdf, g genuinePaper) []byte) edit {
	return edit{name: name, says: "could not be compared", undecided: true, only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		return change(t, p, g)
	}}
}

// drawnOver adds operators at the end of the content; %[1]s in them is the place
// of the name, and %[2]s the selection of the serif.
func drawnOver(name, says, format string, resources ...string) edit {
	return edit{name: name, says: says, undecided: says == "", only: func(g genuinePaper) bool { return isClassic(g) && oneLineName(g) }, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		for i := 0; i+1 < len(resources); i += 2 {
			p.resource(resources[i], resources[i+1])
		}
		place := fmt.Sprintf("%.2f %.2f 470 %.2f re", at.x-2, at.y-12, at.size+8)
		text := fmt.Sprintf("BT /%s 14 Tf 76 440 Td <%s> Tj ET", p.serif().name, toHex(someoneElse(g)))
		p.append("%s", strings.NewReplacer("PLACE", place, "TEXT", text).Replace(format))
		return p.write()
	}}
}

// nameAsForm moves the name into a form.
func (p *pdf) nameAsForm(t *testing.T, g genuinePaper, dict, begins, before string) int {
	t.Helper()
	s := p.linesOf(t, g.text.Holder)
	content := fmt.Sprintf("%s BT /%s %.2f Tf ET\n", begins, p.serif().name, s[0].size)
	for i, piece := range s {
		content += p.content[piece.at] + "\n"
		if p.content[piece.at] = ""; i == 0 {
			p.content[piece.at] = before + "/Fm Do Q"
		}
	}
	n := p.addStream("/Type/XObject/Subtype/Form"+p.resources()+dict, []byte(content))
	p.resource("XObject", fmt.Sprintf("/Fm %d 0 R", n))
	return n
}

// forgedContent is the content of the page with another name.
func forgedContent(t *testing.T, g genuinePaper) []byte {
	t.Helper()
	q := takeApart(t, g.pdf)
	q.replace(t, g.text.Holder, someoneElse(g))
	return []byte(strings.Join(q.content, "\n"))
}

// entry is the line of an object in the cross-reference of a written document.
func entry(t *testing.T, data []byte, n int) []byte {
	t.Helper()
	at := bytes.LastIndex(data, []byte("\nxref\n"))
	at += bytes.Index(data[at:], []byte(" f \n")) + 4 + 20*(n-1)
	return data[at : at+20]
}

// revised appends a revision to a document.
func revised(p *pdf, data []byte, object string, number int, trailer string) []byte {
	var b bytes.Buffer
	b.Write(data)
	at := b.Len()
	b.WriteString(object)
	start := b.Len()
	previous := regexp.MustCompile(`startxref\n(\d+)`).FindSubmatch(data)[1]
	fmt.Fprintf(&b, "xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size 99/Root %d 0 R/Prev %s%s>>\nstartxref\n%d\n%%%%EOF\n", number, at, p.catalog, previous, trailer, start)
	return b.Bytes()
}

// tiny repeats a small area over the place of the name.
func tiny(piece func(x, y float64) string, dx, dy float64) func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
	return func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.linesOf(t, g.text.Holder)[0]
		var b strings.Builder
		for x := at.x - 2; x < at.x+470; x += dx {
			for y := at.y - 12; y < at.y+at.size-4; y += dy {
				b.WriteString(piece(x, y))
			}
		}
		p.append("q 1 g 1 G 0.38 w %s Q", b.String())
		return p.write()
	}
}

var readerEdits = []edit{
	drawnOver("empty clip that hides what follows", "The paper shows “", "q W n TEXT Q"),
	drawnOver("clip of a point", "", "q 10 10 m W n Q"),
	drawnOver("operand that is no number", "", "q 1 g PLACE f 0 0 /a 5 re W n TEXT Q"),
	drawnOver("colour that is none", "", "q 0 g /a /b /c /d k TEXT Q"),
	drawnOver("operand too many", "", "q 0 g 1 1 g TEXT Q"),
	{name: "name white by a colour that is none", undecided: true, only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.around(t, g.text.Holder, "q 1 g /x g", "Q")[0]
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	{name: "name invisible by a mode that is none", undecided: true, only: oneLineName, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		at := p.around(t, g.text.Holder, "q 3 Tr /x Tr", "Q")[0]
		p.typeset(at.x, at.y, at.size, someoneElse(g))
		return p.write()
	}},
	drawnOver("inline picture that ends in two places", "",
		"q 1 0 0 1 -900 -900 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI% c\n1 0 0 1 900 900 cm 1 g PLACE f 0 g TEXT 1 0 0 1 -900 -900 cm\nBI /W 1 /H 1 /BPC 8 /CS /G ID x\nEI Q"),
	drawnOver("line of two widths over the name", "Something was painted over “", "q PLACE W n 1 G 100000 0 0 0.0001 0 0 cm 1 w 0 J -0.02 0 m -0.02 10000000 l S Q"),
	drawnOver("curve that reaches over the name", "Something was painted over “",
		"q PLACE W n 1 g -5 -3000000 m 416661.667 13000000 -2499994.333 29000000 -8749995 45000000 c f Q"),
	drawnOver("layers too thin to see", "", "q /GA gs "+strings.Repeat("1 g PLACE f 0 g TEXT ", 60)+"Q", "ExtGState", "/GA <</ca 0.029/CA 0.029>>"),
	drawnOver("hairs of areas without extent", "", "q 0 g 76 440 m 200 440 l f 76 441 m 200 441 l f Q"),
	drawnOver("white that darkens", "", "q 1 g /GD gs TEXT Q", "ExtGState", "/GD <</BM/Difference>>"),
	drawnOver("white that darkens, of several modes", "", "q 1 g /GD gs TEXT Q", "ExtGState", "/GD <</BM[/Normal/Difference]>>"),
	drawnOver("clip within text", "", "q BT PLACE W n ET Q"),
	unsure("name in a group that cannot be seen", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		p.resource("ExtGState", "/G0 <</ca 0/CA 0>>/G1 <</ca 1/CA 1>>")
		p.nameAsForm(t, g, "/BBox[0 0 900 600]/Group<</S/Transparency>>", "/G1 gs", "q /G0 gs ")
		return p.write()
	}),
	unsure("name in a form without a box", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		p.nameAsForm(t, g, "", "", "q ")
		return p.write()
	}),
	unsure("name in a form with half a box", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		p.nameAsForm(t, g, "/BBox[0 0 0]", "", "q ")
		return p.write()
	}),
	{name: "many small white areas over the name", says: "Something was painted over “", only: oneLineName, edit: tiny(func(x, y float64) string {
		return fmt.Sprintf("%.2f %.2f 2 2.9 re f ", x, y)
	}, 2, 2.8)},
	{name: "many thin white lines over the name", says: "Something was painted over “", only: oneLineName, edit: tiny(func(x, y float64) string {
		return fmt.Sprintf("%.2f %.2f m %.2f %.2f l S ", x, y, x+470, y)
	}, 1000, 0.3)},
	unsure("page that goes on below the certificate", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		p.boxed(0, -600, 0, 0)
		return p.write()
	}),
	unsure("page cut off", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		wide, high := p.size()
		p.change(p.page, "/Type /Page ", fmt.Sprintf("/Type /Page /CropBox[0 20 %.2f %.2f] ", wide, high))
		return p.write()
	}),
	{name: "writing in the margin", says: "Something was painted on the page", edit: func(t *testing.T, p *pdf, _, _ genuinePaper) []byte {
		p.append("q 1.5 w 0 G 1 j 100 10 m 120 10 140 10 160 10 c 100 20 m 160 20 l 100 10 m 100 20 l S Q")
		return p.write()
	}},
	{name: "border with a wave too many", says: "Something was painted on the page", only: isClassic, edit: func(t *testing.T, p *pdf, _, _ genuinePaper) []byte {
		ornament := strings.Split(string(p.stream(t, p.ornament)), "\n")
		p.append("%s", strings.Join(ornament[:slices.Index(ornament, "S")+1], "\n")+"\nQ")
		return p.write()
	}},
	{name: "frame of a link", says: "put over the page", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.change(p.page, "/Annots [", "/Annots [<</Type/Annot/Subtype/Link/Rect[76 436 90 439]/Border[0 0 1]/C[0 0 0]>>")
		return p.write()
	}},
	{name: "frame of a link without extent", says: "put over the page", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.change(p.page, "/Annots [", "/Annots [<</Type/Annot/Subtype/Link/Rect[70 370 350 370]/Border[0 0 60]/C[1 1 1]>>")
		return p.write()
	}},
	{name: "ink beside its place", says: "put over the page", edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.change(p.page, "/Annots [", "/Annots [<</Type/Annot/Subtype/Ink/Rect[100 440 100 440]/C[1 0 0]/BS<</W 4>>/InkList[[100 440 200 460 300 430]]>>")
		return p.write()
	}},
	{name: "square that calls itself hidden", says: "", undecided: true, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		p.change(p.page, "/Annots [", "/Annots [<</Type/Annot/Subtype/Square/F 2/Rect[100 340 500 440]/C[1 1 1]/IC[1 1 1]>>")
		return p.write()
	}},
	unsure("stream longer than it says", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		p.append("%% and then")
		size := len(strings.Join(p.content, "\n"))
		p.append("q 1 g 3 3 5 5 re f Q")
		whole := len(strings.Join(p.content, "\n"))
		return bytes.Replace(p.write(), fmt.Appendf(nil, "/Length %d>>", whole), fmt.Appendf(nil, "/Length %d>>", size), 1)
	}),
	unsure("entry that leads to another object", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		n := p.addStream("", []byte(strings.Join(p.content, "\n")))
		p.replace(t, g.text.Holder, someoneElse(g))
		data := p.write()
		copy(entry(t, data, p.written), entry(t, data, n))
		return data
	}),
	unsure("reference to a generation that is not there", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		n := p.nameAsForm(t, g, "/BBox[0 0 900 600]", "", "q ")
		p.change(p.page, fmt.Sprintf("/Fm %d 0 R", n), fmt.Sprintf("/Fm %d 1 R", n))
		return p.write()
	}),
	unsure("page with two contents", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		n := p.addStream("", forgedContent(t, g))
		p.change(p.page, "/Contents [", fmt.Sprintf("/Contents %d 0 R/Contents [", n))
		return p.write()
	}),
	unsure("resources with two forms of one name", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		n := p.nameAsForm(t, g, "/BBox[0 0 900 600]", "", "q ")
		other := p.addStream("/Type/XObject/Subtype/Form/BBox[0 0 900 600]"+p.resources(), nil)
		p.change(p.page, fmt.Sprintf("/Fm %d 0 R", n), fmt.Sprintf("/F#6d %d 0 R/Fm %d 0 R", other, n))
		return p.write()
	}),
	unsure("document with two catalogues", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		q := p.adopt(takeApart(t, g.pdf))
		return bytes.Replace(p.write(), fmt.Appendf(nil, "/Root %d 0 R", p.catalog), fmt.Appendf(nil, "/Root %d 0 R/Root %d 0 R", q, p.catalog), 1)
	}),
	unsure("second cross-reference that only some follow", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		data := p.write()
		at := bytes.Index(data, []byte("\nxref\n")) + 1
		return bytes.Replace(data, []byte("/Size "), fmt.Appendf(nil, "/XRefStm %d/Size ", at), 1)
	}),
	unsure("later revision", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		return revised(p, p.write(), fmt.Sprintf("%d 0 obj\n%sendobj\n", p.written, streamObject("", []byte(strings.Join(p.content, "\n")))), p.written, "")
	}),
	unsure("object that no entry leads to", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		data := p.write()
		object := fmt.Appendf(nil, "%d 0 obj\n%sendobj\n", p.written, streamObject("", forgedContent(t, g)))
		at := bytes.LastIndex(data, []byte("\nxref\n")) + 1
		return bytes.Replace(append(append(bytes.Clone(data[:at]), object...), data[at:]...),
			fmt.Appendf(nil, "startxref\n%d\n", at), fmt.Appendf(nil, "startxref\n%d\n", at+len(object)), 1)
	}),
	unsure("letters of two widths", func(t *testing.T, p *pdf, g genuinePaper) []byte {
		p.change(p.serif().cid, "/W [", "/W [ 32 32 -40000 ")
		return p.write()
	}),
	unsure("page of two trees", func(t *testing.T, p *pdf, _ genuinePaper) []byte {
		n := p.add(fmt.Sprintf("<</Type/Pages/Count 1/Kids[%d 0 R]>>", p.page))
		p.change(p.page, fmt.Sprintf("/Parent %d 0 R", p.pages), fmt.Sprintf("/Parent %d 0 R", n))
		return p.write()
	}),
	{name: "printed again by another program", says: "its letters come from another program", undecided: true, only: isSpecimen, edit: func(t *testing.T, p *pdf, g, _ genuinePaper) []byte {
		dir := t.TempDir()
		in, out, token := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf"), filepath.Join(dir, "credential.jws")
		for file, data := range map[string][]byte{in: g.pdf, token: []byte(g.text.Token)} {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := exec.Command("pdftocairo", "-pdf", in, out).CombinedOutput(); err != nil {
			t.Fatalf("pdftocairo: %v\n%s", err, text)
		}
		return resave(t, readFile(t, out), "--add-attachment", token, "--")
	}},
}
