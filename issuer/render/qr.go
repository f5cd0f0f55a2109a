package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/skip2/go-qrcode"
)

// longestQR is the longest text, in bytes, of a QR code that still scans from
// paper at the size of the page's: version 7, 45 modules a side.
const longestQR = 120

// robustQR is the longest text, in bytes, that gets the stronger error
// correction: up to it the code stays at version 5.
const robustQR = 60

// QR returns the modules of a QR code that says text, true for dark, row by row
// from the top, with the quiet zone of 4 light modules that ISO/IEC 18004 asks
// for on every side. The text is printable ASCII of at most 120 bytes. Up to 60
// bytes a quarter of the code may be lost (level Q), beyond that 15 % (level M).
func QR(text string) (modules [][]bool, err error) {
	defer recovered("drawing the QR code", &err)
	if text == "" {
		return nil, fmt.Errorf("QR code: no text")
	}
	if err := checkText(fieldQR, text, nil); err != nil {
		return nil, err
	}
	if err := checkQR(text); err != nil {
		return nil, err
	}
	level := qrcode.High // what go-qrcode calls High is level Q of the standard
	if len(text) > robustQR {
		level = qrcode.Medium
	}
	code, err := qrcode.New(text, level)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return code.Bitmap(), nil
}

// QRPNG returns the QR code of text as a black and white PNG, scale pixels to
// the module, 1 to 40.
func QRPNG(text string, scale int) ([]byte, error) {
	if scale < 1 || scale > 40 {
		return nil, fmt.Errorf("QR code: %d pixels to the module; give 1 to 40", scale)
	}
	modules, err := QR(text)
	if err != nil {
		return nil, err
	}
	// Drawn here: go-qrcode takes the size of the whole and rounds it silently.
	side := len(modules) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if modules[y/scale][x/scale] {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return out.Bytes(), nil
}
