package paper_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier/paper"
)

func TestQRPictureOfAnySizeIsRead(t *testing.T) {
	for _, size := range []int{33, 66, 100, 500, 2500} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			start := time.Now()
			want(t, read(t, pngQR(t, link, size)), paper.KindPNG, nil, []string{link})
			t.Log(time.Since(start))
		})
	}
}

func TestQRPictureHoldingATokenIsRead(t *testing.T) {
	for _, n := range []int{40, 100, 310, 580, 850, 1210} {
		tok := token(n)
		code := qrOf(t, tok)
		for _, size := range []int{2 * len(code.Bitmap()), 400, 1000} {
			if size < 2*len(code.Bitmap()) {
				continue // less than two pixels for a module
			}
			found, err := paper.Read(t.Context(), pngOf(t, grey(code.Image(size))))
			if err != nil || len(found.Tokens) != 1 || found.Tokens[0] != tok {
				t.Errorf("%d characters, %d modules in %d pixels: %v", len(tok), len(code.Bitmap()), size, err)
			}
		}
	}
}

func TestQRPictureHoldingANumberGivesText(t *testing.T) {
	found := read(t, pngQR(t, "7Q2F-9KXM-31PD-A8ZC", 300))
	if found.Text != "7Q2F-9KXM-31PD-A8ZC" || found.Kind != paper.KindPNG {
		t.Errorf("found %+v", found)
	}
}

// scene lays a picture of a QR code, turned, on a larger grey ground with shadow and noise, as a photograph would have it.
func scene(t testing.TB, text string, w, h, side int, degrees float64, noise int, random *rand.Rand) *image.Gray {
	t.Helper()
	code := grey(qrOf(t, text).Image(4 * side))
	g := image.NewGray(image.Rect(0, 0, w, h))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	scale := float64(code.Rect.Dx()) / float64(side)
	for y := range h {
		for x := range w {
			dx, dy := float64(x-w/2), float64(y-h/2)
			cx, cy := (dx*cos+dy*sin)*scale+float64(code.Rect.Dx())/2, (dy*cos-dx*sin)*scale+float64(code.Rect.Dy())/2
			shade := 215.0
			if image.Pt(int(cx), int(cy)).In(code.Rect) && cx >= 0 && cy >= 0 {
				shade = 40 + 0.7*float64(code.GrayAt(int(cx), int(cy)).Y)
			}
			shade -= 60 * float64(x) / float64(w) // a shadow from the right
			shade += float64(random.IntN(2*noise+1) - noise)
			g.Pix[y*g.Stride+x] = uint8(min(255, max(0, shade)))
		}
	}
	return g
}

func TestTurnedAndNoisyPicturesAreRead(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, degrees := range []float64{0, 8, 45, 90, 180, 300} {
		for _, side := range []int{220, 140} {
			g := scene(t, link, 1000, 750, side, degrees, 40, random)
			found, err := paper.Read(t.Context(), pngOf(t, g))
			if err != nil || len(found.Links) != 1 || found.Links[0] != link {
				t.Errorf("%v degrees, %d pixels: %+v, %v", degrees, side, found, err)
			}
		}
	}
}

func TestPhotographIsRead(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for name, size := range map[string]image.Point{"1 megapixel": {1200, 900}, "12 megapixels": {4000, 3000}} {
		for _, quality := range []int{40} {
			t.Run(fmt.Sprintf("%s, quality %d", name, quality), func(t *testing.T) {
				var b bytes.Buffer
				photo := image.NewRGBA(image.Rectangle{Max: size})
				draw.Draw(photo, photo.Rect, scene(t, link, size.X, size.Y, size.X/6, 12, 25, random), image.Point{}, draw.Src)
				if err := jpeg.Encode(&b, photo, &jpeg.Options{Quality: quality}); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				want(t, read(t, b.Bytes()), paper.KindJPEG, nil, []string{link})
				t.Log(time.Since(start))
			})
		}
	}
}

func TestEveryColourModelIsRead(t *testing.T) {
	code := qrOf(t, link).Image(300)
	transparent := image.NewNRGBA(code.Bounds()) // black on nothing
	paletted := image.NewPaletted(code.Bounds(), color.Palette{color.White, color.RGBA{0, 0, 120, 255}})
	deep := image.NewNRGBA64(code.Bounds())
	for y := range 300 {
		for x := range 300 {
			r, _, _, _ := code.At(x, y).RGBA()
			deep.Set(x, y, code.At(x, y))
			if r == 0 {
				transparent.Set(x, y, color.Black)
				paletted.SetColorIndex(x, y, 1)
			}
		}
	}
	for name, p := range map[string]image.Image{"transparent": transparent, "paletted": paletted, "16 bits": deep, "1 bit": code} {
		t.Run(name, func(t *testing.T) {
			want(t, read(t, pngOf(t, p)), paper.KindPNG, nil, []string{link})
		})
	}
}

func TestTwoCodesInOnePictureAreBothRead(t *testing.T) {
	tok := token(150)
	page := image.NewGray(image.Rect(0, 0, 1240, 1754))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(page, image.Rect(100, 1300, 320, 1520), qrOf(t, link).Image(220), image.Point{}, draw.Src)
	draw.Draw(page, image.Rect(600, 1200, 1050, 1650), qrOf(t, tok).Image(450), image.Point{}, draw.Src)
	want(t, read(t, pngOf(t, page)), paper.KindPNG, []string{tok}, []string{link})
}

func TestPictureWithoutQRCodeIsRefused(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	noise := image.NewGray(image.Rect(0, 0, 1500, 1500))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, noise, nil); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	refused(t, b.Bytes(), paper.ErrNothingFound)
	t.Log("noise:", time.Since(start))

	b.Reset()
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 1500, 1500)), nil); err != nil {
		t.Fatal(err)
	}
	refused(t, b.Bytes(), paper.ErrNothingFound)
	refused(t, pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1))), paper.ErrNothingFound)
}

// A picture tiled with corner marks makes the search compare every three of them.
func TestPictureFullOfCornerMarksIsRefusedInTime(t *testing.T) {
	for _, tile := range []int{14} {
		g := image.NewGray(image.Rect(0, 0, 2500, 2500))
		for y := range 2500 {
			for x := range 2500 {
				u, v := x%tile*14/tile, y%tile*14/tile
				d := max(max(u, 12-u)-6, max(v, 12-v)-6) // distance from the centre of the mark
				if d > 6 || d == 3 || d == 4 {
					d = 1
				} else {
					d = 0
				}
				g.Pix[y*g.Stride+x] = uint8(255 * d)
			}
		}
		start := time.Now()
		refused(t, pngOf(t, g), paper.ErrNothingFound)
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("took %v", took)
		} else {
			t.Log(took)
		}
	}
}

// pngHeader is the beginning of a PNG that claims a size.
func pngHeader(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	ihdr := binary.BigEndian.AppendUint32(nil, w)
	ihdr = binary.BigEndian.AppendUint32(ihdr, h)
	return append(b, chunk("IHDR", append(ihdr, 8, 2, 0, 0, 0))...)
}

func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func TestPictureBombIsRefusedBeforeItIsDecoded(t *testing.T) {
	bomb := append(pngHeader(50_000, 50_000), chunk("IDAT", flate(make([]byte, 1<<20)))...)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			refused(t, bomb, paper.ErrTooLarge)
		}
	})
	if n := allocated.AllocedBytesPerOp(); n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
	refused(t, append(pngHeader(math.MaxInt32, 2), chunk("IDAT", nil)...), paper.ErrTooLarge)
	refused(t, pngHeader(0, 0), paper.ErrUnreadable)

	jpegBomb := []byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x0c")
	refused(t, jpegBomb, paper.ErrTooLarge)
}

func TestDamagedPicturesAreRefused(t *testing.T) {
	whole := pngQR(t, link, 300)
	refused(t, whole[:len(whole)/2], paper.ErrUnreadable)
	refused(t, []byte("\x89PNG\r\n\x1a\n"), paper.ErrUnreadable)
	refused(t, []byte("\xff\xd8\xff\xe0 not a picture"), paper.ErrUnreadable)
}
