package typeface

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"

	"github.com/testamur/testamur/templates"
)

// What a font from outside may take, opened or set with.
const (
	fontMemory = 64 << 20
	fontTime   = 2 * time.Second
)

// cost runs f, and returns what it allocated in all and how long it took.
func cost(f func()) (memory uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	took = time.Since(start)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// be is numbers of two bytes each.
func be(values ...int) []byte {
	var out []byte
	for _, v := range values {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	return out
}

// times is n times the same.
func times(n int, value ...int) []byte { return bytes.Repeat(be(value...), n) }

// A workshop makes fonts out of a genuine one.
type workshop struct {
	tables map[string][]byte
	glyph  func(rune) int
}

func newWorkshop(t *testing.T) workshop {
	t.Helper()
	data, err := templates.Font(templates.FontSans)
	if err != nil {
		t.Fatal(err)
	}
	w := workshop{tables: map[string][]byte{}, glyph: func(r rune) int { return int(grotesque().char(r).glyph) }}
	for tag, b := range directory(data) {
		w.tables[tag] = b.b
	}
	delete(w.tables, "GSUB")
	delete(w.tables, "GPOS")
	return w
}

// with returns a font with other tables.
func (w workshop) with(tables map[string][]byte) []byte {
	c := checked{tables: map[string]block{}}
	for _, set := range []map[string][]byte{w.tables, tables} {
		for tag, b := range set {
			c.tables[tag] = block{tag, b}
		}
	}
	return c.file()
}

// rules returns a table GSUB or GPOS with one script, which has the first of the
// features, all of which have all of the lookups.
func rules(tag string, lookups ...[]byte) []byte {
	n := len(lookups)
	var indices []int
	for i := range n {
		indices = append(indices, i)
	}
	feature := slices.Concat(be(0, n), be(indices...))
	scripts := slices.Concat(be(1), []byte("DFLT"), be(8), be(4, 0), be(0, 0xFFFF, 1, 0))
	features := slices.Concat(be(1), []byte(tag), be(8), feature)
	list, at := be(n), 2+2*n
	for _, l := range lookups {
		list = append(list, be(at)...)
		at += len(l)
	}
	return slices.Concat(be(1, 0, 10, 10+len(scripts), 10+len(scripts)+len(features)), scripts, features, list, slices.Concat(lookups...))
}

// lookup returns a lookup that has the same subtable n times.
func several(kind, n int, subtable []byte) []byte {
	return slices.Concat(be(kind, 0, n), times(n, 6+2*n), subtable)
}

// cover lists glyphs.
func cover(glyphs ...int) []byte { return slices.Concat(be(1, len(glyphs)), be(glyphs...)) }

// calling returns a lookup for a glyph that calls others at its place.
func calling(glyph int, others ...int) []byte {
	s := be(3, 1, len(others), 8+4*len(others))
	for _, o := range others {
		s = append(s, be(0, o)...)
	}
	return several(5, 1, append(s, cover(glyph)...))
}

// outlined returns the tables of a font whose first glyphs are these.
func (w workshop) outlined(glyphs ...[]byte) map[string][]byte {
	n := int(binary.BigEndian.Uint16(w.tables["maxp"][4:]))
	head := slices.Clone(w.tables["head"])
	binary.BigEndian.PutUint16(head[50:], 1)
	var glyf, loca []byte
	for i := range n + 1 {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if i < len(glyphs) {
			glyf = append(glyf, glyphs[i]...)
		}
	}
	return map[string][]byte{"head": head, "loca": loca, "glyf": glyf}
}

// manyPoints is a glyph of n points, said in few bytes.
func manyPoints(n int) []byte {
	flags := (n + 255) / 256
	return slices.Concat(be(1, 0, 0, 9, 9, n-1, 0), bytes.Repeat([]byte{0x39, 0xFF}, flags), make([]byte, flags&1))
}

// parted is a glyph made of others.
func parted(others ...int) []byte {
	g := be(-1, 0, 0, 9, 9)
	for i, o := range others {
		flags := 2
		if i+1 < len(others) {
			flags |= 0x20
		}
		g = append(g, be(flags, o, 0)...)
	}
	return g
}

// TestOpenRefusesFontsMadeToDoHarm: each within its budget, with a reason. The
// twin is the reader without the look beforehand, which each of them harms.
func TestOpenRefusesFontsMadeToDoHarm(t *testing.T) {
	w := newWorkshop(t)
	a := w.glyph('a')
	with := func(tag string, table []byte) []byte { return w.with(map[string][]byte{tag: table}) }
	glyphs := make([]int, 20_000)
	for i := range glyphs {
		glyphs[i] = i
	}
	features := func(n int) []byte { // that lie over one another
		list := slices.Concat(be(n), bytes.Repeat(slices.Concat([]byte("liga"), be(2)), n))
		return slices.Concat(be(1, 0, 0, 10, 0), list, make([]byte, 1<<17))
	}
	var chain [][]byte
	for i := range 8 {
		chain = append(chain, calling(a, i+1))
	}
	chain = append(chain, several(1, 1, slices.Concat(be(1, 6, 0), cover(a))))
	branching := func(wide, deep int) (l [][]byte) {
		for i := range deep {
			l = append(l, calling(a, slices.Repeat([]int{i + 1}, wide)...))
		}
		return append(l, several(1, 1, slices.Concat(be(1, 6, 0), cover(a))))
	}
	// Of 20,000 ligatures with two letters of the text, none has a third.
	ligatures := slices.Concat(be(1, 8, 1, 14), cover(a), be(20_000), times(20_000, 2+40_000), be(a, 3, a, 0))
	points := make([][]byte, 300)
	for i := range points {
		points[i] = manyPoints(60_000)
	}
	double := [][]byte{manyPoints(100)}
	for i := range 7 {
		double = append(double, parted(i, i, i, i))
	}
	backward := w.outlined(manyPoints(2000))
	for i := range len(backward["loca"]) / 4 {
		binary.BigEndian.PutUint32(backward["loca"][4*i:], uint32(i%2*len(backward["glyf"])))
	}
	groups := make([]byte, 0, 1<<20)
	for i := range 90_000 {
		groups = binary.BigEndian.AppendUint32(groups, uint32(i))
		groups = binary.BigEndian.AppendUint32(groups, uint32(i))
		groups = binary.BigEndian.AppendUint32(groups, 5)
	}
	encodings := be(0, 64)
	for range 64 {
		encodings = append(encodings, be(3, 10, 0, 4+8*64)...)
	}
	encodings = slices.Concat(encodings, be(12, 0, 0, 0, 0, 0, 1, 90_000-1<<16), groups)
	same := slices.Concat(be(0, 2), be(0, 0, 1, 0), be(3, 0, 0, 0)) // two parts, the first of which has no length

	const (
		memory  = iota // the twin allocates too much
		harmful        // the twin does not come back: its process dies
		slow           // the twin takes longer for a line than any genuine font
		other          // what other readers of the file might take amiss
	)
	for _, c := range []struct {
		name, reason string
		data         []byte
		harm         int
	}{
		{"features over one another", "take too much memory", with("GSUB", features(3000)), memory},
		{"as many features as there can be", "take too much memory", with("GPOS", features(20_000)), other},
		{"a list of glyphs for thousands of subtables", "take too much memory",
			with("GSUB", rules("liga", several(1, 4000, slices.Concat(be(1, 6, 0), cover(glyphs...))))), memory},
		{"values without content", "take too much memory",
			with("GPOS", rules("kern", several(1, 60, slices.Concat(be(2, 8, 0, 0xFFFF), cover(a))))), memory},
		{"places of marks without classes", "take too much memory",
			with("GPOS", rules("mark", several(4, 60, slices.Concat(be(1, 12, 12, 0, 18, 20), cover(a), be(0), be(0xFFFF))))), memory},
		{"ligatures over one another", "take too much memory",
			with("GSUB", rules("liga", several(4, 1, slices.Concat(be(1, 6+2*1000, 1000), times(1000, 6+2*1000+2006), cover(glyphs[:1001]...), make([]byte, 0),
				be(1000), times(1000, 2002), be(a, 31), make([]byte, 60))))), memory},
		{"lookups over one another", "take too much memory",
			with("GSUB", slices.Concat(be(1, 0, 0, 0, 10), be(2500), times(2500, 2+2*2500), several(1, 2500, slices.Concat(be(1, 6, 0), cover(a))))), memory},
		{"points said in few bytes", "points", w.with(w.outlined(points...)), memory},
		{"glyphs over one another", "where none can be", w.with(backward), other},
		{"many encodings of the same", "take too much memory", with("cmap", encodings), memory},
		{"a lookup that calls itself", "without end", with("GSUB", rules("ccmp", calling(a, 0))), harmful},
		{"lookups that call each other", "without end", with("GSUB", rules("ccmp", calling(a, 1), calling(a, 0))), harmful},
		{"positions that call themselves", "without end", with("GPOS", rules("kern", several(7, 1, slices.Concat(be(3, 1, 1, 12, 0, 0), cover(a))))), harmful},
		{"lookups that call over too many steps", "without end", with("GSUB", rules("ccmp", chain...)), other},
		{"lookups that call many, that call many", "too many steps", with("GSUB", rules("ccmp", branching(30, 3)...)), slow},
		{"many rules for one letter", "too many steps", with("GSUB", rules("ccmp", several(4, 8, ligatures))), slow},
		{"many glyphs for one", "more than 32 glyphs", with("GSUB", rules("ccmp", several(2, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(100), times(100, a))))), other},
		{"several glyphs for one without classes", "without the classes", w.with(map[string][]byte{
			"GDEF": make([]byte, 12), "GSUB": rules("ccmp", several(2, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(2, a, a))))}), other},
		{"corrections for all sizes", "corrects positions", with("GPOS", rules("kern", several(1, 1, slices.Concat(be(1, 10, 0x10, 16, 0), cover(a), be(0, 60_000, 3), make([]byte, 70_000))))), other},
		{"a glyph that goes on in the next", "ends too early", w.with(w.outlined(slices.Concat(be(-1, 0, 0, 9, 9), be(0x22, 2, 0)), parted(0))), other},
		{"a part that is no glyph", "has the part", w.with(w.outlined(parted(0xFFFF))), other},
		{"a glyph that is a part of itself", "without end", w.with(w.outlined(parted(0))), other},
		{"parts of parts of parts", "points", w.with(w.outlined(double...)), other},
		{"kerning over itself", "lie over one another", with("kern", same), other},
		{"kerning of another kind", "not supported", with("kern", be(0, 1, 0, 20, 0x0200, 0, 0, 0, 0, 0)), other},
	} {
		var err error
		used, took := cost(func() { _, err = Open("own.ttf", c.data) })
		if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.HasPrefix(err.Error(), "reading font own.ttf: ") {
			t.Errorf("%s: %v", c.name, err)
		}
		if used > fontMemory || took > fontTime {
			t.Errorf("%s: refused after %d MiB and %v", c.name, used>>20, took)
		}
		if len(c.data) > 2<<20 {
			t.Errorf("%s: has %d bytes", c.name, len(c.data))
		}
		switch c.harm {
		case memory:
			if used, _ := cost(func() { font.ParseTTF(bytes.NewReader(c.data)) }); used < fontMemory {
				t.Errorf("%s: without the look beforehand it takes %d MiB, no harm", c.name, used>>20)
			}
		case slow:
			if _, took := cost(func() { plainly(t, c.data, strings.Repeat("a", 200)) }); took < 200*time.Millisecond {
				t.Errorf("%s: without the look beforehand it takes %v, no harm", c.name, took)
			}
		case harmful:
			if out := inChild(t, c.data); !strings.Contains(out, "stack overflow") {
				t.Errorf("%s: without the look beforehand a process lives:\n%.400s", c.name, out)
			}
		}
	}
}

// plainly shapes a text with a font that nobody has looked at.
func plainly(t *testing.T, data []byte, text string) int {
	t.Helper()
	f, err := font.ParseTTF(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := harfbuzz.NewBuffer()
	b.Props = harfbuzz.SegmentProperties{Script: language.Latin, Direction: harfbuzz.LeftToRight}
	b.AddRunes([]rune(text), 0, len([]rune(text)))
	b.Shape(harfbuzz.NewFont(f), nil)
	return len(b.Info)
}

// inChild shapes a text so in a new process, and returns what it says.
func inChild(t *testing.T, data []byte) string {
	t.Helper()
	file := t.TempDir() + "/font.ttf"
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestShapePlainlyInChild$", "-test.v")
	cmd.Env = append(os.Environ(), "TYPEFACE_HARMFUL="+file)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// TestShapePlainlyInChild is the process that inChild starts.
func TestShapePlainlyInChild(t *testing.T) {
	file := os.Getenv("TYPEFACE_HARMFUL")
	if file == "" { // not asked for: this is the parent's run
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	debug.SetMaxStack(64 << 20) // rather than a GiB
	fmt.Println(plainly(t, data, "aa"), "glyphs, and alive")
}

// TestOpenRefusesOtherFiles names what to use in their place.
func TestOpenRefusesOtherFiles(t *testing.T) {
	w := newWorkshop(t)
	whole := w.with(nil)
	// entry returns the font with a number of the entry of a table changed.
	entry := func(tag string, at int, value uint32) []byte {
		out := slices.Clone(whole)
		binary.BigEndian.PutUint32(out[bytes.Index(out, []byte(tag))+at:], value)
		return out
	}
	glyf := binary.BigEndian.Uint32(whole[bytes.Index(whole, []byte("glyf"))+8:])
	lacking := maps.Clone(w.tables)
	delete(lacking, "glyf")
	renamed := func(from, to string) []byte {
		out := slices.Clone(whole)
		copy(out[bytes.Index(out, []byte(from)):], to)
		return out
	}
	for _, c := range []struct {
		name, reason string
		data         []byte
	}{
		{"variable", "variable font", w.with(map[string][]byte{"fvar": make([]byte, 16)})},
		{"collection", "collection", append([]byte("ttcf"), whole[4:]...)},
		{"WOFF", "web pages", append([]byte("wOFF"), whole[4:]...)},
		{"WOFF 2", "web pages", append([]byte("wOF2"), whole[4:]...)},
		{"PostScript", "PostScript", append([]byte("OTTO"), whole[4:]...)},
		{"table twice", "twice", renamed("loca", "glyf")},
		{"table lacking", `lacks the table "loca"`, renamed("loca", "acol")},
		{"tables over one another", "over one another", entry("hmtx", 8, glyf+2)},
		{"table past the end", "where the file is not", entry("name", 12, 1<<30)},
		{"table that ends past all numbers", "where the file is not", entry("name", 12, 1<<32-4)},
		{"table in the directory", "where the file is not", entry("name", 8, 8)},
		{"thousands of tables", "lists 65535 tables", slices.Concat(whole[:4], be(0xFFFF), whole[6:])},
	} {
		if _, err := Open(c.name, c.data); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Tables that nothing needs are left out, whatever they are.
	f, err := Open("own.ttf", w.with(map[string][]byte{"name": be(0, 1, 18, 3, 1, 0x409, 1, 100, 0), "morx": {1}, "CFF ": make([]byte, 100), "SVG ": make([]byte, 1<<10), "post": slices.Concat(be(2, 0), make([]byte, 1<<20))}))
	if err != nil {
		t.Fatal(err)
	}
	for tag, b := range directory(f.Data) {
		if !kept[tag] || tag == "post" && len(b.b) != 32 {
			t.Errorf("the table %s is left, with %d bytes", tag, len(b.b))
		}
		if tag == "name" && len(b.b) != 6 {
			t.Errorf("names are left that are not where they are said to be: %x", b.b)
		}
	}
	if n := binary.BigEndian.Uint16(f.Data[4:]); int(n) != len(w.tables) {
		t.Errorf("%d tables are left of %d", n, len(w.tables))
	}
	if sum := sum32(f.Data); sum != 0xB1B0AFBA {
		t.Errorf("the sum of the file is %08X", sum)
	}
}

// TestWhatIsTakenStaysInItsBudget: of each way to do harm, the worst that is still
// taken, in a font of at most one MiB.
func TestWhatIsTakenStaysInItsBudget(t *testing.T) {
	if raceDetector {
		t.Skip("time and memory are measured without the race detector, which make test does too")
	}
	w := newWorkshop(t)
	a := w.glyph('a')
	mark := w.glyph('\u0301')
	with := func(tag string, table []byte) []byte { return w.with(map[string][]byte{tag: table}) }
	for name, make := range map[string]func(n int) []byte{
		"features": func(n int) []byte {
			list := slices.Concat(be(n), bytes.Repeat(slices.Concat([]byte("liga"), be(2)), n))
			return with("GSUB", slices.Concat(be(1, 0, 0, 10, 0), list, make([]byte, 1<<17)))
		},
		"lists of glyphs": func(n int) []byte {
			return with("GSUB", rules("liga", several(1, n, slices.Concat(be(1, 6, 0, 1, 10_000), make([]byte, 20_000)))))
		},
		"subtables": func(n int) []byte {
			return with("GSUB", rules("aalt", several(1, min(n, 32_000), slices.Concat(be(1, 6, 0), cover(a)))))
		},
		"lookups": func(n int) []byte {
			return with("GSUB", slices.Concat(be(1, 0, 0, 0, 10), be(n), times(n, 2*n+2), make([]byte, 8)))
		},
		"values": func(n int) []byte {
			return with("GPOS", rules("kern", several(1, n, slices.Concat(be(2, 8, 0, 0, 1, 0)))))
		},
		"places": func(n int) []byte {
			return with("GPOS", rules("mark", several(4, 20, slices.Concat(be(1, 12, 12, 0, 18, 20), cover(a), be(0), be(n)))))
		},
		"points": func(n int) []byte {
			var glyphs [][]byte
			for range min(n, 1000) {
				glyphs = append(glyphs, manyPoints(8000))
			}
			return w.with(w.outlined(glyphs...))
		},
		"calls": func(n int) []byte {
			return with("GSUB", rules("ccmp", calling(a, slices.Repeat([]int{1}, n)...), calling(a, slices.Repeat([]int{2}, 40)...), several(1, 1, slices.Concat(be(1, 6, 0), cover(mark)))))
		},
		"rules": func(n int) []byte {
			return with("GSUB", rules("ccmp", several(4, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(n), times(n, 2+2*n), be(a, 3, a, mark)))))
		},
		"calls that substitute": func(n int) []byte {
			return with("GSUB", rules("ccmp", calling(a, slices.Repeat([]int{1}, n)...), calling(a, slices.Repeat([]int{2}, 40)...), several(1, 1, slices.Concat(be(1, 6, 0), cover(a)))))
		},
		"growth": func(n int) []byte {
			var l [][]byte
			for range min(n, 500) {
				l = append(l, several(2, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(20), times(20, a))))
			}
			return with("GSUB", rules("ccmp", l...))
		},
		"growth and rules": func(n int) []byte {
			ask := several(4, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(n), times(n, 2+2*n), be(a, 3, a, mark)))
			return with("GSUB", rules("ccmp", several(2, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(15), times(15, a))), ask))
		},
	} {
		taken, refused := 0, 0
		var opening, setting uint64
		var open, set time.Duration
		for least, most := 1, 30_000; least <= most; { // the largest that is taken
			n := (least + most) / 2
			data := make(n)
			var f *Face
			if len(data) <= 1<<20 {
				used, took := cost(func() { f, _ = Open("own.ttf", data) })
				opening, open = max(opening, used), max(open, took)
			}
			if f == nil {
				most, refused = n-1, refused+1
				continue
			}
			least, taken = n+1, n
			// A letter with a mark that stands for itself has the line shaped.
			text := strings.Repeat("a", 31) + "a\u0301" + strings.Repeat("a", 31)
			used, took := cost(func() {
				line, err := (&Family{Name: "own", Faces: []*Face{f}}).Set(text, Options{})
				if err != nil {
					return
				}
				for _, r := range line.Runs {
					for _, g := range r.Glyphs {
						f.Outline(g.ID)
					}
				}
			})
			setting, set = max(setting, used), max(set, took)
			used, took = cost(func() { f.shape([]rune(text), part{to: 64, script: language.Latin}, nil) })
			setting, set = max(setting, used), max(set, took)
		}
		if opening > fontMemory || setting > fontMemory || open > fontTime || set > fontTime {
			t.Errorf("%s: %d MiB and %v to open, %d MiB and %v to set", name, opening>>20, open, setting>>20, set)
		}
		t.Logf("%s: up to %d; at most %d MiB and %v to open, %d MiB and %v to set", name, taken, opening>>20, open.Round(time.Millisecond), setting>>20, set.Round(time.Millisecond))
		if taken == 0 || refused == 0 && name != "growth" {
			t.Errorf("%s: up to %d are taken, %d refused", name, taken, refused)
		}
	}
	// The twin shapes without counting.
	var l [][]byte
	for range 5 {
		l = append(l, several(2, 1, slices.Concat(be(1, 8, 1, 14), cover(a), be(20), times(20, a))))
	}
	growing := with("GSUB", rules("ccmp", l...))
	f, err := Open("own.ttf", growing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.shape([]rune("aa"), part{to: 2, script: language.Latin}, nil); err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("two letters that grow: %v", err)
	}
	if n := plainly(t, growing, "aa"); n < 100_000 {
		t.Errorf("without counting, two letters become %d glyphs, no harm", n)
	}
}

// TestGenuineFontsAreSetAsBefore: each face of the house passes for a font from
// outside, and sets names as it does without the look beforehand.
func TestGenuineFontsAreSetAsBefore(t *testing.T) {
	texts := []string{"Friederike Baumgärtner, ISO 9001:2015", "M̂aria Ångström fi AVA", "Ελένη Παπαδοπούλου", "Иван Ё", "राष्ट्रीय क्षत्रिय"}
	for _, n := range odd {
		texts = append(texts, n.name)
	}
	for _, p := range peoples {
		names := p.make()
		for i := 0; i < len(names); i += 1 + len(names)/20 {
			texts = append(texts, names[i])
		}
	}
	for _, house := range faces() {
		var outside *Face
		var err error
		used, took := cost(func() { outside, err = Open(house.Name, house.Data) })
		if err != nil {
			t.Error(err)
			continue
		}
		if len(house.Data) < 1<<20 && (used > fontMemory || took > fontTime) {
			t.Errorf("%s: %d MiB and %v", house.Name, used>>20, took)
		}
		set, shaped := 0, 0
		for _, text := range texts {
			o := Options{RTL: RightToLeft(text)}
			want, refused := (&Family{Name: "one", Faces: []*Face{house}}).Set(text, o)
			got, err := (&Family{Name: "one", Faces: []*Face{outside}}).Set(text, o)
			if fmt.Sprint(refused) != fmt.Sprint(err) {
				t.Errorf("%s: %q: %v; of the house: %v", house.Name, text, err, refused)
			}
			if refused != nil || err != nil {
				continue
			}
			set++
			for i := range got.Runs {
				r := &got.Runs[i]
				for _, g := range r.Glyphs {
					if !reflect.DeepEqual(house.Outline(g.ID), outside.Outline(g.ID)) {
						t.Errorf("%s: %q: glyph %d is drawn in another way", house.Name, text, g.ID)
					}
				}
				if !r.Plain {
					shaped++
				}
				r.Face = house
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %q is set in another way", house.Name, text)
			}
		}
		if set < 3 {
			t.Errorf("%s: only %d texts are set", house.Name, set)
		}
		t.Logf("%s: %d texts, %d shaped runs; opened in %v with %d MiB", house.Name, set, shaped, took.Round(time.Millisecond), used>>20)
	}
}
