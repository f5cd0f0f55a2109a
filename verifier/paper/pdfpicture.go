package paper

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// errOtherFormat: the picture is in a format that is not decoded here (JPEG 2000, JBIG2). Drawing the page shows it.
var errOtherFormat = errors.New("picture format not supported")

// pictureCodes reads the QR codes in the pictures of all pages, until one holds a token.
func (d *document) pictureCodes(found *Found) {
	seen, left := visits{}, maxPDFPictures
	for _, page := range d.pages {
		d.codesInResources(page.resources, found, seen, &left, 0)
	}
}

// codesInResources looks at the pictures among resources, and those in the forms drawn with them (ISO 32000-1 §7.8.3, §8.10).
func (d *document) codesInResources(resources types.Object, found *Found, seen visits, left *int, depth int) {
	if depth > maxDepth {
		return
	}
	drawn := d.dict(d.dict(resources)["XObject"])
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		if *left == 0 || len(found.Tokens) > 0 || d.ctx.Err() != nil {
			return
		}
		if !seen.enter(drawn[name], depth) {
			continue
		}
		stream := d.stream(drawn[name])
		if stream == nil {
			continue
		}
		switch d.name(stream.Dict["Subtype"]) {
		case "Form":
			d.codesInResources(stream.Dict["Resources"], found, seen, left, depth+1)
		case "Image":
			*left--
			_ = unpanicked(func() error {
				picture, err := d.picture(stream)
				if err != nil {
					return err
				}
				for _, text := range readQR(d.ctx, picture) {
					found.addText(text)
				}
				return nil
			})
		}
	}
}

// picture gives an image of a PDF (ISO 32000-1 §8.9.5) in shades of grey, its soft mask laid on white.
func (d *document) picture(s *types.StreamDict) (*image.Gray, error) {
	g, err := d.samples(s)
	if err != nil {
		return nil, err
	}
	mask := d.stream(s.Dict["SMask"])
	if mask == nil {
		return g, nil
	}
	alpha, err := d.samples(mask)
	if err != nil {
		return nil, err
	}
	w, h := g.Rect.Dx(), g.Rect.Dy()
	for y := range h {
		for x := range w {
			a := alpha.Pix[y*alpha.Rect.Dy()/h*alpha.Stride+x*alpha.Rect.Dx()/w]
			g.Pix[y*g.Stride+x] = onWhite(g.Pix[y*g.Stride+x], a)
		}
	}
	return g, nil
}

// samples decodes one image, without its mask.
func (d *document) samples(s *types.StreamDict) (*image.Gray, error) {
	w, h := d.integer(s.Dict["Width"]), d.integer(s.Dict["Height"])
	if err := admissible(w, h); err != nil {
		return nil, err
	}
	if w < minSide || h < minSide {
		return nil, errors.New("too small for a QR code")
	}
	last := ""
	if n := len(s.FilterPipeline); n > 0 {
		last = s.FilterPipeline[n-1].Name
	}
	switch last {
	case filter.JPX, filter.JBIG2:
		return nil, errOtherFormat
	case filter.DCT: // decoding stops before this filter and leaves a JPEG
		jpeg, err := decoded(s, MaxInput)
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(jpeg, []byte("\xff\xd8")) {
			return nil, errOtherFormat
		}
		return decodePicture(d.ctx, jpeg)
	}

	bits := d.integer(s.Dict["BitsPerComponent"])
	colours, shade := d.colours(s.Dict["ColorSpace"], bits)
	if d.isTrue(s.Dict["ImageMask"]) || last == filter.CCITTFax {
		bits = 1
		colours, shade = 1, shadeOfGrey
	}
	if !slices.Contains([]int{1, 2, 4, 8, 16}, bits) || shade == nil {
		return nil, errOtherFormat
	}
	done, err := aloneIfLarge(d.ctx, w*h)
	if err != nil {
		return nil, err
	}
	defer done()
	stride := (w*colours*bits + 7) / 8
	pix, err := decoded(s, stride*h+1<<10) // some writers add a line end
	if err != nil {
		return nil, err
	}
	if len(pix) < stride*h {
		return nil, fmt.Errorf("%d bytes of %d", len(pix), stride*h)
	}

	// Decode [1 0] turns the shades round; other uses are rare and of no consequence for black and white.
	turn := uint8(0)
	if decode := d.array(s.Dict["Decode"]); len(decode) >= 2 && d.number(decode[0]) > d.number(decode[1]) {
		turn = 0xff
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	sample := make([]uint8, colours)
	for y := range h {
		if y%256 == 0 && d.ctx.Err() != nil {
			return nil, d.ctx.Err()
		}
		row := pix[y*stride:][:stride]
		for x := range w {
			for c := range sample {
				sample[c] = component(row, x*colours+c, bits)
			}
			g.Pix[y*g.Stride+x] = shade(sample) ^ turn
		}
	}
	return g, nil
}

// sameColours reports whether an image of a PDF shows a picture of a design, pixel by pixel. Only an image that says in plain
// words what its samples are can: whatever else may stand in its dictionary changes what is seen of them (ISO 32000-1 §8.9.5,
// table 89), and the press writes none of it.
func (d *document) sameColours(s *types.StreamDict, design []byte) (bool, error) {
	want, err := png.Decode(bytes.NewReader(design))
	if err != nil {
		return false, err
	}
	w, h := want.Bounds().Dx(), want.Bounds().Dy()
	if !d.isPlainRGB(s, w, h) {
		return false, nil
	}
	pix, err := decoded(s, 3*w*h)
	if err != nil || len(pix) != 3*w*h {
		return false, err
	}
	for y := range h {
		for x := range w {
			c := color.NRGBAModel.Convert(want.At(want.Bounds().Min.X+x, want.Bounds().Min.Y+y)).(color.NRGBA)
			if at := pix[3*(y*w+x):]; c != (color.NRGBA{at[0], at[1], at[2], 0xff}) {
				return false, nil
			}
		}
	}
	return true, nil
}

// isPlainRGB reports whether an image is of that size, with 8 bits for each of red, green and blue, and nothing is said of it
// beyond that and how its samples are packed.
func (d *document) isPlainRGB(s *types.StreamDict, w, h int) bool {
	for key, value := range s.Dict {
		ok := false
		switch key {
		case "Type":
			ok = d.name(value) == "XObject"
		case "Subtype":
			ok = d.name(value) == "Image"
		case "Width":
			ok = d.integer(value) == w
		case "Height":
			ok = d.integer(value) == h
		case "BitsPerComponent":
			ok = d.integer(value) == 8
		case "ColorSpace":
			ok = d.name(value) == "DeviceRGB"
		case "Filter", "DecodeParms", "Length":
			ok = true
		}
		if !ok {
			return false
		}
	}
	for _, key := range []string{"Width", "Height", "BitsPerComponent", "ColorSpace"} {
		if s.Dict[key] == nil {
			return false
		}
	}
	switch len(s.FilterPipeline) {
	case 0:
		return s.Dict["Filter"] == nil && s.Dict["DecodeParms"] == nil
	case 1:
		return s.FilterPipeline[0].Name == filter.Flate && d.packsRGB(s.FilterPipeline[0].DecodeParms, w)
	}
	return false
}

// packsRGB reports whether the parameters of a filter are those of such an image, so that all readers unpack it alike
// (ISO 32000-1 §7.4.4.3, table 8).
func (d *document) packsRGB(parameters types.Dict, w int) bool {
	if d.integer(parameters["Predictor"]) <= 1 {
		return len(parameters) == 0 || len(parameters) == 1 && d.integer(parameters["Predictor"]) == 1
	}
	for key, value := range parameters {
		want, known := map[string]int{"Colors": 3, "BitsPerComponent": 8, "Columns": w}[key]
		if key == "Predictor" {
			want, known = max(10, min(d.integer(value), 15)), true // those of PNG, which are alike
		}
		if !known || d.integer(value) != want {
			return false
		}
	}
	return len(parameters) == 4
}

// component gives the i-th component of a row, as it is for up to 8 bits and the upper half for 16.
func component(row []byte, i, bits int) uint8 {
	switch bits {
	case 8:
		return row[i]
	case 16:
		return row[2*i]
	}
	at := i * bits
	return row[at/8] >> (8 - bits - at%8) & (1<<bits - 1)
}

// colours gives how many components a pixel has in a colour space, and how they become a shade of grey. The shade is nil for
// colour spaces that do not occur in pictures of QR codes. It looks one reference deep and no further.
func (d *document) colours(o types.Object, bits int) (int, func([]uint8) uint8) {
	n := d.components(o)
	space := d.array(o)
	if len(space) >= 4 && d.name(space[0]) == "Indexed" {
		base, table := d.components(space[1]), []byte(nil)
		if s := d.stream(space[3]); s != nil {
			table, _ = decoded(s, 4*256+16)
		} else {
			table = d.bytes(space[3])
		}
		if base == 0 {
			return 0, nil
		}
		return 1, func(p []uint8) uint8 {
			at := int(p[0]) * base
			if at+base > len(table) {
				return 0xff
			}
			return shadeOf(table[at : at+base])
		}
	}
	switch {
	case n == 0:
		return 0, nil
	case bits < 8: // stretch to the whole range
		return n, func(p []uint8) uint8 {
			for i := range p {
				p[i] = uint8(uint(p[i]) * 255 / (1<<bits - 1))
			}
			return shadeOf(p)
		}
	}
	return n, shadeOf
}

// components gives the number of components of a colour space of grey, red-green-blue or printing colours, and 0 for others.
func (d *document) components(o types.Object) int {
	name := d.name(o)
	if space := d.array(o); len(space) > 0 {
		name = d.name(space[0])
		if name == "ICCBased" && len(space) > 1 {
			switch n := d.integer(d.dict(space[1])["N"]); n {
			case 1, 3, 4:
				return n
			}
		}
	}
	switch name {
	case "DeviceGray", "CalGray", "G":
		return 1
	case "DeviceRGB", "CalRGB", "RGB":
		return 3
	case "DeviceCMYK", "CMYK":
		return 4
	}
	return 0
}

func shadeOf(p []uint8) uint8 {
	switch len(p) {
	case 3:
		return luma(p[0], p[1], p[2])
	case 4:
		return uint8(max(0, 255-int(luma(p[0], p[1], p[2]))-int(p[3])))
	}
	return p[0]
}

// shadeOfGrey is for pictures of one bit, where 1 is white.
func shadeOfGrey(p []uint8) uint8 { return p[0] * 255 }
