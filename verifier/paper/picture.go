package paper

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

func readJPEG(ctx context.Context, data []byte) (*Found, error) {
	return readPicture(ctx, data, &Found{Kind: KindJPEG})
}

// readPicture adds to found what the QR codes of a picture say.
func readPicture(ctx context.Context, data []byte, found *Found) (*Found, error) {
	picture, err := decodePicture(ctx, data)
	if err != nil {
		return nil, err
	}
	for _, text := range readQR(ctx, picture) {
		found.addText(text)
	}
	if !found.anything() {
		e := &Error{Reason: ErrNothingFound, Words: "No QR code could be read in the picture.", Try: tryPicture}
		if len(found.Notes) > 0 {
			e.Words = found.Notes[0] + " " + e.Words
		}
		return nil, e
	}
	return found, nil
}

// decodePicture gives a PNG or JPEG as shades of grey, transparency laid on white. Its size is judged by its header, before
// anything is decoded. Orientation is of no interest: a QR code reads from every side.
func decodePicture(ctx context.Context, data []byte) (*image.Gray, error) {
	decodeConfig, decode := jpeg.DecodeConfig, jpeg.Decode
	if bytes.HasPrefix(data, []byte(pngSignature)) {
		decodeConfig, decode = png.DecodeConfig, png.Decode
	}
	config, err := decodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, damagedPicture(err)
	}
	if err := admissible(config.Width, config.Height); err != nil {
		return nil, err
	}
	done, err := aloneIfLarge(ctx, config.Width*config.Height)
	if err != nil {
		return nil, err
	}
	defer done()
	picture, err := decode(&stoppable{bytes.NewReader(data), ctx, 2*int64(len(data)) + 1<<20})
	if err != nil {
		return nil, damagedPicture(err)
	}
	return grey(picture), nil
}

// admissible refuses pictures too large to decode.
func admissible(width, height int) error {
	if width <= 0 || height <= 0 {
		return damagedPicture(fmt.Errorf("%d × %d pixels", width, height))
	}
	if width > MaxPixels/height {
		return &Error{
			Reason: ErrTooLarge,
			Words:  "The picture has more than 40 megapixels.",
			Try:    "Send a smaller picture: the QR code alone is enough.",
			Cause:  fmt.Errorf("%d × %d pixels", width, height),
		}
	}
	return nil
}

func damagedPicture(cause error) error {
	return &Error{Reason: ErrUnreadable, Words: "The picture is damaged.", Try: tryPicture, Cause: cause}
}

// grey gives p in shades of grey. The types that the decoders give for large pictures are handled row by row.
func grey(p image.Image) *image.Gray {
	b := p.Bounds()
	g := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		row := g.Pix[y*g.Stride:][:b.Dx()]
		switch p := p.(type) {
		case *image.Gray:
			copy(row, p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):])
		case *image.YCbCr:
			copy(row, p.Y[p.YOffset(b.Min.X, b.Min.Y+y):])
		case *image.RGBA: // multiplied by alpha already
			for x, pix := 0, p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]; x < len(row); x++ {
				q := pix[4*x : 4*x+4]
				row[x] = luma(q[0], q[1], q[2]) + 255 - q[3]
			}
		case *image.NRGBA:
			for x, pix := 0, p.Pix[p.PixOffset(b.Min.X, b.Min.Y+y):]; x < len(row); x++ {
				q := pix[4*x : 4*x+4]
				row[x] = onWhite(luma(q[0], q[1], q[2]), q[3])
			}
		default:
			for x := range row {
				c := color.NRGBAModel.Convert(p.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
				row[x] = onWhite(luma(c.R, c.G, c.B), c.A)
			}
		}
	}
	return g
}

// luma weighs the colours as ITU-R BT.601 does.
func luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b)) >> 16)
}

func onWhite(shade, alpha uint8) uint8 {
	return uint8((uint32(shade)*uint32(alpha) + 255*(255-uint32(alpha))) / 255)
}
