package certificate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testamur/testamur/templates/typeface"
)

// write says to write what is found as what is expected from now on.
var write = os.Getenv("TESTAMUR_GOLDEN") == "write"

// TestOrnamentNeverChanges: papers live for twenty years, and a verifier holds
// the ornament of each against that of its design, stroke by stroke.
func TestOrnamentNeverChanges(t *testing.T) {
	const file = "testdata/ornament.json"
	got := map[string]string{}
	for _, d := range Builtin().All() {
		for _, size := range d.Sizes {
			for _, mirrored := range []bool{false, true} {
				fixed, err := d.Fixed(size, mirrored)
				if err != nil {
					t.Fatal(err)
				}
				key := fmt.Sprintf("%s %s", d.Name, size)
				if mirrored {
					key += " mirrored"
				}
				got[key] = digest(fixed)
			}
		}
	}
	want := map[string]string{}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil && !write {
		t.Fatal(err)
	}
	for key := range want {
		if got[key] == "" {
			t.Errorf("the design %s is gone. Papers printed in it can no longer be compared with their certificates: keep it, and take its \"schemes\" out of it instead.", key)
		}
	}
	for _, key := range sortedKeys(got) {
		if want[key] != "" && got[key] != want[key] {
			name, _, _ := strings.Cut(key, " ")
			t.Errorf(`the ornament of %s is another than it was. Every paper printed before would read as altered. Put it back as it was, and make the new look a design of its own: copy the folder %s to %s-2, change that one, and let it have the "schemes".`, key, name, name)
		}
	}
	if write && !t.Failed() {
		out, _ := json.MarshalIndent(got, "", " ")
		if err := os.WriteFile(file, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if len(want) != len(got) {
		t.Errorf("%d pages have ornament, %d are known; to take in a new design, run this test with TESTAMUR_GOLDEN=write", len(got), len(want))
	}
}

// digest is taken of every point of the ornament, to the thousandth of a
// millimetre.
func digest(f *Fixed) string {
	h := sha256.New()
	for _, d := range f.Drawings {
		fmt.Fprintf(h, "%s %.3f\n", d.Ink, d.Wide)
		for _, p := range d.Paths {
			fmt.Fprintf(h, "%v", p.Closed)
			for _, s := range p.Segments {
				n := 1
				if s.Op == typeface.CubeTo {
					n = 3
				}
				fmt.Fprintf(h, " %d", s.Op)
				for _, q := range s.P[:n] {
					fmt.Fprintf(h, " %.3f %.3f", q.X+0, q.Y+0)
				}
			}
			fmt.Fprintln(h)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestDigestOfOrnamentSeesEveryPoint(t *testing.T) {
	c := &canvas{wide: 297, high: 210}
	c.pen(Colour{1, 2, 3}, 0.1)
	c.circle(100, 100, 10)
	f := &Fixed{Drawings: c.drawings}
	before := digest(f)
	for name, change := range map[string]func() func(){
		"a point": func() func() {
			p := &f.Drawings[0].Paths[0].Segments[5].P[1]
			p.X += 0.001
			return func() { p.X -= 0.001 }
		},
		"the ink":   func() func() { f.Drawings[0].Ink.G++; return func() { f.Drawings[0].Ink.G-- } },
		"the width": func() func() { f.Drawings[0].Wide += 0.01; return func() { f.Drawings[0].Wide -= 0.01 } },
		"the end": func() func() {
			f.Drawings[0].Paths[0].Closed = false
			return func() { f.Drawings[0].Paths[0].Closed = true }
		},
	} {
		back := change()
		if digest(f) == before {
			t.Errorf("%s changes nothing", name)
		}
		back()
		if digest(f) != before {
			t.Fatalf("%s was not put back", name)
		}
	}
}

// described is a page as text: what stands where, in which size.
func described(p *Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %gx%g mirrored=%v drawings=%d\n", p.Design.Name, p.Size, strings.Join(p.Languages, "+"), p.Wide, p.High, p.Mirrored, len(p.Drawings))
	line := func(kind string, t Text) {
		fmt.Fprintf(&b, "%s %7.2f %7.2f %6.2f %4.1f %s %-9s %s\n", kind, t.X, t.Y, t.Width(), t.Size, t.Ink, t.Fact, t.Line.Text)
	}
	if p.Mark != nil {
		line("mark", p.Mark.Text)
	}
	for _, r := range p.Rules {
		fmt.Fprintf(&b, "rule %7.2f %7.2f %7.2f %7.2f %4.2f %s\n", r.X1, r.Y1, r.X2, r.Y2, r.Wide, r.Ink)
	}
	fmt.Fprintf(&b, "code %.2f %.2f %.2f\n", p.Code.X, p.Code.Y, p.Code.Side)
	if p.Offline != nil {
		fmt.Fprintf(&b, "offline %.2f %.2f %.2f\n", p.Offline.X, p.Offline.Y, p.Offline.Side)
	}
	for _, t := range p.Texts {
		line("text", t)
	}
	for _, l := range p.Links {
		fmt.Fprintf(&b, "link %.2f %.2f %.2f %.2f\n", l.X, l.Y, l.W, l.H)
	}
	return b.String()
}

// galleryStyles are the pages that are kept: every design in every language and
// in two pairs of languages on A4, and once on Letter.
func galleryStyles(d *Design) []Style {
	var all []Style
	for _, tag := range d.Languages {
		all = append(all, Style{Design: d.Name, Size: A4, Languages: []string{tag}})
	}
	return append(all, Style{Design: d.Name, Size: A4, Languages: []string{"de", "en"}}, Style{Design: d.Name, Size: A4, Languages: []string{"ar", "en"}},
		Style{Design: d.Name, Size: Letter, Languages: []string{"en"}})
}

// TestPagesAreSetAsBefore holds where every text stands.
func TestPagesAreSetAsBefore(t *testing.T) {
	for _, d := range Builtin().All() {
		var b strings.Builder
		for i, s := range galleryStyles(d) {
			f := Specimen()
			f.Offline = i%2 == 0
			if i == 1 {
				f = long()
			}
			if i == 2 {
				f.Expires, f.Specimen = nil, false
			}
			p, err := d.Set(f, s)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(described(p) + "\n")
		}
		file := filepath.Join("testdata", "page", d.Name+".txt")
		if write {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, had := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
		for i := range max(len(got), len(had)) {
			a, h := "", ""
			if i < len(got) {
				a = got[i]
			}
			if i < len(had) {
				h = had[i]
			}
			if a != h {
				t.Errorf("%s:%d: the page is set otherwise than it was:\n is %s\nwas %s\nlook at it (testamur template preview %s); if it is meant, run this test with TESTAMUR_GOLDEN=write", file, i+1, a, h, d.Name)
				break
			}
		}
	}
}
