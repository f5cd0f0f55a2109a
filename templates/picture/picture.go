// Package picture makes pictures that were given to the program, such as the
// logo, the seal and the signatures of a body, into pictures that can be printed:
// opaque, 8 bits a channel, RGB, and nothing beside the pixels.
//
// An upload is hostile until it was decoded. What it says of itself is read
// first, by hand, and holds it to [Limits]: how large it is, how much memory its
// decoder will take. Only then it is decoded, in a goroutine of its own that may
// panic and that is given up when its time is over; what it shows is laid on
// white, as paper is, turned as its camera said, and encoded anew. So nothing of
// the file itself reaches a certificate: no metadata, no second file glued to it,
// no chunk that only another reader knows.
package picture

import (
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"golang.org/x/image/webp"
)

// Limits of decoding one picture. A zero field stands for that of [Upload].
type Limits struct {
	Bytes  int           // of the upload
	Pixels int           // of the picture
	Memory int64         // allocated in all while decoding and encoding anew, in bytes
	Time   time.Duration // for all of it
	Output int           // of the picture as it was encoded anew, in bytes; every paper carries it
}

// Upload is what pictures given by people are held to.
var Upload = Limits{
	Bytes:  1 << 20,
	Pixels: 4_000_000,
	Memory: 64 << 20,
	Time:   2 * time.Second,
	Output: 1 << 20,
}

func (l Limits) or(d Limits) Limits {
	if l.Bytes == 0 {
		l.Bytes = d.Bytes
	}
	if l.Pixels == 0 {
		l.Pixels = d.Pixels
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	if l.Time == 0 {
		l.Time = d.Time
	}
	if l.Output == 0 {
		l.Output = d.Output
	}
	return l
}

// A Picture is a picture that can be printed.
type Picture struct {
	Wide, High int    // pixels
	PNG        []byte // 8 bits a channel, RGB, opaque, without metadata
	Format     string // what was given: "PNG", "JPEG", "GIF" or "WebP"
}

// Decode reads a PNG, JPEG, GIF (its first frame) or WebP and encodes it anew. The
// same data gives the same picture. The error says what is wrong with the upload
// and what to do instead. Decode is safe for concurrent use; it takes at most
// Limits.Time, and leaves a decoder that has not ended then behind. Few of these
// are let live at once: while there are too many, Decode refuses.
func Decode(data []byte, l Limits) (*Picture, error) { return standard.decode(data, l) }

// A set of decoders, by format.
type decoders struct {
	of     map[string]func(io.Reader) (image.Image, error)
	places chan struct{} // as many as may decode at once, those left behind included
}

var standard = decoders{
	of:     map[string]func(io.Reader) (image.Image, error){"PNG": png.Decode, "JPEG": jpeg.Decode, "GIF": gif.Decode, "WebP": webp.Decode},
	places: make(chan struct{}, 4),
}

func (d decoders) decode(data []byte, l Limits) (*Picture, error) {
	l = l.or(Upload)
	if len(data) == 0 {
		return nil, errors.New("the file is empty: choose a PNG, JPEG, GIF or WebP picture")
	}
	if len(data) > l.Bytes {
		return nil, fmt.Errorf("the file has %d bytes, and at most %d are taken: make the picture smaller; 1000 pixels are enough for a logo", len(data), l.Bytes)
	}
	h, err := header(data)
	if err != nil {
		return nil, err
	}
	if h.wide < 1 || h.high < 1 {
		return nil, fmt.Errorf("the %s says that it has no pixels: save the picture again", h.format)
	}
	if pixels := int64(h.wide) * int64(h.high); pixels > int64(l.Pixels) {
		return nil, fmt.Errorf("the picture has %d × %d pixels, and at most %d million are taken: make it smaller; 1000 pixels are enough for a logo", h.wide, h.high, l.Pixels/1_000_000)
	}
	if need := h.memory + h.finish() + int64(l.Output)*growth; need > l.Memory {
		return nil, fmt.Errorf("reading the %s would take %d MiB of memory, and %d MiB are given: make it smaller, or save it as a plain PNG with 8 bits a channel and without interlacing", h.format, need>>20, l.Memory>>20)
	}

	end := time.NewTimer(l.Time)
	defer end.Stop()
	deadline := time.Now().Add(l.Time)
	select {
	case d.places <- struct{}{}:
	case <-end.C:
		return nil, errors.New("too many pictures are being read at the moment: try again in a minute")
	}
	type outcome struct {
		p   *Picture
		err error
	}
	done := make(chan outcome, 1) // buffered: one left behind must still be able to end
	go func() {
		defer func() { <-d.places }()
		var o outcome
		defer func() {
			if r := recover(); r != nil {
				o.p, o.err = nil, fmt.Errorf("the %s is damaged: save the picture again from the program it was made with (panic: %v)", h.format, r)
			}
			done <- o
		}()
		o.p, o.err = d.convert(data, h, l, deadline)
	}()
	select {
	case o := <-done:
		return o.p, o.err
	case <-end.C:
		return nil, fmt.Errorf("reading the %s takes more than %v: save it as a plain PNG with fewer pixels", h.format, l.Time)
	}
}

// convert decodes and encodes anew. It ends on its own soon after the deadline
// wherever the decoder still reads.
func (d decoders) convert(data []byte, h head, l Limits, deadline time.Time) (*Picture, error) {
	img, err := d.of[h.format](&source{data: data, deadline: deadline})
	if err != nil {
		return nil, fmt.Errorf("the %s is damaged or cut off: save the picture again from the program it was made with (%w)", h.format, err)
	}
	b := img.Bounds()
	whole := image.Rect(0, 0, h.wide, h.high)
	if h.format != "GIF" && (b.Dx() != h.wide || b.Dy() != h.high) || !b.In(whole) {
		return nil, fmt.Errorf("the %s says it is %d × %d pixels and is %d × %d: save the picture again", h.format, h.wide, h.high, b.Dx(), b.Dy())
	}
	flat, seen := flatten(img, whole, h.turn)
	if !seen {
		return nil, errors.New("the picture shows nothing on white paper: every pixel is white or transparent; use the version made for a white background")
	}
	if time.Now().After(deadline) {
		return nil, errLate
	}
	out := &sink{most: l.Output}
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := encoder.Encode(out, flat); err != nil {
		return nil, fmt.Errorf("the picture takes more than %d KiB as a PNG, and every paper would carry it: make it smaller; 12 pixels for each millimetre on paper print well (%w)", l.Output>>10, err)
	}
	return &Picture{Wide: flat.Rect.Dx(), High: flat.Rect.Dy(), PNG: out.data, Format: h.format}, nil
}

var errLate = errors.New("out of time")

// source gives data in small pieces, and no more after the deadline: that is how
// a decoder, which knows nothing of time, is brought to an end.
type source struct {
	data     []byte
	deadline time.Time
}

func (s *source) Read(p []byte) (int, error) {
	if time.Now().After(s.deadline) {
		return 0, errLate
	}
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 4096)], s.data)
	s.data = s.data[n:]
	return n, nil
}

// sink takes most bytes and no more.
type sink struct {
	data []byte
	most int
}

// growth bounds what a sink allocates, as a multiple of what it may take.
const growth = 3

func (s *sink) Write(p []byte) (int, error) {
	if len(s.data)+len(p) > s.most {
		return 0, fmt.Errorf("more than %d bytes", s.most)
	}
	if need := len(s.data) + len(p); need > cap(s.data) {
		grown := make([]byte, len(s.data), min(max(2*need, 4096), s.most))
		copy(grown, s.data)
		s.data = grown
	}
	s.data = append(s.data, p...)
	return len(p), nil
}
