// Package strictjson decodes JSON as signed data must be decoded.
//
// encoding/json is lax where a signature needs certainty: it takes the last of
// two members of one name, matches member names without regard to case, and
// ignores what follows the value. Two readers of one signed text could then
// read two different things. [Decode] refuses all three, halves of characters,
// and nesting deeper than any credential needs.
//
// Members that the Go type does not know are allowed, as W3C VC-JOSE-COSE asks,
// unless they differ from a known member in case only.
//
// The text is gone through once: a scan checks it (scan.go) while a plan of the
// Go type, made once for each type (plan.go), says where the values go
// (decode.go). What is accepted is read as encoding/json would read it.
package strictjson

import (
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"unicode/utf8"
)

// MaxDepth is the deepest nesting of objects and arrays that is accepted.
const MaxDepth = 32

// shareMax is the longest text, in bytes, whose strings are kept as parts of one
// copy of it. Those of a longer one are copied singly: a short string must not
// keep megabytes in memory.
const shareMax = 64 << 10

// errSyntax stands for what encoding/json says about a text that is not JSON.
var errSyntax = errors.New("not well-formed JSON")

// Decode reads exactly one JSON value from data into v, a non-nil pointer. It
// keeps nothing of data; the strings of a short text share one copy of it. What
// does not fit the Go type is a [*json.UnmarshalTypeError]. After an error v may
// be filled in part.
func Decode(data []byte, v any) error { return decode(data, v, false) }

// DecodeKnown is Decode for files that people write: members that the Go type
// does not know are errors too.
func DecodeKnown(data []byte, v any) error { return decode(data, v, true) }

func decode(data []byte, v any, closed bool) error {
	into := reflect.ValueOf(v)
	if into.Kind() != reflect.Pointer || into.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(v)}
	}
	if !utf8.Valid(data) {
		return errors.New("not valid UTF-8")
	}
	root := planFor(into.Type())
	r := reader{data: data, known: root.known, closed: closed}
	if len(data) <= shareMax {
		r.text = string(data)
	}
	err := r.value(root.plan, into.Elem())
	if err == nil && (r.space() != 0 || r.at < len(data)) { // one value, and nothing after it
		err = errSyntax
	}
	if err == errSyntax { // of the whole text, so that it is said where
		if why := json.Unmarshal(data, new(json.RawMessage)); why != nil {
			return why
		}
	}
	return err
}

// Members goes through the members of the object in data: their names and the
// texts of their values, which are parts of data. It is for looking into a text
// that will be read strictly later: it ends without a word where the text is
// broken or is no object, and reads no further than it is asked to.
func Members(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		r := reader{data: data, lax: true}
		if r.space() != '{' {
			return
		}
		_ = r.each('}', func() error {
			name, err := r.name()
			if err != nil {
				return err
			}
			r.space()
			start := r.at
			if err := r.skip(); err != nil {
				return err
			}
			if !yield(r.cut(name), data[start:r.at:r.at]) {
				return errSyntax // whatever: it ends here
			}
			return nil
		})
	}
}
