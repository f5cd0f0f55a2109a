package certificate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Fault is one thing that is wrong with a file.
type Fault struct {
	File  string // in the folder, e.g. "iso20000/design.json"
	Place string // in the file, e.g. "blocks[2].parts[0].style"; "" for the whole
	Text  string // what is wrong, and what would be right
}

func (f Fault) Error() string {
	if f.Place == "" {
		return f.File + ": " + f.Text
	}
	return f.File + ": " + f.Place + ": " + f.Text
}

// Faults are everything that is wrong, in the order of reading.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Limits of reading a file of a design. Ours have a tenth of it.
const (
	maxFile   = 256 << 10 // bytes
	maxDepth  = 16
	maxItems  = 512 // of one list or one set of members
	maxFaults = 100 // more help nobody
)

// reader fills Go values from JSON, by the names in their json tags, and keeps
// every fault with its place. A member without omitempty must be there; one that
// is not known must not.
type reader struct {
	file   string
	faults Faults
	data   []byte
	unread int // of them, those of reading; what cannot be read is not looked at again
}

func (r *reader) fault(place, format string, args ...any) {
	if place != "" && slices.ContainsFunc(r.faults[:r.unread], func(f Fault) bool { return covers(f.Place, place) }) {
		return // what is wrong there is said
	}
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{r.file, place, fmt.Sprintf(format, args...)})
	}
}

// unset keeps why a form cannot be made, each reason once, for all sizes of paper
// and languages.
func (r *reader) unset(size Size, tags []string, err error) {
	place, text := "", fmt.Sprintf("on %s, in %s: %v", size, strings.Join(tags, " and "), err)
	var wording *wordingError
	if errors.As(err, &wording) {
		place, text = wording.place, wording.text()
	}
	if place == "" || !slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Place == place }) {
		r.fault(place, "%s", text)
	}
}

// clean reports whether a member could be read.
func (r *reader) clean(place string) bool {
	return !slices.ContainsFunc(r.faults[:r.unread], func(f Fault) bool { return f.Place == place })
}

// at reports whether anything is wrong in a place.
func (r *reader) at(place string) bool {
	return slices.ContainsFunc(r.faults, func(f Fault) bool { return covers(place, f.Place) })
}

// covers reports whether a place is another, or holds it.
func covers(whole, part string) bool {
	rest, ok := strings.CutPrefix(part, whole)
	return ok && whole != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// read fills target, a pointer to a struct, as far as that can be done, and
// reports whether it could be read as JSON at all.
func (r *reader) read(data []byte, target any) bool {
	switch {
	case len(data) > maxFile:
		r.fault("", "it has %d bytes, and at most %d are read", len(data), maxFile)
		return false
	case !utf8.Valid(data):
		r.fault("", "it is not UTF-8")
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // Windows editors begin a file with it
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	r.data = data
	root, ok := r.parse(dec, "", 0)
	if !ok {
		return false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		r.fault("", "something follows after the end, at %s", position(data, dec.InputOffset()))
	}
	if _, ok := root.(members); !ok {
		r.fault("", "it must have members, as in {\"name\": …}")
		return false // all of them would be missing
	}
	r.value("", root, reflect.ValueOf(target).Elem())
	r.unread = len(r.faults)
	return true
}

// members are those of an object, in order; items stand in []any.
type members []member

type member struct {
	name  string
	value any
}

func (r *reader) parse(dec *json.Decoder, place string, depth int) (any, bool) {
	t, err := dec.Token()
	if err != nil {
		return nil, r.noJSON(dec, err)
	}
	if depth > maxDepth {
		r.fault(place, "it is nested too deeply")
		return nil, false
	}
	switch t {
	case json.Delim('{'):
		var all members
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, r.noJSON(dec, err)
			}
			name := key.(string)
			if slices.ContainsFunc(all, func(m member) bool { return m.name == name }) {
				r.fault(join(place, name), "it stands twice")
			}
			v, ok := r.parse(dec, join(place, name), depth+1)
			if !ok {
				return nil, false
			}
			if all = append(all, member{name, v}); len(all) > maxItems {
				r.fault(place, "it has more than %d members", maxItems)
				return nil, false
			}
		}
		_, err = dec.Token()
		t = nil
		if err == nil {
			return all, true
		}
	case json.Delim('['):
		all := []any{}
		for dec.More() {
			v, ok := r.parse(dec, fmt.Sprintf("%s[%d]", place, len(all)), depth+1)
			if !ok {
				return nil, false
			}
			if all = append(all, v); len(all) > maxItems {
				r.fault(place, "it has more than %d entries", maxItems)
				return nil, false
			}
		}
		_, err = dec.Token()
		if err == nil {
			return all, true
		}
	default:
		return t, true
	}
	return nil, r.noJSON(dec, err)
}

// noJSON says where a file stops being JSON. It returns false.
func (r *reader) noJSON(dec *json.Decoder, err error) bool {
	at := dec.InputOffset()
	// The decoder counts from wherever its last token began.
	var (
		syntax *json.SyntaxError
		whole  json.RawMessage
	)
	if errors.As(json.Unmarshal(r.data, &whole), &syntax) {
		err, at = syntax, syntax.Offset-1 // of the byte that is wrong
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || syntax != nil && syntax.Offset >= int64(len(r.data)) && strings.HasPrefix(syntax.Error(), "unexpected end") {
		err, at = errors.New("it ends too early"), int64(len(r.data))
	}
	r.fault("", "it is not JSON: %v, at %s", err, position(r.data, at))
	return false
}

// position counts lines and characters as editors do, from 1.
func position(data []byte, at int64) string {
	before := data[:max(0, min(at, int64(len(data))))]
	line := bytes.Count(before, []byte("\n"))
	return fmt.Sprintf("line %d, column %d", line+1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])+1)
}

func join(place, name string) string {
	if place == "" {
		return name
	}
	return place + "." + name
}

func (r *reader) value(place string, v any, to reflect.Value) {
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		r.value(place, v, to.Elem())
	case reflect.Struct:
		r.members(place, v, to)
	case reflect.Map:
		all, ok := v.(members)
		if !ok {
			r.fault(place, "it must have members, as in {\"name\": …}")
			return
		}
		to.Set(reflect.MakeMap(to.Type()))
		for _, m := range all {
			one := reflect.New(to.Type().Elem()).Elem()
			r.value(join(place, m.name), m.value, one)
			to.SetMapIndex(reflect.ValueOf(m.name).Convert(to.Type().Key()), one)
		}
	case reflect.Slice, reflect.Array:
		all, ok := v.([]any)
		if !ok {
			r.fault(place, "it must be a list, as in [ … ]")
			return
		}
		if to.Kind() == reflect.Array && len(all) != to.Len() {
			r.fault(place, "it must have %d entries, and has %d", to.Len(), len(all))
			return
		}
		if to.Kind() == reflect.Slice {
			to.Set(reflect.MakeSlice(to.Type(), len(all), len(all)))
		}
		for i, one := range all {
			r.value(fmt.Sprintf("%s[%d]", place, i), one, to.Index(i))
		}
	case reflect.String:
		s, ok := v.(string)
		if !ok {
			r.fault(place, "it must be a text in quotes")
			return
		}
		to.SetString(s)
	case reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			r.fault(place, "it must be true or false")
			return
		}
		to.SetBool(b)
	case reflect.Int:
		f, ok := number(v)
		if !ok || f != math.Trunc(f) {
			r.fault(place, "it must be a whole number")
			return
		}
		to.SetInt(int64(f))
	case reflect.Float64:
		f, ok := number(v)
		if !ok {
			r.fault(place, "it must be a number, of at most 10000 either way")
			return
		}
		to.SetFloat(f)
	default:
		panic("certificate: no JSON for " + to.Type().String())
	}
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil && math.Abs(f) <= 10000
}

func (r *reader) members(place string, v any, to reflect.Value) {
	all, ok := v.(members)
	if !ok {
		r.fault(place, "it must have members, as in {\"name\": …}")
		return
	}
	type field struct {
		index    int
		required bool
	}
	known := map[string]field{}
	var names []string
	for i := range to.NumField() {
		tag, ok := to.Type().Field(i).Tag.Lookup("json")
		if !ok {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		known[name] = field{i, option == ""}
		names = append(names, name)
	}
	seen := map[string]bool{}
	for _, m := range all {
		f, ok := known[m.name]
		if !ok {
			r.fault(join(place, m.name), "there is no such member%s; there are: %s", meant(m.name, names), strings.Join(names, ", "))
			continue
		}
		if seen[m.name] {
			continue // said already
		}
		seen[m.name] = true
		r.value(join(place, m.name), m.value, to.Field(f.index))
	}
	for _, name := range names {
		if known[name].required && !seen[name] {
			r.fault(join(place, name), "it is missing")
		}
	}
}

// meant guesses which of the names was meant.
func meant(name string, names []string) string {
	best, least := "", 3
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < least && d < len(n) {
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (%q was meant?)", best)
}

// distance is the number of letters to change, add or leave out.
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := row[j+1]
			d := last
			if a[i] != b[j] {
				d++
			}
			row[j+1] = min(d, next+1, row[j]+1)
			last = next
		}
	}
	return row[len(b)]
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
