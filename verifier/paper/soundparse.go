package paper

import (
	"bytes"
	"strconv"
)

// parser reads the objects of a file (§7.3). It knows what a content stream has
// not, references, and refuses a dictionary that has a key twice.
type parser struct{ lexer }

// word passes over a word if it comes next.
func (p *parser) word(w string) bool {
	was := p.at
	p.blanks()
	rest := p.data[min(p.at, len(p.data)):]
	if !bytes.HasPrefix(rest, []byte(w)) || len(rest) > len(w) && isRegular(rest[len(w)]) {
		p.at = was
		return false
	}
	p.at += len(w)
	return true
}

// count passes over a whole number if it comes next.
func (p *parser) count() (int, bool) {
	was := p.at
	p.blanks()
	from := p.at
	for p.at < len(p.data) && isDigit(p.data[p.at]) {
		p.at++
	}
	n, err := strconv.Atoi(string(p.data[from:p.at]))
	if err != nil || p.at-from > 10 || p.at < len(p.data) && isRegular(p.data[p.at]) {
		p.at = was
		return 0, false
	}
	return n, true
}

// header passes over the beginning of an object and gives its number.
func (p *parser) header() (int, bool) {
	n, ok1 := p.count()
	generation, ok2 := p.count()
	return n, ok1 && ok2 && generation == 0 && p.word("obj")
}

// streamStart passes over the beginning of a stream and gives where its data
// begins.
func (p *parser) streamStart() (int, bool) {
	was := p.at
	if !p.word("stream") {
		return 0, false
	}
	switch {
	case bytes.HasPrefix(p.data[p.at:], []byte("\r\n")):
		return p.at + 2, true
	case bytes.HasPrefix(p.data[p.at:], []byte("\n")):
		return p.at + 1, true
	}
	p.at = was
	return 0, false
}

func (p *parser) object() (any, bool) { return p.nested(0) }

func (p *parser) nested(depth int) (any, bool) {
	p.blanks()
	if depth > 2*maxNesting || p.at >= len(p.data) {
		return nil, false
	}
	switch {
	case bytes.HasPrefix(p.data[p.at:], []byte("<<")):
		p.at += 2
		return p.members(depth)
	case p.data[p.at] == '[':
		p.at++
		list := []any{}
		for {
			if p.blanks(); p.at >= len(p.data) || len(list) > maxWidths {
				return nil, false
			}
			if p.data[p.at] == ']' {
				p.at++
				return list, true
			}
			v, ok := p.nested(depth + 1)
			if !ok {
				return nil, false
			}
			list = append(list, v)
		}
	}
	was := p.at
	if n, ok := p.count(); ok {
		if generation, ok := p.count(); ok && p.word("R") {
			return reference(n), generation == 0
		}
		p.at = was
	}
	v, err := p.value(0)
	if _, isOperator := v.(operator); err != nil || v == nil || isOperator {
		return nil, false
	}
	return v, true
}

func (p *parser) members(depth int) (any, bool) {
	d := dictionary{}
	for {
		if p.blanks(); p.at >= len(p.data) || len(d) > maxList {
			return nil, false
		}
		if bytes.HasPrefix(p.data[p.at:], []byte(">>")) {
			p.at += 2
			return d, true
		}
		if p.data[p.at] != '/' {
			return nil, false
		}
		p.at++
		key := p.name()
		v, ok := p.nested(depth + 1)
		if _, twice := d[key]; twice || !ok {
			return nil, false
		}
		d[key] = v
	}
}
