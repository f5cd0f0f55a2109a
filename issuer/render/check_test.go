package render

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

// fields are the texts of a paper by their plain names.
func fields(q *issuer.Paper) map[string]*string {
	return map[string]*string{
		fieldHolder: &q.Holder, fieldTitle: &q.Title, fieldCode: &q.Code, fieldNumber: &q.Number,
		fieldScope: &q.Scope, fieldScheme: &q.Scheme, fieldEdition: &q.Edition, fieldBody: &q.Body,
		fieldDecider: &q.Decider, fieldLink: &q.Link, fieldQR: &q.QR,
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
		{"ZWNJ", "An\u200ca", '\u200c', "invisible"},
		{"ZWJ", "An\u200da", '\u200d', "invisible"},
		{"word joiner", "An\u2060a", '\u2060', "invisible"},
		{"soft hyphen", "An\u00ada", '\u00ad', "invisible"},
		{"BOM", "\uFEFFAna", '\uFEFF', "invisible"},
		{"line separator", "An\u2028a", '\u2028', "separates"},
		{"paragraph separator", "An\u2029a", '\u2029', "separates"},
		{"private use", "An\ue000a", '\ue000', "private"},
		{"noncharacter", "An\ufdd0a", '\ufdd0', "not a character"},
		{"noncharacter at the end", "An\uffffa", '\uffff', "not a character"},
		{"emoji", "Ana \U0001F600", '\U0001F600', "not yet printable"},
		{"rare Han", "\U00020000", '\U00020000', "not yet printable"},
		{"tag", "An\U000E0061a", '\U000E0061', "invisible"},
		{"plane 15", "An\U000F0000a", '\U000F0000', "private"},
		{"no-break space", "An\u00a0a", '\u00a0', "special space"},
		{"thin space", "An\u2009a", '\u2009', "special space"},
		{"ideographic space", "An\u3000a", '\u3000', "special space"},
		{"decomposed", "Jose\u0301", 0, `write "é" (U+00E9)`},
		{"decomposed Vietnamese", "Nguye\u0302\u0303n", 0, `write "ễ" (U+1EC5)`},
		{"Kelvin sign", "An\u212aa", 0, `write "K" (U+004B)`},
		{"mark without a letter of its own", "M\u0302a", '\u0302', "combining"},
		{"grapheme joiner", "A\u034fn", '\u034f', "combining"},
		{"variation selector", "An\ufe0fa", '\ufe0f', "combining"},
		{"Arabic", "محمد", 'م', "the Arabic script, not yet printable"},
		{"Hebrew", "שרה", 'ש', "the Hebrew script"},
		{"Devanagari", "नेहा", 'न', "the Devanagari script"},
		{"Thai", "สมชาย", 'ส', "the Thai script"},
		{"Han", "王伟", '王', "the Han script"},
		{"Hangul", "김", '김', "the Hangul script"},
		{"Hangul filler", "A\u3164n", '\u3164', "the Hangul script"},
		{"Georgian", "ნინო", 'ნ', "the Georgian script"},
		{"Armenian", "Արմեն", 'Ա', "the Armenian script"},
		{"not in the typeface", "Ana ☺", '☺', "not in the typeface"},
		{"unassigned", "An\u0378a", '\u0378', "unknown script"},
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
	if texts != len(all)+1 { // and the token
		t.Fatalf("the paper has %d texts, %d are checked here", texts, len(all))
	}
	for name := range all {
		for _, bad := range []string{"\u202e", "\x00", "\xff", "\u00a0", "e\u0301", " ", "م", "😀"} {
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
		if name == fieldCode || name == fieldEdition {
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
	pg, err := press(t).compose(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range pg.texts {
		if strings.HasPrefix(string(x.set.runes), "20000") {
			t.Errorf("a line begins with %q", string(x.set.runes))
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
		for _, x := range pg.texts {
			if x.x < 0 || x.x+x.width() > pageWide || x.y < 0 || x.y > pageHigh {
				t.Errorf("%q leaves the page", string(x.set.runes))
			}
			for _, r := range x.set.runes {
				if x.set.face.glyph(nil, r) == 0 {
					t.Errorf("%q (%U) has no glyph", r, r)
				}
			}
			printed.WriteString(strings.ReplaceAll(string(x.set.runes), " ", ""))
		}
		if name != fieldQR && !strings.Contains(printed.String(), strings.ReplaceAll(s, " ", "")) {
			t.Errorf("the page does not hold %q", s)
		}
	})
}
