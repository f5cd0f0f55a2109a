package main

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// A pdf is a document of our press, taken apart so that it can be forged: its
// objects by number, and the content that is particular to it by lines.
type pdf struct {
	objects map[int][]byte
	content []string

	catalog, pages, page, written, ornament, info, token, spec int // numbers of objects
	fonts                                                      map[string]fontObjects
}

// fontObjects are those of one typeface.
type fontObjects struct {
	name                             string // among the resources
	font, cid, unicode, glyphs, file int
}

var (
	xrefLine  = regexp.MustCompile(`(?m)^(\d{10}) 00000 n`)
	contents  = regexp.MustCompile(`/Contents \[(\d+) 0 R (\d+) 0 R\]`)
	reference = regexp.MustCompile(`(\d+) 0 R`)
)

func takeApart(t testing.TB, data []byte) *pdf {
	t.Helper()
	p := &pdf{objects: map[int][]byte{}, fonts: map[string]fontObjects{}}
	table := data[bytes.LastIndex(data, []byte("\nxref\n")):]
	var offsets []int
	for _, m := range xrefLine.FindAllSubmatch(table, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		offsets = append(offsets, n)
	}
	ends := append(slices.Sorted(slices.Values(offsets)), len(data)-len(table))
	for i, at := range offsets {
		next := ends[slices.Index(ends, at)+1]
		_, body, _ := bytes.Cut(data[at:next], []byte("obj\n"))
		p.objects[i+1] = bytes.TrimSuffix(bytes.TrimSpace(body), []byte("endobj"))
	}
	for n, o := range p.objects {
		for _, kind := range []struct {
			mark string
			at   *int
		}{
			{"/Type /Catalog", &p.catalog}, {"/Type /Pages", &p.pages}, {"/Type /Page ", &p.page}, {"/Producer", &p.info},
			{"/Type /EmbeddedFile", &p.token}, {"/Type /Filespec", &p.spec},
		} {
			if bytes.Contains(o[:min(len(o), 2000)], []byte(kind.mark)) {
				*kind.at = n
			}
		}
	}
	m := contents.FindSubmatch(p.objects[p.page])
	if m == nil || p.catalog*p.pages*p.info*p.token*p.spec == 0 {
		t.Fatal("the document is not made as the press makes them")
	}
	p.ornament, _ = strconv.Atoi(string(m[1]))
	p.written, _ = strconv.Atoi(string(m[2]))
	p.content = strings.Split(string(p.stream(t, p.written)), "\n")
	for n, o := range p.objects {
		m := regexp.MustCompile(`/Subtype /Type0\s+/BaseFont /[A-Z]{6}\+(\S+)`).FindSubmatch(o)
		if m == nil || string(m[1]) == "TestamurUnseen" {
			continue
		}
		f := fontObjects{font: n, cid: p.refers(n, "/DescendantFonts ["), unicode: p.refers(n, "/ToUnicode ")}
		f.glyphs = p.refers(f.cid, "/CIDToGIDMap ")
		f.file = p.refers(p.refers(f.cid, "/FontDescriptor "), "/FontFile2 ")
		name := regexp.MustCompile(fmt.Sprintf(`/(F\d+) %d 0 R`, n)).FindSubmatch(p.objects[p.page])
		f.name = string(name[1])
		p.fonts[string(m[1])] = f
	}
	if p.serif().file == 0 {
		t.Fatal("the document has no serif")
	}
	return p
}

// refers gives the object to which an entry of another leads.
func (p *pdf) refers(n int, key string) int {
	_, rest, _ := bytes.Cut(p.objects[n], []byte(key))
	m := reference.FindSubmatch(rest)
	if m == nil {
		return 0
	}
	to, _ := strconv.Atoi(string(m[1]))
	return to
}

// serif is the typeface in which most of the page is set.
func (p *pdf) serif() fontObjects { return p.fonts["EBGaramond-Regular"] }

// stream gives the content of a stream object.
func (p *pdf) stream(t testing.TB, n int) []byte {
	t.Helper()
	head, rest, _ := bytes.Cut(p.objects[n], []byte("stream\n"))
	m := regexp.MustCompile(`/Length (\d+)`).FindSubmatch(head)
	size, _ := strconv.Atoi(string(m[1]))
	if !bytes.Contains(head, []byte("FlateDecode")) {
		return rest[:size]
	}
	z, err := zlib.NewReader(bytes.NewReader(rest[:size]))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func streamObject(dict string, content []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<<%s/Length %d>>\nstream\n", dict, len(content))
	b.Write(content)
	b.WriteString("\nendstream\n")
	return b.Bytes()
}

func (p *pdf) add(object string) int {
	n := len(p.objects) + 1
	p.objects[n] = []byte(object)
	return n
}

func (p *pdf) addStream(dict string, content []byte) int {
	return p.add(string(streamObject(dict, content)))
}

// change replaces once in an object.
func (p *pdf) change(n int, from, to string) {
	p.objects[n] = bytes.Replace(p.objects[n], []byte(from), []byte(to), 1)
}

// resource adds a resource of the page.
func (p *pdf) resource(kind, entry string) {
	if bytes.Contains(p.objects[p.page], []byte("/"+kind+" <<")) {
		p.change(p.page, "/"+kind+" <<", "/"+kind+" << "+entry+" ")
		return
	}
	p.change(p.page, "/Resources <<", "/Resources <</"+kind+" << "+entry+" >> ")
}

// resources is the dictionary of the resources, for forms.
func (p *pdf) resources() string {
	_, rest, _ := bytes.Cut(p.objects[p.page], []byte("/Resources "))
	all, _, _ := bytes.Cut(rest, []byte(" /Contents"))
	return "/Resources " + string(all)
}

// kids puts pages into the document in place of its own.
func (p *pdf) kids(pages ...int) {
	list := ""
	for _, n := range pages {
		list += fmt.Sprintf("%d 0 R ", n)
	}
	p.objects[p.pages] = fmt.Appendf(nil, "<</Type /Pages /Kids [%s] /Count %d>>", list, len(pages))
}

var mediaBox = regexp.MustCompile(`/MediaBox \[0 0 ([\d.]+) ([\d.]+) \]`)

// size is that of the page, in points.
func (p *pdf) size() (wide, high float64) {
	m := mediaBox.FindSubmatch(p.objects[p.page])
	wide, _ = strconv.ParseFloat(string(m[1]), 64)
	high, _ = strconv.ParseFloat(string(m[2]), 64)
	return wide, high
}

// boxed moves the edges of the page.
func (p *pdf) boxed(left, bottom, right, top float64) {
	wide, high := p.size()
	p.objects[p.page] = mediaBox.ReplaceAll(p.objects[p.page], fmt.Appendf(nil, "/MediaBox [%.2f %.2f %.2f %.2f]", left, bottom, wide+right, high+top))
}

// write puts the document together again.
func (p *pdf) write() []byte {
	p.objects[p.written] = streamObject("", []byte(strings.Join(p.content, "\n")))
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(p.objects)+1)
	for n := 1; n <= len(p.objects); n++ {
		offsets[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, p.objects[n])
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets))
	for _, o := range offsets[1:] {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets), p.catalog, p.info, start)
	return b.Bytes()
}

// A shownText is one line of type in the content, or a run of it.
type shownText struct {
	at   int // its line in the content
	font string
	size float64
	x, y float64
	text string
}

var (
	shows  = regexp.MustCompile(`^((?:2 Tr )?BT /)(\S+) ([\d.]+)( Tf )(-?[\d.]+) (-?[\d.]+)( Td )\[(.*)\]( TJ ET)$`)
	pieces = regexp.MustCompile(`<([0-9A-Fa-f]*)>`)
)

// texts lists the texts that are shown with the fonts of the page.
func (p *pdf) texts() []shownText {
	var all []shownText
	for i, line := range p.content {
		m := shows.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		s := shownText{at: i, font: m[2]}
		s.size, _ = strconv.ParseFloat(m[3], 64)
		s.x, _ = strconv.ParseFloat(m[5], 64)
		s.y, _ = strconv.ParseFloat(m[6], 64)
		for _, piece := range pieces.FindAllStringSubmatch(m[8], -1) {
			s.text += fromHex(piece[1])
		}
		all = append(all, s)
	}
	return all
}

func fromHex(s string) string {
	b, _ := hex.DecodeString(s)
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}

func toHex(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04x", u)
	}
	return b.String()
}

func unspaced(s string) string { return strings.ReplaceAll(s, " ", "") }

// has finds the lines of type that show a text, which may take several.
func (p *pdf) has(text string) []shownText {
	all := p.texts()
	for from := range all {
		got := ""
		for to := from; to < len(all) && len(got) < len(text) && all[to].font == all[from].font && all[to].size == all[from].size; to++ {
			if got += unspaced(all[to].text); got == unspaced(text) {
				return all[from : to+1]
			}
		}
	}
	return nil
}

func (p *pdf) linesOf(t testing.TB, text string) []shownText {
	t.Helper()
	found := p.has(text)
	if len(found) == 0 {
		t.Fatalf("%q does not stand on the page", text)
	}
	return found
}

// replace shows other words in place of a text, in the same type, and returns
// where.
func (p *pdf) replace(t testing.TB, text, other string) shownText {
	t.Helper()
	lines := p.linesOf(t, text)
	for i, s := range lines {
		with := ""
		if i == 0 {
			with = other
		}
		p.content[s.at] = shows.ReplaceAllString(p.content[s.at], "${1}${2} ${3}${4}${5} ${6}${7}[<"+toHex(with)+">]${9}")
	}
	return lines[0]
}

// blank takes a text off the page.
func (p *pdf) blank(t testing.TB, text string) { p.replace(t, text, "") }

// around wraps the lines of a text in operators.
func (p *pdf) around(t testing.TB, text, before, after string) []shownText {
	t.Helper()
	lines := p.linesOf(t, text)
	for _, s := range lines {
		p.content[s.at] = before + "\n" + p.content[s.at] + "\n" + after
	}
	return lines
}

// append adds to the end of the content.
func (p *pdf) append(format string, args ...any) {
	p.content = append(p.content, fmt.Sprintf(format, args...))
}

// typeset writes a line of type in the serif.
func (p *pdf) typeset(x, y, size float64, text string) {
	p.append("q 0.09 0.098 0.118 rg BT /%s %.2f Tf %.2f %.2f Td <%s> Tj ET Q", p.serif().name, size, x, y, toHex(text))
}
