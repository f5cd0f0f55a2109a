package certificate

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"
)

// stacked are names whose marks stand on top of each other, and beneath.
var stacked = []string{"Z͑ͫ̓a̴l̷g̸o", "ฎุู้์ ปฺู้", "Z͑ͫ̓a̴l̷g̸o Z͑ͫ̓a̴l̷g̸o Z͑ͫ̓a̴l̷g̸o Z͑ͫ̓a̴l̷g̸o", "Ǻgg Ấg Ǻgg Ấg Ǻgg Ấg Ǻgg Ấg Ǻgg Ấg Ǻgg Ấg Ǻgg Ấg"}

// crossings are the pairs of lines of a page whose glyphs lie in one another.
func (k glyphs) crossings(p *Page) (list []string) {
	lines, whole := make([][]Rect, len(p.Texts)), make([]Rect, len(p.Texts))
	for i, t := range p.Texts {
		em := t.Size * Point / 1000
		for _, run := range t.Line.Runs {
			for _, g := range run.Glyphs {
				if b := k.box(run.Face, g.ID); !math.IsInf(b[0], 0) {
					lines[i] = append(lines[i], Rect{t.X + (float64(g.X)+b[0])*em, t.Y - (float64(g.Y)+b[3])*em, (b[2] - b[0]) * em, (b[3] - b[1]) * em})
				}
			}
		}
		whole[i] = k.inked(t)
		for n := range i {
			if whole[i].meets(whole[n]) && func() bool {
				for _, a := range lines[i] {
					for _, b := range lines[n] {
						if a.meets(b) {
							return true
						}
					}
				}
				return false
			}() {
				list = append(list, p.Texts[n].Line.Text+" | "+t.Line.Text)
			}
		}
	}
	return list
}

// The ink of no text reaches that of another: it stands as much lower as it needs,
// or is refused before anything is signed.
func TestInkReachesNoOtherInk(t *testing.T) {
	known := glyphs{}
	sets(t, func(d *Design, f Facts, s Style, p *Page) {
		for _, both := range known.crossings(p) {
			t.Errorf("%s %s %v: %s", d.Name, s.Size, s.Languages, both)
		}
	})
	printed, refused := 0, 0
	for _, d := range Builtin().All() {
		for _, languages := range [][]string{{"en"}, {"de", "ar"}, {"ar", "fr"}} {
			for _, name := range stacked {
				for _, f := range []Facts{Specimen(), expectedFacts()} {
					for _, change := range []func(){func() { f.Holder = name }, func() { f.Body = name }, func() { f.Decider = name }, func() { f.Scope = strings.Repeat(name+" ", 8) + name }} {
						one := f
						change()
						p, err := d.Set(f, Style{Languages: languages})
						f = one
						var text *TextError
						switch {
						case errors.As(err, &text):
							refused++
						case err != nil:
							t.Errorf("%s %v: %v", d.Name, languages, err)
						default:
							printed++
							for _, both := range known.crossings(p) {
								t.Errorf("%s %v: %s", d.Name, languages, both)
							}
						}
					}
				}
			}
		}
	}
	if printed < 100 || refused < 10 {
		t.Errorf("%d printed, %d refused: nothing was tried", printed, refused)
	}
	// The twin: a line moved up into another.
	p, err := builtinDesign(t, "plain").Set(Specimen(), Style{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Texts {
		if p.Texts[i].Fact == FactHolder {
			p.Texts[i].Y -= 12
		}
	}
	if known.crossings(p) == nil {
		t.Error("a line that was moved into another is not noticed")
	}
}

func TestMarksThatReachTooFarAreRefusedInWords(t *testing.T) {
	f := expectedFacts()
	f.Holder = "ฎุู้์ ปฺู้"
	_, err := builtinDesign(t, "iso20000").Set(f, Style{Languages: []string{"de", "ar"}})
	var text *TextError
	if !errors.As(err, &text) || text.Fact != FactHolder || text.Text != f.Holder || !strings.Contains(err.Error(), " mm into the line below; leave out those that its spelling can do without") {
		t.Errorf("%v", err)
	}
	// What the page has beside the text counts as well.
	d, err := Read(folderOf(replaced(t, plainSource(t), `{"box": {"left": 28, "right": 28, "top": 39}`, `{"box": {"left": 28, "right": 28, "top": 23.2}`)), "house")
	if err != nil {
		t.Fatal(err)
	}
	f = Specimen()
	if _, err := d.Set(f, Style{}); err != nil {
		t.Fatal(err)
	}
	f.Body = "Z͑ͫ̓͑a̴l̷g̸o"
	if _, err := d.Set(f, Style{}); !errors.As(err, &text) || text.Fact != FactBody || !strings.Contains(err.Error(), "out of its place, into a rule") {
		t.Errorf("%v", err)
	}
}

// What a house lays over itself is found before a certificate is.
func TestLinesThatLieOnEachOtherAreFaults(t *testing.T) {
	d, err := Builtin().Design("classic")
	if err != nil {
		t.Fatal(err)
	}
	files, err := d.Files()
	if err != nil {
		t.Fatal(err)
	}
	s := string(files[designFile])
	for _, test := range []struct{ from, to, want string }{
		{`{"fact": "holder", "style": "holder", "stretch": 5}`, `{"fact": "holder", "style": "holder"}`, "blocks[1].parts[2]: on A4, in "},
		{`{"words": "phrase", "style": "connect", "stretch": 5}`, `{"words": "phrase", "style": "connect"}`, "blocks[1].parts[3]: on A4, in "},
		{`{"words": "intro", "style": "connect", "gap": 7, "spring": 0.42}`, `{"text": {"en": "Hear ye, gladly", "de": "Hört, jedermann", "fr": "Oyez", "es": "Oíd", "ar": "اسمعوا"}, "style": "connect"}, {"words": "intro", "style": "connect", "gap": 7, "spring": 0.42}`, "blocks[1].parts[1]: on A4, in "},
		{`"rules": [`, `"images": [{"role": "logo", "file": "logo.png", "box": {"right": 45, "width": 30, "top": 27, "height": 27}}], "rules": [`, "ornament[3] (ring): on A4 it runs through images[0] (logo)"},
		{`"rules": [`, `"images": [{"role": "logo", "file": "logo.png", "box": {"left": 27, "width": 30, "top": 39, "height": 3}}], "rules": [`, "rules[0]: on A4 it runs through images[0] (logo)"},
	} {
		folder := folderOf(replaced(t, s, test.from, test.to))
		folder["house/logo.png"] = &fstest.MapFile{Data: pictureOf(t, 300, 300)}
		d, err := Read(folder, "house")
		if err != nil {
			t.Fatal(err)
		}
		faults := d.Check()
		found := 0
		for _, f := range faults {
			if strings.HasPrefix(f.Place+": "+f.Text, test.want) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s\n→ %s: named %d times in\n%v", test.from, test.to, found, faults)
		}
	}
}

// What stands in a day is kept together.
func TestDaysAreNotBrokenWithin(t *testing.T) {
	day := Day{2029, 11, 19}
	for _, d := range Builtin().All() {
		for _, size := range d.Sizes {
			inLanguages(d, func(languages []string) {
				p, err := d.Set(Specimen(), Style{Size: size, Languages: languages})
				if err != nil {
					t.Fatal(err)
				}
				all, _ := wordings()
				for _, tag := range languages {
					want, found := all[tag].day(day), false
					for _, text := range p.Texts {
						found = found || text.Fact == FactExpiry && strings.Contains(text.Line.Text, want)
					}
					if !found {
						t.Errorf("%s %s %v: %s is broken", d.Name, size, languages, want)
					}
				}
			})
		}
	}
}

func TestAddressesAreBrokenBeforeTheirSigns(t *testing.T) {
	const link = "https://certificates.qualification-authority.example.co.jp/itsm/japan"
	for _, d := range Builtin().All() {
		for _, size := range d.Sizes {
			f := Specimen()
			f.Link = link
			p, err := d.Set(f, Style{Size: size, Languages: []string{"ar", "fr"}})
			if err != nil {
				t.Fatal(err)
			}
			whole := ""
			for _, text := range p.Texts {
				if text.Fact != FactLink {
					continue
				}
				if whole != "" && !strings.ContainsRune("/-._", rune(text.Line.Text[0])) {
					t.Errorf("%s %s: %s | %s", d.Name, size, whole, text.Line.Text)
				}
				whole += text.Line.Text
			}
			if torn, err := d.Tears(link, size); whole != link || torn || err != nil {
				t.Errorf("%s %s: %s, torn %v, %v", d.Name, size, whole, torn, err)
			}
			if torn, err := d.Tears("https://x.example/"+strings.Repeat("5YA89ZEJNC", 6), size); err != nil || !torn {
				t.Errorf("%s %s: torn %v, %v", d.Name, size, torn, err)
			}
		}
	}
}
