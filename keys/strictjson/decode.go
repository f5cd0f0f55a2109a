package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// value reads the next value into v as the plan of its type says, with the
// meanings of encoding/json.
func (r *reader) value(p *plan, v reflect.Value) error {
	c := r.space()
	start := r.at
	switch {
	case p.kind == jsonMethod:
		if err := r.skip(); err != nil {
			return err
		}
		return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(r.data[start:r.at:r.at])
	case p.kind == standard:
		if err := r.skip(); err != nil {
			return err
		}
		dec := json.NewDecoder(bytes.NewReader(r.data[start:r.at]))
		if r.closed {
			dec.DisallowUnknownFields()
		}
		return dec.Decode(v.Addr().Interface())
	case c == 'n':
		if p.kind == pointer || p.kind == list { // others stay as they are
			v.SetZero()
		}
		return r.word("null")
	case p.kind == pointer:
		if v.IsNil() {
			v.Set(reflect.New(p.elem.typ))
		}
		return r.value(p.elem, v.Elem())
	case c == '{' && p.kind == record:
		return r.record(p, v)
	case c == '[' && p.kind == list:
		return r.list(p, v)
	case c == '"' && p.kind == text:
		s, err := r.str()
		if err == nil {
			v.SetString(r.cut(s))
		}
		return err
	case (c == 't' || c == 'f') && p.kind == boolean:
		v.SetBool(c == 't')
		return r.skip()
	}
	if err := r.skip(); err != nil {
		return err
	}
	what := "number"
	switch c {
	case '{':
		what = "object"
	case '[':
		what = "array"
	case '"':
		what = "string"
	case 't', 'f':
		what = "bool"
	default:
		if p.kind != integer {
			break
		}
		what += " " + string(r.data[start:r.at])
		if n, err := strconv.ParseInt(string(r.data[start:r.at]), 10, 64); err == nil && !v.OverflowInt(n) {
			v.SetInt(n)
			return nil
		}
	}
	return &json.UnmarshalTypeError{Value: what, Type: p.typ, Offset: int64(r.at)}
}

func (r *reader) record(p *plan, v reflect.Value) error {
	var seen uint64 // bits of p.fields
	next := 0
	m := members{first: len(r.names)}
	defer r.forget(&m)
	return r.each('}', func() error {
		s, err := r.name()
		if err != nil {
			return err
		}
		name := r.cut(s)
		i := p.find(name, next)
		if i < 0 {
			if err := r.once(&m, name); err != nil {
				return err
			}
			if r.closed {
				return fmt.Errorf("json: unknown field %q", name)
			}
			return r.skip()
		}
		if seen&(1<<i) != 0 {
			return twice(name)
		}
		seen |= 1 << i
		next = i + 1
		f := &p.fields[i]
		into := v
		for _, n := range f.index {
			into = into.Field(n)
		}
		err = r.value(f.plan, into)
		if wrong, ok := err.(*json.UnmarshalTypeError); ok { // say where
			wrong.Struct, wrong.Field = inField(wrong, p.typ.Name(), name)
		}
		return err
	})
}

// inField returns where a value stands that does not fit: the innermost struct,
// and the path to the value from the outermost.
func inField(wrong *json.UnmarshalTypeError, outer, name string) (inner, path string) {
	inner, path = wrong.Struct, name
	if inner == "" {
		inner = outer
	}
	if wrong.Field != "" {
		path += "." + wrong.Field
	}
	return inner, path
}

func (r *reader) list(p *plan, v reflect.Value) error {
	n := 0
	err := r.each(']', func() error {
		if n == v.Cap() {
			v.Grow(1)
		}
		if n >= v.Len() {
			v.SetLen(n + 1)
		}
		n++
		return r.value(p.elem, v.Index(n-1))
	})
	if err != nil {
		return err
	}
	if n == 0 { // empty, not nil
		v.Set(reflect.MakeSlice(p.typ, 0, 0))
		return nil
	}
	v.SetLen(n)
	return nil
}
