package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/templates/typeface"
)

// Of so many mutants one is a font; the others are pictures. A font takes some
// thirty times as long as a picture.
const oneFontIn = 10

// A corpus makes hostile uploads out of honest ones, the same from the same seed.
type corpus struct {
	pictures, fonts [][]byte
	r               *rand.Rand
}

func newCorpus(seed uint64) (*corpus, error) {
	c := &corpus{r: rand.New(rand.NewPCG(seed, 38))}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		if !strings.HasSuffix(f, ".md") {
			c.pictures = append(c.pictures, data)
		}
	}
	// Larger ones, so that changes reach the data and not the headers alone.
	large := noise(90, 70)
	for i := range large.Pix {
		large.Pix[i] = uint8(int(large.Pix[i])/16 + i/200)
	}
	var asGIF, asJPEG, asPNG bytes.Buffer
	if err := errors.Join(gif.Encode(&asGIF, large, nil), jpeg.Encode(&asJPEG, large, nil), png.Encode(&asPNG, large)); err != nil {
		return nil, err
	}
	for range 5 {
		c.pictures = append(c.pictures, asGIF.Bytes(), asJPEG.Bytes(), asPNG.Bytes())
	}
	for _, name := range []string{"EBGaramond-Italic.ttf", "SourceSans3-Regular.ttf"} {
		data, err := templates.Font(name)
		if err != nil {
			return nil, err
		}
		c.fonts = append(c.fonts, data)
	}
	if len(c.pictures) < 25 {
		return nil, fmt.Errorf("%d pictures to start from", len(c.pictures))
	}
	return c, nil
}

// picture returns a changed picture: bytes overwritten, cut out, doubled, two
// pictures joined, the end cut off; and, in a PNG, mostly with sums that are right
// again, without which a decoder never sees what was changed.
func (c *corpus) picture() []byte {
	data := bytes.Clone(c.pictures[c.r.IntN(len(c.pictures))])
	for range 1 + c.r.IntN(4) {
		data = c.change(data, len(data))
	}
	if c.r.IntN(10) < 8 {
		sumPNG(data)
	}
	return data
}

// font returns a changed font. Half of the changes are made where its tables are
// listed and begin.
func (c *corpus) font() []byte {
	data := bytes.Clone(c.fonts[c.r.IntN(len(c.fonts))])
	for range 1 + c.r.IntN(6) {
		reach := len(data)
		switch c.r.IntN(4) {
		case 0:
			reach = min(reach, 400)
		case 1: // the head of one table
			if len(data) > 300 {
				at := int(binary.BigEndian.Uint32(data[12+16*c.r.IntN(12)+8:]))
				if at >= 0 && at+64 < len(data) {
					c.change(data[at:at+64], 64)
				}
				continue
			}
		}
		data = c.change(data, reach)
	}
	return data
}

func (c *corpus) change(data []byte, reach int) []byte {
	if reach < 16 {
		return data
	}
	at := c.r.IntN(reach)
	n := 1 + c.r.IntN(min(16, reach-at))
	switch c.r.IntN(12) {
	case 0:
		return data[:at]
	case 1:
		return append(data[:at:at], data[at+n:]...)
	case 2:
		return append(data[:at+n:at+n], data[at:]...)
	case 3:
		other := c.pictures[c.r.IntN(len(c.pictures))]
		return append(data[:at:at], other[c.r.IntN(len(other)):]...)
	case 4, 5: // a number at its edge
		edge := []uint32{0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff}[c.r.IntN(10)]
		if at+4 <= len(data) {
			binary.BigEndian.PutUint32(data[at:], edge)
		}
	case 6:
		if at+2 <= len(data) {
			binary.LittleEndian.PutUint16(data[at:], uint16(c.r.Uint32()))
		}
	default:
		for i := range data[at : at+n] {
			data[at+i] = byte(c.r.Uint32())
		}
	}
	return data
}

// sumPNG puts the sums of the chunks right, as far as there are chunks.
func sumPNG(data []byte) {
	if !bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) {
		return
	}
	for rest := data[8:]; len(rest) >= 12; {
		size := uint64(binary.BigEndian.Uint32(rest))
		if size > uint64(len(rest)-12) {
			return
		}
		binary.BigEndian.PutUint32(rest[8+size:], crc32.ChecksumIEEE(rest[4:8+size]))
		rest = rest[12+size:]
	}
}

// A tally is what became of the mutants.
type tally struct {
	taken, refused [2]int // pictures, fonts
	longest        time.Duration
	most           int64 // allocated for one
}

func (l tally) String() string {
	return fmt.Sprintf("pictures: %d taken, %d refused; fonts: %d taken, %d refused; at most %v and %d KiB for one",
		l.taken[0], l.refused[0], l.taken[1], l.refused[1], l.longest.Round(time.Millisecond), l.most>>10)
}

// feed gives n mutants to the decoder of pictures and to that of fonts. The error
// tells the first that panicked or went over its budget; a picture that is taken
// must be plain.
func feed(seed uint64, n int, decode func([]byte) (*Picture, error)) (tally, error) {
	var l tally
	c, err := newCorpus(seed)
	if err != nil {
		return l, err
	}
	for i := range n {
		kind, data := 0, []byte(nil)
		if i%oneFontIn == 0 {
			kind, data = 1, c.font()
		} else {
			data = c.picture()
		}
		var err error
		start := time.Now()
		took := allocated(func() {
			defer func() {
				if r := recover(); r != nil {
					buf := make([]byte, 4096)
					err = fmt.Errorf("%w: %v\n%s", errEscaped, r, buf[:runtime.Stack(buf, false)])
				}
			}()
			if kind == 1 {
				err = setWith(data)
				return
			}
			var p *Picture
			if p, err = decode(data); err == nil {
				if plain := isPlain(p); plain != nil {
					err = fmt.Errorf("%w: taken, and not plain: %v", errEscaped, plain)
				}
			}
		})
		l.longest, l.most = max(l.longest, time.Since(start)), max(l.most, took)
		switch {
		case errors.Is(err, errEscaped):
			return l, fmt.Errorf("mutant %d of seed %d: %w", i, seed, err)
		case took > most[kind]:
			return l, fmt.Errorf("mutant %d of seed %d: %d MiB allocated", i, seed, took>>20)
		case time.Since(start) > Upload.Time+time.Second:
			return l, fmt.Errorf("mutant %d of seed %d: %v", i, seed, time.Since(start))
		case err != nil:
			l.refused[kind]++
		default:
			l.taken[kind]++
		}
	}
	return l, nil
}

// most is what one may allocate: a picture, and a font, with which a line is set.
var most = [2]int64{Upload.Memory, Upload.Memory}

var errEscaped = errors.New("escaped")

// setWith opens a font, sets a line with it and asks for its outlines.
func setWith(data []byte) error {
	face, err := typeface.Open("hostile.ttf", data)
	if err != nil {
		return err
	}
	line, err := (&typeface.Family{Name: "hostile", Faces: []*typeface.Face{face}}).Set("Agnès Österling, Иван fi", typeface.Options{Language: "en"})
	if err != nil {
		return err
	}
	for _, run := range line.Runs {
		for _, g := range run.Glyphs {
			run.Face.Outline(g.ID)
		}
	}
	return nil
}

func upload(data []byte) (*Picture, error) { return Decode(data, Limits{}) }

// mutants is how many are tried: two thousand, or as many as TESTAMUR_MUTANTS says,
// up to a hundred thousand (make mutants).
func mutants(t *testing.T) int {
	text := os.Getenv("TESTAMUR_MUTANTS")
	if text == "" {
		return 2000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("TESTAMUR_MUTANTS: %v", err)
	}
	return min(n, 100_000)
}

func TestMutatedPicturesAndFontsHarmNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	l, err := feed(1, mutants(t), upload)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(l)
	if l.taken[0] == 0 || l.refused[0] == 0 || l.taken[1] == 0 || l.refused[1] == 0 {
		t.Errorf("the mutants are all alike: %v", l)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines were left behind", runtime.NumGoroutine()-before)
		}
	}
	// Twins that lack one of the guards are caught; that one which asks for no header
	// is, stands in TestMemoryIsForetold.
	through := func(data []byte) (*Picture, error) {
		h, err := header(data)
		if err != nil || h.wide*h.high > Upload.Pixels {
			return nil, errors.New("refused")
		}
		return &Picture{Wide: h.wide, High: h.high, PNG: data}, nil
	}
	if _, err := feed(1, 100, through); !errors.Is(err, errEscaped) {
		t.Errorf("a decoder that passes uploads through is not noticed: %v", err)
	}
	wasteful := func(data []byte) (*Picture, error) {
		_ = make([]byte, Upload.Memory+1)
		return upload(data)
	}
	if _, err := feed(1, 100, wasteful); err == nil {
		t.Error("a decoder that takes too much is not noticed")
	}
	panicking := func(data []byte) (*Picture, error) { _ = data[1<<20]; return nil, nil }
	if _, err := feed(1, 100, panicking); !errors.Is(err, errEscaped) {
		t.Errorf("a decoder that panics is not noticed: %v", err)
	}
}

// The same in a process of its own, so that one that dies is seen to die. The twin
// lets a panic of a decoder's goroutine go its way, as a program without recover
// would.
func TestProcessOutlivesMutants(t *testing.T) {
	child := func(twin string) (string, error) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHostileChild$", "-test.v")
		cmd.Env = append(os.Environ(), "TESTAMUR_HOSTILE_CHILD="+twin)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := child("standard"); err != nil || !strings.Contains(out, "alive after 300 mutants") {
		t.Errorf("the process died (%v):\n%s", err, out)
	}
	if out, err := child("panics"); err != nil || !strings.Contains(out, "alive after 300 mutants") {
		t.Errorf("the process died of a decoder that panics (%v):\n%s", err, out)
	}
	if out, err := child("unguarded"); err == nil || strings.Contains(out, "alive") {
		t.Errorf("a process without recover is said to live:\n%s", out)
	}
}

// TestHostileChild is the process that TestProcessOutlivesMutants starts.
func TestHostileChild(t *testing.T) {
	twin := os.Getenv("TESTAMUR_HOSTILE_CHILD")
	crash := func(r io.Reader) (image.Image, error) {
		if img, err := png.Decode(r); err == nil {
			return img, nil
		}
		panic("a fault of the decoder")
	}
	var decode func([]byte) (*Picture, error)
	switch twin {
	case "": // not asked for: this is the parent's run
		return
	case "standard":
		decode = upload
	case "panics":
		d := decoders{of: map[string]func(io.Reader) (image.Image, error){"PNG": crash, "JPEG": crash, "GIF": crash, "WebP": crash}, places: make(chan struct{}, 2)}
		decode = func(data []byte) (*Picture, error) { return d.decode(data, Limits{}) }
	case "unguarded":
		decode = func(data []byte) (*Picture, error) {
			done := make(chan error)
			go func() { _, err := crash(bytes.NewReader(data)); done <- err }()
			return nil, errors.Join(<-done, errors.New("thrown away"))
		}
	}
	l, err := feed(2, 300, decode)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("alive after 300 mutants:", l)
}

func FuzzDecode(f *testing.F) {
	c, err := newCorpus(3)
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range c.pictures {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data, Limits{Pixels: 250_000})
		if err != nil {
			return
		}
		if err := isPlain(p); err != nil {
			t.Error(err)
		}
		if again, err := Decode(p.PNG, Limits{}); err != nil || !bytes.Equal(again.PNG, p.PNG) {
			t.Errorf("what was taken once is not taken as it is (%v)", err)
		}
	})
}
