package render

import (
	"bytes"
	"context"
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jung-kurt/gofpdf"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/typeface"
)

// fields are the texts of a paper by their plain names.
func fields(q *issuer.Paper) map[string]*string {
	return map[string]*string{
		fieldHolder: &q.Holder, fieldTitle: &q.Title, fieldCode: &q.Code, fieldNumber: &q.Number,
		fieldScope: &q.Scope, fieldScheme: &q.Scheme, fieldEdition: &q.Edition, fieldBody: &q.Body,
		fieldDecider: &q.Decider, fieldLink: &q.Link, fieldQR: &q.QR, fieldSummary: &q.Summary,
	}
}

// refusal returns the TextError of q, which must have one.
func refusal(t *testing.T, p *Press, q issuer.Paper) *issuer.TextError {
	t.Helper()
	err := p.Check(q)
	var te *issuer.TextError
	if !errors.As(err, &te) {
		t.Fatalf("got %v, want a refusal of %+q", err, q.Holder)
	}
	if te.Reason == "" || !utf8.ValidString(te.Error()) {
		t.Errorf("refusal without a readable reason: %q", te.Error())
	}
	return te
}

func TestUnprintableCharacterIsRefused(t *testing.T) {
	p := press(t)
	for _, c := range []struct {
		name, text string
		char       rune // 0: the reason names it
		says       string
	}{
		{"invalid UTF-8", "Ana \xe9lan", 0, "byte 0xe9 at position 5 is not UTF-8"},
		{"surrogate", "Ana \xed\xa0\x80", 0, "not UTF-8"},
		{"overlong", "Ana\xc0\xaf", 0, "not UTF-8"},
		{"replacement", "An\uFFFDa", '\uFFFD', "lost"},
		{"object replacement", "An\uFFFCa", '\uFFFC', "object"},
		{"NUL", "An\x00a", 0, "U+0000 is a control"},
		{"tab", "Ana\tB", '\t', "control"},
		{"line feed", "Ana\nB", '\n', "control"},
		{"C1", "An\u0085a", '\u0085', "control"},
		{"DEL", "An\x7fa", 0x7f, "control"},
		{"LRM", "An\u200ea", '\u200e', "direction"},
		{"RLM", "An\u200fa", '\u200f', "direction"},
		{"ALM", "An\u061ca", '\u061c', "direction"},
		{"LRE", "An\u202aa", '\u202a', "direction"},
		{"PDF", "An\u202ca", '\u202c', "direction"},
		{"RLO", "An\u202ea", '\u202e', "direction"},
		{"LRI", "An\u2066a", '\u2066', "direction"},
		{"PDI", "An\u2069a", '\u2069', "direction"},
		{"ZWSP", "An\u200ba", '\u200b', "invisible"},
		{"ZWNJ", "An\u200ca", '\u200c', "invisible joiner"},
		{"ZWJ", "An\u200da", '\u200d', "invisible joiner"},
		{"ZWNJ in Persian", "علی\u200cرضا", '\u200c', "a space or a hyphen in its place"},
		{"word joiner", "An\u2060a", '\u2060', "invisible"},
		{"soft hyphen", "An\u00ada", '\u00ad', "invisible"},
		{"BOM", "\uFEFFAna", '\uFEFF', "invisible"},
		{"line separator", "An\u2028a", '\u2028', "separates"},
		{"paragraph separator", "An\u2029a", '\u2029', "separates"},
		{"private use", "An\ue000a", '\ue000', "private"},
		{"noncharacter", "An\ufdd0a", '\ufdd0', "not a character"},
		{"noncharacter at the end", "An\uffffa", '\uffff', "not a character"},
		{"emoji", "Ana \U0001F600", '\U0001F600', "in none of the typefaces"},
		{"rare Han", "\U00020000", '\U00020000', "is rare"},
		{"tag", "An\U000E0061a", '\U000E0061', "invisible"},
		{"plane 15", "An\U000F0000a", '\U000F0000', "private"},
		{"no-break space", "An\u00a0a", '\u00a0', "special space"},
		{"thin space", "An\u2009a", '\u2009', "special space"},
		{"ideographic space", "An\u3000a", '\u3000', "special space"},
		{"decomposed", "Jose\u0301", 0, `write "é" (U+00E9)`},
		{"decomposed Vietnamese", "Nguye\u0302\u0303n", 0, `write "ễ" (U+1EC5)`},
		{"Kelvin sign", "An\u212aa", 0, `write "K" (U+004B)`},
		{"mark without a letter", "\u0302Ana", '\u0302', "combining mark without a letter"},
		{"mark of another script", "محمد\u0302", '\u0302', "combining mark of other scripts"},
		{"mark that no typeface places", "A\u20ddna", '\u20dd', "combining mark"},
		{"grapheme joiner", "A\u034fn", '\u034f', "invisible"},
		{"variation selector", "An\ufe0fa", '\ufe0f', "invisible"},
		{"ideographic variation", "辻\U000e0100", '\U000e0100', "invisible"},
		{"Hangul filler", "A\u3164n", '\u3164', "invisible"},
		{"part of a syllable", "\u1112\u119e\u11ab", '\u1112', "write the syllable as one character"},
		{"Tamil", "தமிழ்", 'த', "the Tamil script, for which there is no typeface"},
		{"Mongolian", "ᠮᠣᠩᠭᠣᠯ", 'ᠮ', "the Mongolian script"},
		{"not in the typefaces", "Ana \U0001F468", '\U0001F468', "in none of the typefaces"},
		{"unassigned", "An\u0378a", '\u0378', "in none of the typefaces"},
		{"Cyrillic in a Latin word", "\u0410nna", '\u0410', "is a Cyrillic letter in the word \"\u0410nna\", whose others are Latin"},
		{"Latin in a Cyrillic word", "И\u0061ан", 'a', "is a Latin letter"},
		{"Greek in a Latin word", "J\u03bfhn", '\u03bf', "is a Greek letter"},
		{"half and half", "c\u0441", '\u0441', "is a Cyrillic letter"},
		{"three scripts", "A\u0411\u0393", '\u0393', "is a Greek letter"},
		{"behind a mark", "M\u0302\u0430rin", '\u0430', "is a Cyrillic letter"},
		{"space before", " Ana", ' ', "beginning"},
		{"space after", "Ana ", ' ', "end"},
		{"two spaces", "Ana  B", ' ', "twice"},
		{"only a space", " ", ' ', "beginning"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := paper()
			q.Holder = c.text
			te := refusal(t, p, q)
			if te.Field != "candidate name" || te.Text != c.text || te.Char != c.char || !strings.Contains(te.Reason, c.says) {
				t.Errorf("got field %q, character %U, %q; want %U, %q", te.Field, te.Char, te.Reason, c.char, c.says)
			}
		})
	}
}

func TestTextsOfEveryScriptAreTaken(t *testing.T) {
	p := press(t)
	for _, text := range []string{
		"محمد الأحمد", "محمد الأحمد ISO 9001:2015", "שרה כהן", "שָׂרָה", "नेहा शर्मा", "สมชาย ใจดี", "王伟", "陳偉文", "山田さくら", "𠮷野家",
		"김민준", "Արմեն Սարգսյան", "ნინო ბერიძე", "M\u0302aria", "Ọ̀bá", "Ана Smith", "ABC-Αθήνα", "10 kΩ, 5 μm, β-Test",
		// The signs and letters that stand in names beside the usual ones.
		"ג׳ון סמית׳", "יוסף לוי ז״ל", "דוד בן־דוד", "ジョン・スミス", "ジャン゠リュック", "डॉ॰ नेहा शर्मा", "Դ՚Արտանյան", "Լևոն Սևակ", "瓦歷斯‧諾幹",
		"สำราญ คำดี", "Mª José García", "Nuno Mº Sá", "Tiuⁿ Bí-lē", "Kʷəlčətən Point", "Kapuʻuwai", "山﨑太郎", "髙橋一郎",
	} {
		q := paper()
		q.Holder = text
		if err := p.Check(q); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestLookalikesAreCaught: one letter of a name exchanged for one of another
// script that looks the same (threat model T20).
func TestLookalikesAreCaught(t *testing.T) {
	p := press(t)
	alike := map[rune]string{ // Latin: Cyrillic and Greek
		'a': "\u0430\u03b1", 'c': "\u0441\u03f2", 'e': "\u0435", 'i': "\u0456\u03b9", 'j': "\u0458", 'k': "\u03ba", 'o': "\u043e\u03bf", 'p': "\u0440\u03c1", 'r': "\u0433",
		's': "\u0455", 'u': "\u03c5", 'v': "\u03bd", 'x': "\u0445\u03c7", 'y': "\u0443", 'h': "\u04bb", 'A': "\u0410\u0391", 'B': "\u0412\u0392", 'C': "\u0421",
		'E': "\u0415\u0395", 'H': "\u041d\u0397", 'K': "\u041a\u039a", 'M': "\u041c\u039c", 'N': "\u039d", 'O': "\u041e\u039f", 'P': "\u0420\u03a1",
		'S': "\u0405", 'T': "\u0422\u03a4", 'X': "\u0425\u03a7", 'Z': "\u0396",
	}
	tried := 0
	for _, name := range []string{
		"Anna Kovac", "Peter Smith", "Oscar Xavier", "Maria Hernandez", "Tom Brooks", "Stephen Chapman", "Karen Zuckerman", "Ben Johnson", "Nora Eriksson", "Cyrus Payne",
		"Joaquin Perez", "Hector Vasquez",
	} {
		q := paper()
		q.Holder = name
		if err := p.Check(q); err != nil {
			t.Errorf("%s as it is: %v", name, err)
		}
		for i, r := range name {
			for _, other := range alike[r] {
				q.Holder = name[:i] + string(other) + name[i+1:]
				tried++
				if te := refusal(t, p, q); te.Char != other || !strings.Contains(te.Reason, "letter in the word") {
					t.Errorf("%+q: %v", q.Holder, te)
				}
			}
		}
	}
	if tried < 150 {
		t.Errorf("%d names tried", tried)
	}
}

// TestEveryNameOfTheCorpusHasItsVerdict: five thousand names in thirteen scripts
// are taken, or refused with the character named.
func TestEveryNameOfTheCorpusHasItsVerdict(t *testing.T) {
	p := press(t)
	data, err := os.ReadFile("../../templates/typeface/testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	names, refused := 0, 0
	for line := range strings.Lines(string(data)) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(parts) != 4 {
			continue // the heading
		}
		names++
		q := paper()
		q.Holder = parts[3]
		if name, err := strconv.Unquote(parts[3]); err == nil {
			q.Holder = name
		}
		char, bad := strings.CutPrefix(parts[2], "refused U+")
		if !bad {
			if err := p.Check(q); err != nil {
				t.Errorf("%s: %v", parts[0], err)
			}
			continue
		}
		refused++
		want, err := strconv.ParseUint(char, 16, 32)
		if te := refusal(t, p, q); err != nil || te.Field != fieldHolder || te.Char != rune(want) {
			t.Errorf("%s: %+q refused for %U, want %U: %v", parts[0], q.Holder, te.Char, want, te)
		}
	}
	if names < 5000 || refused < 50 {
		t.Errorf("%d names, %d of them to be refused", names, refused)
	}
}

// TestBothReadersOfTheFontAgree: what typeface measures is what gofpdf draws.
func TestBothReadersOfTheFontAgree(t *testing.T) {
	pdf := gofpdf.New("L", "mm", "A4", "")
	pdf.AddPage()
	for _, f := range []*typeface.Family{typeface.Serif(), typeface.Italic(), typeface.Sans()} {
		face := f.Faces[0]
		alone := &typeface.Family{Name: f.Name, Faces: []*typeface.Face{face}}
		pdf.AddUTF8FontFromBytes(face.Name, "", bytes.Clone(face.Data))
		pdf.SetFont(face.Name, "", 10)
		compared := 0
		for r := rune(1); r < 0x10000; r++ {
			line, err := alone.Set(string(r), typeface.Options{})
			if err != nil || len(line.Runs) != 1 || !line.Runs[0].Plain {
				continue
			}
			compared++
			if got := pdf.GetStringSymbolWidth(string(r)); got != line.Width {
				t.Errorf("%s: %q (%U) is %d wide for gofpdf, %d for typeface", face.Name, r, r, got, line.Width)
			}
		}
		if compared < 1000 {
			t.Errorf("%s: %d characters compared", face.Name, compared)
		}
	}
	if err := pdf.Error(); err != nil {
		t.Error(err)
	}
}

func TestEveryTextIsChecked(t *testing.T) {
	p := press(t)
	q := paper()
	all := fields(&q)
	texts := 0
	for v, i := reflect.ValueOf(q), 0; i < v.NumField(); i++ {
		if v.Field(i).Kind() == reflect.String {
			texts++
		}
	}
	if texts != len(all)+2 { // and the token, and the scheme's id, which nothing shows
		t.Fatalf("the paper has %d texts, %d are checked here", texts, len(all))
	}
	for name := range all {
		for _, bad := range []string{"\u202e", "\x00", "\xff", "\u00a0", "e\u0301", " ", "த", "😀"} {
			q := paper()
			f := fields(&q)[name]
			*f += bad
			if te := refusal(t, p, q); te.Field != name {
				t.Errorf("%+q in the %s: refused as %s", bad, name, te.Field)
			}
		}
	}
}

func TestEmptyTextIsRefused(t *testing.T) {
	p := press(t)
	q := paper()
	for name := range fields(&q) {
		q := paper()
		*fields(&q)[name] = ""
		if name == fieldCode || name == fieldEdition || name == fieldSummary {
			if err := p.Check(q); err != nil {
				t.Errorf("a certificate without %s: %v", name, err)
			}
			continue
		}
		if te := refusal(t, p, q); te.Field != name || !strings.Contains(te.Reason, "empty") {
			t.Errorf("%s: %v", name, te)
		}
	}
}

func TestTooLongTextIsRefusedWithTheLengthThatFits(t *testing.T) {
	p := press(t)
	for name, word := range map[string]string{
		fieldHolder: "Wolfeschlegelstein ", fieldTitle: "Certificate of Competence ", fieldScope: "auditing and improvement ",
		fieldNumber: "OMI2026", fieldCode: "CODE", fieldScheme: "Scheme for Auditors ", fieldEdition: "2026-", fieldBody: "Institute for Management ",
		fieldDecider: "Friederike Baumgärtner ",
	} {
		q := paper()
		*fields(&q)[name] = strings.TrimSpace(strings.Repeat(word, 40))
		te := refusal(t, p, q)
		if te.Field != name || te.Char != 0 || !strings.Contains(te.Reason, "no more than its first") {
			t.Errorf("%s: %v", name, te)
		}
		// The length it names does fit.
		var n int
		at := strings.Index(te.Reason, "first ")
		for _, c := range te.Reason[at+len("first "):] {
			if c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		*fields(&q)[name] = strings.TrimSpace(string([]rune(*fields(&q)[name])[:n]))
		if err := p.Check(q); err != nil || n < 5 {
			t.Errorf("%s: said to fit with %d characters: %v", name, n, err)
		}
	}
	q := paper()
	q.Scope = strings.Repeat("very long ", 1<<20)
	if te := refusal(t, p, q); len(te.Error()) > 1000 {
		t.Errorf("a refusal of %d bytes", len(te.Error()))
	}
}

func TestLongTextsOfTheProgrammesFit(t *testing.T) {
	p := press(t)
	for _, title := range []string{
		"Professional Certificate Management and Improvement of ITSM processes according to ISO/IEC 20000",
		"Executive Consultant/Manager Competence Certificate in ITSM according to ISO/IEC 20000",
		"Certified IT Service Operations Professional/Manager (CITSOP)™/(CITSOM)™",
	} {
		q := paper()
		q.Title = title
		q.Scope = strings.TrimSpace(strings.Repeat("management, ", 20))[:220] + "."
		if err := p.Check(q); err != nil {
			t.Error(err)
		}
	}
}

func TestStandardAndNumberStayOnOneLine(t *testing.T) {
	q := papers()["executive"]
	pg, _, _, err := press(t).Lay(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range pg.Texts {
		if strings.HasPrefix(x.Line.Text, "20000") {
			t.Errorf("a line begins with %q", x.Line.Text)
		}
	}
}

func TestAddressMustBePlain(t *testing.T) {
	p := press(t)
	for _, link := range []string{
		"verify.example.org/c/1", "ftp://verify.example.org/", "javascript:alert(1)", "https:///c/1", "https://", "https:verify.example.org",
		"https://verify.example.org@evil.example/c", "https://vérify.example.org/", "https://verify.example.org/a b", "https://verify.example.org/{{x}}",
		"https://verify.example.org/%zz", "https://[::1/", `https://verify.example.org/"`,
	} {
		q := paper()
		q.Link = link
		if te := refusal(t, p, q); te.Field != fieldLink {
			t.Errorf("%s: %v", link, te)
		}
	}
	q := paper()
	q.Link = "http://localhost:8080/c/1?x=(1)"
	if err := p.Check(q); err != nil {
		t.Error(err)
	}
}

func TestDatesMustExist(t *testing.T) {
	p := press(t)
	for name, change := range map[string]func(*issuer.Paper){
		fieldDecided:   func(q *issuer.Paper) { q.Decided = scheme.Date{} },
		fieldEffective: func(q *issuer.Paper) { q.Effective.Day = 31 }, // November
		fieldExpires:   func(q *issuer.Paper) { q.Expires = &scheme.Date{Year: 2027, Month: 2, Day: 29} },
		fieldCreated:   func(q *issuer.Paper) { q.Created = time.Time{} },
	} {
		q := paper()
		change(&q)
		if te := refusal(t, p, q); te.Field != name {
			t.Errorf("%s: %v", name, te)
		}
	}
	q := paper()
	before := q.Effective.AddDays(-1)
	q.Expires = &before
	if te := refusal(t, p, q); te.Field != fieldExpires {
		t.Errorf("expiry before the effective date: %v", te)
	}
	q.Expires = &q.Effective // a validity of one day
	if err := p.Check(q); err != nil {
		t.Error(err)
	}
}

func FuzzCheck(f *testing.F) {
	for i, q := range papers() {
		f.Add(uint8(len(i)), q.Holder, q.Specimen, q.Expires != nil)
	}
	for _, s := range []string{"", " ", "\xff", "e\u0301", "\u202e", "محمد", "😀", "—/—/—", "-----", strings.Repeat("W", 700), "Ǆǅǆ ŉ ﬁ ™"} {
		f.Add(uint8(0), s, false, true)
		f.Add(uint8(9), s, false, true)
	}
	p := press(f)
	order := []string{fieldHolder, fieldTitle, fieldCode, fieldNumber, fieldScope, fieldScheme, fieldEdition, fieldBody, fieldDecider, fieldLink, fieldQR}
	f.Fuzz(func(t *testing.T, which uint8, s string, specimen, expires bool) {
		q := paper()
		name := order[int(which)%len(order)]
		*fields(&q)[name] = s
		q.Specimen = specimen
		if !expires {
			q.Expires = nil
		}
		if err := p.Check(q); err != nil {
			// A panic, recovered, would be an error of another type.
			var te *issuer.TextError
			if !errors.As(err, &te) || te.Field == "" || te.Reason == "" {
				t.Fatalf("refused without saying why: %v", err)
			}
			return
		}
		if _, err := p.Render(context.Background(), q); err != nil {
			t.Fatalf("checked and not rendered: %v", err)
		}
		pg, err := p.compose(q)
		if err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		for _, x := range pg.page.Texts {
			if x.X < 0 || x.X+x.Width() > pg.page.Wide || x.Y < 0 || x.Y > pg.page.High {
				t.Errorf("%q leaves the page", x.Line.Text)
			}
			for _, run := range x.Line.Runs {
				for _, g := range run.Glyphs {
					if g.ID == 0 {
						t.Errorf("%q has a glyph that is none", run.Text)
					}
				}
			}
			printed.WriteString(strings.ReplaceAll(x.Line.Text, " ", ""))
		}
		if name != fieldQR && !strings.Contains(printed.String(), strings.ReplaceAll(s, " ", "")) {
			t.Errorf("the page does not hold %q", s)
		}
	})
}
