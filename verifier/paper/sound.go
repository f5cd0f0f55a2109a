package paper

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// soundly reports whether every program must find the same objects in a PDF (ISO
// 32000-1 §7.5). Its cross-reference names each object once and leads to it, no
// dictionary has a key twice, every stream is as long as it says, and between the
// objects is nothing. The press and qpdf write such files; where a file is not
// so, programs differ in what they make of it, and so in what they show.
func (d *document) soundly(data []byte) bool {
	if d.sound != nil {
		return *d.sound
	}
	b := build{data: data, places: map[int]place{}, lengths: map[int]int{}, opened: d.opened}
	sound := false
	_ = unpanicked(func() error { sound = b.read(); return nil })
	d.sound = &sound
	return sound
}

// opened gives the content of an encrypted object stream, as it was decrypted when
// the file was opened.
func (d *document) opened(number int) []byte {
	entry, ok := d.xref.Find(number)
	if !ok {
		return nil
	}
	s, ok := entry.Object.(types.ObjectStreamDict)
	if !ok {
		return nil
	}
	content, err := decoded(&s.StreamDict, maxStructure)
	if err != nil {
		return nil
	}
	return content
}

// build is how the objects of a file lie in it.
type build struct {
	data    []byte
	places  map[int]place
	spans   [][2]int
	lengths map[int]int // numbers of the objects that are nothing but a number
	streams []streamed
	root    reference
	locked  bool // strings and streams are encrypted
	opened  func(number int) []byte
	pages   int
	spent   int // bytes read
	within  int // bytes of compressed objects
}

// place is where an object lies: at an offset, or in another as the n-th. That of
// none is nowhere.
type place struct {
	offset int
	within int
	index  int
}

// streamed is a stream with its length, given or to be looked up.
type streamed struct {
	from   int
	length any
}

// A reference leads to another object.
type reference int

// dictionary is a dictionary of the file.
type dictionary map[string]any

func (b *build) read() bool {
	end := max(0, len(b.data)-2048)
	ends := lastXref.FindAllSubmatchIndex(b.data[end:], -1)
	if len(ends) == 0 || !bytes.HasPrefix(b.data, []byte("%PDF-")) {
		return false
	}
	last := ends[len(ends)-1]
	for i := range last {
		last[i] += end
	}
	if len(bytes.Trim(b.data[last[1]:], "\x00\t\n\f\r ")) > 0 {
		return false
	}
	b.spans = append(b.spans, [2]int{last[0], last[1]})
	start, err := strconv.Atoi(string(b.data[last[2]:last[3]]))
	if err != nil {
		return false
	}
	linear, after, ok := b.linearized()
	if !ok || linear && start != after {
		return false
	}
	for sections := 0; ; sections++ {
		if sections > 1 || sections == 1 && !linear {
			return false // a later revision of an earlier file
		}
		trailer, ok := b.section(start)
		if !ok {
			return false
		}
		root, _ := trailer["Root"].(reference)
		if sections == 0 {
			b.root = root
		}
		// The second part of a linearized file need not name the catalogue again.
		if trailer["XRefStm"] != nil || root != b.root && (sections == 0 || trailer["Root"] != nil) || b.root == 0 {
			return false
		}
		b.locked = b.locked || trailer["Encrypt"] != nil
		prev, more := trailer["Prev"]
		if !more {
			break
		}
		at, ok := prev.(float64)
		if !ok || at <= 0 || at >= float64(len(b.data)) || at != float64(int(at)) {
			return false
		}
		start = int(at)
	}
	return b.objects() && b.contained() && b.measured() && b.gapless(linear) && (!linear || b.pages == 1)
}

// linearized reports whether the file begins with the dictionary of a linearized
// one (annex F) for the length that it has, and where that ends.
func (b *build) linearized() (is bool, end int, ok bool) {
	p := parser{lexer: lexer{data: b.data}}
	p.blanks()
	if _, ok := p.header(); !ok {
		return false, 0, true // no object comes first; whether that is right is seen later
	}
	v, ok := p.object()
	d, isDict := v.(dictionary)
	if !ok || !isDict || d["Linearized"] == nil {
		return false, 0, true
	}
	if size, _ := d["L"].(float64); int(size) != len(b.data) || d["N"] != 1.0 || !p.word("endobj") {
		return false, 0, false
	}
	p.blanks()
	return true, p.at, true
}

// section reads one part of the cross-reference, and gives its trailer.
func (b *build) section(at int) (dictionary, bool) {
	if at <= 0 || at >= len(b.data) {
		return nil, false
	}
	p := parser{lexer: lexer{data: b.data, at: at}}
	if !p.word("xref") {
		return b.sectionStream(at)
	}
	for !p.word("trailer") {
		first, ok1 := p.count()
		n, ok2 := p.count()
		if !ok1 || !ok2 || n > maxObjects || first > maxObjects {
			return nil, false
		}
		for i := range n {
			offset, ok1 := p.count()
			generation, ok2 := p.count()
			switch {
			case !ok1 || !ok2:
				return nil, false
			case p.word("f"):
				if first+i > 0 && !b.add(first+i, place{offset: -1}) {
					return nil, false
				}
			case p.word("n"):
				if generation != 0 || offset <= 0 || !b.add(first+i, place{offset: offset}) {
					return nil, false
				}
			default:
				return nil, false
			}
		}
	}
	v, ok := p.object()
	d, isDict := v.(dictionary)
	b.spans = append(b.spans, [2]int{at, p.at})
	return d, ok && isDict
}

func (b *build) add(number int, p place) bool {
	if _, twice := b.places[number]; twice || number <= 0 || len(b.places) > maxObjects {
		return false
	}
	b.places[number] = p
	return true
}

// sectionStream reads a cross-reference that is a stream (§7.5.8).
func (b *build) sectionStream(at int) (dictionary, bool) {
	p := parser{lexer: lexer{data: b.data, at: at}}
	if _, ok := p.header(); !ok {
		return nil, false
	}
	v, ok := p.object()
	d, _ := v.(dictionary)
	if !ok || d["Type"] != name("XRef") {
		return nil, false
	}
	content, ok := b.unpacked(d, &p)
	if !ok {
		return nil, false
	}
	var w [3]int
	list, _ := d["W"].([]any)
	if len(list) != 3 {
		return nil, false
	}
	for i := range w {
		f, ok := list[i].(float64)
		if !ok || f < 0 || f > 6 || f != float64(int(f)) {
			return nil, false
		}
		w[i] = int(f)
	}
	index, _ := d["Index"].([]any)
	if d["Index"] == nil {
		index = []any{0.0, d["Size"]}
	}
	if w[0] == 0 || len(index)%2 != 0 {
		return nil, false
	}
	for i := 0; i+1 < len(index); i += 2 {
		first, ok1 := index[i].(float64)
		n, ok2 := index[i+1].(float64)
		if !ok1 || !ok2 || first < 0 || n < 0 || first > maxObjects || n > maxObjects || int(n)*(w[0]+w[1]+w[2]) > len(content) {
			return nil, false
		}
		for k := range int(n) {
			var v [3]int
			for j, size := range w {
				for _, c := range content[:size] {
					v[j] = v[j]<<8 | int(c)
				}
				content = content[size:]
			}
			fine := true
			switch v[0] {
			case 0:
				fine = int(first)+k == 0 || b.add(int(first)+k, place{offset: -1})
			case 1:
				fine = v[2] == 0 && b.add(int(first)+k, place{offset: v[1]})
			case 2:
				fine = v[1] > 0 && b.add(int(first)+k, place{within: v[1], index: v[2]})
			default:
				fine = false
			}
			if !fine {
				return nil, false
			}
		}
	}
	return d, len(content) == 0
}

// unpacked gives the content of a stream whose dictionary p has just passed over.
func (b *build) unpacked(d dictionary, p *parser) ([]byte, bool) {
	length, ok := d["Length"].(float64)
	from, starts := p.streamStart()
	if !ok || !starts || length < 0 || length != float64(int(length)) || int(length) > len(b.data)-from {
		return nil, false
	}
	s := &types.StreamDict{Raw: b.data[from : from+int(length)]}
	if filter := d["Filter"]; filter != nil {
		if list, ok := filter.([]any); ok && len(list) == 1 {
			filter = list[0]
		}
		if filter != name("FlateDecode") {
			return nil, false
		}
		one := types.PDFFilter{Name: "FlateDecode"}
		if parms := d["DecodeParms"]; parms != nil {
			if list, ok := parms.([]any); ok && len(list) == 1 {
				parms = list[0]
			}
			given, ok := parms.(dictionary)
			if !ok {
				return nil, false
			}
			one.DecodeParms = types.Dict{}
			for key, v := range given {
				n, ok := v.(float64)
				if !ok {
					return nil, false
				}
				one.DecodeParms[key] = types.Integer(int(n))
			}
		}
		s.FilterPipeline = []types.PDFFilter{one}
	} else {
		return s.Raw, d["DecodeParms"] == nil
	}
	content, err := decoded(s, maxStructure)
	return content, err == nil
}

// objects reads every object that lies in the file itself.
func (b *build) objects() bool {
	for number, at := range b.places {
		if at.within > 0 || at.offset < 0 {
			continue
		}
		if at.offset == 0 || at.offset >= len(b.data) || !isDigit(b.data[at.offset]) {
			return false
		}
		p := parser{lexer: lexer{data: b.data, at: at.offset}}
		if n, ok := p.header(); !ok || n != number {
			return false
		}
		v, ok := p.object()
		if !ok || !b.spend(p.at-at.offset) {
			return false
		}
		d, isDict := v.(dictionary)
		if from, starts := p.streamStart(); starts {
			if !isDict || !packedPlainly(d) {
				return false
			}
			b.streams = append(b.streams, streamed{from, d["Length"]})
			b.spans = append(b.spans, [2]int{at.offset, from})
			continue
		}
		if !p.word("endobj") || !b.spend(p.at-at.offset) {
			return false
		}
		b.known(number, v)
		b.spans = append(b.spans, [2]int{at.offset, p.at})
	}
	return true
}

// spend counts bytes that were read, and reports whether they are no more than
// objects that lie beside each other can have.
func (b *build) spend(n int) bool {
	b.spent += n
	return b.spent <= 3*len(b.data)
}

// packedPlainly reports whether the content of a stream is in the file, and
// packed in a way that all programs undo alike.
func packedPlainly(d dictionary) bool {
	if d["F"] != nil || d["FFilter"] != nil || d["FDecodeParms"] != nil || d["DP"] != nil {
		return false
	}
	filters, isList := d["Filter"].([]any)
	if !isList && d["Filter"] != nil {
		filters = []any{d["Filter"]}
	}
	for _, f := range filters {
		if n, ok := f.(name); !ok || !strings.HasSuffix(string(n), "Decode") && n != "Crypt" {
			return false
		}
	}
	structure := d["Type"] == name("XRef") || d["Type"] == name("ObjStm") || d["Subtype"] == name("Image") || d["Type"] == name("Metadata")
	return len(filters) <= maxFilters && (d["DecodeParms"] == nil || structure)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (b *build) known(number int, v any) {
	if f, ok := v.(float64); ok && f >= 0 && f == float64(int(f)) {
		b.lengths[number] = int(f)
	}
	if d, ok := v.(dictionary); ok && d["Type"] == name("Page") {
		b.pages++
	}
}

// contained reads the objects that lie in others (§7.5.7).
func (b *build) contained() bool {
	inside := map[int]int{}
	for _, at := range b.places {
		if at.within > 0 {
			inside[at.within]++
		}
	}
	for number, count := range inside {
		at := b.places[number]
		if at.within > 0 || at.offset <= 0 {
			return false
		}
		p := parser{lexer: lexer{data: b.data, at: at.offset}}
		_, _ = p.header()
		v, ok := p.object()
		d, _ := v.(dictionary)
		if !ok || d["Type"] != name("ObjStm") || d["Extends"] != nil || d["N"] != float64(count) {
			return false
		}
		var content []byte
		if b.locked {
			content = b.opened(number)
			ok = content != nil
		} else {
			content, ok = b.unpacked(d, &p)
		}
		first, isNumber := d["First"].(float64)
		if !ok || !isNumber || first < 0 || int(first) > len(content) {
			return false
		}
		if b.within += len(content); b.within > maxStructure {
			return false
		}
		head := parser{lexer: lexer{data: content[:int(first)]}}
		body := parser{lexer: lexer{data: content, at: int(first)}}
		for i := range count {
			n, ok1 := head.count()
			offset, ok2 := head.count()
			before := body.at
			if !ok1 || !ok2 || int(first)+offset < before || b.places[n] != (place{within: number, index: i}) {
				return false
			}
			body.blanks()
			after := body.at
			if body.at = int(first) + offset; body.at > after { // blanks and comments only lie between
				return false
			}
			if body.blanks(); body.at != after {
				return false
			}
			v, ok := body.object()
			if !ok {
				return false
			}
			b.known(n, v)
		}
		head.blanks()
		body.blanks()
		if head.at != len(head.data) || body.at != len(body.data) {
			return false
		}
	}
	return true
}

// measured holds every stream against its length.
func (b *build) measured() bool {
	for _, s := range b.streams {
		length := -1
		switch l := s.length.(type) {
		case float64:
			if l == float64(int(l)) {
				length = int(l)
			}
		case reference:
			if n, ok := b.lengths[int(l)]; ok {
				length = n
			}
		}
		if length < 0 || length > len(b.data)-s.from {
			return false
		}
		end := s.from + length
		p := parser{lexer: lexer{data: b.data, at: end}}
		for p.at < len(b.data) && p.at < end+2 && (b.data[p.at] == '\r' || b.data[p.at] == '\n') {
			p.at++
		}
		if !bytes.HasPrefix(b.data[p.at:], []byte("endstream")) || !p.word("endstream") || !p.word("endobj") || !b.spend(p.at-end) {
			return false
		}
		b.spans = append(b.spans, [2]int{s.from, p.at})
	}
	return true
}

// maxBetween is how much may lie between two objects, blanks and comments.
const maxBetween = 2048

// gapless reports whether nothing lies beside the objects and the cross-reference
// but blanks and comments, and nothing in two of them at once.
func (b *build) gapless(linear bool) bool {
	slices.SortFunc(b.spans, func(a, c [2]int) int {
		if a[0] != c[0] {
			return a[0] - c[0]
		}
		return a[1] - c[1]
	})
	at := 0
	for _, s := range b.spans {
		if s[0] < at {
			return false
		}
		p := parser{lexer: lexer{data: b.data[:s[0]], at: at}}
		if linear && p.word("startxref") { // of the first part of a linearized file
			if _, ok := p.count(); !ok {
				return false
			}
		}
		if p.blanks(); p.at < s[0] || s[0]-at > maxBetween {
			return false
		}
		// What stands in a comment for one program, another may take for the end of the file.
		between := b.data[at:s[0]]
		if !linear && (bytes.Contains(between, []byte("startxref")) || bytes.Contains(between, []byte("%%EOF"))) {
			return false
		}
		at = s[1]
	}
	return true
}
