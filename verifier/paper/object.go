package paper

import (
	"errors"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// The functions below resolve one object of a PDF. What is missing or of the wrong type comes back empty: a document is
// allowed to lack nearly everything, and its faults are found where the content is wanted.

func (d *document) object(o types.Object) types.Object {
	o, err := d.xref.Dereference(o)
	if err != nil {
		return nil
	}
	return o
}

func (d *document) dict(o types.Object) types.Dict {
	switch o := d.object(o).(type) {
	case types.Dict:
		return o
	case types.StreamDict:
		return o.Dict
	}
	return nil
}

func (d *document) array(o types.Object) types.Array {
	a, _ := d.object(o).(types.Array)
	return a
}

func (d *document) name(o types.Object) string {
	n, _ := d.object(o).(types.Name)
	return n.Value()
}

func (d *document) integer(o types.Object) int {
	i, _ := d.object(o).(types.Integer)
	return i.Value()
}

func (d *document) number(o types.Object) float64 {
	switch n := d.object(o).(type) {
	case types.Integer:
		return float64(n.Value())
	case types.Float:
		return n.Value()
	}
	return 0
}

// numeric gives a number, and whether it is one.
func (d *document) numeric(o types.Object) (float64, bool) {
	switch n := d.object(o).(type) {
	case types.Integer:
		return float64(n.Value()), true
	case types.Float:
		return n.Value(), true
	}
	return 0, false
}

// rectangle gives a rectangle, and whether it is one.
func (d *document) rectangle(o types.Object) (box, bool) {
	var v []float64
	for _, n := range d.array(o) {
		f, ok := d.numeric(n)
		if !ok || len(v) == 4 {
			return box{}, false
		}
		v = append(v, f)
	}
	return boxOf(v)
}

func (d *document) isTrue(o types.Object) bool {
	b, _ := d.object(o).(types.Boolean)
	return b.Value()
}

func (d *document) text(o types.Object) string {
	var s string
	switch o := d.object(o).(type) {
	case types.StringLiteral:
		s, _ = types.StringLiteralToString(o)
	case types.HexLiteral:
		s, _ = types.HexLiteralToString(o)
	}
	return s
}

// bytes gives a string as it is, without taking it for text.
func (d *document) bytes(o types.Object) []byte {
	var b []byte
	switch o := d.object(o).(type) {
	case types.StringLiteral:
		b, _ = types.Unescape(o.Value())
	case types.HexLiteral:
		b, _ = o.Bytes()
	}
	return b
}

func (d *document) stream(o types.Object) *types.StreamDict {
	s, ok := d.object(o).(types.StreamDict)
	if !ok {
		return nil
	}
	return &s
}

// decoded gives the content of a stream if it is not longer than limit; otherwise the error matches ErrTooLarge.
func decoded(s *types.StreamDict, limit int) ([]byte, error) {
	if len(s.FilterPipeline) > maxFilters {
		return nil, fmt.Errorf("%d filters: %w", len(s.FilterPipeline), ErrTooLarge)
	}
	err := unpanicked(func() error { return s.DecodeWithLimit(int64(limit)) })
	if errors.Is(err, filter.ErrDecodeLimitExceeded) || err == nil && len(s.Content) > limit {
		return nil, fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	if err != nil {
		return nil, err
	}
	return s.Content, nil
}

// visits marks the nodes of one tree that were visited. A node that is met again is not entered again, so neither a cycle
// nor a node with many parents makes a walk longer than the document.
type visits map[types.IndirectRef]bool

// enter reports whether the walk may go into o, a reference or a direct object.
func (v visits) enter(o types.Object, depth int) bool {
	if depth > maxDepth || len(v) >= maxNodes {
		return false
	}
	ref, ok := o.(types.IndirectRef)
	if !ok {
		return true
	}
	if v[ref] {
		return false
	}
	v[ref] = true
	return true
}
