package summary_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rsc.io/qr/coding"

	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/summary"
)

// drawn is the QR code of a text in its two modes, in the smallest version.
func drawn(t testing.TB, text string, level coding.Level) *coding.Code {
	t.Helper()
	address, digits := summary.Split(text)
	parts := []coding.Encoding{coding.String(address), coding.Num(digits)}
	for v := coding.Version(10); v <= 40; v++ {
		bits := 0
		for _, p := range parts {
			bits += p.Bits(v)
		}
		if bits > 8*v.DataBytes(level) {
			continue
		}
		plan, err := coding.NewPlan(v, level, 2)
		if err != nil {
			t.Fatal(err)
		}
		code, err := plan.Encode(parts...)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	t.Fatalf("a text of %d characters fits no code", len(text))
	return nil
}

func versionOf(c *coding.Code) int { return (c.Size - 17) / 4 }

// A shot is how a printed code comes into a picture.
type shot struct {
	side    float64 // of the code in pixels, without its margin
	angle   float64 // degrees
	tilt    float64 // how much shorter the far side looks: 0.1 is a tenth
	blur    float64 // radius in pixels
	noise   int     // most that a pixel is off
	quality int     // of JPEG; 0: none
}

const perMillimetre = 150 / 25.4 // pixels of a scan with 150 dpi

// take draws the code as the shot shows it: 4 × 4 samples for each pixel.
func (s shot) take(code *coding.Code, seed uint64) *image.Gray {
	random := rand.New(rand.NewPCG(seed, 7))
	module := s.side / float64(code.Size)
	half := s.side/2 + 4*module
	size := int(math.Ceil(2*half*1.5)) + 8
	sin, cos := math.Sincos(s.angle * math.Pi / 180)
	black := func(x, y float64) bool { // from the middle of the picture
		u, v := x*cos+y*sin, y*cos-x*sin
		if s.tilt != 0 {
			w := 1 - s.tilt*v/s.side
			u, v = u/w, v/w
		}
		mx, my := int(math.Floor((u+s.side/2)/module)), int(math.Floor((v+s.side/2)/module))
		return mx >= 0 && my >= 0 && mx < code.Size && my < code.Size && code.Black(mx, my)
	}
	ink := make([]float64, size*size)
	// The middle of a code falls anywhere between pixels.
	dx, dy := random.Float64(), random.Float64()
	for y := range size {
		for x := range size {
			n := 0
			for i := range 16 {
				if black(float64(x)+dx+float64(i%4)/4-float64(size)/2, float64(y)+dy+float64(i/4)/4-float64(size)/2) {
					n++
				}
			}
			ink[y*size+x] = 235 - 205*float64(n)/16 // print is not black, nor paper white
		}
	}
	ink = blurred(ink, size, s.blur)
	g := image.NewGray(image.Rect(0, 0, size, size))
	for i, shade := range ink {
		if s.noise > 0 {
			shade += float64(random.IntN(2*s.noise+1) - s.noise)
		}
		g.Pix[i] = uint8(min(max(shade, 0), 255))
	}
	if s.quality > 0 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, g, &jpeg.Options{Quality: s.quality}); err != nil {
			panic(err)
		}
		again, err := jpeg.Decode(&b)
		if err != nil {
			panic(err)
		}
		for y := range size {
			for x := range size {
				r, _, _, _ := again.At(x, y).RGBA()
				g.Pix[y*size+x] = uint8(r >> 8)
			}
		}
	}
	return g
}

func blurred(ink []float64, size int, radius float64) []float64 {
	if radius == 0 {
		return ink
	}
	n := int(math.Ceil(2 * radius))
	var kernel []float64
	sum := 0.0
	for i := -n; i <= n; i++ {
		w := math.Exp(-float64(i*i) / (2 * radius * radius))
		kernel, sum = append(kernel, w), sum+w
	}
	pass := func(in []float64, dx, dy int) []float64 {
		out := make([]float64, len(in))
		for y := range size {
			for x := range size {
				for i, w := range kernel {
					xx, yy := min(max(x+(i-n)*dx, 0), size-1), min(max(y+(i-n)*dy, 0), size-1)
					out[y*size+x] += in[yy*size+xx] * w / sum
				}
			}
		}
		return out
	}
	return pass(pass(ink, 1, 0), 0, 1)
}

// A reader reads pictures and returns for each the texts that it found.
type reader func(t testing.TB, pictures []*image.Gray) [][]string

// byPaper reads as our verifier does, with gozxing.
func byPaper(t testing.TB, pictures []*image.Gray) (all [][]string) {
	for _, g := range pictures {
		found, err := paper.Read(context.Background(), encoded(t, g))
		if err != nil {
			all = append(all, nil)
			continue
		}
		all = append(all, append(found.Summaries, found.Links...))
	}
	return all
}

func byZbar(t testing.TB, pictures []*image.Gray) (all [][]string) {
	for _, g := range pictures {
		cmd := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "PNG:-")
		cmd.Stdin = bytes.NewReader(encoded(t, g))
		out, _ := cmd.Output()
		all = append(all, strings.Fields(string(out)))
	}
	return all
}

// byZxing reads with the reader that the pages load, in node.
func byZxing(t testing.TB, pictures []*image.Gray) (all [][]string) {
	folder := t.TempDir()
	for i, g := range pictures {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d.png", i)), encoded(t, g), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	library, err := filepath.Abs("../../templates/web/wasm/zxing-wasm-3.1.4")
	if err != nil {
		t.Fatal(err)
	}
	script := `
import { readFileSync, readdirSync } from "node:fs";
const [folder, library] = process.argv.slice(1);
const { prepareZXingModule, readBarcodes } = await import("file://" + library + "/es/reader/index.js");
await prepareZXingModule({ overrides: { wasmBinary: readFileSync(library + "/reader/zxing_reader.wasm") }, fireImmediately: true });
const all = [];
for (const name of readdirSync(folder).sort()) {
  const codes = await readBarcodes(new Uint8Array(readFileSync(folder + "/" + name)), { formats: ["QRCode"], textMode: "Plain" });
  all.push(codes.map((code) => code.text));
}
console.log(JSON.stringify(all));`
	cmd := exec.Command("node", "--input-type=module", "--eval", script, folder, library)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, errs.String())
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func encoded(t testing.TB, g *image.Gray) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
