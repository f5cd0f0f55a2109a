package paper

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
)

// An outlines is a TrueType font as far as it says what its glyphs look like
// (ISO/IEC 14496-22). It is read here, and not by a font library, because the
// fonts in a PDF lack the tables a library asks for, and because nothing may
// decide what is drawn that is not looked at here.
type outlines struct {
	perEm          int
	long           bool // loca has offsets of 4 bytes
	glyphs, hmtxes int
	loca, glyf     []byte
	hmtx, cmap     []byte
	programs       [sha256.Size]byte // of the tables that may bend outlines while they are drawn
}

var errFont = errors.New("font is damaged, or of a kind not read here")

// Limits of one glyph.
const (
	maxPoints     = 4096
	maxHints      = 8192 // bytes of programs
	maxComponents = 32
	maxParts      = 6 // levels of components
)

// harmless are the tables that an embedded font may hold: none of them draws
// anything else than glyf does, as tables of bitmaps, colours or variations do.
var harmless = map[string]bool{
	"head": true, "hhea": true, "hmtx": true, "maxp": true, "loca": true, "glyf": true, "cmap": true, "name": true, "post": true,
	"OS/2": true, "gasp": true, "cvt ": true, "fpgm": true, "prep": true, "kern": true, "DSIG": true, "FFTM": true,
}

// openOutlines reads a font. Strict says that it may hold harmless tables only.
func openOutlines(data []byte, strict bool) (*outlines, error) {
	if len(data) < 12 || string(data[:4]) != "\x00\x01\x00\x00" && string(data[:4]) != "true" {
		return nil, errFont
	}
	count := int(binary.BigEndian.Uint16(data[4:]))
	tables := map[string][]byte{}
	for i := range count {
		at := 12 + 16*i
		if at+16 > len(data) {
			return nil, errFont
		}
		tag, from, size := string(data[at:at+4]), binary.BigEndian.Uint32(data[at+8:]), binary.BigEndian.Uint32(data[at+12:])
		if uint64(from)+uint64(size) > uint64(len(data)) || tables[tag] != nil || strict && !harmless[tag] {
			return nil, errFont
		}
		tables[tag] = data[from : from+size : from+size]
	}
	head, maxp, hhea := tables["head"], tables["maxp"], tables["hhea"]
	if len(head) < 54 || len(maxp) < 6 || len(hhea) < 36 {
		return nil, errFont
	}
	o := &outlines{
		perEm:  int(binary.BigEndian.Uint16(head[18:])),
		long:   binary.BigEndian.Uint16(head[50:]) != 0,
		glyphs: int(binary.BigEndian.Uint16(maxp[4:])),
		hmtxes: int(binary.BigEndian.Uint16(hhea[34:])),
		loca:   tables["loca"], glyf: tables["glyf"], hmtx: tables["hmtx"], cmap: tables["cmap"],
	}
	if o.perEm < 16 || o.perEm > 16384 || o.hmtxes < 1 || len(o.hmtx) < 4*o.hmtxes {
		return nil, errFont
	}
	var programs []byte
	for _, tag := range []string{"cvt ", "fpgm", "prep"} {
		programs = binary.BigEndian.AppendUint32(programs, uint32(len(tables[tag])))
		programs = append(programs, tables[tag]...)
	}
	o.programs = sha256.Sum256(programs)
	return o, nil
}

// advance is how far glyph g moves the pen, and bearing where its ink begins.
func (o *outlines) metrics(g int) (advance, bearing int) {
	if g < o.hmtxes {
		return int(binary.BigEndian.Uint16(o.hmtx[4*g:])), int(int16(binary.BigEndian.Uint16(o.hmtx[4*g+2:])))
	}
	if at := 4*o.hmtxes + 2*(g-o.hmtxes); at+2 <= len(o.hmtx) {
		bearing = int(int16(binary.BigEndian.Uint16(o.hmtx[at:])))
	}
	return int(binary.BigEndian.Uint16(o.hmtx[4*(o.hmtxes-1):])), bearing
}

// raw gives the description of glyph g; it is empty for a blank.
func (o *outlines) raw(g int) ([]byte, error) {
	if g < 0 || g >= o.glyphs {
		return nil, errFont
	}
	var from, to uint64
	if o.long {
		if 4*g+8 > len(o.loca) {
			return nil, errFont
		}
		from, to = uint64(binary.BigEndian.Uint32(o.loca[4*g:])), uint64(binary.BigEndian.Uint32(o.loca[4*g+4:]))
	} else {
		if 2*g+4 > len(o.loca) {
			return nil, errFont
		}
		from, to = 2*uint64(binary.BigEndian.Uint16(o.loca[2*g:])), 2*uint64(binary.BigEndian.Uint16(o.loca[2*g+2:]))
	}
	if from > to || to > uint64(len(o.glyf)) {
		return nil, errFont
	}
	return o.glyf[from:to], nil
}

// A shape is the outline of a glyph: its points, where each contour ends, and
// the programs that come with it.
type shape struct {
	points []glyphPoint
	ends   []int
	hints  []byte
	shift  float64 // by which the metrics move the whole
}

type glyphPoint struct {
	x, y float64
	on   bool
}

func (s *shape) bounds() box {
	if len(s.points) == 0 {
		return box{}
	}
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range s.points {
		b = b.with(point{p.x, p.y})
	}
	return b
}

// key is the same for two shapes if and only if they are drawn alike, programs
// included.
func (s *shape) key(perEm int) string {
	out := make([]byte, 0, 5*len(s.points)+16)
	out = binary.AppendVarint(out, int64(perEm))
	ends := map[int]bool{}
	for _, e := range s.ends {
		ends[e] = true
	}
	for i, p := range s.points {
		out = binary.AppendVarint(out, int64(math.Round(p.x*16)))
		out = binary.AppendVarint(out, int64(math.Round(p.y*16)))
		b := byte(0)
		if p.on {
			b = 1
		}
		if ends[i] {
			b |= 2
		}
		out = append(out, b)
	}
	return string(append(out, s.hints...))
}

// shape reads the outline of g. Its left edge is drawn where the metrics put it.
func (o *outlines) shape(g int) (*shape, error) {
	s := &shape{}
	budget := maxComponents
	if err := o.add(s, g, [6]float64{1, 0, 0, 1, 0, 0}, &budget, 0); err != nil {
		return nil, err
	}
	if raw, _ := o.raw(g); len(raw) >= 10 {
		_, bearing := o.metrics(g)
		s.shift = float64(bearing - int(int16(binary.BigEndian.Uint16(raw[2:]))))
	}
	return s, nil
}

// add adds the outline of g, transformed by m.
func (o *outlines) add(s *shape, g int, m [6]float64, budget *int, depth int) error {
	raw, err := o.raw(g)
	if err != nil || len(raw) == 0 {
		return err
	}
	if *budget--; len(raw) < 10 || depth > maxParts || *budget < 0 {
		return errFont
	}
	if n := int(int16(binary.BigEndian.Uint16(raw))); n >= 0 {
		return o.simple(s, raw[10:], n, m)
	}
	return o.compose(s, raw[10:], m, budget, depth)
}

// simple reads a glyph of its own contours (§5.3.3.1).
func (o *outlines) simple(s *shape, raw []byte, contours int, m [6]float64) error {
	if len(raw) < 2*contours+2 {
		return errFont
	}
	base, count := len(s.points), 0
	for i := range contours {
		end := int(binary.BigEndian.Uint16(raw[2*i:]))
		if end < count {
			return errFont
		}
		s.ends = append(s.ends, base+end)
		count = end + 1
	}
	programs := int(binary.BigEndian.Uint16(raw[2*contours:]))
	if raw = raw[2*contours+2:]; base+count > maxPoints || programs > len(raw) || len(s.hints)+programs > maxHints {
		return errFont
	}
	s.hints = append(s.hints, raw[:programs]...)
	raw = raw[programs:]
	flags := make([]byte, 0, count)
	for len(flags) < count {
		if len(raw) < 2 {
			return errFont
		}
		f, times := raw[0], 1
		if raw = raw[1:]; f&8 != 0 {
			times += int(raw[0])
			raw = raw[1:]
		}
		for ; times > 0 && len(flags) < count; times-- {
			flags = append(flags, f)
		}
	}
	axis := func(short, same byte) ([]int, error) {
		list, v := make([]int, count), 0
		for i, f := range flags {
			switch {
			case f&short != 0:
				if len(raw) < 1 {
					return nil, errFont
				}
				if d := int(raw[0]); f&same != 0 {
					v += d
				} else {
					v -= d
				}
				raw = raw[1:]
			case f&same == 0:
				if len(raw) < 2 {
					return nil, errFont
				}
				v += int(int16(binary.BigEndian.Uint16(raw)))
				raw = raw[2:]
			}
			list[i] = v
		}
		return list, nil
	}
	xs, err := axis(2, 16)
	if err != nil {
		return err
	}
	ys, err := axis(4, 32)
	if err != nil {
		return err
	}
	for i := range flags {
		x, y := float64(xs[i]), float64(ys[i])
		s.points = append(s.points, glyphPoint{m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5], flags[i]&1 != 0})
	}
	return nil
}

// compose reads a glyph made of others (§5.3.3.2).
func (o *outlines) compose(s *shape, raw []byte, m [6]float64, budget *int, depth int) error {
	at := func(i int) float64 { return float64(int16(binary.BigEndian.Uint16(raw[i:]))) }
	for {
		if len(raw) < 4 {
			return errFont
		}
		flags, g := binary.BigEndian.Uint16(raw), int(binary.BigEndian.Uint16(raw[2:]))
		raw = raw[4:]
		size := map[bool]int{true: 4, false: 2}[flags&1 != 0]
		scale := 0
		switch {
		case flags&0x08 != 0:
			scale = 2
		case flags&0x40 != 0:
			scale = 4
		case flags&0x80 != 0:
			scale = 8
		}
		if len(raw) < size+scale || flags&2 == 0 { // components joined at points are not read
			return errFont
		}
		var x, y float64
		if size == 4 {
			x, y = at(0), at(2)
		} else {
			x, y = float64(int8(raw[0])), float64(int8(raw[1]))
		}
		raw = raw[size:]
		part := [6]float64{1, 0, 0, 1, x, y}
		switch scale {
		case 2:
			part[0], part[3] = at(0)/16384, at(0)/16384
		case 4:
			part[0], part[3] = at(0)/16384, at(2)/16384
		case 8:
			part[0], part[1], part[2], part[3] = at(0)/16384, at(2)/16384, at(4)/16384, at(6)/16384
		}
		raw = raw[scale:]
		if err := o.add(s, g, matrix(part).then(m), budget, depth+1); err != nil {
			return err
		}
		if flags&0x20 == 0 {
			return nil
		}
	}
}
