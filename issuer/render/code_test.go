package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	goqr "github.com/skip2/go-qrcode"

	"rsc.io/qr/coding"
)

// slowPenalty is the penalty of ISO/IEC 18004 7.8.3.1 module by module, as the
// standard tells it, to hold the quick one against.
func slowPenalty(dark func(x, y int) bool, n int) int {
	total, black := 0, 0
	for _, across := range []bool{true, false} {
		at := func(i, k int) bool {
			if across {
				return dark(k, i)
			}
			return dark(i, k)
		}
		for i := range n {
			for k := 0; k < n; {
				run := 1
				for k+run < n && at(i, k+run) == at(i, k) {
					run++
				}
				if run >= 5 {
					total += 3 + run - 5
				}
				k += run
			}
			for k := 0; k+7 <= n; k++ {
				like := true
				for j, want := range []bool{true, false, true, true, true, false, true} {
					like = like && at(i, k+j) == want
				}
				before, after := true, true
				for j := 1; j <= 4; j++ {
					before = before && (k-j < 0 || !at(i, k-j))
					after = after && (k+6+j >= n || !at(i, k+6+j))
				}
				if like && (before || after) {
					total += 40
				}
			}
		}
	}
	for y := range n {
		for x := range n {
			if dark(x, y) {
				black++
			}
			if x+1 < n && y+1 < n && dark(x, y) == dark(x+1, y) && dark(x, y) == dark(x, y+1) && dark(x, y) == dark(x+1, y+1) {
				total += 3
			}
		}
	}
	k := 0
	for (50+5*(k+1))*n*n <= 100*black || (50-5*(k+1))*n*n >= 100*black {
		k++
	}
	return total + 10*k
}

// texts are what codes are made of, short and long, of every kind of character.
func codeTexts(count int) []string {
	r := rand.New(rand.NewPCG(18004, 1))
	pick := func(from string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(from[r.IntN(len(from))])
		}
		return b.String()
	}
	const digits, capitals, any = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$%*+-./:", "abcdefghijklmnopqrstuvwxyzABC0123456789-._~:/?#[]@!&'()*+,;="
	list := []string{"7", "A", "a", "HTTPS://VERIFY.EXAMPLE.ORG/C/7Q2F-9KXM-31PD-A8ZC", "https://verify.example.org/v#" + pick(digits, 2000)}
	for len(list) < count {
		switch r.IntN(4) {
		case 0:
			list = append(list, pick(digits, 1+r.IntN(600)))
		case 1:
			list = append(list, pick(capitals, 1+r.IntN(400)))
		case 2:
			list = append(list, pick(any, 1+r.IntN(300)))
		default:
			list = append(list, "https://"+pick(any[:26], 3+r.IntN(12))+".example.org/v#"+pick(digits, 1+r.IntN(1200)))
		}
	}
	return list
}

func TestPenaltyIsThatOfTheStandard(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 300 {
		n := 21 + 4*r.IntN(40)
		rows := make([]line, n)
		share := []float64{0.5, 0.5, 0.2, 0.8, 0, 1}[trial%6]
		for y := range rows {
			for x := range n {
				if r.Float64() < share || x%7 == 3 && trial%5 == 0 {
					rows[y][(x+quiet)>>6] |= 1 << ((x + quiet) & 63)
				}
			}
			if trial%3 == 0 && y > 0 && r.IntN(2) == 0 {
				rows[y] = rows[y-1]
			}
		}
		if trial%2 == 0 { // something like finder patterns, at the edges too
			for range n {
				x, y := r.IntN(n-6), r.IntN(n)
				for j, dark := range []bool{true, false, true, true, true, false, true} {
					at := x + j + quiet
					rows[y][at>>6] &^= 1 << (at & 63)
					if dark {
						rows[y][at>>6] |= 1 << (at & 63)
					}
				}
			}
		}
		c := &Code{Side: n, rows: rows}
		if got, want := penalty(rows), slowPenalty(c.Dark, n); got != want {
			t.Fatalf("trial %d, %d modules: penalty %d, want %d", trial, n, got, want)
		}
	}
}

// TestMaskIsTheBestOfEight draws every mask with other code and looks for a
// better one.
func TestMaskIsTheBestOfEight(t *testing.T) {
	seen := map[int]int{}
	for i, text := range codeTexts(200) {
		c, err := Encode(text, Level(i%4))
		if err != nil {
			t.Fatal(err)
		}
		seen[c.Mask]++
		class := coding.Version(9)
		if c.Version > 9 {
			class = 26
		}
		if c.Version > 26 {
			class = 40
		}
		own := slowPenalty(c.Dark, c.Side)
		for mask := range 8 {
			plan, err := coding.NewPlan(coding.Version(c.Version), coding.Level(c.Level), coding.Mask(mask))
			if err != nil {
				t.Fatal(err)
			}
			other, err := plan.Encode(divide(text, class)...)
			if err != nil {
				t.Fatal(err)
			}
			if mask == c.Mask {
				for y := range c.Side {
					for x := range c.Side {
						if c.Dark(x, y) != other.Black(x, y) {
							t.Fatalf("version %d, level %v, mask %d: module %d,%d differs", c.Version, c.Level, mask, x, y)
						}
					}
				}
			}
			if p := slowPenalty(other.Black, c.Side); p < own {
				t.Errorf("version %d, level %v: mask %d has penalty %d, mask %d, which was taken, has %d", c.Version, c.Level, mask, p, c.Mask, own)
			}
		}
	}
	if len(seen) < 8 {
		t.Errorf("only these masks were ever taken: %v", seen)
	}
}

// TestCodeIsTheOneOfAnotherProgram: with the same mask, go-qrcode draws the same
// modules.
func TestCodeIsTheOneOfAnotherProgram(t *testing.T) {
	levels := []goqr.RecoveryLevel{goqr.Low, goqr.Medium, goqr.High, goqr.Highest}
	same, compared := 0, 0
	for i, text := range codeTexts(300) {
		c, err := Encode(text, Level(i%4))
		if err != nil {
			t.Fatal(err)
		}
		q, err := goqr.New(text, levels[i%4])
		if err != nil || q.VersionNumber != c.Version {
			continue // it divides texts in another way
		}
		q.DisableBorder = true
		theirs := q.Bitmap()
		compared++
		alike := true
		for y := range c.Side {
			for x := range c.Side {
				alike = alike && theirs[y][x] == c.Dark(x, y)
			}
		}
		if alike {
			same++
			continue
		}
		// It counts runs from six modules on, not from five, and so often takes
		// another mask; never a better one.
		if their, own := slowPenalty(func(x, y int) bool { return theirs[y][x] }, c.Side), slowPenalty(c.Dark, c.Side); their < own {
			t.Errorf("%q: go-qrcode has penalty %d, ours is %d", text, their, own)
		}
	}
	if compared < 150 || same < 20 {
		t.Errorf("%d codes were compared, %d were the same", compared, same)
	}
}

// picture draws a code with its quiet zone.
func (c *Code) picture(scale int) *image.Gray {
	side := (c.Side + 2*quiet) * scale
	im := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !c.Dark(x/scale-quiet, y/scale-quiet) {
				im.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return im
}

func TestTwoReadersReadEveryCode(t *testing.T) {
	texts := codeTexts(500)
	dir := t.TempDir()
	var files []string
	for i, text := range texts {
		c, err := Encode(text, Level(i%4))
		if err != nil {
			t.Fatal(err)
		}
		im := c.picture(4)
		bitmap, err := gozxing.NewBinaryBitmapFromImage(im)
		if err != nil {
			t.Fatal(err)
		}
		got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]interface{}{gozxing.DecodeHintType_PURE_BARCODE: true})
		if err != nil || got.GetText() != text {
			t.Errorf("gozxing, version %d, level %v: %v", c.Version, c.Level, err)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, im); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprintf("%03d.png", i))
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	got := strings.Split(strings.TrimSuffix(string(read(t, "zbarimg", append([]string{"-q", "--raw", "-Sdisable", "-Sqrcode.enable"}, files...)...)), "\n"), "\n")
	if len(got) != len(texts) {
		t.Fatalf("zbarimg reads %d of %d codes", len(got), len(texts))
	}
	for i := range texts {
		if got[i] != texts[i] {
			t.Errorf("zbarimg reads %q, want %q", got[i], texts[i])
		}
	}
}

func TestCodeIsAsSmallAsItCanBe(t *testing.T) {
	for _, c := range []struct {
		text    string
		level   Level
		version int
	}{ // ISO/IEC 18004 table 7
		{strings.Repeat("7", 41), Low, 1}, {strings.Repeat("7", 42), Low, 2},
		{strings.Repeat("A", 20), Medium, 1}, {strings.Repeat("A", 21), Medium, 2},
		{strings.Repeat("a", 11), Quartile, 1}, {strings.Repeat("a", 12), Quartile, 2},
		{strings.Repeat("7", 7089), Low, 40}, {strings.Repeat("A", 4296), Low, 40}, {strings.Repeat("a", 2953), Low, 40},
		{strings.Repeat("7", 3057), High, 40}, {strings.Repeat("a", 1273), High, 40},
		// 24 bytes and 300 digits take 1,218 of the 1,248 bits of version 7.
		{"https://v.example.org/v#" + strings.Repeat("7", 300), Low, 7},
	} {
		got, err := Encode(c.text, c.level)
		if err != nil {
			t.Errorf("%d × %q: %v", len(c.text), c.text[0], err)
		} else if got.Version != c.version {
			t.Errorf("%d × %q at %v: version %d, want %d", len(c.text), c.text[0], c.level, got.Version, c.version)
		}
	}
	for _, text := range []string{"", strings.Repeat("7", 7090), strings.Repeat("A", 4297), strings.Repeat("a", 2954), strings.Repeat("7", 1<<20)} {
		if _, err := Encode(text, Low); err == nil {
			t.Errorf("%d bytes are drawn", len(text))
		}
	}
	if _, err := Encode("7", 4); err == nil {
		t.Error("level 4 is drawn")
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, text := range map[string]string{"link": "https://verify.example.org/c/7Q2F-9KXM-31PD-A8ZC-0123456789", "summary": codeTexts(5)[4]} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Encode(text, Medium); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodePNG(b *testing.B) {
	for b.Loop() {
		if _, err := goqr.Encode("https://verify.example.org/c/7Q2F-9KXM-31PD-A8ZC-0123456789", goqr.Medium, 512); err != nil {
			b.Fatal(err)
		}
	}
}
