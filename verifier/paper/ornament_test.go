package paper

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write ornament.bin anew")

// ornamentOf lists the strokes of the ornament of a page.
func ornamentOf(t testing.TB) []byte {
	d, content := original(t)
	in, _ := carriedOut(d, content)
	c := &comparison{sheet: in.sheet, credential: someone}
	lines, loose := in.lines()
	c.words(lines, loose)
	if !c.planned {
		t.Fatal("the page has no plan")
	}
	var list []byte
	for _, p := range in.paints {
		for _, s := range p.strokes {
			if c.plan.decorates(s) {
				b := c.plan.box(s.box)
				for _, edge := range []float64{b.x0, b.y0, b.x1, b.y1} {
					list = binary.BigEndian.AppendUint16(list, uint16(math.Round(100*edge)))
				}
			}
		}
	}
	return list
}

// The strokes known here are those that the press draws.
func TestOrnamentIsThatOfThePress(t *testing.T) {
	list := ornamentOf(t)
	if *update {
		if err := os.WriteFile("ornament.bin", list, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(list, ornamentPlaces) {
		t.Errorf("%d strokes drawn, %d known, or some elsewhere; -update writes them anew", len(list)/8, len(ornamentPlaces)/8)
	}
}

// No stroke may be drawn twice or elsewhere.
func TestOrnamentIsAccountedForOnce(t *testing.T) {
	o := ornamentLeft()
	for i := 0; i+8 <= len(ornamentPlaces); i += 8 {
		edge := func(k int) float64 { return float64(binary.BigEndian.Uint16(ornamentPlaces[i+2*k:])) / 100 }
		b := box{edge(0), edge(1), edge(2), edge(3)}
		if !o.take(b) {
			t.Fatalf("stroke %d is not known", i/8)
		}
	}
	if o.take(box{8, 100, 9, 101}) || o.take(box{150, 100, 151, 101}) {
		t.Error("a stroke too many was accounted for")
	}
}
