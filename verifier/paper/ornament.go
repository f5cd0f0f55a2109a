package paper

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"
)

// The ornament, border and seal, is the same on every certificate. ornament.bin
// holds the place of every stroke of it, in the order of painting: four 16-bit
// numbers, big-endian, the edges of its box in hundredths of a millimetre from
// the upper left corner of the page. A test holds it against the press.
//
//go:embed ornament.bin
var ornamentPlaces []byte

const ornamentSlack = 0.25 // millimetres; other programs round

// ornamentCells finds the strokes of the ornament by where they begin.
var ornamentCells = sync.OnceValue(func() map[[2]int][]ornamentStroke {
	cells := map[[2]int][]ornamentStroke{}
	for i := 0; i+8 <= len(ornamentPlaces); i += 8 {
		edge := func(k int) float64 { return float64(binary.BigEndian.Uint16(ornamentPlaces[i+2*k:])) / 100 }
		b := box{edge(0), edge(1), edge(2), edge(3)}
		cells[cellOf(b)] = append(cells[cellOf(b)], ornamentStroke{b, i / 8})
	}
	return cells
})

type ornamentStroke struct {
	box   box
	index int
}

func cellOf(b box) [2]int { return [2]int{int(math.Floor(b.x0)), int(math.Floor(b.y0))} }

// ornament is what of the ornament a page has not shown yet.
type ornament struct{ taken []bool }

func ornamentLeft() ornament { return ornament{make([]bool, len(ornamentPlaces)/8)} }

// take accounts for one stroke, and reports whether the ornament has it there.
func (o ornament) take(b box) bool {
	found, least := -1, ornamentSlack
	at := cellOf(b)
	for x := at[0] - 1; x <= at[0]+1; x++ {
		for y := at[1] - 1; y <= at[1]+1; y++ {
			for _, s := range ornamentCells()[[2]int{x, y}] {
				far := max(math.Abs(s.box.x0-b.x0), math.Abs(s.box.y0-b.y0), math.Abs(s.box.x1-b.x1), math.Abs(s.box.y1-b.y1))
				if far < least && !o.taken[s.index] {
					found, least = s.index, far
				}
			}
		}
	}
	if found >= 0 {
		o.taken[found] = true
	}
	return found >= 0
}
