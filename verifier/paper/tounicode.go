package paper

import (
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// unicodes is what a document says its codes mean (ISO 32000-1 §9.10.3). Nothing
// is proved by it; it names what was drawn where the outlines do not.
type unicodes struct {
	ranges []unicodeRange
	odd    bool // it goes on in another file, or beyond what is read here
}

type unicodeRange struct {
	from, to int
	first    []uint16
}

const (
	maxToUnicode = 1 << 20
	maxRanges    = 8192
)

func (d *document) unicodes(o types.Object) *unicodes {
	s := d.stream(o)
	if s == nil {
		return nil
	}
	data, err := decoded(s, maxToUnicode)
	if err != nil {
		return nil
	}
	u := &unicodes{}
	l := lexer{data: data}
	var args []any
	for range maxOperators {
		v, err := l.next()
		if err != nil || v == nil || len(u.ranges) >= maxRanges {
			u.odd = u.odd || v != nil || err != nil
			break
		}
		op, ok := v.(operator)
		if !ok {
			if len(args) < 4*maxList {
				args = append(args, v)
			}
			continue
		}
		switch op {
		case "usecmap":
			u.odd = true
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				from, _ := args[i].([]byte)
				to, _ := args[i+1].([]byte)
				u.add(codeOf(from), codeOf(from), to)
			}
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				from, _ := args[i].([]byte)
				to, _ := args[i+1].([]byte)
				switch dest := args[i+2].(type) {
				case []byte:
					u.add(codeOf(from), codeOf(to), dest)
				case []any:
					for k, one := range dest {
						b, _ := one.([]byte)
						u.add(codeOf(from)+k, codeOf(from)+k, b)
					}
				}
			}
		}
		args = args[:0]
	}
	return u
}

func codeOf(b []byte) int {
	n := 0
	for _, c := range b[:min(len(b), 4)] {
		n = n<<8 | int(c)
	}
	return n
}

func (u *unicodes) add(from, to int, dest []byte) {
	if len(dest) < 2 || len(dest) > 16 || len(u.ranges) >= maxRanges {
		u.odd = true
		return
	}
	r := unicodeRange{from: from, to: to}
	for i := 0; i+1 < len(dest); i += 2 {
		r.first = append(r.first, uint16(dest[i])<<8|uint16(dest[i+1]))
	}
	u.ranges = append(u.ranges, r)
}

// lookup gives what a code means. Of two meanings, who knows which one counts.
func (u *unicodes) lookup(code int) (text string, ok bool) {
	if u == nil {
		return "", false
	}
	for _, r := range u.ranges {
		if code < r.from || code > r.to {
			continue
		}
		units := append([]uint16(nil), r.first...)
		units[len(units)-1] += uint16(code - r.from)
		one := string(utf16.Decode(units))
		if ok && one != text {
			return unclear, true
		}
		text, ok = one, true
	}
	if u.odd {
		return unclear, true
	}
	return text, ok
}

// unclear is no text of any glyph.
const unclear = "\ufffd\ufffd"
