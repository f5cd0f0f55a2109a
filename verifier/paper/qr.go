package paper

import (
	"context"
	"image"
	"slices"

	"github.com/makiuchi-d/gozxing"
	multiqr "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// maxCorners is how many corner marks are followed up in one picture. A code has three; noise and print add some dozens.
// The search compares every three of them with each other, so a picture tiled with corner marks would never be done.
const maxCorners = 400

// minSide and maxSide are the numbers of modules along the side of a QR code of version 1 and 40 (ISO/IEC 18004).
const minSide, maxSide = 21, 177

// minContrast is the least difference between the darkest and the lightest pixel: an empty page needs no search.
const minContrast = 16

// readQR gives the texts of the QR codes in a picture, each once.
//
// The picture is looked at in several sizes: averaging down takes away noise and the grain of paper, while small modules
// need all pixels there are. At the first size with a result one more is tried, in case a second, denser code is on the
// page; a picture without any result goes through all sizes.
func readQR(ctx context.Context, g *image.Gray) []string {
	if g.Rect.Dx() < minSide || g.Rect.Dy() < minSide || slices.Max(g.Pix)-slices.Min(g.Pix) < minContrast {
		return nil
	}
	var texts []string
	for _, side := range sides(max(g.Rect.Dx(), g.Rect.Dy())) {
		if ctx.Err() != nil {
			return texts
		}
		before := len(texts)
		texts = appendOnce(texts, codesIn(ctx, resized(g, side)))
		if before > 0 {
			break
		}
	}
	return texts
}

// sides gives the lengths of the longer side at which a picture is looked at, the likeliest to succeed first. The odd ones
// are there because the search fails on a dense code at some sizes and not at others, without any pattern.
func sides(side int) []int {
	switch {
	case side <= 200: // perhaps one pixel for each module: enlarge
		return []int{4 * side, side, 3 * side, side * 5 / 2}
	case side <= 500: // a dense code by itself, such as the second one of a paper
		return []int{side, 2 * side, side * 4 / 5, side * 3 / 2, 3 * side, side * 5 / 2, side / 2}
	case side <= 1000:
		return []int{side, 2 * side, side * 4 / 5, side * 3 / 2, side / 2}
	case side <= 2000:
		// A page scanned at 150 dpi: its second code is fine, and is read best when the page is enlarged.
		return []int{side, side * 3 / 2, 900, side * 4 / 5, 600}
	default:
		return []int{1600, min(side, 3600), 1000, 2400, 1900, 600}
	}
}

// codesIn reads the QR codes of one picture at one size.
func codesIn(ctx context.Context, g *image.Gray) []string {
	source, err := gozxing.NewPlanarYUVLuminanceSource(g.Pix, g.Stride, g.Rect.Dy(), 0, 0, g.Rect.Dx(), g.Rect.Dy(), false)
	if err != nil {
		return nil
	}
	for _, binarizer := range []func(gozxing.LuminanceSource) gozxing.Binarizer{
		gozxing.NewHybridBinarizer,         // judges each region for itself: photographs, shadows
		gozxing.NewGlobalHistgramBinarizer, // one threshold for all: clean renders
	} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer(source))
		if err != nil {
			continue
		}
		for _, look := range []func(*gozxing.BinaryBitmap, map[gozxing.DecodeHintType]any) []string{clean, several, one} {
			if ctx.Err() != nil {
				return nil
			}
			var texts []string
			// The decoder panics on some damaged codes; that is one failed look, no more.
			_ = unpanicked(func() error { texts = look(bitmap, hints(ctx)); return nil })
			if len(texts) > 0 {
				return texts
			}
		}
	}
	return nil
}

// hints ask for a thorough search that ends when ctx does or when there are too many corner marks. The decoder knows no
// contexts, but it calls back for every corner mark it finds; a panic there brings it to an end.
func hints(ctx context.Context) map[gozxing.DecodeHintType]any {
	corners := 0
	return map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true,
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if corners++; corners > maxCorners || ctx.Err() != nil {
				panic("search for QR codes given up")
			}
		}),
	}
}

func several(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) []string {
	results, err := multiqr.NewQRCodeMultiReader().DecodeMultiple(b, hints)
	if err != nil {
		return nil
	}
	var texts []string
	for _, r := range results {
		texts = appendOnce(texts, []string{r.GetText()})
	}
	return texts
}

func one(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) []string {
	r, err := qrcode.NewQRCodeReader().Decode(b, hints)
	if err != nil {
		return nil
	}
	return []string{r.GetText()}
}

// drawnIn reads the code that is all there is in a picture.
func drawnIn(ctx context.Context, g *image.Gray) (texts []string, modules int) {
	source, err := gozxing.NewPlanarYUVLuminanceSource(g.Pix, g.Stride, g.Rect.Dy(), 0, 0, g.Rect.Dx(), g.Rect.Dy(), false)
	if err != nil {
		return nil, 0
	}
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewGlobalHistgramBinarizer(source))
	if err != nil {
		return nil, 0
	}
	_ = unpanicked(func() error { texts, modules = measured(bitmap, hints(ctx)); return nil })
	return texts, modules
}

// clean reads a code that is all there is in the picture and stands upright, as a program draws it. It knows the corners
// exactly and so reads dense codes, and modules of uneven width, that the search for corner marks loses.
func clean(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) []string {
	texts, _ := measured(b, hints)
	return texts
}

// measured reads such a code, and gives the number of modules on each side.
func measured(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) (texts []string, side int) {
	black, err := b.GetBlackMatrix()
	if err != nil {
		return nil, 0
	}
	box := black.GetEnclosingRectangle() // left, top, width, height: three corner marks fix all four sides
	if box == nil || box[2] < minSide || box[3] < minSide || box[2] > 2*box[3] || box[3] > 2*box[2] {
		return nil, 0
	}
	for n := minSide; n <= maxSide && n <= min(box[2], box[3]); n += 4 {
		at := func(x, y int) bool {
			return black.Get(box[0]+(2*x+1)*box[2]/(2*n), box[1]+(2*y+1)*box[3]/(2*n))
		}
		if !timed(n, at) {
			continue
		}
		modules, err := gozxing.NewSquareBitMatrix(n)
		if err != nil {
			return nil, 0
		}
		for y := range n {
			for x := range n {
				if at(x, y) {
					modules.Set(x, y)
				}
			}
		}
		if r, err := decoder.NewDecoder().Decode(modules, hints); err == nil {
			return []string{r.GetText()}, n
		}
	}
	return nil, 0
}

// timed reports whether modules alternate along the two timing patterns of a code of n modules (ISO/IEC 18004, 6.3.5).
func timed(n int, at func(x, y int) bool) bool {
	for i := 7; i < n-7; i++ {
		if black := i%2 == 0; at(i, 6) != black || at(6, i) != black {
			return false
		}
	}
	return true
}

// resized gives g with its longer side as long as asked: averaged when smaller, drawn smoothly when larger, so that noise does
// not grow with it.
func resized(g *image.Gray, side int) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	if side == max(w, h) {
		return g
	}
	toW, toH := max(1, w*side/max(w, h)), max(1, h*side/max(w, h))
	to := image.NewGray(image.Rect(0, 0, toW, toH))
	if side > max(w, h) {
		enlarge(to, g)
		return to
	}
	for y := range toH {
		y0 := y * h / toH
		y1 := max(y0+1, (y+1)*h/toH)
		for x := range toW {
			x0 := x * w / toW
			x1 := max(x0+1, (x+1)*w/toW)
			sum := 0
			for yy := y0; yy < y1; yy++ {
				for _, shade := range g.Pix[yy*g.Stride+x0 : yy*g.Stride+x1] {
					sum += int(shade)
				}
			}
			to.Pix[y*to.Stride+x] = uint8(sum / ((y1 - y0) * (x1 - x0)))
		}
	}
	return to
}

// enlarge draws g larger, each pixel mixed of the four nearest by their distance.
func enlarge(to, g *image.Gray) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	toW, toH := to.Rect.Dx(), to.Rect.Dy()
	const one = 256
	at := func(i, n, of int) (first, second, part int) { // of the middle of a pixel
		p := max(0, (2*i+1)*of*one/(2*n)-one/2)
		return p / one, min(p/one+1, of-1), p % one
	}
	for y := range toH {
		y0, y1, fy := at(y, toH, h)
		above, below := g.Pix[y0*g.Stride:][:w], g.Pix[y1*g.Stride:][:w]
		for x := range toW {
			x0, x1, fx := at(x, toW, w)
			upper := int(above[x0])*(one-fx) + int(above[x1])*fx
			lower := int(below[x0])*(one-fx) + int(below[x1])*fx
			to.Pix[y*to.Stride+x] = uint8((upper*(one-fy) + lower*fy) / (one * one))
		}
	}
}
