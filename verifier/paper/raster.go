package paper

import (
	"image"
	"math"
	"slices"
)

// A code is a place on the page that looks like a QR code, with what it says.
type code struct {
	box   box
	texts []string // none: it cannot be read
	pure  bool     // drawn as rectangles and nothing else
}

const (
	maxCodes   = 6    // places looked at on one page
	codePixels = 640  // the side of a drawn code
	pagePixels = 3508 // the longest side of a drawn place
	maxPasted  = 12   // pictures painted for one document
)

// codes finds the QR codes that a page shows, the largest place first. The place
// is painted here from the list of what is on the page: no other program is
// needed, and what lies over a code is over it.
func (d *document) codes(s *sheet) (all []code) {
	for _, place := range s.places() {
		if len(all) == maxCodes || d.ctx.Err() != nil {
			break
		}
		c := code{box: place, pure: true}
		area := place.grown(0.12 * max(place.wide(), place.high()))
		scale := codePixels / max(area.wide(), area.high())
		if max(place.wide(), place.high()) > 0.4*max(s.page.wide(), s.page.high()) { // a scan
			scale = pagePixels / max(area.wide(), area.high())
		}
		ground := s.ground(place)
		for _, p := range s.paints {
			c.pure = c.pure && (p.order < ground || !p.spoils(place))
		}
		// A code that a program has drawn fills its place to the edges, and is read
		// there however fine it is; what stands beside it is left out.
		if g := d.raster(s, place, codePixels/max(place.wide(), place.high())); g != nil && c.pure {
			var n int
			if c.texts, n = drawnIn(d.ctx, g); n > 0 {
				c.pure = s.modular(place, n, ground)
			}
		}
		if g := d.raster(s, area, scale); g != nil && len(c.texts) == 0 {
			c.pure = false // no program of ours draws what has to be searched for
			if c.texts = codesIn(d.ctx, g); len(c.texts) == 0 {
				c.texts = readQR(d.ctx, g)
			}
		}
		all = append(all, c)
	}
	return all
}

// ground is the order of the last white area beneath all of a place: what was painted
// there before cannot be seen.
func (s *sheet) ground(place box) (order int) {
	for _, p := range s.paints {
		if p.kind == aFill && p.rects && len(p.parts) == 1 && p.plain && p.shade > 0.99 && p.box.holds(place) {
			order = p.order
		}
	}
	return order
}

// modular reports whether a code of n modules on each side is drawn by whole modules:
// each is black or white all over. A code whose modules are of one shade in the middle
// and of another around it says one thing to whom looks at the middle, as is done here,
// and another to a camera.
func (s *sheet) modular(place box, n, ground int) bool {
	const slack = 0.08 // modules; other programs round
	onGrid := func(v, from, side float64) bool {
		at := (v - from) / side * float64(n)
		return near(at, math.Round(at), slack) || at < 0 || at > float64(n)
	}
	for i := range s.paints {
		p := &s.paints[i]
		if p.order <= ground || !p.touches(place) {
			continue
		}
		if p.kind != aFill || !p.rects || !p.plain || p.clipped || p.shade > mostBlack && p.shade < leastWhite {
			return false
		}
		for _, part := range p.parts {
			b := around(part)
			if b.meets(place) && !(onGrid(b.x0, place.x0, place.wide()) && onGrid(b.x1, place.x0, place.wide()) &&
				onGrid(b.y0, place.y0, place.high()) && onGrid(b.y1, place.y0, place.high())) {
				return false
			}
		}
	}
	return !slices.ContainsFunc(s.glyphs, func(g glyph) bool {
		return g.order > ground && !(g.blank && g.proven) && g.box.meets(place)
	})
}

// touches reports whether any part of a paint may lie in a place.
func (p *paint) touches(place box) bool {
	switch {
	case !p.box.meets(place):
		return false
	case p.kind == aLine:
		return slices.ContainsFunc(p.strokes, func(s stroke) bool { return s.box.meets(place) })
	case p.kind == aFill && p.rects:
		return slices.ContainsFunc(p.parts, func(part []point) bool { return around(part).meets(place) })
	}
	return true
}

// Shades of the modules of a code.
const (
	mostBlack  = 0.15
	leastWhite = 0.98
)

// spoils reports whether a paint does more to a place than fill rectangles in it.
func (p *paint) spoils(place box) bool {
	if !p.box.meets(place) {
		return false
	}
	switch p.kind {
	case aFill:
		return !p.rects
	case aLine:
		return slices.ContainsFunc(p.strokes, func(s stroke) bool { return s.box.meets(place) })
	}
	return true
}

// places are the places of the page that are painted densely with dark areas or
// pictures, as wide as high or holding a picture.
func (s *sheet) places() []box {
	const cells = 256
	if s.page.empty() {
		return nil
	}
	side := max(s.page.wide(), s.page.high()) / cells
	cell := func(x, from float64) int { return min(max(int((x-from)/side), 0), cells-1) }
	var marks [cells + 1][cells + 1]int32
	var parts []box
	pictures := map[box]bool{}
	add := func(b box) {
		if b = b.cut(s.page); !b.meets(b) {
			return
		}
		x0, y0, x1, y1 := cell(b.x0, s.page.x0), cell(b.y0, s.page.y0), cell(b.x1, s.page.x0)+1, cell(b.y1, s.page.y0)+1
		marks[y0][x0]++
		marks[y0][x1]--
		marks[y1][x0]--
		marks[y1][x1]++
		parts = append(parts, b)
	}
	for _, p := range s.paints {
		switch {
		case p.kind == aPicture:
			add(p.box)
			pictures[p.box.cut(s.page)] = true
		case p.kind == aFill && p.shade < readable && p.claim == "": // letters, or found out as none
			for _, outline := range p.parts {
				b := nowhere
				for _, q := range outline {
					b = b.with(q)
				}
				add(b.cut(p.box))
			}
		}
	}
	// Sums over rows and columns turn the marks into what covers each cell.
	for y := range marks {
		for x := 1; x <= cells; x++ {
			marks[y][x] += marks[y][x-1]
		}
		if y > 0 {
			for x := range marks[y] {
				marks[y][x] += marks[y-1][x]
			}
		}
	}
	of := connected(func(x, y int) bool { return marks[y][x] > 0 }, cells)
	around := map[int]box{}
	pictured := map[int]bool{}
	for _, b := range parts {
		n := of[cell(b.y0, s.page.y0)*cells+cell(b.x0, s.page.x0)]
		if have, ok := around[n]; ok {
			b = b.union(have)
		}
		around[n] = b
	}
	for b := range pictures {
		if b.meets(b) {
			pictured[of[cell(b.y0, s.page.y0)*cells+cell(b.x0, s.page.x0)]] = true
		}
	}
	var list []box
	for n, b := range around {
		ratio := b.wide() / b.high()
		if b.wide() > 8 && b.high() > 8 && (ratio > 0.7 && ratio < 1.4 || pictured[n]) {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b box) int {
		switch {
		case a.area() != b.area():
			return compareFloats(b.area(), a.area())
		case a.x0 != b.x0:
			return compareFloats(a.x0, b.x0)
		}
		return compareFloats(a.y0, b.y0)
	})
	return list
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// connected numbers the cells that touch each other.
func connected(dark func(x, y int) bool, cells int) []int {
	of := make([]int, cells*cells)
	var todo []int
	count := 0
	for at := range of {
		if of[at] != 0 || !dark(at%cells, at/cells) {
			continue
		}
		count++
		of[at] = count
		todo = append(todo[:0], at)
		for len(todo) > 0 {
			c := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for y := max(c/cells-1, 0); y <= min(c/cells+1, cells-1); y++ {
				for x := max(c%cells-1, 0); x <= min(c%cells+1, cells-1); x++ {
					if n := y*cells + x; of[n] == 0 && dark(x, y) {
						of[n] = count
						todo = append(todo, n)
					}
				}
			}
		}
	}
	return of
}

// raster paints a part of the page in shades of grey, scale pixels to the unit.
func (d *document) raster(s *sheet, area box, scale float64) *image.Gray {
	w, h := int(math.Ceil(area.wide()*scale)), int(math.Ceil(area.high()*scale))
	if w < minSide || h < minSide || w > pagePixels+1 || h > pagePixels+1 {
		return nil
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 0xff
	}
	// From the page to pixels, whose rows go down.
	view := matrix{scale, 0, 0, -scale, -area.x0 * scale, area.y1 * scale}
	for _, p := range s.paints {
		if d.ctx.Err() != nil {
			return nil
		}
		if !p.box.meets(area) {
			continue
		}
		shade := uint8(math.Round(255 * min(max(p.shade, 0), 1)))
		scissor := p.box.mapped(view)
		switch {
		case p.kind == aPicture:
			if !d.paste(g, p, view, scissor) {
				return nil
			}
		case p.kind == aLine:
			for _, piece := range p.strokes {
				if !piece.box.meets(area) {
					continue
				}
				fill(g, [][]point{corners(piece.box.cut(p.box), view)}, false, shade, scissor)
			}
		case len(p.parts) > 0:
			parts := make([][]point, len(p.parts))
			for i, part := range p.parts {
				for _, q := range part {
					parts[i] = append(parts[i], view.apply(q.x, q.y))
				}
			}
			fill(g, parts, p.evenOdd, shade, scissor)
		default:
			fill(g, [][]point{corners(p.box, view)}, false, shade, scissor)
		}
	}
	return g
}

func corners(b box, m matrix) []point {
	return []point{m.apply(b.x0, b.y0), m.apply(b.x1, b.y0), m.apply(b.x1, b.y1), m.apply(b.x0, b.y1)}
}

// fill fills outlines, a pixel wherever its middle is inside (ISO 32000-1
// §8.5.3.3).
func fill(g *image.Gray, parts [][]point, evenOdd bool, shade uint8, scissor box) {
	type crossing struct {
		x  float64
		up int
	}
	h := g.Rect.Dy()
	rows := make([][]crossing, h)
	for _, part := range parts {
		for i, a := range part {
			b := part[(i+1)%len(part)]
			up := 1
			if a.y > b.y {
				a, b, up = b, a, -1
			}
			for y := max(int(math.Ceil(a.y-0.5)), 0); y < h && float64(y)+0.5 < b.y; y++ {
				t := (float64(y) + 0.5 - a.y) / (b.y - a.y)
				rows[y] = append(rows[y], crossing{a.x + t*(b.x-a.x), up})
			}
		}
	}
	left, right := max(int(math.Ceil(scissor.x0-0.5)), 0), min(int(math.Ceil(scissor.x1-0.5)), g.Rect.Dx())
	for y := max(int(math.Ceil(scissor.y0-0.5)), 0); y < h && float64(y)+0.5 < scissor.y1; y++ {
		row := rows[y]
		slices.SortFunc(row, func(a, b crossing) int { return compareFloats(a.x, b.x) })
		inside := 0
		for i := 0; i+1 < len(row); i++ {
			if evenOdd {
				inside ^= 1
			} else {
				inside += row[i].up
			}
			if inside == 0 {
				continue
			}
			from, to := max(int(math.Ceil(row[i].x-0.5)), left), min(int(math.Ceil(row[i+1].x-0.5)), right)
			for x := from; x < to; x++ {
				g.Pix[y*g.Stride+x] = shade
			}
		}
	}
}

// paste puts a picture on the page, and reports whether it could be read.
func (d *document) paste(g *image.Gray, p paint, view matrix, scissor box) bool {
	back, ok := p.m.then(view).inverse()
	if !ok {
		return true // without extent
	}
	var picture *image.Gray
	if d.pasted++; p.picture != nil && d.pasted <= maxPasted {
		_ = unpanicked(func() (err error) { picture, err = d.picture(p.picture); return })
	}
	if picture == nil {
		return false
	}
	w, h := picture.Rect.Dx(), picture.Rect.Dy()
	for y := max(int(scissor.y0), 0); y < g.Rect.Dy() && float64(y) < scissor.y1; y++ {
		for x := max(int(scissor.x0), 0); x < g.Rect.Dx() && float64(x) < scissor.x1; x++ {
			if q := back.apply(float64(x)+0.5, float64(y)+0.5); q.x >= 0 && q.x < 1 && q.y > 0 && q.y <= 1 {
				g.Pix[y*g.Stride+x] = picture.Pix[min(int((1-q.y)*float64(h)), h-1)*picture.Stride+min(int(q.x*float64(w)), w-1)]
			}
		}
	}
	return true
}
