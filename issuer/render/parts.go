package render

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
)

// A part is one object of a document that gofpdf wrote.
type part struct {
	dict   []byte // or another value
	stream []byte // as it lies there; nil for none
}

var (
	xrefStart  = regexp.MustCompile(`\nstartxref\n(\d+)\n%%EOF\n$`)
	xrefEntry  = regexp.MustCompile(`^(\d{10}) 00000 n \n`)
	objectHead = regexp.MustCompile(`^(\d+) 0 obj\n`)
	lengthKey  = regexp.MustCompile(`/Length (\d+)`)
	anyRef     = regexp.MustCompile(`\b(\d+) 0 R\b`)
)

// readParts takes a document of gofpdf's apart. It is strict: a document that is
// not built as this package knows it, as one by another version of gofpdf may
// be, is refused rather than guessed at.
func readParts(pdf []byte) (map[int]part, error) {
	m := xrefStart.FindSubmatch(pdf)
	if m == nil {
		return nil, errors.New("no cross-reference")
	}
	at, err := strconv.Atoi(string(m[1]))
	if err != nil || at <= 0 || at >= len(pdf) {
		return nil, errors.New("the cross-reference lies outside")
	}
	table, ok := bytes.CutPrefix(pdf[at:], []byte("xref\n0 "))
	if !ok {
		return nil, errors.New("no cross-reference where it should be")
	}
	line, table, _ := bytes.Cut(table, []byte("\n"))
	size, err := strconv.Atoi(string(line))
	if err != nil || size < 2 || size > 1000 {
		return nil, fmt.Errorf("a cross-reference of %q entries", line)
	}
	if table, ok = bytes.CutPrefix(table, []byte("0000000000 65535 f \n")); !ok {
		return nil, errors.New("the cross-reference has another beginning")
	}
	type start struct{ number, at int }
	var starts []start
	for n := 1; n < size; n++ {
		e := xrefEntry.FindSubmatch(table)
		if e == nil {
			return nil, fmt.Errorf("entry %d of the cross-reference is another", n)
		}
		table = table[20:]
		offset, err := strconv.Atoi(string(e[1]))
		if err != nil {
			return nil, err
		}
		starts = append(starts, start{n, offset})
	}
	slices.SortFunc(starts, func(a, b start) int { return a.at - b.at })
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.")) || bytes.IndexByte(pdf, '\n')+1 != starts[0].at {
		return nil, errors.New("something lies before the first object")
	}
	parts := map[int]part{}
	for i, s := range starts {
		end := at
		if i+1 < len(starts) {
			end = starts[i+1].at
		}
		if end <= s.at || end > at {
			return nil, fmt.Errorf("object %d lies elsewhere", s.number)
		}
		p, err := readPart(pdf[s.at:end], s.number)
		if err != nil {
			return nil, fmt.Errorf("object %d: %w", s.number, err)
		}
		parts[s.number] = p
	}
	return parts, nil
}

// readPart reads one object, which takes all of data.
func readPart(data []byte, number int) (part, error) {
	head := objectHead.FindSubmatch(data)
	if head == nil || string(head[1]) != strconv.Itoa(number) {
		return part{}, errors.New("it does not begin as an object")
	}
	body, ok := bytes.CutSuffix(data[len(head[0]):], []byte("\nendobj\n"))
	if !ok {
		return part{}, errors.New("it does not end as an object")
	}
	dict, rest, has := bytes.Cut(body, []byte(">>\nstream\n"))
	if !has {
		dict, rest, has = bytes.Cut(body, []byte(">>\n\nstream\n")) // of an attachment
	}
	if !has {
		return part{dict: bytes.Clone(body)}, nil
	}
	dict = append(bytes.Clone(dict), ">>"...)
	lengths := lengthKey.FindAllSubmatch(dict, -1)
	if len(lengths) != 1 {
		return part{}, errors.New("a stream of no length")
	}
	length, err := strconv.Atoi(string(lengths[0][1]))
	if err != nil || length > len(rest) || string(rest[length:]) != "\nendstream" {
		return part{}, errors.New("a stream of another length")
	}
	return part{dict: dict, stream: bytes.Clone(rest[:length])}, nil
}

// content is the stream of p, unpacked.
func (p part) content() ([]byte, error) {
	if !bytes.Contains(p.dict, []byte("/Filter")) {
		return p.stream, nil
	}
	if !bytes.Contains(p.dict, []byte("/Filter /FlateDecode")) {
		return nil, errors.New("a stream packed in another way")
	}
	r, err := zlib.NewReader(bytes.NewReader(p.stream))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return out, r.Close()
}

// packed packs the stream of p as closely as can be, where that is worth it.
func (p part) packed() (part, error) {
	if p.stream == nil {
		return p, nil
	}
	plain, err := p.content()
	if err != nil {
		return part{}, err
	}
	best := deflated(plain)
	if len(best) >= len(p.stream) {
		return p, nil
	}
	q := part{stream: best}
	q.dict = lengthKey.ReplaceAll(p.dict, fmt.Appendf(nil, "/Length %d", len(best)))
	if !bytes.Contains(p.dict, []byte("/Filter")) {
		q.dict = append(bytes.TrimSuffix(q.dict, []byte(">>")), " /Filter /FlateDecode>>"...)
	}
	return q, nil
}

// neededTables are the tables of a font that a document needs to show its glyphs
// by their numbers (ISO 32000-1 §9.9).
var neededTables = []string{"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"}

// trimmed leaves out of an embedded font what only programs that install fonts
// read: names, licences, and the map of characters, in whose place the document
// has its own.
func (p part) trimmed() (part, error) {
	if !bytes.Contains(p.dict, []byte("/Length1 ")) {
		return p, nil
	}
	font, err := p.content()
	if err != nil {
		return part{}, err
	}
	if len(font) < 12 {
		return part{}, errors.New("a font of no tables")
	}
	type table struct {
		tag  string
		data []byte
	}
	var tables []table
	for i := range int(binary.BigEndian.Uint16(font[4:])) {
		if len(font) < 28+16*i {
			return part{}, errors.New("a font of fewer tables than it says")
		}
		e := font[12+16*i:]
		tag, at, size := string(e[:4]), int(binary.BigEndian.Uint32(e[8:])), int(binary.BigEndian.Uint32(e[12:]))
		if at > len(font) || size > len(font)-at {
			return part{}, fmt.Errorf("table %s lies outside of its font", tag)
		}
		if slices.Contains(neededTables, tag) {
			tables = append(tables, table{tag, bytes.Clone(font[at : at+size])})
		}
	}
	head := slices.IndexFunc(tables, func(t table) bool { return t.tag == "head" })
	if head < 0 || len(tables[head].data) < 54 {
		return part{}, errors.New("a font without a head")
	}
	binary.BigEndian.PutUint32(tables[head].data[8:], 0)
	var names []string
	data := map[string][]byte{}
	for _, t := range tables {
		names, data[t.tag] = append(names, t.tag), t.data
	}
	slices.Sort(names)
	out := trueType(names, data)
	// The sum of the whole is to be this number (OpenType, table head).
	at := bytes.Index(out, tables[head].data)
	binary.BigEndian.PutUint32(out[at+8:], 0xB1B0AFBA-tableSum(out))

	q := part{stream: deflated(out)}
	q.dict = lengthKey.ReplaceAll(p.dict, fmt.Appendf(nil, "/Length %d", len(q.stream)))
	q.dict = length1Key.ReplaceAll(q.dict, fmt.Appendf(nil, "/Length1 %d", len(out)))
	return q, nil
}

var length1Key = regexp.MustCompile(`/Length1 (\d+)`)

// trueType builds a font of the tables named, in that order.
func trueType(names []string, tables map[string][]byte) []byte {
	most := 1
	for most*2 <= len(names) {
		most *= 2
	}
	log := uint16(0)
	for 1<<(log+1) <= most {
		log++
	}
	var out, body []byte
	out = binary.BigEndian.AppendUint32(out, 0x10000)
	for _, v := range []uint16{uint16(len(names)), uint16(16 * most), log, uint16(16 * (len(names) - most))} {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	for _, tag := range names {
		data := tables[tag]
		out = append(out, tag...)
		padded := append(bytes.Clone(data), make([]byte, -len(data)&3)...)
		for _, v := range []uint32{tableSum(padded), uint32(12 + 16*len(names) + len(body)), uint32(len(data))} {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		body = append(body, padded...)
	}
	return append(out, body...)
}

// tableSum adds up a table, or a font, whose length is a multiple of four.
func tableSum(data []byte) uint32 {
	sum := uint32(0)
	for i := 0; i+4 <= len(data); i += 4 {
		sum += binary.BigEndian.Uint32(data[i:])
	}
	return sum
}
