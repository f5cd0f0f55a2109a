package strictjson

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reader goes through a text once, from white space to white space. Its methods
// that read something leave it behind what they have read.
type reader struct {
	data   []byte
	text   string            // the same, of which strings are parts; "": strings are copied
	known  map[string]string // member names of the Go type, folded, with their spelling
	closed bool              // unknown members are errors
	lax    bool              // nobody minds the names of members

	at    int
	depth int      // open objects and arrays
	names []string // of the open objects' members, folded, innermost last
}

// space goes on to the next character that is not white space and returns it,
// 0 at the end.
func (r *reader) space() byte {
	for ; r.at < len(r.data); r.at++ {
		if c := r.data[r.at]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// span is where the inside of a string stands.
type span struct {
	start, end int
	escapes    bool
}

// str reads a string.
func (r *reader) str() (span, error) {
	s := span{start: r.at + 1}
	for i := s.start; ; {
		i = special(r.data, i)
		switch {
		case i == len(r.data):
			return s, errSyntax
		case r.data[i] == '"':
			s.end, r.at = i, i+1
			return s, nil
		case r.data[i] != '\\': // a control character
			return s, errSyntax
		}
		n, err := escape(r.data[i:])
		if err != nil {
			return s, err
		}
		s.escapes = true
		i += n
	}
}

// special returns the index, from i on, of the first quotation mark, backslash
// or control character, or the length of the text. It looks at eight bytes at a
// time: the lowest bit that is left of a comparison with all of them tells the
// first that it holds of, whatever the higher ones say.
func special(data []byte, i int) int {
	const each, top = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		quote, slash := w^each*'"', w^each*'\\'
		if found := ((w-each*' ')&^w | (quote-each)&^quote | (slash-each)&^slash) & top; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// cut returns what a string says.
func (r *reader) cut(s span) string {
	switch {
	case s.escapes:
		return unescape(r.data[s.start-1 : s.end+1])
	case r.text == "":
		return string(r.data[s.start:s.end])
	}
	return r.text[s.start:s.end]
}

func unescape(quoted []byte) (said string) {
	_ = json.Unmarshal(quoted, &said) // str has checked it
	return said
}

// escape returns the length of the escape that text begins with. Half of a
// surrogate pair is refused: encoding/json reads another character in its place,
// and other readers do not (RFC 7493 §2.1).
func escape(text []byte) (int, error) {
	if len(text) < 2 {
		return 0, errSyntax
	}
	if text[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, text[1]) < 0 {
			return 0, errSyntax
		}
		return 2, nil
	}
	switch first := hex(text); {
	case first < 0:
		return 0, errSyntax
	case !utf16.IsSurrogate(first):
		return 6, nil
	case utf16.DecodeRune(first, hex(text[6:])) == utf8.RuneError:
		return 0, errors.New("half of a surrogate pair")
	}
	return 12, nil
}

// hex returns the character that text begins with as \u and four hexadecimal
// digits, or -1.
func hex(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// number reads a number (RFC 8259 §6).
func (r *reader) number() error {
	at := func(set string) bool { // goes over one character of the set
		found := r.at < len(r.data) && strings.IndexByte(set, r.data[r.at]) >= 0
		if found {
			r.at++
		}
		return found
	}
	digits := func() bool {
		first := r.at
		for r.at < len(r.data) && '0' <= r.data[r.at] && r.data[r.at] <= '9' {
			r.at++
		}
		return r.at > first
	}
	at("-")
	ok := at("0") || digits()
	if ok && at(".") {
		ok = digits()
	}
	if ok && at("eE") {
		at("+-")
		ok = digits()
	}
	if !ok {
		return errSyntax
	}
	return nil
}

// word reads null, true or false.
func (r *reader) word(w string) error {
	end := r.at + len(w)
	if end > len(r.data) || string(r.data[r.at:end]) != w {
		return errSyntax
	}
	r.at = end
	return nil
}

// each reads the elements of an object or array that ends with last.
func (r *reader) each(last byte, element func() error) error {
	if r.depth == MaxDepth {
		return fmt.Errorf("nested deeper than %d levels", MaxDepth)
	}
	r.depth++
	r.at++
	for first := true; ; first = false {
		if !first || r.space() != last {
			if err := element(); err != nil {
				return err
			}
		}
		switch r.space() {
		case last:
			r.at++
			r.depth--
			return nil
		case ',':
			r.at++
		default:
			return errSyntax
		}
	}
}

// name reads the name of a member, and goes on to its value.
func (r *reader) name() (span, error) {
	if r.space() != '"' {
		return span{}, errSyntax
	}
	s, err := r.str()
	if err == nil && r.space() != ':' {
		err = errSyntax
	}
	r.at++
	return s, err
}

// skip reads any value, as strictly as one that is kept.
func (r *reader) skip() error {
	switch r.space() {
	case '"':
		_, err := r.str()
		return err
	case '{':
		m := members{first: len(r.names)}
		defer r.forget(&m)
		return r.each('}', func() error {
			name, err := r.name()
			if err == nil && !r.lax {
				err = r.once(&m, r.cut(name))
			}
			if err != nil {
				return err
			}
			return r.skip()
		})
	case '[':
		return r.each(']', r.skip)
	case 'n':
		return r.word("null")
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	}
	return r.number()
}

// members are the members of an open object whose names the scan minds; those
// of a Go struct are minded by its plan.
type members struct {
	first int                 // in reader.names
	many  map[string]struct{} // instead of reader.names once there are many
}

// fewMembers is how many members of an object are compared one by one.
const fewMembers = 24

// once refuses the name of a member that the object has already, or that differs
// in case only from one it has or from one that the Go type knows.
func (r *reader) once(m *members, name string) error {
	folded := fold(name)
	again := false
	switch mine := r.names[m.first:]; {
	case m.many != nil:
		_, again = m.many[folded]
		m.many[folded] = struct{}{}
	case len(mine) < fewMembers:
		again = slices.Contains(mine, folded)
		r.names = append(r.names, folded)
	default:
		again = slices.Contains(mine, folded)
		m.many = map[string]struct{}{folded: {}}
		for _, other := range mine {
			m.many[other] = struct{}{}
		}
	}
	if again {
		return twice(name)
	}
	if exact, ok := r.known[folded]; ok && exact != name {
		return fmt.Errorf("member %q is spelled %q in another case", exact, name)
	}
	return nil
}

// forget ends the object.
func (r *reader) forget(m *members) { r.names = r.names[:m.first] }

func twice(name string) error {
	return fmt.Errorf("member %q appears twice, perhaps in another case", name)
}

// fold maps a member name as encoding/json does when it looks for a field: by
// Unicode simple folding, under which U+017F is an s and U+212A a k.
func fold(name string) string {
	for i := 0; i < len(name); i++ {
		if name[i] >= utf8.RuneSelf {
			return strings.ToLower(strings.NewReplacer("\u017f", "s", "\u212a", "k").Replace(name))
		}
	}
	return strings.ToLower(name)
}
