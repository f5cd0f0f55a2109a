package typeface

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"

	"github.com/testamur/testamur/templates"
)

// faces are all those of the house.
func faces() []*Face {
	var all []*Face
	for _, open := range []func() *Face{regular, slanted, grotesque, wide, naskh, hebrew, devanagari, thai, armenian, georgian, simplified, tradition, japanese, korean} {
		all = append(all, open())
	}
	return all
}

func TestEveryFaceOfTheHouseOpens(t *testing.T) {
	for _, f := range faces() {
		if f.perEm != 1000 {
			t.Errorf("%s has %d units to the em", f.Name, f.perEm)
		}
		if len(f.Outline(0)) == 0 {
			t.Errorf("%s draws nothing for a character that it lacks, so that nobody would see", f.Name)
		}
	}
}

// TestNoFaceIsOpenedBeforeItIsNeeded: the large faces cost tens of milliseconds
// and megabytes, which only those pay who have a name to set in them. The test
// runs itself in a new process.
func TestNoFaceIsOpenedBeforeItIsNeeded(t *testing.T) {
	if os.Getenv("TYPEFACE_OPENED") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestNoFaceIsOpenedBeforeItIsNeeded$", "-test.v")
		cmd.Env = append(os.Environ(), "TYPEFACE_OPENED=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "opened in turn") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	opened := map[string]bool{}
	watch = func(name string) { opened[name] = true }
	want := func(names ...string) {
		t.Helper()
		for _, n := range names {
			if !opened[n+"-Regular.ttf"] {
				t.Errorf("%s is not opened", n)
			}
			delete(opened, n+"-Regular.ttf")
		}
		if len(opened) > 0 {
			t.Errorf("%v opened without need", opened)
		}
	}
	set := func(text string) {
		t.Helper()
		if _, err := Serif().Set(text, Options{}); err != nil {
			t.Error(err)
		}
	}
	want()
	set("Friederike Baumgärtner, Ελένη, Иван")
	want("EBGaramond")
	set("محمد")
	want("NotoNaskhArabic")
	set("王伟")
	want("NotoSerifSC")
	set("さくら")
	want("NotoSerifJP")
	set("김민준")
	want("NotoSerifKR")
	set("陳偉文")
	want("NotoSerifTC")
	t.Log("opened in turn")
}

func TestFormsOfIdeographsFollowTheLanguage(t *testing.T) {
	for _, c := range []struct{ text, language, face string }{
		{"骨直", "", "NotoSerifSC"}, {"骨直", "zh", "NotoSerifSC"}, {"骨直", "zh-Hans-CN", "NotoSerifSC"}, {"骨直", "de", "NotoSerifSC"},
		{"骨直", "zh-Hant", "NotoSerifTC"}, {"骨直", "zh-TW", "NotoSerifTC"}, {"骨直", "zh_HK", "NotoSerifTC"}, {"骨直", "yue", "NotoSerifTC"},
		{"骨直", "ja", "NotoSerifJP"}, {"骨直", "ja-JP", "NotoSerifJP"}, {"骨直", "ko", "NotoSerifKR"},
		{"骨さ", "", "NotoSerifJP"}, {"骨ア", "de", "NotoSerifJP"}, {"骨김", "", "NotoSerifKR"}, {"骨ㄅ", "", "NotoSerifTC"},
		{"王伟", "ja", "NotoSerifSC"}, // which the Japanese face lacks, so neither in two faces
		{"陳偉", "", "NotoSerifTC"},   // lacking in the simplified one
	} {
		line, err := Serif().Set(c.text, Options{Language: c.language})
		if err != nil {
			t.Errorf("%s in %q: %v", c.text, c.language, err)
			continue
		}
		if len(line.Runs) != 1 || line.Runs[0].Face.Name != c.face+"-Regular.ttf" || !line.Runs[0].Plain {
			t.Errorf("%s in %q: %d runs, %s", c.text, c.language, len(line.Runs), line.Runs[0].Face.Name)
		}
	}
}

// Every character that the sources of the cut faces promise.
func TestCutFacesHoldWhatTheyWereCutTo(t *testing.T) {
	for _, c := range []struct {
		face *Face
		from rune
		to   rune
		n    int // at least
	}{
		{korean(), 0xAC00, 0xD7A3, 11172}, {korean(), 0x4E00, 0x9FFF, 4600}, {simplified(), 0x3400, 0x2FFFF, 8105},
		{tradition(), 0x4E00, 0x9FFF, 13050}, {japanese(), 0x4E00, 0x9FFF, 9900}, {japanese(), 0x3041, 0x3096, 86}, {japanese(), 0x20000, 0x2FFFF, 300},
	} {
		n := 0
		for r := c.from; r <= c.to; r++ {
			if c.face.char(r).manner == ideograph {
				n++
			}
		}
		if n < c.n {
			t.Errorf("%s has %d characters from %U to %U, want %d", c.face.Name, n, c.from, c.to, c.n)
		}
	}
}

// TestOutlinesAreThoseOfTheFont compares with another reader of the same file.
func TestOutlinesAreThoseOfTheFont(t *testing.T) {
	for _, f := range faces()[:10] {
		other, err := font.ParseTTF(bytes.NewReader(f.Data))
		if err != nil {
			t.Fatal(err)
		}
		drawn := 0
		for g := range f.sfnt.NumGlyphs() {
			data, _ := other.GlyphData(font.GID(g)).(font.GlyphOutline)
			box := func(points []Point) (b [4]float64) {
				b = [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
				for _, p := range points {
					b = [4]float64{min(b[0], p.X), min(b[1], p.Y), max(b[2], p.X), max(b[3], p.Y)}
				}
				return b
			}
			var mine, theirs []Point
			for _, s := range f.Outline(uint32(g)) {
				if s.Op == CubeTo {
					mine = append(mine, s.P[2])
				} else {
					mine = append(mine, s.P[0])
				}
			}
			for _, s := range data.Segments {
				at := s.Args[0]
				if s.Op == ot.SegmentOpQuadTo {
					at = s.Args[1]
				}
				theirs = append(theirs, Point{float64(at.X), float64(at.Y)})
			}
			a, b := box(mine), box(theirs)
			if len(mine) > 0 {
				drawn++
			}
			for i := range a {
				if a[i] != b[i] && math.Abs(a[i]-b[i]) > 1 {
					t.Errorf("%s: glyph %d reaches %v, want %v", f.Name, g, a, b)
					break
				}
			}
		}
		if drawn < 30 {
			t.Errorf("%s: %d glyphs draw something", f.Name, drawn)
		}
	}
}

func TestTrackIsBetweenLettersOfSimpleScripts(t *testing.T) {
	const track = 80
	for text, gaps := range map[string]int{"SCOPE": 4, "A": 0, "範囲": 1, "شهادة": 0, "शर्मा": 0, "Ab م": 3} {
		plain, err := Sans().Set(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		spaced, err := Sans().Set(text, Options{Track: track})
		if err != nil {
			t.Fatal(err)
		}
		if got := spaced.Width - plain.Width; got != gaps*track {
			t.Errorf("%q is %d wider, want %d", text, got, gaps*track)
		}
		consistent(t, text, spaced)
	}
}

func TestFAndIStandSideBySide(t *testing.T) {
	line, err := Serif().Set("fi", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if g := line.Runs[0].Glyphs; g[1].X != g[0].Advance {
		t.Errorf("i stands at %d, behind an f of %d", g[1].X, g[0].Advance)
	}
}

func TestShortNamesKeepToOneFace(t *testing.T) {
	line, err := Serif().Set("M̂aria Müller", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range line.Runs {
		if r.Face != wide() {
			t.Errorf("%q is in %s", r.Text, r.Face.Name)
		}
	}
	line, err = Serif().Set("A long scope that is set in the first face but for M̂aria alone", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(line.Runs) != 3 || line.Runs[0].Face != regular() || line.Runs[1].Face != wide() || line.Runs[2].Face != regular() {
		t.Errorf("%d runs", len(line.Runs))
	}
}

func TestAFamilyOfTheBodysOwnHasTheHouseBehindIt(t *testing.T) {
	data, err := templates.Font("NotoSerifHebrew-Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	own, err := Open("own.ttf", data)
	if err != nil {
		t.Fatal(err)
	}
	f := NewFamily("own", own)
	for text, face := range map[string]string{"שרה": "own.ttf", "Ana": "own.ttf", "Иван": "EBGaramond-Regular.ttf", "王伟": "NotoSerifSC-Regular.ttf"} {
		line, err := f.Set(text, Options{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if line.Runs[0].Face.Name != face {
			t.Errorf("%s is in %s", text, line.Runs[0].Face.Name)
		}
	}
	alone := &Family{Name: "alone", Faces: []*Face{own}}
	var ce *CharError
	if _, err := alone.Set("Иван", Options{}); !errors.As(err, &ce) || ce.Char != 'И' {
		t.Errorf("got %v", err)
	}
	if _, err := (&Family{Name: "none"}).Set("Ana", Options{}); err == nil {
		t.Error("a family without a face sets something")
	}
}

func TestWhatIsNoLineIsRefused(t *testing.T) {
	if line, err := Serif().Set("", Options{}); err != nil || line.Width != 0 || len(line.Runs) != 0 || len(line.Advances) != 0 {
		t.Errorf("nothing is %+v, %v", line, err)
	}
	for _, text := range []string{"\xff", "An\xc0\xafa", strings.Repeat("A", longest+1)} {
		if _, err := Serif().Set(text, Options{}); err == nil {
			t.Errorf("%.20q is set", text)
		}
	}
}

func TestFontsThatCannotBeUsedAreRefused(t *testing.T) {
	good, err := templates.Font(templates.FontSans)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("no font at all"), "half of one": good[:len(good)/2], "PostScript": append([]byte("OTTO"), good[4:]...),
		"too large": append(slices.Clone(good), make([]byte, Largest)...),
	} {
		if _, err := Open(name, data); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDamagedFontsDoNoHarm: no panic, no glyph that is none, no end of time.
func TestDamagedFontsDoNoHarm(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	opened, drawn := 0, 0
	for _, file := range []string{templates.FontSans, "NotoSerifHebrew-Regular.ttf", "NotoSerifThai-Regular.ttf"} {
		good, err := templates.Font(file)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			data := slices.Clone(good)
			for range 1 + rng.IntN(20) {
				at := rng.IntN(len(data))
				if rng.IntN(2) == 0 {
					at = rng.IntN(400) // the directory of tables and the first of them
				}
				data[at] = byte(rng.IntN(256))
			}
			f, err := Open(file, data)
			if err != nil {
				continue
			}
			opened++
			family := &Family{Name: "damaged", Faces: []*Face{f}}
			for _, text := range []string{"Ana fi Łódź", "שָׂרָה", "กิ่งแก้ว", "A\u0302b"} {
				line, err := family.Set(text, Options{RTL: RightToLeft(text)})
				if err != nil {
					continue
				}
				drawn++
				for _, r := range line.Runs {
					for _, g := range r.Glyphs {
						f.Outline(g.ID)
					}
				}
			}
			f.Outline(math.MaxUint32)
		}
	}
	if opened < 20 || drawn < 20 {
		t.Errorf("%d fonts opened, %d lines drawn: the damage is too great to test anything", opened, drawn)
	}
}

func TestManySetAtTheSameTime(t *testing.T) {
	texts := []string{"Friederike Baumgärtner", "محمد الأحمد ISO 9001:2015", "नेहा शर्मा", "王伟", "김민준", "M̂aria", "Ελένη", "Иван"}
	family := NewFamily("fresh", regular())
	var want []*Line
	for _, text := range texts {
		line, err := Serif().Set(text, Options{RTL: RightToLeft(text)})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, line)
	}
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 200 {
				k := (i + g) % len(texts)
				line, err := family.Set(texts[k], Options{RTL: RightToLeft(texts[k])})
				if err != nil || !reflect.DeepEqual(line, want[k]) {
					t.Errorf("%s: %v", texts[k], err)
					return
				}
				for _, r := range line.Runs {
					for _, g := range r.Glyphs {
						r.Face.Outline(g.ID)
					}
				}
			}
		})
	}
	wait.Wait()
}

// FuzzSet: any text is set or refused, and what is set is consistent.
func FuzzSet(f *testing.F) {
	for _, n := range odd {
		f.Add(n.name, n.language, false, int8(0))
		f.Add(n.name, n.language, true, int8(40))
	}
	f.Add("fi", "", false, int8(-100))
	f.Fuzz(func(t *testing.T, text, language string, rtl bool, track int8) {
		for _, family := range families() {
			line, err := family.Set(text, Options{Language: language, RTL: rtl, Track: int(track)})
			if err != nil {
				var ce *CharError
				if errors.As(err, &ce) && (ce.Reason == "" || !strings.ContainsRune(text, ce.Char)) {
					t.Errorf("%q is refused for %q: %v", text, ce.Char, err)
				}
				continue
			}
			consistentTracked(t, text, line, track >= 0)
			for _, r := range line.Runs {
				for _, g := range r.Glyphs {
					for _, s := range r.Face.Outline(g.ID) {
						for _, p := range s.P {
							if math.IsNaN(p.X+p.Y) || math.IsInf(p.X+p.Y, 0) {
								t.Errorf("%q: outline of glyph %d", text, g.ID)
							}
						}
					}
				}
			}
		}
		breaks := Breaks(text)
		if n := len([]rune(text)); len(breaks) != n || n > 0 && !breaks[n-1] {
			t.Errorf("%q: %d breaks", text, len(breaks))
		}
	})
}

func BenchmarkSetName(b *testing.B)   { benchmark(b, "Friederike Baumgärtn") }
func BenchmarkSetArabic(b *testing.B) { benchmark(b, "محمد الأحمد ISO 9001") }
func BenchmarkSetThai(b *testing.B) {
	benchmark(b, "กิ่งแก้ว สุขสวัสดิ์")
}
func BenchmarkSetHan(b *testing.B) { benchmark(b, "欧阳晓明") }

func benchmark(b *testing.B, text string) {
	b.ReportAllocs()
	rtl := RightToLeft(text)
	for b.Loop() {
		if _, err := Serif().Set(text, Options{RTL: rtl}); err != nil {
			b.Fatal(err)
		}
	}
}
