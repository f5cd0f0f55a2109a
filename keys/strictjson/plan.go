package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// kind is how a value of a Go type is filled.
type kind uint8

const (
	standard   kind = iota // checked here, read by encoding/json: maps, floats and what is rare
	jsonMethod             // checked here, read by its UnmarshalJSON
	boolean
	integer
	text
	pointer
	list
	record
)

// plan says how a value of a Go type is filled.
type plan struct {
	kind   kind
	typ    reflect.Type
	elem   *plan // of a pointer or list
	fields []field
}

// field is one member of a record.
type field struct {
	name  string
	index []int // of the field, and before it of what embeds it
	plan  *plan
}

// maxFields is how many fields of a record can be minded here.
const maxFields = 64

// find returns the field of the name, or -1. It looks at next first: members
// mostly come in the order of the fields.
func (p *plan) find(name string, next int) int {
	for range p.fields {
		if next >= len(p.fields) {
			next = 0
		}
		if p.fields[next].name == name {
			return next
		}
		next++
	}
	return -1
}

// rootPlan is the plan of what a pointer points to, and all member names in it.
type rootPlan struct {
	plan  *plan
	known map[string]string
}

var plans sync.Map // reflect.Type → *rootPlan

func planFor(pointer reflect.Type) *rootPlan {
	if p, ok := plans.Load(pointer); ok {
		return p.(*rootPlan)
	}
	known := knownNames(pointer)
	b := planner{known: known, made: map[reflect.Type]*plan{}}
	p := &rootPlan{plan: &plan{typ: pointer.Elem()}, known: known}
	if !nameless(pointer.Elem()) {
		p.plan = b.of(pointer.Elem())
	}
	plans.Store(pointer, p)
	return p
}

// planner makes the plans of one root.
type planner struct {
	known map[string]string
	made  map[reflect.Type]*plan
}

var (
	readsJSON = reflect.TypeFor[json.Unmarshaler]()
	readsText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (b *planner) of(t reflect.Type) *plan {
	if p := b.made[t]; p != nil { // also of a type that reaches itself
		return p
	}
	p := &plan{typ: t}
	b.made[t] = p
	address := reflect.PointerTo(t)
	switch k := t.Kind(); {
	case k == reflect.Pointer && nameless(t.Elem()):
	case k == reflect.Pointer:
		p.kind, p.elem = pointer, b.of(t.Elem())
	case t.Name() != "" && address.Implements(readsJSON):
		p.kind = jsonMethod
	case t.Name() != "" && address.Implements(readsText):
	case k == reflect.Bool:
		p.kind = boolean
	case k >= reflect.Int && k <= reflect.Int64:
		p.kind = integer
	case k == reflect.String && t != reflect.TypeFor[json.Number]():
		p.kind = text
	case k == reflect.Slice && t.Elem().Kind() != reflect.Uint8: // bytes are written in base64
		p.kind, p.elem = list, b.of(t.Elem())
	case k == reflect.Struct:
		if fields, ok := b.fields(t, nil); ok && len(fields) <= maxFields {
			p.kind, p.fields = record, fields
		}
	}
	return p
}

// nameless reports whether t has no name but methods, of what it embeds:
// encoding/json calls them where there is a pointer to it, and only there.
func nameless(t reflect.Type) bool {
	return t.Name() == "" && t.Kind() == reflect.Struct && reflect.PointerTo(t).NumMethod() > 0
}

// fields returns the members of a struct, in the order of its fields, or false
// where only encoding/json knows which they are.
func (b *planner) fields(t reflect.Type, path []int) (list []field, ok bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, flat, read := member(f)
		index := append(slices.Clone(path), i)
		switch {
		case flat:
			inner, ok := b.fields(f.Type, index)
			if !ok {
				return nil, false
			}
			list = append(list, inner...)
		case !read:
		case f.Anonymous || strings.HasSuffix(f.Tag.Get("json"), ",string") || strings.ContainsFunc(name, odd):
			return nil, false
		case b.known[fold(name)] != name: // it is only found by another spelling
			return nil, false
		default:
			list = append(list, field{name, index, b.of(f.Type)})
		}
	}
	for i, f := range list {
		if slices.ContainsFunc(list[:i], func(g field) bool { return g.name == f.name }) {
			return nil, false
		}
	}
	return list, true
}

// odd reports characters that encoding/json may not take in a name.
func odd(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-@$#:.", r)
}

// member returns the name of a field if it is read at all. The fields of an
// embedded struct that has none are flat: they are read as the outer one's.
func member(f reflect.StructField) (name string, flat, read bool) {
	tag := f.Tag.Get("json")
	name, _, _ = strings.Cut(tag, ",")
	switch {
	case tag == "-":
		return "", false, false
	case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
		return "", true, false
	case !f.IsExported() && !f.Anonymous:
		return "", false, false
	case name == "":
		name = f.Name
	}
	return name, false, true
}

// knownNames returns the member names of t and of every struct it reaches,
// folded, with their exact spelling. Of a name that t spells in two cases the
// first counts: they cannot be told apart here.
func knownNames(t reflect.Type) map[string]string {
	m := map[string]string{}
	collect(t, m, map[reflect.Type]bool{})
	return m
}

func collect(t reflect.Type, into map[string]string, seen map[reflect.Type]bool) {
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map) {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, read := member(f); read {
			if _, ok := into[fold(name)]; !ok {
				into[fold(name)] = name
			}
		}
		collect(f.Type, into, seen)
	}
}
