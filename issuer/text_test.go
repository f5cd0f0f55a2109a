package issuer_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/testamur/testamur/issuer"
)

// judge returns what is said of a candidate's name, or nil.
func judge(t *testing.T, d *desk, name string) error {
	t.Helper()
	_, err := d.Decide(t.Context(), foundation(t, "a1", "c1", func(a *issuer.Application) { a.Candidate.Name = name }))
	return err
}

func TestNamesAreTakenAsTheyAreWritten(t *testing.T) {
	d := newDesk(t, "", november)
	for _, name := range []string{
		"Ada Łukasiewicz", "Anne-Marie O'Neill", "Anne-Marie O’Neill", "J. R. R. Tolkien, PhD", "Nguyễn Thị Ánh", "Josep Col·lell",
		"ג׳ון סמית׳", "יוסף לוי ז״ל", "דוד בן־דוד", // geresh, gershayim, maqaf
		"ジョン・スミス", "ジャン゠リュック", "山田さくら", "山﨑太郎", "髙橋一郎",
		"डॉ॰ नेहा शर्मा", "Դ՚Արտանյան", "Լևոն Սևակ", "瓦歷斯‧諾幹",
		"สำราญ คำดี", "ຄຳໃບ ໝັ້ນຄົງ", // which Unicode would take apart for compatibility
		"Mª José García", "Nuno Mº Sá", "Tiuⁿ Bí-lē", "Kʷəlčətən Point", "Kapuʻuwai", "Oʼtkir",
		"محمد الأحمد", "김민준", "Νίκος Παπαδόπουλος", "Соломія Ґудзь",
	} {
		if err := judge(t, d, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A name that holds letters in a form of compatibility is signed in none that anybody
// types, and is refused with the one that is.
func TestNameInLettersOfCompatibilityIsRefusedWithTheUsualSpelling(t *testing.T) {
	d := newDesk(t, "", november)
	for name, usual := range map[string]string{
		"\ufee3\ufea4\ufee4\ufeaa": "محمد",     // presentation forms
		"عبد \ufdf2":               "عبد الله", // a word as one character
		"محمد \ufdfa":              "محمد صلى الله عليه وسلم",
		"\ufb01lip Novák":          "filip Novák",
		"ｼﾞｮﾝ･ｽﾐｽ":                 "ジョン・スミス", // half-width, with its mark behind the letter
		"Ｌｉ Ｗｕ":                    "Li Wu",
		"𝐀𝐝𝐚 Specimen":             "Ada Specimen",
		"Co\u0140lell":             "Col·lell",
		"\u0132sbrand":             "IJsbrand",
		"\u01c7ubica":              "LJubica",
		"Henry Ⅷ":                  "Henry VIII",
		"Ada №":                    "Ada No",
		"⼭田":                       "山田",       // a radical
		"ﬁ Mª ﬂ":                   "fi Mª fl", // what is ordinary stays beside it
		"\ufb13\ufb14":             "մնմե",
		"\uff0dLi":                 "", // told below
	} {
		err := judge(t, d, name)
		if usual == "" {
			mustSay(t, err, "ordinary hyphen -")
			continue
		}
		var text *issuer.TextError
		if !errors.As(err, &text) || !strings.HasSuffix(text.Reason, `write it as "`+usual+`"`) || strings.ContainsRune(usual, text.Char) {
			t.Errorf("%s: %v\nwant the spelling %s", name, err, usual)
			continue
		}
		if err := judge(t, d, usual); err != nil {
			t.Errorf("the spelling that was offered is refused: %v", err)
		}
	}
	// Of one that has no usual spelling among names none is offered.
	mustSay(t, judge(t, d, "Ada ⁼"), "'⁼'", "write it in ordinary letters")
	mustSay(t, judge(t, d, "\u3131"), "write it as")
	// A double is refused whatever it is for.
	mustSay(t, judge(t, d, "\ufa19谷"), "double of another", "as 神谷")
	mustSay(t, judge(t, d, norm.NFD.String("José")), "accents are written as separate characters")
}

func TestRefusalOfASignSaysWhatToWrite(t *testing.T) {
	d := newDesk(t, "", november)
	for name, says := range map[string]string{
		"Anne\u2010Marie": "write it with the ordinary hyphen -",
		"Anne\u2011Marie": "write it with the ordinary hyphen -",
		"Anne\u2013Marie": "write it with the ordinary hyphen -",
		"Anne\u2014Marie": "write it with the ordinary hyphen -",
		"Anne\u2212Marie": "write it with the ordinary hyphen -",
		"O´Neill":         "write it with the apostrophe '",
		"O`Neill":         "write it with the apostrophe '",
		"O′Neill":         "write it with the apostrophe '",
		"Ada <b>":         "does not belong in the name of a person; remove it",
		"Ada 😀":           "does not belong in the name of a person; remove it",
	} {
		mustSay(t, judge(t, d, name), "candidate name", says)
	}
}

// One fault of a name is told once, with one reason, under one heading.
func TestFaultOfANameIsToldOnce(t *testing.T) {
	d := newDesk(t, "", november)
	for char, says := range map[string]string{
		"\u00a0": "an ordinary space", "\u3000": "an ordinary space", "\u2009": "an ordinary space",
		"\u200c": "a space or a hyphen in its place", "\u200d": "a space or a hyphen in its place", "\u202e": "remove it", "\u00ad": "remove it", "\u2028": "remove it",
		"\t": "remove it", "<": "remove it", "\u2011": "hyphen", "\xff": "UTF-8",
	} {
		a := foundation(t, "N-006", "c1", func(a *issuer.Application) { a.Candidate.Name = "Ada" + char + "Specimen" })
		for _, try := range []func() error{
			func() error { _, err := d.Decide(t.Context(), a); return err },
			func() error { _, err := d.Issue(t.Context(), clerk, a); return err },
		} {
			err := try()
			mustSay(t, err, "application N-006: candidate name", says)
			if said := err.Error(); strings.Count(said, "N-006") != 1 || strings.Count(said, "candidate name") != 1 || strings.Contains(said, "\n") {
				t.Errorf("%q: %s", char, said)
			}
		}
	}
	// Several faults are all told still, and whose they are once.
	a := foundation(t, "N-006", "c1", func(a *issuer.Application) { a.Candidate.Name, a.Decided.By = "Ada\u00a0S", "Grace\u00a0S" })
	_, err := d.Issue(t.Context(), clerk, a)
	mustSay(t, err, "candidate name", "decision maker")
	if said := err.Error(); strings.Count(said, "N-006") != 1 || strings.Count(said, "\n") != 1 {
		t.Error(said)
	}
	// What the rules say is told under the same heading, once.
	not := example(t, "15-IA-COMP.json", func(a *issuer.Application) { a.ID = "N-007" })
	_, err = d.Issue(t.Context(), clerk, not)
	mustSay(t, err, "application N-007 is not eligible for")
	if said := err.Error(); strings.Count(said, "N-007") != 1 {
		t.Error(said)
	}
	// And what is on file of others.
	d.grant(t, foundation(t, "a1", "c1"))
	_, err = d.Issue(t.Context(), clerk, foundation(t, "N-008", "c1", func(a *issuer.Application) { a.Candidate.Name = "Somebody Else" }))
	mustSay(t, err, "application N-008: ", "candidate has another name")
	if said := err.Error(); strings.Count(said, "N-008") != 1 {
		t.Error(said)
	}
}
