package scheme

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader fills Go values from YAML, by the names in their json tags. It exists
// because the decoder of the YAML package stops at the first fault, and
// somebody who writes a scheme should be told all of them, with their places.
// It takes YAML at its plainest: no anchors, no tags, no merging, one document,
// each member once, and text that looks like a number in quotes.
type reader struct {
	faults Faults
	faulty map[string]bool            // paths that have a fault
	places map[string]*token.Position // by path, of everything read
}

// maxDepth bounds how deep a file may nest; the deepest rule needs about ten.
const maxDepth = 24

// read fills target from data.
func (r *reader) read(data []byte, target any) {
	r.places, r.faulty = map[string]*token.Position{}, map[string]bool{}
	// Repeated members are let through here, to be reported with all the rest.
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var located yaml.Error
		if errors.As(err, &located) && located.GetToken() != nil {
			r.fault("", located.GetToken().Position, "%s", located.GetMessage())
		} else {
			r.fault("", nil, "%s", err)
		}
		return
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		r.fault("", nil, "must hold exactly one YAML document")
		return
	}
	r.value("", file.Docs[0].Body, reflect.ValueOf(target).Elem(), 0)
}

func (r *reader) fault(path string, at *token.Position, format string, args ...any) {
	f := Fault{Path: path, Text: fmt.Sprintf(format, args...)}
	if at != nil {
		f.Line, f.Column = at.Line, at.Column
	}
	r.faults, r.faulty[path] = append(r.faults, f), true
}

// at reports a fault of what was read at path, or of the nearest thing around
// it where it is missing altogether. What could not even be read is reported
// once, by that alone.
func (r *reader) at(path, format string, args ...any) {
	if path != "" && r.faulty[path] {
		return
	}
	for p := path; ; p = p[:max(0, strings.LastIndexAny(p, ".["))] {
		if at, ok := r.places[p]; ok || p == "" {
			r.fault(path, at, format, args...)
			return
		}
	}
}

func (r *reader) value(path string, n ast.Node, v reflect.Value, depth int) {
	at := position(n)
	r.places[path] = at
	if depth > maxDepth {
		r.fault(path, at, "nested too deeply")
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text, ok := plainText(n); !ok {
			r.fault(path, at, "must be text")
		} else if err := u.UnmarshalText([]byte(text)); err != nil {
			r.fault(path, at, "%s", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(path, n, v.Elem(), depth)
	case reflect.Struct:
		r.members(path, n, v, depth)
	case reflect.Slice:
		r.items(path, n, v, depth)
	case reflect.String:
		text, ok := plainText(n)
		if !ok {
			r.fault(path, at, "must be text; put it in quotes")
		}
		v.SetString(text)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			r.fault(path, at, "must be true or false")
			return
		}
		v.SetBool(b.Value)
	case reflect.Int:
		f, ok := plainNumber(n)
		if !ok || f != math.Trunc(f) || math.Abs(f) > 1e6 {
			r.fault(path, at, "must be a whole number")
			return
		}
		v.SetInt(int64(f))
	case reflect.Float64:
		f, ok := plainNumber(n)
		if !ok {
			r.fault(path, at, "must be a number")
			return
		}
		v.SetFloat(f)
	default:
		panic("scheme: no YAML for " + v.Type().String())
	}
}

func (r *reader) members(path string, n ast.Node, v reflect.Value, depth int) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		r.fault(path, position(n), "must have members, as in \"id: …\"")
		return
	}
	known := map[string]int{}
	var names []string
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			known[name] = i
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		key := pair.Key
		name, ok := plainText(key)
		if !ok {
			r.fault(path, position(key), "has a member whose name is not plain text")
			continue
		}
		inner := strings.TrimPrefix(path+"."+name, ".")
		if seen[name] {
			r.fault(inner, position(key), "is given twice")
			continue
		}
		seen[name] = true
		i, ok := known[name]
		if !ok {
			r.fault(inner, position(key), "unknown member%s", orNearest(name, names))
			continue
		}
		if pair.Value == nil || pair.Value.Type() == ast.NullType {
			r.fault(inner, position(key), "is empty; leave it out or give a value")
			continue
		}
		r.value(inner, pair.Value, v.Field(i), depth+1)
	}
}

func (r *reader) items(path string, n ast.Node, v reflect.Value, depth int) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fault(path, position(n), "must be a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		r.value(fmt.Sprintf("%s[%d]", path, i), item, v.Index(i), depth+1)
	}
}

// position may be nil: the YAML package keeps none for some empty nodes.
func position(n ast.Node) *token.Position {
	if pair, ok := n.(*ast.MappingValueNode); ok && pair.Key != nil {
		n = pair.Key // its own token is the colon
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return position(m.Values[0])
	}
	if n == nil || n.GetToken() == nil {
		return nil
	}
	return n.GetToken().Position
}

func plainText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", false
		}
		return strings.TrimSpace(n.Value.Value), true
	}
	return "", false
}

func plainNumber(n ast.Node) (float64, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		switch i := n.Value.(type) {
		case int64:
			return float64(i), true
		case uint64:
			return float64(i), true
		}
	case *ast.FloatNode:
		return n.Value, true
	}
	return 0, false
}
