package paper_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"testing"

	"github.com/testamur/testamur/verifier/paper"
)

// packed gives the shades of g (0 black, 1 white) as samples of 1 to 16 bits, n of them for each pixel, row by row.
func packed(g *image.Gray, n, bits int, black, white uint32) []byte {
	var out []byte
	for y := range g.Rect.Dy() {
		var acc, have uint32
		for x := range g.Rect.Dx() {
			for range n {
				sample := black
				if g.GrayAt(x, y).Y > 127 {
					sample = white
				}
				acc, have = acc<<bits|sample, have+uint32(bits)
				for have >= 8 {
					out = append(out, byte(acc>>(have-8)))
					have -= 8
				}
			}
		}
		if have > 0 {
			out = append(out, byte(acc<<(8-have)))
		}
	}
	return out
}

func TestQRPicturesOfEveryColourSpaceAreRead(t *testing.T) {
	t.Setenv("PATH", "")
	g := grey(qrOf(t, link).Image(203)) // an odd width: rows do not end with a byte
	size := fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %[1]d", g.Rect.Dx())
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, g, nil); err != nil {
		t.Fatal(err)
	}
	for name, object := range map[string]string{
		"grey, 1 bit":          stream(size+"/BitsPerComponent 1/ColorSpace/DeviceGray", packed(g, 1, 1, 0, 1)),
		"grey, 4 bits":         stream(size+"/BitsPerComponent 4/ColorSpace/DeviceGray", packed(g, 1, 4, 0, 15)),
		"grey, 16 bits":        stream(size+"/BitsPerComponent 16/ColorSpace[/CalGray<<>>]", packed(g, 1, 16, 0, 0xffff)),
		"grey, turned round":   stream(size+"/BitsPerComponent 1/ColorSpace/DeviceGray/Decode[1 0]", packed(g, 1, 1, 1, 0)),
		"colour":               stream(size+"/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode", flate(packed(g, 3, 8, 20, 240))),
		"colour, hex in flate": stream(size+"/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter[/ASCIIHexDecode/FlateDecode]", fmt.Appendf(nil, "%x>", flate(packed(g, 3, 8, 20, 240)))),
		"colour with profile":  stream(size+"/BitsPerComponent 8/ColorSpace[/ICCBased 6 0 R]", packed(g, 3, 8, 20, 240)),
		"printing colours":     stream(size+"/BitsPerComponent 8/ColorSpace/DeviceCMYK", packed(g, 4, 8, 200, 0)),
		"table in a string":    stream(size+"/BitsPerComponent 1/ColorSpace[/Indexed/DeviceRGB 1<FFFFFF000060>]", packed(g, 1, 1, 1, 0)),
		"table in a stream":    stream(size+"/BitsPerComponent 2/ColorSpace[/Indexed/DeviceRGB 2 7 0 R]", packed(g, 1, 2, 2, 0)),
		"stencil":              stream(size+"/ImageMask true", packed(g, 1, 1, 0, 1)),
		"black behind a mask":  stream(size+"/BitsPerComponent 8/ColorSpace/DeviceGray/SMask 8 0 R", packed(g, 1, 8, 0, 0)),
		"photograph":           stream(size+"/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", photo.Bytes()),
		"photograph in flate":  stream(size+"/BitsPerComponent 8/ColorSpace/DeviceGray/Filter[/FlateDecode/DCTDecode]", flate(photo.Bytes())),
		"in a form":            stream("/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</Q 8 0 R>>>>", nil),
	} {
		t.Run(name, func(t *testing.T) {
			white, black := uint32(0), uint32(255) // opacity
			if name == "in a form" {
				white, black = 255, 0 // shades
			}
			found := read(t, handmade("<</Type/Catalog/Pages 2 0 R>>",
				"<</Type/Pages/Kids[3 0 R]/Count 1/Resources<</XObject<</I 5 0 R>>>>>>", // inherited by the page
				"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
				stream("", []byte("q 100 0 0 100 0 0 cm /I Do Q")),
				object,
				stream("/N 3", nil),
				stream("", []byte{255, 255, 255, 128, 128, 128, 0, 0, 0}),
				stream(size+"/BitsPerComponent 8/ColorSpace/DeviceGray", packed(g, 1, 8, black, white)),
			))
			want(t, found, paper.KindPDF, nil, []string{link})
		})
	}
}
