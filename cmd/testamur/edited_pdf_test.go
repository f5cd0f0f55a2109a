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
// objects by number, and its content by lines.
type pdf struct {
	objects map[int][]byte
	content []string
}

// The objects of a document of our press.
const (
	objPages, objResources, objToken, objSpec, objPage, objContent, objSerif = 1, 2, 3, 4, 5, 6, 7
	objSerifCID, objSerifUnicode, objSerifMap, objSerifFile                  = 8, 9, 12, 13
	objInfo, objCatalog                                                      = 28, 29
)

var xrefLine = regexp.MustCompile(`(?m)^(\d{10}) 00000 n`)

func takeApart(t testing.TB, data []byte) *pdf {
	t.Helper()
	p := &pdf{objects: map[int][]byte{}}
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
	if !bytes.Contains(p.objects[objCatalog], []byte("/Catalog")) {
		t.Fatal("the objects of a document of the press are not where they were")
	}
	p.content = strings.Split(hexStrings(string(p.stream(t, objContent))), "\n")
	return p
}

// hexStrings writes the strings of a content stream in hexadecimal digits, so
// that a line of it stays a line.
func hexStrings(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '(' {
			out.WriteByte(s[i])
			continue
		}
		var b []byte
		for i++; s[i] != ')'; i++ {
			c := s[i]
			if c == '\\' {
				i++
				if c = s[i]; c == 'r' {
					c = '\r'
				}
			}
			b = append(b, c)
		}
		out.WriteString("<" + hex.EncodeToString(b) + ">")
	}
	return out.String()
}

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
	if bytes.Contains(p.objects[objResources], []byte("/"+kind+" <<")) {
		p.change(objResources, "/"+kind+" <<", "/"+kind+" << "+entry)
		return
	}
	p.objects[objResources] = append([]byte("<</"+kind+" << "+entry+" >>\n"), bytes.TrimPrefix(bytes.TrimSpace(p.objects[objResources]), []byte("<<"))...)
}

// write puts the document together again.
func (p *pdf) write() []byte {
	p.objects[objContent] = streamObject("", []byte(strings.Join(p.content, "\n")))
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
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets), objCatalog, objInfo, start)
	return b.Bytes()
}

// A shownText is one piece of text in the content.
type shownText struct {
	at    int // its line
	font  string
	size  float64
	x, y  float64
	text  string
	whole string // the line of type it is part of
}

var (
	selects = regexp.MustCompile(`^BT /(\S+) ([\d.]+) Tf ET$`)
	shows   = regexp.MustCompile(`^(q .*? rg BT )(-?[\d.]+) (-?[\d.]+)( Td )<([0-9a-f]*)>( Tj ET Q)$`)
)

// texts lists the pieces of text of the page.
func (p *pdf) texts() []shownText {
	var all []shownText
	var font string
	var size float64
	for i, line := range p.content {
		if m := selects.FindStringSubmatch(line); m != nil {
			font = m[1]
			size, _ = strconv.ParseFloat(m[2], 64)
		}
		if m := shows.FindStringSubmatch(line); m != nil {
			s := shownText{at: i, font: font, size: size, text: fromHex(m[5])}
			s.x, _ = strconv.ParseFloat(m[2], 64)
			s.y, _ = strconv.ParseFloat(m[3], 64)
			all = append(all, s)
		}
	}
	for i := range all {
		for _, o := range all {
			if o.y == all[i].y && o.size == all[i].size && o.font == all[i].font && o.column() == all[i].column() {
				all[i].whole += o.text
			}
		}
	}
	return all
}

// column tells what stands side by side: the columns, and in the main one the
// decision maker and the date.
func (s shownText) column() int {
	switch {
	case s.x > 680 && s.y > 100:
		return 3
	case s.x > 590:
		return 2
	case s.x > 360 && s.y < 100:
		return 1
	}
	return 0
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

// linesOf finds the pieces of type that show a text, line by line.
func (p *pdf) linesOf(t testing.TB, text string) []shownText {
	t.Helper()
	var found []shownText
	for _, s := range p.texts() {
		if s.whole != "" && strings.Contains(strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(s.whole, " ", "")) && (len(s.whole) > 3 || s.whole == text) {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		t.Fatalf("%q does not stand on the page", text)
	}
	// Another text may be part of this one; the sought one is the longest in one size.
	by := map[string][]shownText{}
	best := ""
	for _, s := range found {
		k := fmt.Sprint(s.font, s.size, s.column())
		by[k] = append(by[k], s)
	}
	length := func(k string) (n int) {
		for _, s := range by[k] {
			n += len(s.text)
		}
		return n
	}
	for k := range by {
		if best == "" || length(k) > length(best) || length(k) == length(best) && by[k][0].size > by[best][0].size {
			best = k
		}
	}
	return by[best]
}

// replace shows other words in place of a text, in the same type, and returns
// where.
func (p *pdf) replace(t testing.TB, text, other string) shownText {
	t.Helper()
	pieces := p.linesOf(t, text)
	for i, s := range pieces {
		with := ""
		if i == 0 {
			with = other
		}
		p.content[s.at] = shows.ReplaceAllString(p.content[s.at], "${1}${2} ${3}${4}<"+toHex(with)+">${6}")
	}
	return pieces[0]
}

// blank takes a text off the page.
func (p *pdf) blank(t testing.TB, text string) { p.replace(t, text, "") }

// around wraps the pieces of a text in operators.
func (p *pdf) around(t testing.TB, text, before, after string) []shownText {
	t.Helper()
	pieces := p.linesOf(t, text)
	for _, s := range pieces {
		p.content[s.at] = before + "\n" + p.content[s.at] + "\n" + after
	}
	return pieces
}

// append adds to the end of the content.
func (p *pdf) append(format string, args ...any) {
	p.content = append(p.content, fmt.Sprintf(format, args...))
}

// letters are the characters that the serif of the document holds.
func (p *pdf) letters() map[rune]bool {
	set := map[rune]bool{}
	serif := p.serif()
	for _, s := range p.texts() {
		if s.font == serif {
			for _, r := range s.text {
				set[r] = true
			}
		}
	}
	return set
}

// serif is the name of the serif among the fonts of the page.
func (p *pdf) serif() string {
	m := regexp.MustCompile(`/(F[0-9a-f]+) 7 0 R`).FindSubmatch(p.objects[objResources])
	return string(m[1])
}

// type writes a line of type in the serif.
func (p *pdf) typeset(x, y, size float64, text string) {
	p.append("q 0.09 0.098 0.118 rg BT /%s %.2f Tf %.2f %.2f Td <%s> Tj ET Q", p.serif(), size, x, y, toHex(text))
}
