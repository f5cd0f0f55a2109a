package paper_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/testamur/testamur/verifier/paper"
)

func TestSameNameInAnotherSpellingMatches(t *testing.T) {
	for _, pair := range [][2]string{
		{"Katarzyna Wiśniewska", "KATARZYNA WISNIEWSKA"},
		{"Katarzyna Wiśniewska", norm.NFD.String("Katarzyna Wiśniewska")},
		{"Katarzyna\u00a0Wiśniewska", "  Katarzyna   Wiśniewska\n"},
		{"Jean-Luc O’Connor", "Jean\u2011Luc O'Connor"},
		{"Jean-Luc O’Connor", "Jean Luc O`Connor"},
		{"J. R. R. Tolkien", "J.R.R. Tolkien"},
		{"Jürgen Groß", "JURGEN GROSS"},
		{"Jürgen Groß", "JUERGEN GROSS"},
		{"Åsa O’Neill", "Aasa ONeill"},
		{"Søren Łukasz Ærø", "Soren Lukasz Aero"},
		{"Đặng Văn Đức", "Dang Van Duc"},
		{"İbrahim Işık", "ibrahim isik"},
		{"François Œuvray", "Francois Oeuvray"},
		{"Ελένη Παπαδόπουλος", "ΕΛΕΝΗ ΠΑΠΑΔΟΠΟΥΛΟΣ"},
		{"Наталія Ґонґадзе", "НАТАЛІЯ ҐОНҐАДЗЕ"},
		{"Ｌｉ Ｗｕ", "Li Wu"},
		{"Li\u200b Wu", "Li Wu"},
		{"김철수", norm.NFD.String("김철수")},
		// Signs of other scripts, as keyboards give them.
		{"ג׳ון סמית׳", "ג'ון סמית'"},
		{"ג׳ון סמית׳", "גון סמית"},
		{"יוסף ז״ל", `יוסף ז"ל`},
		{"יוסף ז״ל", "יוסף זל"},
		{"דוד בן־דוד", "דוד בן-דוד"},
		{"דוד בן־דוד", "דוד בן דוד"},
		{"ジョン・スミス", "ジョン スミス"},
		{"ジョン・スミス", "ｼﾞｮﾝ･ｽﾐｽ"},
		{"ジャン゠リュック", "ジャン・リュック"},
		{"瓦歷斯‧諾幹", "瓦歷斯·諾幹"},
		{"डॉ॰ नेहा शर्मा", "डॉ. नेहा शर्मा"},
		{"Դ՚Արտանյան", "Դ'Արտանյան"},
		{"Լևոն Սևակ", "ԼԵՎՈՆ ՍԵՎԱԿ"},
		{"Լևոն Սևակ", "ԼԵՒՈՆ ՍԵՒԱԿ"},
		{"Robert “Bob” Smith", `Robert "Bob" Smith`},
		// Letters that Unicode would write in another way, and papers do not.
		{"Mª José García", "MA JOSE GARCIA"},
		{"สำราญ คำดี", norm.NFKD.String("สำราญ คำดี")},
		{"Tiuⁿ Bí-lē", "Tiun Bi-le"},
		{"Anne-Marie", "Anne\u2010Marie"},
		{"Anne-Marie", "Anne–Marie"},
		{"محمد", "\ufee3\ufea4\ufee4\ufeaa"},
		{"filip", "\ufb01lip"},
	} {
		if !paper.SameName(pair[0], pair[1]) || !paper.SameName(pair[1], pair[0]) {
			t.Errorf("%q and %q are one name", pair[0], pair[1])
		}
	}
}

func TestEmptyNameIsNobodys(t *testing.T) {
	for _, s := range []string{"", " ", "-", "'", "\u200b", "..."} {
		if paper.SameName(s, s) || paper.SameName(s, "Li Wu") {
			t.Errorf("%q is a name", s)
		}
	}
	if long := strings.Repeat("a", paper.MaxName+1); paper.SameName(long, long) {
		t.Error("a name without end was compared")
	}
}

// Five hundred names that differ, each from one of a hundred: no two match.
func TestOtherNamesDoNotMatch(t *testing.T) {
	first := []string{"Anna", "Bruno", "Čeněk", "Dimitra", "Éric", "Fatma", "Grzegorz", "Håkon", "Ιωάννα", "Юлія"}
	last := []string{"Nowak", "Müller", "O’Brien", "Sánchez", "Λαμπρού", "Шевченко", "de la Cruz", "Smith-Jones", "Wu", "Łącki"}
	lookalike := strings.NewReplacer("A", "А", "B", "В", "a", "а", "e", "е", "o", "о", "c", "с", "p", "р", "x", "х", "H", "Н", "М", "M", "K", "К", "i", "і", "О", "O", "С", "C", "Ш", "W", "Λ", "A", "W", "Ш", "é", "е́", "É", "Е́", "u", "ս")
	pairs := 0
	for i, f := range first {
		for k, l := range last {
			name := f + " " + l
			others := []string{
				l + " " + f,  // order
				f,            // a word less
				name + " Jr", // a word more
				f + "a " + l, // a letter more
				lookalike.Replace(name),
			}
			if others[4] == name {
				others[4] = first[(i+1)%len(first)] + " " + last[(k+1)%len(last)]
			}
			for _, o := range others {
				pairs++
				if paper.SameName(name, o) || paper.SameName(o, name) {
					t.Errorf("%q and %q are two names", name, o)
				}
			}
		}
	}
	if pairs != 500 {
		t.Errorf("%d pairs", pairs)
	}
	for _, pair := range [][2]string{{"Anna", "Аnna"}, {"Ο Νίκος", "O Νίκος"}, {"किरण", "करण"}, {"ガ", "カ"}, {"Anne Marie", "Annemarie"}, {"Ann Ali", "Anna Li"},
		{"ジョン・スミス", "ジョンスミス"}, {"בן־דוד", "בנדוד"}, {"ג׳ון", "דון"}, {"सीता॰ राम", "सीताराम"}, {"Լևոն", "Լեոն"}, {"สำราญ", "สาราญ"}, {"عبد الله", "عبدالله"}, {"Mª José", "Mº José"}} {
		if paper.SameName(pair[0], pair[1]) {
			t.Errorf("%q and %q are two names", pair[0], pair[1])
		}
	}
}
