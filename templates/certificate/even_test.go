package certificate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// evenSlowly tries every place for every line end.
func (m *measure) evenSlowly(n, room int, torn bool) []int {
	const never = math.MaxFloat64
	best, from := make([][]float64, n+1), make([][]int, n+1)
	for k := range best {
		best[k], from[k] = slices.Repeat([]float64{never}, len(m.cuts)), make([]int, len(m.cuts))
	}
	best[0][0] = 0
	for k := 1; k <= n; k++ {
		for j := 1; j < len(m.cuts); j++ {
			for i := j - 1; i >= 0; i-- {
				w := m.upto[m.cuts[j].end] - m.upto[m.cuts[i].next]
				if m.cuts[j].end <= m.cuts[i].next || !torn && m.cuts[i].cost >= tear || w > room || best[k-1][i] == never {
					continue
				}
				slack := float64(room-w) / float64(room)
				if c := best[k-1][i] + slack*slack + m.cuts[j].cost; c < best[k][j] {
					best[k][j], from[k][j] = c, i
				}
			}
		}
	}
	end := len(m.cuts) - 1
	if best[n][end] == never {
		return nil
	}
	ends := make([]int, n)
	for k := n; k > 0; k-- {
		ends[k-1] = end
		end = from[k][end]
	}
	return ends
}

// Which line ends are tried is no matter of what is chosen: papers are set the same
// for twenty years.
func TestLinesAreAsEvenAsIfAllEndsWereTried(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	set, unset := 0, 0
	for range 3000 {
		length := 1 + random.IntN(70)
		m := &measure{runes: make([]rune, length), upto: make([]int, length+1), cuts: []cut{{0, 0, 0}}}
		for i := range length {
			m.runes[i] = 'x'
			m.upto[i+1] = m.upto[i] + random.IntN(4)*250
			if i > 0 && random.IntN(3) > 0 {
				m.cuts = append(m.cuts, cut{i, i + random.IntN(2), []float64{0, 0.5, 1, tear}[random.IntN(4)]})
			}
		}
		m.cuts = append(m.cuts, cut{length, length, 0})
		for n := 1; n <= 4; n++ {
			room, torn := 1+random.IntN(m.upto[length]+1), random.IntN(2) > 0
			got, want := m.even(n, room, torn), m.evenSlowly(n, room, torn)
			if !slices.Equal(got, want) {
				t.Fatalf("%d lines of %d: %v, want %v", n, room, got, want)
			}
			if want == nil {
				unset++
			} else {
				set++
			}
		}
	}
	if set < 1000 || unset < 1000 {
		t.Errorf("%d texts fit and %d do not: too few to tell", set, unset)
	}
}
