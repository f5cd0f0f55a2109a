package certificate

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/testamur/testamur/templates"
)

// long are facts as long as they get.
func long() Facts { return expectedFacts() }

// inLanguages calls do for every language and every pair of languages.
func inLanguages(d *Design, do func(languages []string)) {
	for _, a := range d.Languages {
		do([]string{a})
		for _, b := range d.Languages {
			if a != b {
				do([]string{a, b})
			}
		}
	}
}

func builtinDesign(t testing.TB, name string) *Design {
	t.Helper()
	d, err := Builtin().Design(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBuiltinDesignsPassTheCheck(t *testing.T) {
	for _, d := range Builtin().All() {
		for _, f := range d.Check() {
			t.Error(f)
		}
		if !d.Builtin || d.Title == "" || d.About == "" || len(d.Sizes) != 2 || len(d.Languages) != 5 {
			t.Errorf("%s: %+v", d.Name, d)
		}
	}
}

func TestThereIsADesignForEveryProgramme(t *testing.T) {
	all := Builtin()
	for scheme, want := range map[string]string{"iso20000": "iso20000", "citsop": "citsop", "another": plainName, "": plainName} {
		if got := all.For(scheme); got.Name != want {
			t.Errorf("%q is printed in %s", scheme, got.Name)
		}
	}
	portrait, offline := 0, 0
	for _, d := range all.All() {
		if fixed, _ := d.Fixed(A4, false); fixed.High > fixed.Wide {
			portrait++
		}
		if d.Offline {
			offline++
		}
	}
	if n := len(all.All()); n < 5 || portrait < 1 || offline < 2 {
		t.Errorf("%d designs, %d portrait, %d with a second QR code", n, portrait, offline)
	}
	if _, err := all.Design("clasic"); err == nil || !strings.Contains(err.Error(), `"classic" was meant`) || !strings.Contains(err.Error(), "portrait") {
		t.Errorf("a wrong name: %v", err)
	}
}

// plainSource is the file of the plain design, for making others of it.
func plainSource(t testing.TB) string {
	t.Helper()
	files, err := builtinDesign(t, plainName).Files()
	if err != nil {
		t.Fatal(err)
	}
	return string(files[designFile])
}

func folderOf(design string) fstest.MapFS {
	return fstest.MapFS{"house/design.json": {Data: []byte(design)}}
}

// replaced fails where there is nothing to replace: a fault that was not put in
// would not be missed.
func replaced(t testing.TB, s, from, to string) string {
	t.Helper()
	if !strings.Contains(s, from) {
		t.Fatalf("the plain design has no %s", from)
	}
	return strings.Replace(s, from, to, 1)
}

func TestFaultsAreNamedWithTheirPlace(t *testing.T) {
	base := plainSource(t)
	if _, err := Read(folderOf(base), "house"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ from, to, want string }{
		{`"format": 1`, `"format": 2`, "format: it must be 1"},
		{`"format": 1`, `"format": 1, "format": 1`, "format: it stands twice"},
		{`"format": 1`, `"colour": "red", "format": 1`, "colour: there is no such member"},
		{`"format": 1,`, ``, "format: it is missing"},
		{`"title": "Plain"`, `"title": 7`, "title: it must be a text in quotes"},
		{`"title": "Plain"`, `"title": ""`, "title: it must have 1 to 60"},
		{`"title": "Plain"`, `"title": "Pl\u202eain"`, "title: it holds U+202E"},
		{`"landscape"`, `"sideways"`, "orientation: it must be landscape or portrait"},
		{`["A4", "Letter"]`, `["A4", "A5"]`, `sizes[1]: there is no size "A5"`},
		{`["A4", "Letter"]`, `["A4", "A4"]`, "sizes[1]: A4 stands twice"},
		{`["A4", "Letter"]`, `[]`, "sizes: it must name one"},
		{`"sizes":`, `"languages": ["en", "tlh"], "sizes":`, `languages[1]: there is no wording in "tlh"`},
		{`"grey": "#5f6368"`, `"grey": "5f6368"`, "inks.grey: it must be written as #rrggbb"},
		{`"ink": "grey", "tries"`, `"ink": "gray", "tries"`, `styles.note.ink: there is no ink "gray" ("grey" was meant?)`},
		{`"ink": "grey", "tries"`, `"ink": "grey 140%", "tries"`, `styles.note.ink: "grey 140%" is not an ink`},
		{`"family": "italic"`, `"family": "comic"`, `styles.connect.family: there is no family "comic"`},
		{`"family": "italic"`, `"family": "Own.ttf"`, "styles.connect.family: the font Own.ttf: file does not exist"},
		{`"from": 44, "to": 30`, `"from": 30, "to": 44`, "styles.holder.tries[0]: it begins with the larger size"},
		{`"from": 44, "to": 30`, `"from": 44, "to": 3`, "styles.holder.tries[0].to: it must be from 6 to 200, and is 3"},
		{`"tries": [{"lines": 1, "from": 11, "to": 7.5}]`, `"size": 11, "tries": [{"lines": 1, "from": 11, "to": 7.5}]`, "styles.code: it must have either a size or tries"},
		{`"style": "holder"`, `"style": "tittle"`, `blocks[1].parts[2].style: there is no style "tittle" ("title" was meant?); there are: body, code,`},
		{`"fact": "holder"`, `"fact": "name"`, `blocks[1].parts[2].fact: there is no fact "name"`},
		{`{"fact": "holder", "style": "holder", "stretch": 5},`, ``, `blocks: no part shows the fact "holder"`},
		{`{"words": "check", "style": "hint"},`, ``, `blocks: no part shows the words "check"`},
		{`"fact": "holder", "style"`, `"fact": "title", "style"`, "the fact title stands at blocks[1].parts[2] already"},
		{`"words": "intro", "style"`, `"words": "intro", "when": "expires", "style"`, `blocks[1].parts[1].when: for the words "intro" it must be ""`},
		{`"words": "intro", "style"`, `"fact": "code", "words": "intro", "style"`, "blocks[1].parts[1]: it must have one of fact, words and text"},
		{`"words": "specimenNote", "style": "note", "when": "specimen"`, `"text": {"en": "Hello"}, "style": "note"`, `blocks[1].parts[0].text: it is missing in "de"`},
		{`"label": "number"`, `"label": "code"`, "blocks[4].parts[0].label: the label of the fact number is"},
		{`"name": "head"`, `"name": "../head"`, "blocks[0].name: it must be of a-z"},
		{`"name": "head"`, `"name": "statement"`, `blocks[1].name: there are two blocks "statement"`},
		{`"left": 28, "right": 28, "top": 24`, `"left": 28, "right": 28, "width": 3, "top": 24`, "blocks[0].box: of left, right and width: it takes two of the three"},
		{`"left": 28, "right": 28, "top": 24`, `"left": 280, "right": 28, "top": 24`, "blocks[0].box: it does not lie on paper of the size A4"},
		{`"left": 28, "right": 28, "top": 24`, `"left": 2, "right": 28, "top": 24`, "blocks[0] (head): on A4 it comes nearer than 5 mm to the edge"},
		{`"top": 24, "height": 12}`, `"top": 24, "height": 22}`, "blocks[1] (statement): on A4 it comes nearer than 0.5 mm to blocks[0] (head)"},
		{`"top": 24, "height": 12}`, `"top": 24, "height": 6}`, "blocks[0] (head): on A4, in en, its texts can become 7.8 mm high, and its box is 6.0"},
		{`"code": {"width": 36`, `"code": {"width": 35`, "code: a QR code is square"},
		{`"code": {"width": 36, "right": 24.5, "bottom": 16.9, "height": 36}`, `"code": {"width": 29, "right": 24.5, "bottom": 16.9, "height": 29}`, "code: it must be from 30 to 80, and is 29"},
		{`"mark":`, `"offline": {"left": 10, "width": 42, "top": 10, "height": 42}, "mark":`, `blocks: no part shows the words "offline"`},
		{`"mark":`, `"offline": {"left": 10, "width": 39, "top": 10, "height": 39}, "mark":`, `offline: it must be from 40 to 44, and is 39`},
		{`"left": 28, "right": 28, "top": 39}`, `"left": 28, "right": 28, "top": 39, "height": 3}`, "rules[0].box: a rule either lies"},
		{`"angle": 26`, `"angle": 1e4`, "mark.angle: it must be from -90 to 90"},
		{`"angle": 26`, `"angle": 1e400`, "mark.angle: it must be a number"},
		{`"rules":`, `"ornament": [{"kind": "wave", "ink": "black"}], "rules":`, `ornament[0].kind: there is no kind "wave" ("waves" was meant?)`},
		{`"rules":`, `"ornament": [{"kind": "waves", "ink": "black", "weight": 0.1, "inset": 10, "radius": 4, "wave": 0.01, "high": 2, "strands": 4}], "rules":`, "ornament[0].wave: it must be from"},
		{`"rules":`, `"ornament": [{"kind": "frame", "ink": "black", "weight": 0.1, "inset": 10, "petals": 4}], "rules":`, "ornament[0].petals: a piece of the kind frame does not take it"},
		{`"rules":`, `"ornament": [{"kind": "ring", "ink": "black", "weight": 0.1, "petals": 4, "strands": 2, "to": 1}], "rules":`, "ornament[0].box: it is missing"},
		{`"rules":`, `"ornament": [` + strings.Repeat(`{"kind": "ring", "ink": "black", "weight": 0.1, "box": {"left": 10, "width": 9, "top": 10, "height": 9}, "petals": 240, "strands": 12, "to": 1}, `, 40) + `{"kind": "frame", "ink": "black", "inset": 9}], "rules":`, "the ornament on A4 has more than 30000 curves"},
		{`"rules":`, `"images": [{"role": "photo", "file": "logo.png", "box": {"left": 10, "width": 9, "top": 10, "height": 9}}], "rules":`, "images[0].role: it must be logo, seal or signature"},
		{`"rules":`, `"images": [{"role": "logo", "file": "logo.png", "box": {"left": 10, "width": 9, "top": 10, "height": 9}}], "rules":`, "images[0].file: the picture logo.png: file does not exist"},
		{`"rules":`, `"words": {"en": {"intro": ""}}, "rules":`, "words.en.intro: it is empty"},
		{`"rules":`, `"words": {"en": {"introduction": "Hear ye"}}, "rules":`, "words.en.introduction: there is no such text"},
		{`"rules":`, `"words": {"xx": {"intro": "Hear ye"}}, "rules":`, `words.xx: there is no language "xx"`},
	} {
		_, err := Read(folderOf(replaced(t, base, test.from, test.to)), "house")
		if err == nil || !strings.Contains(err.Error(), "house/design.json: "+test.want) && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s → %s: %v\nwant %s", test.from, test.to, err, test.want)
		}
	}
}

func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	s := plainSource(t)
	s = replaced(t, s, `"style": "holder"`, `"style": "tittle"`)
	s = replaced(t, s, `"landscape"`, `"sideways"`)
	s = replaced(t, s, `"angle": 26`, `"angel": 26`)
	s = replaced(t, s, `"ink": "grey", "tries"`, `"ink": "gray", "tries"`)
	_, err := Read(folderOf(s), "house")
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, place := range []string{"blocks[1].parts[2].style", "orientation", "mark.angel", "mark.angle", "styles.note.ink"} {
		if n := len(slices.DeleteFunc(slices.Clone(faults), func(f Fault) bool { return f.Place != place })); n != 1 {
			t.Errorf("%s is named %d times in\n%v", place, n, err)
		}
	}
}

func TestWhatIsNoDesignIsRefused(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for _, text := range []string{"", "{", "[]", "null", "7", `"x"`, "{} {}", deep, `{"a": ` + deep + "}", "{\"a\": \"\xff\"}", strings.Repeat(" ", maxFile+1),
		`{"blocks": [` + strings.Repeat("{},", 600) + `{}]}`} {
		if _, err := Read(folderOf(text), "house"); err == nil {
			t.Errorf("%.40q is taken for a design", text)
		}
	}
	if _, err := Open(fstest.MapFS{"House of Cards/design.json": {Data: []byte("{}")}}); err == nil || !strings.Contains(err.Error(), "rename the folder") {
		t.Error(err)
	}
	if _, err := Open(fstest.MapFS{"a/design.json": {Data: []byte("{")}, "b/design.json": {Data: []byte("[]")}}); err == nil || !strings.Contains(err.Error(), "a/design.json") || !strings.Contains(err.Error(), "b/design.json") {
		t.Errorf("not every design is named: %v", err)
	}
}

func TestCheckFindsWhatReadingLetsThrough(t *testing.T) {
	base := plainSource(t)
	for _, test := range []struct{ from, to, want string }{
		{`"grey": "#5f6368"`, `"grey": "#b0b0b0"`, "styles.label.ink: type in this ink stands out 2.2 : 1"},
		{`"ink": "grey 12%"`, `"ink": "grey 60%"`, "mark.ink: the mark lies beneath the text"},
		{`"left": 28, "right": 28, "top": 39}`, `"left": 28, "right": 28, "top": 50}`, "rules[0]: on A4 it runs through blocks[1] (statement)"},
		{`"rules":`, `"ornament": [{"kind": "frame", "ink": "black", "weight": 0.1, "inset": 45}], "rules":`, "ornament[0] (frame): on A4 it runs through blocks[1] (statement)"},
		{`"rules":`, `"ornament": [{"kind": "circle", "ink": "grey", "box": {"center": true, "width": 50, "middle": true, "height": 50}, "to": 1}], "rules":`, "ornament[0] (circle): on A4 it runs through blocks[1] (statement)"},
		{`"from": 44, "to": 30}, {"lines": 2, "from": 31, "to": 20}`, `"from": 44, "to": 40}`, "the holder \"Maria-Magdalena"},
	} {
		d, err := Read(folderOf(replaced(t, base, test.from, test.to)), "house")
		if err != nil {
			t.Errorf("%s: %v", test.to, err)
			continue
		}
		if got := d.Check().Error(); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q\nwant %s", test.to, got, test.want)
		}
	}
	// What fits in one language but not in two.
	d, err := Read(folderOf(replaced(t, base, `"bottom": 15.5, "height": 37}, "stretch": [0.55, 1.2]`, `"bottom": 15.5, "height": 28}, "stretch": [0.55, 1.2]`)), "house")
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Check().Error(); !strings.Contains(got, "blocks[4] (dates): on A4, in ") {
		t.Errorf("%q", got)
	}
	if _, err := d.Set(Specimen(), Style{Size: A4, Languages: []string{"de", "ar"}}); err == nil || !strings.Contains(err.Error(), "has no room for the wording in de and ar") {
		t.Error(err)
	}
}

// Sixty ways out of a folder, in every name that a design gives (threat model
// T23).
func TestNoNameLeadsOutOfItsFolder(t *testing.T) {
	var forms []string
	for _, ending := range []string{".png", ".ttf"} {
		for _, s := range []string{
			"../x", "../../x", "..\\x", "..%2fx", "%2e%2e/x", "..%c0%afx", "....//x", "..;/x", "./x", ".x", "..x", "/x", "//x", "\\x", "\\\\h\\s\\x", "C:x", "C:\\x", "c:/x",
			"file:x", "file:///etc/x", "http://h/x", "~/x", "~x", "$HOME/x", "%HOME%/x", "a/../x", "a/x", "a\\x", "x\x00", "x\n", " x", "x ", "x\u2044y", "\uff0fx", "\uff0e\uff0e\uff0fx", "x\u202e",
			"", "-x", "x.", "x..", "CON:", "x:y", "x|y", "x>y", "x*", "x?", "\"x\"", "`x`", "{{x}}", "é", "/dev/zero", "/proc/self/x", "../../../../etc/passwd\x00", "..\\..\\x", "x/../../y", "\t",
			strings.Repeat("x", 61), strings.Repeat("../", 40) + "x", "x.png/../../y", "x;y",
		} {
			forms = append(forms, s+ending)
		}
	}
	if len(forms) < 120 {
		t.Fatalf("%d forms", len(forms))
	}
	outside := t.TempDir()
	logo := pictureOf(t, 40, 20)
	base := plainSource(t)
	for _, form := range forms {
		quoted := fmt.Sprintf("%q", form)
		if strings.ContainsAny(form, "\x00\n\t") || strings.Contains(quoted, `\x`) {
			quoted = strings.NewReplacer("\x00", `\u0000`, "\n", `\n`, "\t", `\t`).Replace(`"` + form + `"`)
		}
		var s string
		if strings.HasSuffix(form, ".png") {
			s = replaced(t, base, `"rules":`, `"images": [{"role": "logo", "file": `+quoted+`, "box": {"left": 10, "width": 9, "top": 10, "height": 9}}], "rules":`)
		} else {
			s = replaced(t, base, `"family": "italic"`, `"family": `+quoted)
		}
		// A file system that has something under every name it is asked for.
		asked := &anything{folder: folderOf(s), data: logo}
		_, err := Read(asked, "house")
		if err == nil || asked.names != nil {
			t.Errorf("%q: %v; asked for %q", form, err, asked.names)
		}
		name := strings.TrimSuffix(strings.TrimSuffix(form, ".png"), ".ttf")
		if plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && name != "" && len(name) <= 40; IsName(name) != plain {
			t.Errorf("as the name of a design %q is taken: %v", name, !plain)
		}
		asked = &anything{folder: folderOf(base), data: []byte(base)}
		if _, err := Read(asked, name); !IsName(name) && (err == nil || asked.names != nil) {
			t.Errorf("as a folder %q: %v; asked for %q", name, err, asked.names)
		}
	}
	// A symbolic link that leads out of the folder.
	if err := os.WriteFile(filepath.Join(outside, "logo.png"), logo, 0o600); err != nil {
		t.Fatal(err)
	}
	inside := t.TempDir()
	if err := os.Mkdir(filepath.Join(inside, "house"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := replaced(t, base, `"rules":`, `"images": [{"role": "logo", "file": "logo.png", "box": {"left": 10, "width": 9, "top": 10, "height": 9}}], "rules":`)
	if err := os.WriteFile(filepath.Join(inside, "house", designFile), []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(inside, "house", "logo.png")
	if err := os.Symlink(filepath.Join(outside, "logo.png"), link); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := Read(root.FS(), "house"); err == nil || !strings.Contains(err.Error(), "images[0].file") {
		t.Errorf("over a symbolic link: %v", err)
	}
	// The twin: the same file in its place is taken.
	if err := errors.Join(os.Remove(link), os.WriteFile(link, logo, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(root.FS(), "house"); err != nil {
		t.Error(err)
	}
}

// anything has data under every name but those of its folder, and keeps what it
// was asked for.
type anything struct {
	folder fs.FS
	data   []byte
	names  []string
}

func (a *anything) Open(name string) (fs.File, error) {
	f, err := a.folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		a.names = append(a.names, name)
		return fstest.MapFS{"x": {Data: a.data}}.Open("x")
	}
	return f, err
}

func pictureOf(t testing.TB, wide, high int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, wide, high))
	for i := range wide {
		img.SetNRGBA(i, i*high/wide, color.NRGBA{200, 30, 30, 128})
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestADesignOfOnesOwnHasItsFontAndLogo(t *testing.T) {
	font, err := templates.Font(templates.FontItalic)
	if err != nil {
		t.Fatal(err)
	}
	s := replaced(t, plainSource(t), `"family": "italic"`, `"family": "Own.ttf"`)
	s = replaced(t, s, `"rules":`, `"words": {"en": {"intro": "{{.Holder}} ${x} %s <b>"}}, "images": [{"role": "logo", "file": "logo.png", "box": {"left": 10, "width": 15, "top": 10, "height": 15}, "align": "end"}], "rules":`)
	folder := folderOf(s)
	folder["house/Own.ttf"] = &fstest.MapFile{Data: font}
	folder["house/logo.png"] = &fstest.MapFile{Data: pictureOf(t, 40, 20)}
	folder["plain/design.json"] = &fstest.MapFile{Data: []byte(replaced(t, plainSource(t), `"title": "Plain"`, `"title": "Ours", "schemes": ["iso20000"]`))}
	all, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := all.Design("plain"); d.Builtin || d.Title != "Ours" || all.For("iso20000") != d || len(all.All()) != len(Builtin().All())+1 {
		t.Errorf("the body's own does not take the place of the built-in one: %+v", all.All())
	}
	d, err := all.Design("house")
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Set(Specimen(), Style{})
	if err != nil {
		t.Fatal(err)
	}
	// Nothing in a text is looked into (threat model T23).
	intro := p.Texts[slices.IndexFunc(p.Texts, func(t Text) bool { return strings.HasPrefix(t.Line.Text, "{") })]
	if intro.Line.Text != "{{.Holder}} ${x} %s <b>" || intro.Line.Runs[0].Face.Name != "Own.ttf" {
		t.Errorf("%q in %s", intro.Line.Text, intro.Line.Runs[0].Face.Name)
	}
	if len(p.Images) != 1 || p.Images[0].Rect != (Rect{10, 13.75, 15, 7.5}) || p.Images[0].Role != "logo" {
		t.Fatalf("%+v", p.Images)
	}
	img, err := png.Decode(bytes.NewReader(p.Images[0].Picture))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, a := img.At(0, 0).RGBA(); a != 0xffff || r>>8 < 220 || g>>8 < 130 || b>>8 < 130 || g>>8 > 150 {
		t.Errorf("the logo is not opaque on white: %d %d %d %d", r>>8, g>>8, b>>8, a>>8)
	}
	mirrored, err := d.Set(Specimen(), Style{Languages: []string{"ar"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := mirrored.Images[0].Rect; got != (Rect{297 - 25, 13.75, 15, 7.5}) {
		t.Errorf("mirrored, the logo stands at %+v", got)
	}
}

// Mutated designs are refused, or set a page; none ends the process, or keeps it.
func TestMutatedDesignsHarmNothing(t *testing.T) {
	var seeds []string
	for _, d := range Builtin().All() {
		files, err := d.Files()
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, string(files[designFile]))
	}
	random := rand.New(rand.NewPCG(20, 26))
	values := []string{"0", "-1", "1e4", "-1e4", "9999", "0.0001", `""`, `"x"`, "null", "true", "[]", "{}", "[0]", `{"a": 1}`, "1e308", `"\u0000"`, `"{{x}}"`}
	token := regexp.MustCompile(`"[^"]*"|-?[0-9.]+`)
	refused, taken := 0, 0
	began := time.Now()
	for n := range 600 {
		s := seeds[n%len(seeds)]
		for range 1 + random.IntN(3) {
			all := token.FindAllStringIndex(s, -1)
			at := all[random.IntN(len(all))]
			switch random.IntN(4) {
			case 0:
				s = s[:at[0]] + values[random.IntN(len(values))] + s[at[1]:]
			case 1: // a number a little off
				if f, err := strconv.ParseFloat(s[at[0]:at[1]], 64); err == nil {
					s = s[:at[0]] + strconv.FormatFloat(f*(0.5+random.Float64()), 'f', 3, 64) + s[at[1]:]
				}
			case 2: // one value in place of another
				other := all[random.IntN(len(all))]
				s = s[:at[0]] + s[other[0]:other[1]] + s[at[1]:]
			default:
				i := random.IntN(len(s))
				s = s[:i] + string(rune(random.IntN(128))) + s[i+1:]
			}
		}
		d, err := Read(folderOf(s), "house")
		if err != nil {
			refused++
			continue
		}
		taken++
		var text *TextError
		if p, err := d.Set(Specimen(), Style{}); err != nil && !errors.As(err, &text) {
			t.Errorf("%v", err)
		} else if err == nil && len(p.Texts) < 15 {
			t.Errorf("a page of %d texts", len(p.Texts))
		}
	}
	if refused < 100 || taken < 20 {
		t.Errorf("%d refused, %d taken: the mutants are not what they should be", refused, taken)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("600 designs took %v", took)
	}
}

// FuzzRead: no file ends the process, and what is read as a design sets a page
// or says why not.
func FuzzRead(f *testing.F) {
	for _, d := range Builtin().All() {
		files, err := d.Files()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(files[designFile])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read(fstest.MapFS{"house/design.json": {Data: data}}, "house")
		if err != nil {
			return
		}
		if _, err := d.Set(Specimen(), Style{}); err != nil {
			var text *TextError
			if !errors.As(err, &text) {
				t.Error(err)
			}
		}
	})
}
