package summary_test

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/draw"
	"rsc.io/qr/coding"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/summary"
)

// A code in a place 40 mm wide, its margin included, is read from a scan of 150 dpi: upright and turned, a little out of
// the plane and out of focus, with noise, as a JPEG. The rates are those of one look at
// one picture; a camera has many. zbar takes noise worst, and is given each picture also
// enlarged, as programs that use it do with codes this fine.
func TestCodesAreRead(t *testing.T) {
	longest := ""
	for _, s := range examples(t, names["Latin"]) {
		if text := houses()[keys.ES256].text(t, s); len(text) > len(longest) {
			longest = text
		}
	}
	// The same digits each time: keys, and with them the codes, are drawn anew.
	address, digits := summary.Split(longest)
	random := rand.New(rand.NewPCG(8, 9))
	text := address + "1"
	for range digits[1:] {
		text += string('0' + rune(random.IntN(10)))
	}
	code := drawn(t, text, coding.L)
	var shots []shot
	side := 40 * perMillimetre * float64(code.Size) / float64(code.Size+8) // its margin included
	for _, angle := range []float64{0, 2, 7, 45, 90, 180} {
		for _, noise := range []int{0, 20, 40} {
			shots = append(shots, shot{side: side, angle: angle, noise: noise, blur: 0.3, quality: 70})
		}
		shots = append(shots, shot{side: side, angle: angle, tilt: 0.06, noise: 20, blur: 0.3, quality: 70}, shot{side: side, angle: angle, noise: 20, blur: 0.6, quality: 70})
	}
	pictures := make([]*image.Gray, len(shots))
	for i, s := range shots {
		pictures[i] = s.take(code, uint64(i))
	}
	larger := make([]*image.Gray, len(pictures))
	for i, g := range pictures {
		larger[i] = image.NewGray(image.Rect(0, 0, g.Rect.Dx()*2, g.Rect.Dy()*2))
		draw.BiLinear.Scale(larger[i], larger[i].Rect, g, g.Rect, draw.Src, nil)
	}
	for _, c := range []struct {
		name string
		read reader
		want float64 // of all shots
		also bool    // enlarged
	}{
		{"zxing", byZxing, 0.90, false},
		{"gozxing", byPaper, 0.90, false},
		{"zbar", byZbar, 0.90, true},
	} {
		read := make([]bool, len(shots))
		asItIs := 0
		for i, texts := range c.read(t, pictures) {
			read[i] = slices.Contains(texts, text)
			if read[i] {
				asItIs++
			}
		}
		if c.also {
			for i, texts := range c.read(t, larger) {
				read[i] = read[i] || slices.Contains(texts, text)
			}
		}
		n := 0
		for i, ok := range read {
			if ok {
				n++
			} else {
				t.Logf("%s does not read %+v", c.name, shots[i])
			}
		}
		t.Logf("version %d, %.2f pixels a module: %s reads %d of %d shots, %d of them as they are", versionOf(code), side/float64(code.Size), c.name, n, len(shots), asItIs)
		if float64(n) < c.want*float64(len(shots)) {
			t.Errorf("%s reads %d of %d shots, want %.0f %%", c.name, n, len(shots), 100*c.want)
		}
	}
	// The test would see a code that is too fine.
	blurred := shot{side: side / 2, noise: 40, blur: 0.6, quality: 70}.take(code, 1)
	if texts := byPaper(t, []*image.Gray{blurred})[0]; slices.Contains(texts, text) {
		t.Error("a code of half the size is read through the same noise: the shots are too easy")
	}
}
