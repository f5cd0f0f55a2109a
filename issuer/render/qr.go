package render

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// longestQR is the longest text, in bytes, of a QR code that still scans from
// paper at the size of the page's: version 7, 45 modules a side.
const longestQR = 120

// robustQR is the longest text, in bytes, that gets the stronger error
// correction: up to it the code stays at version 5.
const robustQR = 60

// linkCode makes the code of a verification address.
func linkCode(text string) (*Code, error) {
	level := Quartile
	if len(text) > robustQR {
		level = Medium
	}
	return Encode(text, level)
}

// largestSummary is the largest version of a code of 40 mm that a scanner reads
// from paper: 105 modules a side, 0.35 mm each.
const largestSummary = 22

// summaryCode makes the second code of a page. It is at level L: with so many
// modules in the same place, larger ones help a reader more than a higher level
// does (package summary, TestCodesAreRead).
func summaryCode(text string) (*Code, error) {
	code, err := Encode(text, Low)
	if err != nil || code.Version <= largestSummary {
		return code, err
	}
	return nil, fmt.Errorf("its QR code has %d modules a side, and more than %d are too fine to scan from paper", code.Side, 17+4*largestSummary)
}

// QR returns the modules of a QR code that says text, true for dark, row by row
// from the top, with the quiet zone of 4 light modules that ISO/IEC 18004 asks
// for on every side. The text is printable ASCII of at most 120 bytes. Up to 60
// bytes a quarter of the code may be lost (level Q), beyond that 15 % (level M).
func QR(text string) (modules [][]bool, err error) {
	defer recovered("drawing the QR code", &err)
	if text == "" {
		return nil, fmt.Errorf("QR code: no text")
	}
	if err := checkText(fieldQR, text); err != nil {
		return nil, err
	}
	if err := checkQR(text); err != nil {
		return nil, err
	}
	code, err := linkCode(text)
	if err != nil {
		return nil, err
	}
	modules = make([][]bool, code.Side+2*quiet)
	for y := range modules {
		modules[y] = make([]bool, len(modules))
		for x := range modules[y] {
			modules[y][x] = code.Dark(x-quiet, y-quiet)
		}
	}
	return modules, nil
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
