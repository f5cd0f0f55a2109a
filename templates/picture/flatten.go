package picture

import (
	"image"
	"image/color"
)

// flatten lays the picture on white, turns it as turn says (EXIF, 1 to 8), and
// reports whether anything of it is to be seen. The picture may be smaller than
// the whole, which then is white around it.
func flatten(img image.Image, whole image.Rectangle, turn int) (flat *image.RGBA, seen bool) {
	wide, high := whole.Dx(), whole.Dy()
	if turn >= 5 {
		flat = image.NewRGBA(image.Rect(0, 0, high, wide))
	} else {
		flat = image.NewRGBA(image.Rect(0, 0, wide, high))
	}
	for i := range flat.Pix {
		flat.Pix[i] = 0xff
	}
	// Where the pixel at (0, 0) goes, and how far one step right and one down go.
	step := 4
	line := flat.Stride
	var at, right, down int
	switch turn {
	default:
		at, right, down = 0, step, line
	case 2:
		at, right, down = (wide-1)*step, -step, line
	case 3:
		at, right, down = (wide-1)*step+(high-1)*line, -step, -line
	case 4:
		at, right, down = (high-1)*line, step, -line
	case 5:
		at, right, down = 0, line, step
	case 6:
		at, right, down = (high-1)*step, line, -step
	case 7:
		at, right, down = (high-1)*step+(wide-1)*line, -line, -step
	case 8:
		at, right, down = (wide-1)*line, -line, step
	}
	b := img.Bounds()
	if g, ok := img.(*image.Paletted); ok {
		img = solid(g)
	}
	pixel := reader(img)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		to := at + y*down + b.Min.X*right
		for x := b.Min.X; x < b.Max.X; x, to = x+1, to+right {
			r, g, bl := pixel(x, y)
			if r&g&bl == 0xff {
				continue
			}
			seen = true
			flat.Pix[to], flat.Pix[to+1], flat.Pix[to+2] = r, g, bl
		}
	}
	return flat, seen
}

// solid gives the picture a palette laid on white, long enough for every index.
func solid(p *image.Paletted) image.Image {
	q := *p
	q.Palette = make(color.Palette, 256)
	for i := range q.Palette {
		q.Palette[i] = color.NRGBA{0xff, 0xff, 0xff, 0xff}
		if i < len(p.Palette) {
			r, g, b := onWhite(p.Palette[i])
			q.Palette[i] = color.NRGBA{r, g, b, 0xff}
		}
	}
	return &q
}

// reader returns how a pixel of the picture is read, laid on white. The kinds
// that decoders give have ways of their own: At makes an interface value of each
// pixel, which costs more than everything else together.
func reader(img image.Image) func(x, y int) (r, g, b uint8) {
	switch m := img.(type) {
	case *image.RGBA: // what decoders give when there is no alpha; premultiplied otherwise
		return func(x, y int) (r, g, b uint8) {
			p := m.Pix[m.PixOffset(x, y):][:4]
			rest := 0xff - p[3]
			return p[0] + rest, p[1] + rest, p[2] + rest
		}
	case *image.NRGBA:
		return func(x, y int) (r, g, b uint8) {
			p := m.Pix[m.PixOffset(x, y):][:4]
			return over(p[0], p[3]), over(p[1], p[3]), over(p[2], p[3])
		}
	case *image.Gray:
		return func(x, y int) (r, g, b uint8) {
			v := m.Pix[m.PixOffset(x, y)]
			return v, v, v
		}
	case *image.YCbCr:
		return func(x, y int) (r, g, b uint8) {
			c := m.COffset(x, y)
			return color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
		}
	case *image.NYCbCrA:
		return func(x, y int) (r, g, b uint8) {
			c := m.COffset(x, y)
			r, g, b = color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
			a := m.A[m.AOffset(x, y)]
			return over(r, a), over(g, a), over(b, a)
		}
	case *image.NRGBA64:
		return func(x, y int) (r, g, b uint8) {
			p := m.Pix[m.PixOffset(x, y):][:8]
			a := uint32(p[6])<<8 | uint32(p[7])
			return over16(p[0], p[1], a), over16(p[2], p[3], a), over16(p[4], p[5], a)
		}
	case *image.RGBA64: // without alpha: decoders give it for nothing else
		return func(x, y int) (r, g, b uint8) {
			p := m.Pix[m.PixOffset(x, y):][:8]
			return to8(p[0], p[1]), to8(p[2], p[3]), to8(p[4], p[5])
		}
	case *image.Gray16:
		return func(x, y int) (r, g, b uint8) {
			p := m.Pix[m.PixOffset(x, y):][:2]
			v := to8(p[0], p[1])
			return v, v, v
		}
	case *image.Paletted: // solid, see above
		var table [256][3]uint8
		for i, c := range m.Palette[:256] {
			v := c.(color.NRGBA)
			table[i] = [3]uint8{v.R, v.G, v.B}
		}
		return func(x, y int) (r, g, b uint8) {
			v := table[m.Pix[m.PixOffset(x, y)]]
			return v[0], v[1], v[2]
		}
	}
	return func(x, y int) (r, g, b uint8) { return onWhite(img.At(x, y)) }
}

// over lays a channel with alpha on white.
func over(v, a uint8) uint8 {
	return uint8((uint32(v)*uint32(a) + 0xff*(0xff-uint32(a)) + 0x7f) / 0xff)
}

func over16(hi, lo uint8, a uint32) uint8 {
	v := uint64(hi)<<8 | uint64(lo)
	v = (v*uint64(a) + 0xffff*(0xffff-uint64(a)) + 0x7fff) / 0xffff
	return uint8((v*0xff + 0x7fff) / 0xffff)
}

func to8(hi, lo uint8) uint8 {
	return uint8(((uint32(hi)<<8|uint32(lo))*0xff + 0x7fff) / 0xffff)
}

func onWhite(c color.Color) (r, g, b uint8) {
	v := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	a := uint32(v.A)
	return over16(uint8(v.R>>8), uint8(v.R), a), over16(uint8(v.G>>8), uint8(v.G), a), over16(uint8(v.B>>8), uint8(v.B), a)
}
