package issuer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/testamur/testamur/verifier/statuslist"
)

// The index must tell nobody who was certified before whom. The source is
// seeded, so that the figures are the same on every run.
func TestIndexTellsNothingOfOrder(t *testing.T) {
	const draws = 10_000
	i := Issuer{Random: rand.NewChaCha8([32]byte{1})}
	var indexes, counted [draws]float64
	var shares [16]int
	for n := range draws {
		index, err := i.place(StatusList{ID: "1", Entries: statuslist.MinEntries})
		if err != nil {
			t.Fatal(err)
		}
		if index < 0 || index >= statuslist.MinEntries {
			t.Fatalf("index %d is outside the list", index)
		}
		indexes[n], counted[n] = float64(index), float64(3*n)
		shares[index*16/statuslist.MinEntries]++
	}
	if r := correlation(indexes[:]); math.Abs(r) >= 0.05 {
		t.Errorf("correlation of index and order is %.3f", r)
	}
	if r := correlation(counted[:]); math.Abs(r) < 0.05 { // the measure itself
		t.Errorf("an index that counts on has a correlation of %.3f only", r)
	}
	for _, share := range shares {
		if share < draws/16*8/10 || share > draws/16*12/10 {
			t.Fatalf("uneven: %v", shares)
		}
	}
}

// correlation returns Pearson's r of the values and their order.
func correlation(values []float64) float64 {
	n := float64(len(values))
	mean := 0.0
	for _, v := range values {
		mean += v / n
	}
	var xy, xx, yy float64
	for i, v := range values {
		x, y := float64(i)-(n-1)/2, v-mean
		xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
	}
	return xy / math.Sqrt(xx*yy)
}
