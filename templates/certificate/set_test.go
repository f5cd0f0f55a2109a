package certificate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/testamur/testamur/templates/typeface"
)

// sets calls do with pages of every design in every size and language, short and
// long, plain and specimen, with and without a second QR code.
func sets(t *testing.T, do func(d *Design, f Facts, s Style, p *Page)) {
	t.Helper()
	some := long()
	some.Expires, some.Specimen = nil, false
	none := Specimen()
	none.Code, none.Edition, none.Offline = "", "", true
	for _, d := range Builtin().All() {
		for _, size := range d.Sizes {
			inLanguages(d, func(languages []string) {
				for _, f := range []Facts{Specimen(), long(), some, none} {
					s := Style{Design: d.Name, Size: size, Languages: languages}
					p, err := d.Set(f, s)
					if err != nil {
						t.Errorf("%s %s %v: %v", d.Name, size, languages, err)
						continue
					}
					do(d, f, s, p)
				}
			})
		}
	}
}

// What a page shows, put together again: each fact as it was signed.
func TestEveryFactStandsOnThePageAsItWasSigned(t *testing.T) {
	sets(t, func(d *Design, f Facts, s Style, p *Page) {
		shown := map[string]string{}
		for _, text := range p.Texts {
			if text.Fact == "" {
				continue
			}
			if shown[text.Fact] != "" && text.Fact != FactLink {
				shown[text.Fact] += " "
			}
			shown[text.Fact] += text.Line.Text
		}
		for _, fact := range allFacts {
			want := f.text(fact)
			got := shown[fact]
			if strings.Contains(want, "-") { // a line may end after a hyphen
				got, want = strings.ReplaceAll(got, "- ", "-"), strings.ReplaceAll(want, "- ", "-")
			}
			got, want = strings.ReplaceAll(got, "/ ", "/"), strings.ReplaceAll(want, "/ ", "/")
			if f.text(fact) != "" && got != want || f.text(fact) == "" && !f.has(fact) && got != "" {
				t.Errorf("%s %s %v: %s is shown as %q, is %q", d.Name, s.Size, s.Languages, fact, got, want)
			}
		}
		for _, fact := range []string{FactDecided, FactEffective, FactExpiry} {
			if shown[fact] == "" {
				t.Errorf("%s %s %v: %s is not shown", d.Name, s.Size, s.Languages, fact)
			}
		}
		if (p.Mark != nil) != f.Specimen || (p.Offline != nil) != (f.Offline && d.Offline) || p.Mirrored != (s.Languages[0] == "ar") {
			t.Errorf("%s %s %v: mark %v, second code %v, mirrored %v", d.Name, s.Size, s.Languages, p.Mark, p.Offline, p.Mirrored)
		}
	})
}

// inked is where the ink of a text is.
func (k glyphs) inked(t Text) Rect {
	em := t.Size * Point / 1000
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, run := range t.Line.Runs {
		for _, g := range run.Glyphs {
			b := k.box(run.Face, g.ID)
			x, y := t.X+float64(g.X)*em, t.Y-float64(g.Y)*em
			box = [4]float64{min(box[0], x+b[0]*em), min(box[1], y-b[3]*em), max(box[2], x+b[2]*em), max(box[3], y-b[1]*em)}
		}
	}
	return Rect{box[0], box[1], box[2] - box[0], box[3] - box[1]}
}

// glyphs keeps the boxes of glyphs, controls of their curves included.
type glyphs map[glyphKey][4]float64

type glyphKey struct {
	face *typeface.Face
	id   uint32
}

func (k glyphs) box(face *typeface.Face, id uint32) [4]float64 {
	key := glyphKey{face, id}
	if b, ok := k[key]; ok {
		return b
	}
	b := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, s := range face.Outline(id) {
		points := s.P[:1]
		if s.Op == typeface.CubeTo {
			points = s.P[:]
		}
		for _, q := range points {
			b = [4]float64{min(b[0], q.X), min(b[1], q.Y), max(b[2], q.X), max(b[3], q.Y)}
		}
	}
	k[key] = b
	return b
}

// No text runs into another, or into a code, or off its page, however long it is.
func TestNothingOnAPageOverlaps(t *testing.T) {
	known := glyphs{}
	sets(t, func(d *Design, f Facts, s Style, p *Page) {
		if why := known.overlap(p); why != "" {
			t.Errorf("%s %s %s: %s", d.Name, s.Size, strings.Join(s.Languages, "+"), why)
		}
	})
	// The twin: any text of a page, moved.
	p, err := builtinDesign(t, "iso20000").Set(long(), Style{Languages: []string{"de", "en"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, move := range map[string]func(*Text, *Text){
		"into the one above":   func(a, b *Text) { b.X, b.Y = a.X, a.Y+0.5 },
		"off the page":         func(a, b *Text) { b.X = p.Wide - 8 },
		"into the code":        func(a, b *Text) { b.X, b.Y = p.Code.X, p.Code.Y+p.Code.Side/2 },
		"too small to be read": func(a, b *Text) { b.Size = 5.5 },
	} {
		for i := 1; i < len(p.Texts); i++ {
			a, was := &p.Texts[i-1], p.Texts[i]
			if move(a, &p.Texts[i]); known.overlap(p) == "" {
				t.Errorf("%q stands %s, and nobody minds", was.Line.Text, name)
			}
			p.Texts[i] = was
		}
	}
}

// overlap tells what is wrong with where the texts of a page stand.
func (k glyphs) overlap(p *Page) string {
	paper := Rect{5, 5, p.Wide - 10, p.High - 10}
	codes := []Rect{{p.Code.X, p.Code.Y, p.Code.Side, p.Code.Side}}
	if p.Offline != nil {
		codes = append(codes, Rect{p.Offline.X, p.Offline.Y, p.Offline.Side, p.Offline.Side})
	}
	boxes := make([]Rect, len(p.Texts))
	for i, text := range p.Texts {
		boxes[i] = k.inked(text)
		if !paper.holds(boxes[i]) {
			return fmt.Sprintf("%q runs off the page: %+v", text.Line.Text, boxes[i])
		}
		for _, code := range codes {
			if boxes[i].meets(code) {
				return fmt.Sprintf("%q runs into a QR code", text.Line.Text)
			}
		}
		if text.Size < leastSize {
			return fmt.Sprintf("%q has %g pt", text.Line.Text, text.Size)
		}
		for n := range i {
			// Tails of one line may reach between the heads of the next; what must
			// not meet is the bodies of the letters.
			a, b := boxes[i], boxes[n]
			a.Y, a.H = max(a.Y, text.Y-text.Size*Point*capital), min(a.Y+a.H, text.Y)-max(a.Y, text.Y-text.Size*Point*capital)
			if a.meets(b) && min(a.Y+a.H, b.Y+b.H)-max(a.Y, b.Y) > 0.35 {
				return fmt.Sprintf("%q runs into %q: %+v %+v", text.Line.Text, p.Texts[n].Line.Text, boxes[i], boxes[n])
			}
		}
	}
	return ""
}

// The name of the holder is what a reader has to compare: nothing is larger
// (threat model T16).
func TestTheNameOfTheHolderIsTheLargest(t *testing.T) {
	for _, d := range Builtin().All() {
		p, err := d.Set(Specimen(), Style{})
		if err != nil {
			t.Fatal(err)
		}
		size := map[string]float64{}
		for _, text := range p.Texts {
			size[text.Fact] = max(size[text.Fact], text.Size)
		}
		for fact, s := range size {
			if fact != FactHolder && s >= size[FactHolder] {
				t.Errorf("%s: %q stands in %g pt, the name in %g", d.Name, fact, s, size[FactHolder])
			}
		}
	}
}

func TestLongNamesShrinkThenWrapThenAreRefused(t *testing.T) {
	d := builtinDesign(t, "classic")
	f := Specimen()
	last := try{1, 100, 100}
	refused := 0
	for n := 1; n < 30; n++ {
		f.Holder = strings.TrimSpace(strings.Repeat("Marianne ", n))
		p, err := d.Set(f, Style{Size: A4, Languages: []string{"en"}})
		var text *TextError
		if errors.As(err, &text) {
			if refused++; text.Fact != FactHolder || text.Char != 0 || !strings.Contains(text.Reason, "characters, and no more than its first ") || !strings.Contains(text.Reason, "(2 lines of 22 pt)") {
				t.Fatal(err)
			}
			continue
		}
		if err != nil || refused > 0 {
			t.Fatalf("%d words: %v", n, err)
		}
		var now try
		for _, text := range p.Texts {
			if text.Fact == FactHolder {
				now.lines, now.large = now.lines+1, text.Size
			}
		}
		if now.lines < last.lines || now.lines == last.lines && now.large > last.large {
			t.Errorf("%d words stand in %d lines of %g pt, fewer in %d of %g", n, now.lines, now.large, last.lines, last.large)
		}
		last = now
	}
	if refused == 0 || last.lines != 2 {
		t.Errorf("%d refused; the longest has %d lines", refused, last.lines)
	}
	// What is said to fit does fit, and one character more does not.
	f.Holder = strings.Repeat("x", 300)
	_, err := d.Set(f, Style{Size: A4, Languages: []string{"en"}})
	var text *TextError
	if !errors.As(err, &text) {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(text.Reason, "first ")
	fits := 0
	for _, c := range after {
		if c < '0' || c > '9' {
			break
		}
		fits = fits*10 + int(c-'0')
	}
	for more, fine := range map[int]bool{0: true, 1: false} {
		f.Holder = strings.Repeat("x", fits+more)
		if _, err := d.Set(f, Style{Size: A4, Languages: []string{"en"}}); (err == nil) != fine {
			t.Errorf("%d characters: %v", fits+more, err)
		}
	}
	f.Holder = strings.Repeat("a ", 100_000)
	if _, err := d.Set(f, Style{}); err == nil || len(err.Error()) > 500 {
		t.Errorf("a name of 200,000 characters: %.600v", err)
	}
}

func TestWhatCannotBeDrawnIsRefusedNamingTheCharacter(t *testing.T) {
	d := builtinDesign(t, "plain")
	f := Specimen()
	f.Scope = "For \U0001F984 riders"
	_, err := d.Set(f, Style{})
	var text *TextError
	if !errors.As(err, &text) || text.Fact != FactScope || text.Char != 0x1F984 || text.Text != f.Scope {
		t.Errorf("%v", err)
	}
}

func TestNamesOfOtherScriptsAreSet(t *testing.T) {
	f := Specimen()
	for name, rtl := range map[string]bool{"Μαρία Παπαδοπούλου": false, "Анна Каренина": false, "מרים כהן": true, "فاطمة الزهراء": true, "王小明": false, "김민수": false, "สมชาย": false, "मीरा शर्मा": false} {
		for _, d := range Builtin().All() {
			f.Holder = name
			p, err := d.Set(f, Style{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			text := p.Texts[slices.IndexFunc(p.Texts, func(t Text) bool { return t.Fact == FactHolder })]
			if text.Line.Text != name || text.Line.Runs[0].RTL != rtl {
				t.Errorf("%s: %+v", name, text.Line)
			}
		}
	}
}

func TestAStyleThatADesignDoesNotHaveIsRefused(t *testing.T) {
	d := builtinDesign(t, "classic")
	for want, s := range map[string]Style{
		`not made for paper of the size "A5"; it is made for: A4, Letter`: {Size: "A5"},
		`no wording in the language "tlh"; it has: en, de, fr, es, ar`:    {Languages: []string{"tlh"}},
		"one language or two, not 3":                                      {Languages: []string{"en", "de", "fr"}},
		"two different languages, not en twice":                           {Languages: []string{"en", "en"}},
	} {
		if _, err := d.Set(Specimen(), s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", s, err)
		}
		if _, err := d.Plan(Specimen(), s); err == nil {
			t.Errorf("%+v: a plan", s)
		}
	}
}

// A page of a language read from right to left is the other way round as a
// whole.
func TestMirroredPages(t *testing.T) {
	for _, d := range Builtin().All() {
		plain, err := d.Set(Specimen(), Style{Languages: []string{"en"}})
		if err != nil {
			t.Fatal(err)
		}
		mirrored, err := d.Set(Specimen(), Style{Languages: []string{"ar"}})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := mirrored.Code.X, plain.Wide-plain.Code.X-plain.Code.Side; math.Abs(got-want) > 0.002 {
			t.Errorf("%s: the code stands at %g, want %g", d.Name, got, want)
		}
		for i, r := range plain.Rules {
			if m := mirrored.Rules[i]; math.Abs(m.X1-(plain.Wide-r.X2)) > 0.002 {
				t.Errorf("%s: rule %d stands at %g", d.Name, i, m.X1)
			}
		}
		// The box of all ornament, piece by piece.
		for i, piece := range plain.Drawings {
			a, b := extent(piece), extent(mirrored.Drawings[i])
			if math.Abs(b[0]-(plain.Wide-a[2])) > 0.01 || math.Abs(b[2]-(plain.Wide-a[0])) > 0.01 {
				t.Errorf("%s: piece %d lies from %g to %g, mirrored from %g to %g", d.Name, i, a[0], a[2], b[0], b[2])
			}
		}
		if fixed, _ := d.Fixed(A4, false); fixed != plain.Fixed || plain.Fixed == mirrored.Fixed {
			t.Errorf("%s: what is fixed is not shared, or shared too widely", d.Name)
		}
	}
}

func extent(d Drawing) [4]float64 {
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range d.Paths {
		for _, s := range p.Segments {
			q := s.P[0]
			if s.Op == typeface.CubeTo {
				q = s.P[2]
			}
			box = [4]float64{min(box[0], q.X), min(box[1], q.Y), max(box[2], q.X), max(box[3], q.Y)}
		}
	}
	return box
}

func TestBilingualPagesSayEverythingTwice(t *testing.T) {
	d := builtinDesign(t, "portrait")
	p, err := d.Set(Specimen(), Style{Languages: []string{"de", "en"}})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, text := range p.Texts {
		all = append(all, text.Line.Text)
	}
	shown := strings.Join(all, " ")
	for _, want := range []string{"Hiermit wird bescheinigt, dass", "This is to certify that", "ABLAUF / EXPIRY", "gültig bis einschließlich 19. November 2029", "valid through 19 November 2029",
		"20. November 2026", "20 November 2026", "holds the certification", "die folgende Zertifizierung besitzt:"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if n := strings.Count(shown, Specimen().Holder); n != 1 {
		t.Errorf("the name stands there %d times", n)
	}
}

func TestSetIsSafeForConcurrentUse(t *testing.T) {
	d, err := Read(folderOf(plainSource(t)), "house")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	pages := make([]*Page, 16)
	for i := range pages {
		wg.Go(func() {
			f := Specimen()
			f.Number = strings.Repeat("7", i+1)
			p, err := d.Set(f, Style{Languages: []string{"de", "en"}})
			if err != nil {
				t.Error(err)
			}
			pages[i] = p
		})
	}
	wg.Wait()
	for i, p := range pages {
		k := slices.IndexFunc(p.Texts, func(t Text) bool { return t.Fact == FactNumber })
		if got := p.Texts[k].Line.Text; len(got) != i+1 || p.Fixed != pages[0].Fixed {
			t.Errorf("page %d has number %s", i, got)
		}
	}
}

// What is kept of texts set before is bounded, and changes nothing.
func TestWhatIsKeptIsBounded(t *testing.T) {
	d, err := Read(folderOf(plainSource(t)), "house")
	if err != nil {
		t.Fatal(err)
	}
	f := Specimen()
	first, err := d.Set(f, Style{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxKept {
		f.Holder = "Ada " + strings.Repeat("a", i%20) + strings.Repeat("b", i/20%20) + strings.Repeat("c", i/400)
		if _, err := d.Set(f, Style{}); err != nil {
			t.Fatal(err)
		}
	}
	w, err := d.form(Style{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.kept.all); n > maxKept {
		t.Errorf("%d texts are kept", n)
	}
	again, err := d.Set(Specimen(), Style{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := described(first), described(again); a != b {
		t.Errorf("the same facts are set otherwise:\n%s\n%s", a, b)
	}
}

// A batch sets ten thousand pages: few allocations, none that grow.
func TestSetAllocatesLittle(t *testing.T) {
	d := builtinDesign(t, "iso20000")
	f := Specimen()
	n := testing.AllocsPerRun(100, func() {
		if _, err := d.Set(f, Style{Size: A4, Languages: []string{"en"}}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 24 {
		t.Errorf("%g allocations for a page of texts that were set before", n)
	}
}

// An address is typed by people: a line of it ends where a part of it does, as
// long as that can be read.
func TestAddressesAreBrokenAtTheirParts(t *testing.T) {
	for _, d := range Builtin().All() {
		for _, size := range d.Sizes {
			for link, torn := range map[string]bool{
				"https://certs.example.org/c/5YA89ZEJNCKRV6DED2CKXZQQ":                    false,
				"https://certificates.example-academy.example/c/5YA89ZEJNCKRV6DED2CKXZQQ": false,
				"https://x/" + strings.Repeat("5YA89ZEJNC", 6):                            true,
			} {
				f := Specimen()
				f.Link = link
				p, err := d.Set(f, Style{Size: size})
				if err != nil {
					t.Errorf("%s %s: %v", d.Name, size, err)
					continue
				}
				whole, parts := "", 0
				for _, text := range p.Texts {
					if text.Fact != FactLink {
						continue
					}
					if whole != "" {
						if before, after := whole[len(whole)-1], text.Line.Text[0]; before != '=' && !strings.ContainsRune("/?&#-._", rune(after)) {
							parts++
						}
					}
					whole += text.Line.Text
				}
				if whole != link || (parts > 0) != torn {
					t.Errorf("%s %s: %s is set as %s, torn %d times", d.Name, size, link, whole, parts)
				}
			}
		}
	}
}

func TestLinesEndWhereTheyMay(t *testing.T) {
	d := builtinDesign(t, "classic")
	for _, test := range []struct {
		text string
		room float64 // mm, of 12 pt
		want string  // "" where it does not fit
	}{
		{"Consultant/Manager Competence Certificate", 60, "Consultant/Manager|Competence Certificate"},
		{"according to ISO/IEC 20000", 35, "according to|ISO/IEC 20000"},
		{"bis einschließlich 19. November 2029", 50, "bis einschließlich|19. November 2029"},
		{"until the 19 November", 30, "until|the 19 November"},
		{"Anna-Lena Müller-Lüdenscheidt", 40, "Anna-Lena|Müller-Lüdenscheidt"},
		{"東京認証協会資格認定部門", 30, "東京認証協会|資格認定部門"},
		{"ENTSCHEIDUNG DURCH / DECISION MAKER", 60, "ENTSCHEIDUNG DURCH /|DECISION MAKER"},
		{"Donaudampfschifffahrtsgesellschaft", 40, ""},
	} {
		st := *d.styles["day"]
		st.tries = []try{{2, 12, 12}}
		f, err := slot{style: &st, fact: FactScope, width: test.room, language: "en"}.fit(test.text, false)
		got := ""
		if err == nil {
			for i, l := range f.lines {
				if i > 0 {
					got += "|"
				}
				got += l.Text
			}
		}
		if got != test.want {
			t.Errorf("%s: %s (%v)", test.text, got, err)
		}
	}
}
