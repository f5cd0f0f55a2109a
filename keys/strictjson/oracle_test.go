package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The oracle reads a text in separate goes: a walk that decides whether it is
// strict, and then encoding/json. Decode must decide and read the same.

func oracle(data []byte, v any) error {
	if err := check(data, knownNames(reflect.TypeOf(v))); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func oracleKnown(data []byte, v any) error {
	if err := check(data, knownNames(reflect.TypeOf(v))); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// check walks the text once, without building values.
func check(data []byte, known map[string]string) error {
	if !utf8.Valid(data) {
		return errors.New("not valid UTF-8")
	}
	if err := paired(data); err != nil {
		return err
	}
	if !json.Valid(data) { // one value, and nothing after it
		return json.Unmarshal(data, new(any)) // says why
	}
	w := walker{data: data, known: known}
	return w.walk()
}

// walker goes through a text that is known to be valid JSON: only strings and
// brackets matter.
type walker struct {
	data  []byte
	known map[string]string
	open  []frame
	names []string // of the open objects' members, folded, innermost last
}

// frame is one open object or array.
type frame struct {
	object  bool
	isName  bool                // the next string is a member name
	first   int                 // its first member in walker.names
	members map[string]struct{} // instead of walker.names once there are many
}

func (w *walker) walk() error {
	for i := 0; i < len(w.data); i++ {
		switch w.data[i] {
		case '"':
			end := stringEnd(w.data, i)
			if n := len(w.open); n > 0 && w.open[n-1].isName {
				if err := w.member(&w.open[n-1], w.data[i:end]); err != nil {
					return err
				}
			}
			i = end - 1
		case '{', '[':
			if len(w.open) == MaxDepth {
				return fmt.Errorf("nested deeper than %d levels", MaxDepth)
			}
			object := w.data[i] == '{'
			w.open = append(w.open, frame{object: object, isName: object, first: len(w.names)})
		case '}', ']':
			n := len(w.open) - 1
			w.names = w.names[:w.open[n].first]
			w.open = w.open[:n]
		case ',':
			f := &w.open[len(w.open)-1]
			f.isName = f.object
		}
	}
	return nil
}

// member takes the name of a member, given with its quotes.
func (w *walker) member(f *frame, quoted []byte) error {
	f.isName = false // a value follows
	name := string(quoted[1 : len(quoted)-1])
	if strings.IndexByte(name, '\\') >= 0 {
		if err := json.Unmarshal(quoted, &name); err != nil {
			return err
		}
	}
	folded := fold(name)
	again := false
	switch mine := w.names[f.first:]; {
	case f.members != nil:
		_, again = f.members[folded]
		f.members[folded] = struct{}{}
	case len(mine) < fewMembers:
		again = slices.Contains(mine, folded)
		w.names = append(w.names, folded)
	default:
		again = slices.Contains(mine, folded)
		f.members = map[string]struct{}{folded: {}}
		for _, m := range mine {
			f.members[m] = struct{}{}
		}
	}
	if again {
		return fmt.Errorf("member %q appears twice, perhaps in another case", name)
	}
	if exact, ok := w.known[folded]; ok && exact != name {
		return fmt.Errorf("member %q is spelled %q in another case", exact, name)
	}
	return nil
}

// stringEnd returns the index behind the string that begins at i.
func stringEnd(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// paired refuses an escaped half of a surrogate pair: encoding/json reads
// another character in its place, and other readers do not (RFC 7493 §2.1).
func paired(data []byte) error {
	for i := bytes.IndexByte(data, '\\'); i >= 0 && i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		i++ // what is escaped
		switch first := escaped(data, i); {
		case !utf16.IsSurrogate(first):
		case i+5 < len(data) && data[i+5] == '\\' && utf16.DecodeRune(first, escaped(data, i+6)) != utf8.RuneError:
			i += 10
		default:
			return errors.New("half of a surrogate pair")
		}
	}
	return nil
}

// escaped returns the character written at i as u and four hexadecimal digits,
// or -1.
func escaped(data []byte, i int) rune {
	if i+5 > len(data) || data[i] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(data[i+1:i+5]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
