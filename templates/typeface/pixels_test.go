package typeface

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/image/vector"

	"github.com/testamur/testamur/templates"
)

// Rows of the sheet that both sides draw: a name each, set in size, its left end
// at margin, its baseline at rise below the top of its row.
const (
	size   = 40
	margin = 20
	rise   = 52
	row_   = 76
	column = 900
	rows   = 90
)

// A sample is one name of the sheet.
type sample struct{ script, language, name string }

// samples takes some of every script, and everything out of the ordinary that is
// shown.
func samples() (all []sample) {
	for _, p := range peoples {
		names := p.make()
		for i := 0; i < 17; i++ {
			if n := names[i*23]; !strings.Contains(n, "fi") { // our own kerning
				all = append(all, sample{p.script, p.language, n})
			}
		}
	}
	for _, n := range odd {
		if n.verdict == "shown" {
			all = append(all, sample{n.script, n.language, n.name})
		}
	}
	return all
}

// ours draws a line as the press does: each glyph's outline in its place.
func ours(line *Line) *image.Alpha {
	z := vector.NewRasterizer(column, row_)
	const k = size / 1000.0
	for _, run := range line.Runs {
		for _, g := range run.Glyphs {
			at := func(p Point) (float32, float32) {
				return float32(margin + (float64(g.X)+p.X)*k), float32(rise - (float64(g.Y)+p.Y)*k)
			}
			for _, s := range run.Face.Outline(g.ID) {
				x, y := at(s.P[0])
				switch s.Op {
				case MoveTo:
					z.ClosePath()
					z.MoveTo(x, y)
				case LineTo:
					z.LineTo(x, y)
				case CubeTo:
					x2, y2 := at(s.P[1])
					x3, y3 := at(s.P[2])
					z.CubeTo(x, y, x2, y2, x3, y3)
				}
			}
			z.ClosePath()
		}
	}
	out := image.NewAlpha(image.Rect(0, 0, column, row_))
	z.Draw(out, out.Rect, image.Opaque, image.Point{})
	return out
}

// difference is the most ink, in pixels, that stands on one side only in any
// square of 16 by 16. A pixel's own shade is compared with what it and its
// neighbours have on the other side, because the two smooth edges each in its own
// way.
func difference(a, b *image.Alpha) float64 {
	const cell = 8 // a square is four of them
	var cells [row_/cell + 2][column/cell + 2]int
	at := func(m *image.Alpha, x, y int) int {
		if !(image.Point{x, y}).In(m.Rect) {
			return 0
		}
		return int(m.Pix[y*m.Stride+x])
	}
	against := func(a, b *image.Alpha, x, y int) int {
		v := at(a, x, y)
		if v == at(b, x, y) {
			return 0
		}
		low, high := 255, 0
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				w := at(b, x+dx, y+dy)
				low, high = min(low, w), max(high, w)
			}
		}
		return max(0, low-v, v-high)
	}
	for y := range row_ {
		for x := range column {
			cells[y/cell][x/cell] += against(a, b, x, y) + against(b, a, x, y)
		}
	}
	most := 0
	for y := range row_/cell + 1 {
		for x := range column/cell + 1 {
			most = max(most, cells[y][x]+cells[y+1][x]+cells[y][x+1]+cells[y+1][x+1])
		}
	}
	return float64(most) / 255
}

// chromium draws the sheet in a browser with the same font files: another
// shaper's code, another bidirectional algorithm, another rasteriser.
func chromium(t *testing.T, all []sample, family []string) []*image.Alpha {
	t.Helper()
	dir := t.TempDir()
	var page strings.Builder
	page.WriteString("<!doctype html><meta charset=utf-8><style>body{margin:0}svg{display:block}")
	written := map[string]bool{}
	for _, file := range family {
		data, err := templates.Font(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o666); err != nil {
			t.Fatal(err)
		}
		written[file] = true
		fmt.Fprintf(&page, "@font-face{font-family:'%s';src:url('%s')}", file, file)
	}
	columns := (len(all) + rows - 1) / rows
	fmt.Fprintf(&page, "</style><svg xmlns='http://www.w3.org/2000/svg' width=%d height=%d font-size=%d style='font-kerning:normal;text-rendering:geometricPrecision'>", columns*column, rows*row_, size)
	for i, s := range all {
		x, y := i/rows*column+margin, i%rows*row_+rise
		direction, anchor := "ltr", "start"
		if RightToLeft(s.name) {
			direction, anchor = "rtl", "end"
		}
		// The faces that were chosen here: which one has a character is not in
		// question, but where each character stands, and how.
		runes, base := []rune(s.name), uint8(0)
		if direction == "rtl" {
			base = 1
		}
		items, err := Serif().items(runes, levels(runes, base), Options{Language: s.language})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&page, "<text x=%d y=%d direction=%s text-anchor=%s lang=%s>", x, y, direction, anchor, s.language)
		for _, it := range items {
			ligatures := "none"
			if it.script != 0 && !simple(it.script) {
				ligatures = "normal"
			}
			fmt.Fprintf(&page, "<tspan style=\"font-family:'%s';font-variant-ligatures:%s\">%s</tspan>", it.face.Name, ligatures, html.EscapeString(string(runes[it.from:it.to])))
		}
		page.WriteString("</text>")
	}
	page.WriteString("</svg>")
	if err := os.WriteFile(filepath.Join(dir, "page.html"), []byte(page.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("lines are compared with Chromium, which is not here; install it: sudo apt-get install chromium (or make deps)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shot := filepath.Join(dir, "page.png")
	options := []string{"--headless=new", "--disable-gpu", "--hide-scrollbars", "--disable-lcd-text",
		"--font-render-hinting=none", "--force-device-scale-factor=1", "--user-data-dir=" + filepath.Join(dir, "profile"),
		fmt.Sprintf("--window-size=%d,%d", columns*column, rows*row_), "--virtual-time-budget=20000", "--screenshot=" + shot}
	if os.Getuid() == 0 {
		options = append(options, "--no-sandbox") // which does not run as root
	}
	out, err := exec.CommandContext(ctx, path, append(options, "file://"+filepath.Join(dir, "page.html"))...).CombinedOutput()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, out)
	}
	data, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if sheet.Bounds().Dx() < columns*column || sheet.Bounds().Dy() < rows*row_ {
		t.Fatalf("the sheet is %v", sheet.Bounds())
	}
	var cut []*image.Alpha
	for i := range all {
		m := image.NewAlpha(image.Rect(0, 0, column, row_))
		for y := range row_ {
			for x := range column {
				g := color.GrayModel.Convert(sheet.At(i/rows*column+x, i%rows*row_+y)).(color.Gray)
				m.Pix[y*m.Stride+x] = 255 - g.Y
			}
		}
		cut = append(cut, m)
	}
	return cut
}

// most is how much may differ.
const most = 6

// TestLinesLookAsABrowserSetsThem compares pixels: a line may extract right and
// show boxes.
func TestLinesLookAsABrowserSetsThem(t *testing.T) {
	all := samples()
	if len(all) < 200 {
		t.Fatalf("%d names", len(all))
	}
	faces := map[string]bool{}
	var files []string
	var lines []*Line
	for _, s := range all {
		line, err := Serif().Set(s.name, Options{Language: s.language, RTL: RightToLeft(s.name)})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
		for _, r := range line.Runs {
			if !faces[r.Face.Name] {
				faces[r.Face.Name] = true
				files = append(files, r.Face.Name)
			}
		}
	}
	theirs := chromium(t, all, files)
	worst := map[string]float64{}
	for i, s := range all {
		d := difference(ours(lines[i]), theirs[i])
		worst[s.script] = max(worst[s.script], d)
		if d > most {
			t.Errorf("%s: %q differs by %.2f", s.script, s.name, d)
			keep(t, i, ours(lines[i]), theirs[i])
		}
	}
	t.Logf("%d names, the most different of each script: %v", len(all), worst)

	// The comparison is worth something only if it catches what is wrong.
	for _, twin := range twins {
		caught := 0
		for i, s := range all {
			if !twin.of(s) {
				continue
			}
			broken := clone(lines[i])
			twin.spoil(t, broken)
			d := difference(ours(broken), theirs[i])
			if d <= most {
				t.Errorf("%s: %q passes, differing by %.2f", twin.name, s.name, d)
			}
			caught++
		}
		if caught < twin.least {
			t.Errorf("%s: tried with %d names only", twin.name, caught)
		}
	}
}

// twins are ways of drawing wrong.
var twins = []struct {
	name  string
	least int
	of    func(sample) bool
	spoil func(*testing.T, *Line)
}{
	{"boxes in place of letters", 250, func(sample) bool { return true }, func(_ *testing.T, l *Line) {
		for _, r := range l.Runs {
			for i := range r.Glyphs {
				r.Glyphs[i].ID = 0
			}
		}
	}},
	{"codes taken for glyphs", 250, func(sample) bool { return true }, func(_ *testing.T, l *Line) {
		for _, r := range l.Runs {
			chars := []rune(r.Text)
			for i := range r.Glyphs {
				r.Glyphs[i].ID = uint32(chars[r.Glyphs[i].Cluster]) % uint32(r.Face.sfnt.NumGlyphs())
			}
		}
	}},
	{"letters not joined", 34, func(s sample) bool {
		return s.script == "Arabic" || s.script == "Devanagari"
	}, func(_ *testing.T, l *Line) {
		x := 0
		for n := range l.Runs {
			r := &l.Runs[n]
			chars := []rune(r.Text)
			r.Glyphs = nil
			for i := range chars {
				if r.RTL {
					i = len(chars) - 1 - i
				}
				c := r.Face.char(chars[i])
				r.Glyphs = append(r.Glyphs, Glyph{ID: uint32(c.glyph), X: x})
				x += int(c.advance)
			}
		}
	}},
	{"right to left set from left to right", 40, func(s sample) bool {
		return RightToLeft(s.name) && strings.ContainsRune(s.name, ' ')
	}, func(_ *testing.T, l *Line) {
		for _, r := range l.Runs {
			if !r.RTL {
				continue
			}
			left, right := r.Glyphs[0].X, l.Width
			if i := slices.IndexFunc(l.Runs, func(o Run) bool { return o.X > r.X }); i >= 0 {
				right = l.Runs[i].X
			}
			for i := range r.Glyphs {
				g := &r.Glyphs[i]
				g.X = left + right - g.X - g.Advance
			}
		}
	}},
	{"one letter exchanged", 250, func(sample) bool { return true }, func(_ *testing.T, l *Line) {
		for _, r := range l.Runs {
			first := slices.IndexFunc(r.Glyphs, func(g Glyph) bool { return r.Face.inks(uint16(g.ID)) })
			if first < 0 {
				continue
			}
			other := slices.IndexFunc(r.Glyphs, func(g Glyph) bool {
				return r.Face.inks(uint16(g.ID)) && g.ID != r.Glyphs[first].ID
			})
			if other < 0 {
				other = first
				r.Glyphs[first].ID = 1
			}
			r.Glyphs[first].ID = r.Glyphs[other].ID
			return
		}
	}},
	{"a mark gone", 20, func(s sample) bool {
		return slices.ContainsFunc([]rune(s.name), unicode.IsMark) && s.script != "Devanagari"
	}, func(t *testing.T, l *Line) {
		for _, r := range l.Runs {
			for i := range r.Glyphs {
				if i > 0 && r.Glyphs[i].Cluster == r.Glyphs[i-1].Cluster {
					r.Glyphs[i].ID = uint32(r.Face.char(' ').glyph)
					return
				}
			}
		}
	}},
}

func clone(l *Line) *Line {
	c := *l
	c.Runs = slices.Clone(l.Runs)
	for i := range c.Runs {
		c.Runs[i].Glyphs = slices.Clone(c.Runs[i].Glyphs)
	}
	return &c
}

// keep writes both sides of a row where KEEP says.
func keep(t *testing.T, i int, a, b *image.Alpha) {
	dir := os.Getenv("KEEP")
	if dir == "" {
		return
	}
	both := image.NewGray(image.Rect(0, 0, column, 2*row_))
	draw.Draw(both, both.Rect, image.White, image.Point{}, draw.Src)
	draw.DrawMask(both, a.Rect, image.Black, image.Point{}, a, image.Point{}, draw.Over)
	draw.DrawMask(both, b.Rect.Add(image.Pt(0, row_)), image.Black, image.Point{}, b, image.Point{}, draw.Over)
	var buf bytes.Buffer
	png.Encode(&buf, both)
	os.WriteFile(filepath.Join(dir, fmt.Sprintf("row%03d.png", i)), buf.Bytes(), 0o666)
}
