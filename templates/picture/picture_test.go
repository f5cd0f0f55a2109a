package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	red   = color.RGBA{0xc0, 0x20, 0x20, 0xff}
	blue  = color.RGBA{0x20, 0x40, 0xc0, 0xff}
	green = color.RGBA{0x20, 0xa0, 0x40, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
	pale  = color.RGBA{0x90, 0xd0, 0xa0, 0xff} // green, half transparent, on white
)

// looks holds a picture against the mark of testdata, in the middle of its parts.
func looks(img image.Image, square, corner color.RGBA, within int) error {
	if got := img.Bounds(); got != image.Rect(0, 0, 40, 28) {
		return fmt.Errorf("it is %v large", got)
	}
	for _, p := range []struct {
		x, y int
		want color.RGBA
	}{{4, 4, red}, {4, 24, blue}, {20, 24, blue}, {36, 24, corner}, {19, 7, square}, {36, 4, white}, {28, 14, white}} {
		got := color.RGBAModel.Convert(img.At(p.x, p.y)).(color.RGBA)
		for _, d := range []int{int(got.R) - int(p.want.R), int(got.G) - int(p.want.G), int(got.B) - int(p.want.B), int(got.A) - 0xff} {
			if d < -within || d > within {
				return fmt.Errorf("at %d,%d it is %v, not %v", p.x, p.y, got, p.want)
			}
		}
	}
	return nil
}

func stored(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEveryFormatBecomesTheSamePlainPicture(t *testing.T) {
	tests := []struct {
		file, format   string
		square, corner color.RGBA
		within         int
	}{
		{"plain.png", "PNG", green, blue, 0},
		{"interlaced.png", "PNG", green, blue, 0},
		{"palette.png", "PNG", green, blue, 0},
		{"rgb16.png", "PNG", green, blue, 0},
		{"alpha.png", "PNG", pale, white, 1},
		{"alpha16.png", "PNG", pale, white, 1},
		{"alpha16i.png", "PNG", pale, white, 1},
		{"turn6.png", "PNG", green, blue, 0},
		{"baseline.jpg", "JPEG", green, blue, 8},
		{"progressive.jpg", "JPEG", green, blue, 24},
		{"two.gif", "GIF", green, blue, 0},
		{"lossy.webp", "WebP", green, blue, 24},
		{"lossyalpha.webp", "WebP", pale, white, 24},
		{"lossless.webp", "WebP", pale, white, 1},
	}
	for turn := 1; turn <= 8; turn++ {
		tests = append(tests, struct {
			file, format   string
			square, corner color.RGBA
			within         int
		}{fmt.Sprintf("turn%d.jpg", turn), "JPEG", green, blue, 8})
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			p, err := Decode(stored(t, tt.file), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if p.Format != tt.format || p.Wide != 40 || p.High != 28 {
				t.Errorf("%s of %d × %d", p.Format, p.Wide, p.High)
			}
			if err := isPlain(p); err != nil {
				t.Error(err)
			}
			img, err := png.Decode(bytes.NewReader(p.PNG))
			if err != nil {
				t.Fatal(err)
			}
			if err := looks(img, tt.square, tt.corner, tt.within); err != nil {
				t.Error(err)
			}
			again, err := Decode(stored(t, tt.file), Limits{})
			if err != nil || !bytes.Equal(again.PNG, p.PNG) {
				t.Errorf("a second time it is another picture (%v)", err)
			}
			if twice, err := Decode(p.PNG, Limits{}); err != nil || !bytes.Equal(twice.PNG, p.PNG) {
				t.Errorf("encoded anew once more it is another picture (%v)", err)
			}
		})
	}
	for _, name := range []string{"gray.png", "gray16.png", "gray.jpg", "alpha.gif"} {
		p, err := Decode(stored(t, name), Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if err := isPlain(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A twin that does not turn pictures is caught.
	img, err := jpeg.Decode(bytes.NewReader(stored(t, "turn6.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	if looks(img, green, blue, 8) == nil {
		t.Error("a picture that was not turned passes")
	}
}

// isPlain holds a result against its contract, without a decoder of pictures: 8
// bits a channel, RGB, not interlaced, three kinds of chunk, nothing after them.
func isPlain(p *Picture) error {
	rest, ok := bytes.CutPrefix(p.PNG, []byte("\x89PNG\r\n\x1a\n"))
	if !ok || len(rest) < 25 {
		return fmt.Errorf("not a PNG")
	}
	if wide, high := binary.BigEndian.Uint32(rest[8:]), binary.BigEndian.Uint32(rest[12:]); int(wide) != p.Wide || int(high) != p.High {
		return fmt.Errorf("%d × %d in the file, %d × %d said", wide, high, p.Wide, p.High)
	}
	if got := rest[16:21]; !bytes.Equal(got, []byte{8, 2, 0, 0, 0}) {
		return fmt.Errorf("depth, kind, compression, filter, interlacing: %v", got)
	}
	for len(rest) > 0 {
		if len(rest) < 12 {
			return fmt.Errorf("%d bytes behind the last chunk", len(rest))
		}
		size := int(binary.BigEndian.Uint32(rest))
		kind := string(rest[4:8])
		if kind != "IHDR" && kind != "IDAT" && kind != "IEND" {
			return fmt.Errorf("chunk %s", kind)
		}
		if rest = rest[12+size:]; kind == "IEND" && len(rest) > 0 {
			return fmt.Errorf("%d bytes behind the end", len(rest))
		}
	}
	return nil
}

// noise is a picture that no compression makes small.
func noise(wide, high int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, wide, high))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	return img
}

func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG of a few hundred bytes that says it is so large.
func bomb(t testing.TB, wide, high uint32) []byte {
	data := bytes.Clone(stored(t, "plain.png"))
	binary.BigEndian.PutUint32(data[16:], wide)
	binary.BigEndian.PutUint32(data[20:], high)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestUploadsThatAreRefusedSayWhatToDo(t *testing.T) {
	zipped := append(bytes.Clone(stored(t, "plain.png")[:60]), "PK\x03\x04"...)
	tests := []struct {
		name  string
		data  []byte
		words string // of what is wrong
		try   string // of what to do
	}{
		{"nothing", nil, "empty", "choose"},
		{"too many bytes", make([]byte, Upload.Bytes+1), "1048577 bytes", "smaller"},
		{"drawing", []byte("\ufeff\n<svg xmlns='http://www.w3.org/2000/svg'/>"), "SVG", "export it as a PNG"},
		{"drawing with a declaration", []byte("<?xml version='1.0'?><svg/>"), "SVG", "export it as a PNG"},
		{"document", []byte("%PDF-1.7"), "document", "export it as a PNG"},
		{"phone", []byte("\x00\x00\x00\x18ftypheic...."), "HEIC", "save it as a PNG"},
		{"TIFF", []byte("II*\x00...."), "TIFF", "save it as a PNG"},
		{"text", []byte("hello"), "not a picture", "PNG, JPEG, GIF or WebP"},
		{"printing colours", stored(t, "cmyk.jpg"), "CMYK", "RGB"},
		{"blank", stored(t, "white.png"), "nothing on white paper", "white background"},
		{"transparent", encoded(t, image.NewNRGBA(image.Rect(0, 0, 9, 9))), "nothing on white paper", "white background"},
		{"too many pixels", bomb(t, 2001, 2000), "2001 × 2000 pixels", "smaller"},
		{"far too many pixels", bomb(t, 1<<31-1, 1), "pixels", "smaller"},
		{"pixels that are not there", bomb(t, 2000, 2000), "damaged or cut off", "save the picture again"},
		{"nothing but a header", stored(t, "plain.png")[:40], "damaged or cut off", "save the picture again"},
		{"cut off", stored(t, "baseline.jpg")[:500], "damaged or cut off", "save the picture again"},
		{"another file within", zipped, "damaged or cut off", "save the picture again"},
		{"many passes", append(bytes.Clone(stored(t, "progressive.jpg")), bytes.Repeat([]byte("\xff\xda"), 100)...), "100 passes", "plain"},
		{"moving", append(bytes.Clone(stored(t, "lossy.webp")), "ANMF"...), "animated", "one picture"},
		{"too large once encoded", jpegOf(t, noise(700, 700)), "as a PNG", "12 pixels for each millimetre"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Decode(tt.data, Limits{})
			if err == nil {
				t.Fatalf("taken: %d × %d", p.Wide, p.High)
			}
			if !strings.Contains(err.Error(), tt.words) || !strings.Contains(err.Error(), tt.try) {
				t.Errorf("it says %q", err)
			}
		})
	}
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What is glued to a picture, or hidden beside its pixels, is gone.
func TestNothingButPixelsIsKept(t *testing.T) {
	const secret = "<script>PK\x03\x04%PDF-1.7"
	plain, err := Decode(stored(t, "plain.png"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	data := stored(t, "plain.png")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len("Comment\x00"+secret)))
	chunk = append(chunk, "tEXtComment\x00"+secret...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	for name, upload := range map[string][]byte{
		"behind the end": append(bytes.Clone(data), secret...),
		"in a chunk":     append(append(bytes.Clone(data[:33]), chunk...), data[33:]...),
	} {
		p, err := Decode(upload, Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(p.PNG, plain.PNG) {
			t.Errorf("%s: the picture is not what it is without", name)
		}
		if !bytes.Contains(upload, []byte(secret)) || bytes.Contains(p.PNG, []byte(secret)) {
			t.Errorf("%s: it came through", name)
		}
	}
}

// allocated runs f and returns what it allocated, garbage included.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// Large pictures of every kind stay within what their header made us expect, and
// so within the limit.
func TestMemoryIsForetold(t *testing.T) {
	large := image.NewNRGBA(image.Rect(0, 0, 2000, 2000))
	for i := range large.Pix {
		large.Pix[i] = uint8(i / 16000)
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 2000, 2000))
	copy(deep.Pix, large.Pix)
	few := image.NewPaletted(image.Rect(0, 0, 2000, 2000), color.Palette{color.White, color.Black})
	few.Pix[7] = 1
	var moving bytes.Buffer
	if err := gif.Encode(&moving, few, nil); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"8 bits": encoded(t, large), "16 bits": encoded(t, deep), "palette": encoded(t, few), "GIF": moving.Bytes(), "JPEG": jpegOf(t, large),
	} {
		h, err := header(data)
		if err != nil {
			t.Fatal(err)
		}
		var took time.Duration
		got := allocated(func() {
			start := time.Now()
			if _, err = Decode(data, Limits{Time: time.Minute}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			took = time.Since(start)
		})
		if told := h.memory + h.finish() + growth*int64(Upload.Output); got > told || told > Upload.Memory {
			t.Errorf("%s: %d MiB allocated, %d foretold, %d allowed", name, got>>20, told>>20, Upload.Memory>>20)
		}
		t.Logf("%s: %d MiB, %v", name, got>>20, took.Round(time.Millisecond))
	}
	// A twin that asks no header is caught by the same measure.
	huge := encoded(t, image.NewGray16(image.Rect(0, 0, 6000, 6000)))
	if got := allocated(func() { png.Decode(bytes.NewReader(huge)) }); len(huge) > Upload.Bytes || got <= Upload.Memory {
		t.Errorf("the bomb has %d bytes and takes %d MiB: it proves nothing", len(huge), got>>20)
	}
	if got := allocated(func() {
		if _, err := Decode(huge, Limits{}); err == nil {
			t.Error("the bomb is taken")
		}
	}); got > 1<<20 {
		t.Errorf("refusing the bomb takes %d MiB", got>>20)
	}
	// 16 bits and interlaced, more is needed than there is.
	data := encoded(t, deep)
	data[28] = 1
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	if _, err := Decode(data, Limits{}); err == nil || !strings.Contains(err.Error(), "without interlacing") {
		t.Errorf("16 bits, interlaced: %v", err)
	}
}

// A decoder that panics, that does not end, or that only ends when its source
// does, harms nothing but its own picture.
func TestDecodersAreHeldIn(t *testing.T) {
	hang := make(chan struct{})
	faulty := func(f func(io.Reader) (image.Image, error)) decoders {
		return decoders{of: map[string]func(io.Reader) (image.Image, error){"PNG": f}, places: make(chan struct{}, 2)}
	}
	data := stored(t, "plain.png")
	within := Limits{Time: 100 * time.Millisecond}

	if _, err := faulty(func(io.Reader) (image.Image, error) { panic("index out of range") }).decode(data, Limits{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a panic: %v", err)
	}
	reads := faulty(func(r io.Reader) (image.Image, error) {
		for {
			if _, err := r.Read(make([]byte, 1)); err != nil && err != io.EOF {
				return nil, err
			}
		}
	})
	if _, err := reads.decode(data, within); err == nil {
		t.Error("one that reads for ever is waited for")
	}
	for deadline := time.Now().Add(10 * time.Second); len(reads.places) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("one that reads for ever is never ended")
		}
	}
	stuck := faulty(func(io.Reader) (image.Image, error) { <-hang; return nil, io.EOF })
	for range 2 {
		if _, err := stuck.decode(data, within); err == nil || !strings.Contains(err.Error(), "takes more than 100ms") {
			t.Errorf("one that does not end: %v", err)
		}
	}
	if _, err := stuck.decode(data, within); err == nil || !strings.Contains(err.Error(), "too many pictures") {
		t.Errorf("those left behind pile up: %v", err)
	}
	close(hang)
	lying := faulty(func(io.Reader) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 41, 28)), nil })
	if _, err := lying.decode(data, Limits{}); err == nil || !strings.Contains(err.Error(), "says it is 40 × 28") {
		t.Errorf("one of another size than was said: %v", err)
	}
}
