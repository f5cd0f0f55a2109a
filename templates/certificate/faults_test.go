package certificate

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// faultsOf are those of a design.
func faultsOf(t testing.TB, design string) Faults {
	t.Helper()
	d, err := Read(folderOf(design), "house")
	if err == nil {
		return d.Check()
	}
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	return faults
}

// One mistake is one fault, in its place: those that follow from it are not told.
func TestOneMistakeIsOneFault(t *testing.T) {
	base := plainSource(t)
	text := func(en string) string {
		return `{"text": {"en": "` + en + `", "de": "Hört", "fr": "Oyez", "es": "Oíd", "ar": "اسمعوا"}, "style": "note"}, {"words": "intro"`
	}
	mark := base[strings.Index(base, `"mark":`):]
	mark = mark[:strings.LastIndex(mark, "}")]
	for _, test := range []struct{ from, to, want string }{
		{`"black": "#1a1a1c"`, `"black": "navy"`, `inks.black: it must be written as #rrggbb, as in "#1b365d"`},
		{`"black": "#1a1a1c"`, `"black": "#12345"`, `inks.black: it must be written as #rrggbb, as in "#1b365d"`},
		{`{"words": "intro"`, text("Hi 😀"), `blocks[1].parts[1].text.en: "Hi 😀" cannot be printed: character '😀' (U+1F600) is in none of the typefaces of the certificate; write the text without it`},
		{`{"words": "intro"`, text("வணக்கம்"), `blocks[1].parts[1].text.en: "வணக்கம்" cannot be printed: character 'வ' (U+0BB5) `},
		{`{"words": "intro"`, text(strings.Repeat("Hear ye ", 30) + "all"), `blocks[1].parts[1].text.en: on A4, in en, "Hear ye `},
		{`"rules": [`, `"words": {"de": {"intro": "Hört 😀"}}, "rules": [`, `words.de.intro: "Hört 😀" cannot be printed`},
		{`"rules": [`, `"schemes": ["iso20000", "iso20000"], "rules": [`, "schemes[1]: iso20000 stands twice"},
		{`"rules": [`, `"images": [{"role": "logo", "file": "my logo.png", "box": {"left": 10, "width": 9, "top": 10, "height": 9}}], "rules": [`, `images[0].file: "my logo.png" is not the name of a picture in the folder of the design; it has letters of a-z, digits, - and _, and ends in .png, .jpg, .jpeg, .gif or .webp, as in "logo.png"; rename the file`},
		{",\n " + mark, "\n", "mark: it is missing"},
		{base, "[]", "it must have members"},
		{base, "7", "it must have members"},
		{`"sizes":`, `"sizes"`, "it is not JSON: "},
	} {
		got := faultsOf(t, replaced(t, base, test.from, test.to))
		if len(got) != 1 || !strings.HasPrefix(got[0].Error(), "house/design.json: "+test.want) {
			t.Errorf("%.80s → %.120s:\n%v\nwant %s", test.from, test.to, got, test.want)
		}
	}
}

func TestWhatIsNotJSONIsToldByLineAndColumn(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"format\": 1,\n \"title\" \"Plain\"\n}": "at line 3, column 10",
		"{\n \"title\": \"Ä\", }":                     "at line 2, column 16",
		"{\"a\": 1,\n":                                "it ends too early, at line 2, column 1",
		"{\"a\": tru}":                                "at line 1, column 10",
		"\n\n ]":                                      "at line 3, column 2",
	} {
		got := faultsOf(t, text)
		if len(got) != 1 || !strings.HasPrefix(got[0].Text, "it is not JSON: ") || !strings.HasSuffix(got[0].Text, want) {
			t.Errorf("%q: %v\nwant %s", text, got, want)
		}
	}
}

// What people and their editors write otherwise, and cannot be misunderstood.
func TestOtherSpellingsAreTaken(t *testing.T) {
	base := plainSource(t)
	own, err := Read(folderOf(base), "house")
	if err != nil {
		t.Fatal(err)
	}
	b, err := own.Set(Specimen(), Style{Size: Letter, Languages: []string{"de"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, design := range map[string]string{
		"a byte order mark": "\uFEFF" + base,
		"capital digits":    replaced(t, base, `"#1a1a1c"`, `"#1A1A1C"`),
		"small sizes":       replaced(t, base, `["A4", "Letter"]`, `["a4", "letter"]`),
		"capital languages": replaced(t, base, `"sizes":`, `"languages": ["DE", "En"], "sizes":`),
	} {
		if got := faultsOf(t, design); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
			continue
		}
		d, err := Read(folderOf(design), "house")
		if err != nil {
			t.Fatal(err)
		}
		a, err := d.Set(Specimen(), Style{Size: Letter, Languages: []string{"de"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if described(a) != described(b) {
			t.Errorf("%s: the page is another one, %v", name, err)
		}
	}
	folder := folderOf(replaced(t, base, `"rules": [`, `"images": [{"role": "logo", "file": "Logo.PNG", "box": {"left": 10, "width": 9, "top": 10, "height": 9}}], "rules": [`))
	folder["house/Logo.PNG"] = &fstest.MapFile{Data: pictureOf(t, 90, 90)}
	if _, err := Read(folder, "house"); err != nil {
		t.Error(err)
	}
	h, err := ReadHouse(fstest.MapFS{HouseFile: {Data: []byte("\uFEFF" + `{"default": {"page": "letter", "languages": ["DE", "en"]}}`)}}, Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if s := h.Style("citsop", Builtin()); s.Size != Letter || !slices.Equal(s.Languages, []string{"de", "en"}) {
		t.Errorf("%+v", s)
	}
	if got := ParseLanguages("DE, En"); !slices.Equal(got, []string{"de", "en"}) {
		t.Errorf("%q", got)
	}
}

func TestLinksOutOfTheFolderAreRefusedInWords(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "house"), 0o755); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "design.json")
	if err := os.WriteFile(outside, []byte(plainSource(t)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "house", designFile)); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := Read(root.FS(), "house"); err == nil || !strings.Contains(err.Error(), "house/design.json: it is a link that leads out of the folder; put the file itself there") {
		t.Error(err)
	}
}

// A choice for a scheme that there is not would never be used.
func TestChoicesForUnknownSchemesAreFaults(t *testing.T) {
	designs, err := Open(folderOf(replaced(t, plainSource(t), `"rules": [`, `"schemes": ["citsop", "citsopp"], "rules": [`)))
	if err != nil {
		t.Fatal(err)
	}
	house, err := ReadHouse(fstest.MapFS{HouseFile: {Data: []byte(`{"schemes": {"iso2000": {"design": "plain"}, "citsop": {"design": "plain"}}}`)}}, designs)
	if err != nil {
		t.Fatal(err)
	}
	got := designs.Unknown(house, []string{"iso20000", "citsop"}).Error()
	want := `house.json: schemes.iso2000: there is no scheme "iso2000" ("iso20000" was meant?); there are: iso20000, citsop` + "\n" +
		`house/design.json: schemes[1]: there is no scheme "citsopp" ("citsop" was meant?); there are: iso20000, citsop`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := designs.Unknown(house, []string{"iso20000", "citsop", "iso2000", "citsopp"}); len(got) > 0 {
		t.Error(got)
	}
}

// What is wrong with the choice for all is not blamed on a design nobody named.
func TestAWrongDefaultIsToldOnce(t *testing.T) {
	for text, want := range map[string]string{
		`{"default": {"page": "A3"}, "schemes": {"iso20000": {"languages": ["de"]}}}`: `house.json: default.page: there is no size "A3"; there are: A4, Letter`,
		`{"default": {"languages": ["en", "xx"]}}`:                                    `house.json: default.languages[1]: there is no wording in "xx"; there is in: en, de, fr, es, ar`,
	} {
		if _, err := ReadHouse(fstest.MapFS{HouseFile: {Data: []byte(text)}}, Builtin()); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", text, err, want)
		}
	}
}
