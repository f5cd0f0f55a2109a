package scheme

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestOfficialNames(t *testing.T) {
	want := map[string][]string{
		"iso20000": { // scheme, Annex 2
			"FND: Foundation Certificate in ITSM according to ISO/IEC 20000",
			"PRO-SUP: Professional Certificate Support of IT Services according to ISO/IEC 20000",
			"PRO-CTL: Professional Certificate Control of IT Services according to ISO/IEC 20000",
			"PRO-DEL: Professional Certificate Delivery of IT Services according to ISO/IEC 20000",
			"PRO-ALN: Professional Certificate Alignment of IT and the Business according to ISO/IEC 20000",
			"PRO-MGT: Professional Certificate Management and Improvement of ITSM processes according to ISO/IEC 20000",
			"ASC: Associate Certificate in ITSM according to ISO/IEC 20000",
			"CM: Consultant/Manager Certificate in ITSM according to ISO/IEC 20000",
			"IA: Internal Auditor Certificate in ITSM according to ISO/IEC 20000",
			"XCM: Executive Consultant/Manager Certificate in ITSM according to ISO/IEC 20000",
			"XA: Executive Auditor Certificate in ITSM according to ISO/IEC 20000",
			"PRO-COMP: Professional Level Competence Certificate in ITSM according to ISO/IEC 20000",
			"CM-COMP: Consultant/Manager Competence Certificate in ITSM according to ISO/IEC 20000",
			"IA-COMP: Internal Auditor Competence Certificate in ITSM according to ISO/IEC 20000",
			"XCM-COMP: Executive Consultant/Manager Competence Certificate in ITSM according to ISO/IEC 20000",
			"XA-COMP: Executive Auditor Competence Certificate in ITSM according to ISO/IEC 20000",
		},
		"citsop": {
			"CITSOP: Certified IT Service Operations Professional (CITSOP)™",
			"CITSOM: Certified IT Service Operations Manager (CITSOM)™",
		},
	}
	got := map[string][]string{}
	for _, s := range builtins(t).Schemes() {
		for _, c := range s.Certificates {
			got[s.ID] = append(got[s.ID], c.Code+": "+c.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExamsAreThoseOfTheSource(t *testing.T) {
	type exam struct {
		form                       string
		questions, passMark, parts int
		minutes                    int
	}
	professional := []exam{{"", 40, 65, 0, 90}}
	want := map[string][]exam{
		"FND":     {{"", 40, 65, 0, 60}, {"bridge", 20, 65, 0, 30}},
		"PRO-SUP": professional, "PRO-CTL": professional, "PRO-DEL": professional, "PRO-ALN": professional, "PRO-MGT": professional,
		"ASC": {{"", 80, 65, 0, 120}},
		"CM":  {{"", 23, 65, 0, 120}, {"delta-foundation", 0, 0, 0, 0}},
		"IA":  {{"", 40, 65, 0, 105}},
		"XCM": {{"", 0, 0, 4, 30}}, "XA": {{"", 0, 0, 5, 30}},
		"CITSOP": {{"", 50, 0, 0, 90}}, "CITSOM": {{"", 50, 0, 0, 90}},
	}
	for _, s := range builtins(t).Schemes() {
		for _, c := range s.Certificates {
			var got []exam
			for _, f := range c.Exams {
				got = append(got, exam{f.Form, f.Questions, int(f.PassMark), len(f.Parts), f.Minutes})
				if f.ClosedBook != (s.ID == "iso20000") { // scheme 5.1.1
					t.Errorf("%s: closed book %v", c.Code, f.ClosedBook)
				}
			}
			if !slices.Equal(got, want[c.Code]) {
				t.Errorf("%s: %+v, want %+v", c.Code, got, want[c.Code])
			}
		}
	}
	ia, _ := iso20000(t).Certificate("IA")
	if f := ia.Exams[0].Format; !strings.Contains(f, "40 multiple choice") || !strings.Contains(f, "20 scenario based") {
		t.Errorf("the words of the source are lost: %s", f)
	}
}

func TestOnlyCompetenceExpires(t *testing.T) {
	for _, s := range builtins(t).Schemes() {
		for _, c := range s.Certificates {
			want := 0
			if c.Kind == Competence {
				want = 3
			}
			if c.Validity.Years != want || (c.Kind == Competence) != strings.HasSuffix(c.Code, "-COMP") {
				t.Errorf("%s: %s, %d years", c.Code, c.Kind, c.Validity.Years)
			}
		}
	}
}

func TestCertificatesAreFullyDescribed(t *testing.T) {
	for _, s := range builtins(t).Schemes() {
		for _, c := range s.Certificates {
			if n := utf8.RuneCountInString(c.Scope); n < 40 || n > MaxScope || strings.Contains(c.Scope, "\n") {
				t.Errorf("%s: scope of %d characters", c.Code, n)
			}
			if len(c.Roles) == 0 || len(c.Areas) == 0 || !slices.Equal(c.Languages, []string{"en"}) {
				t.Errorf("%s: roles %v, areas %v, languages %v", c.Code, c.Roles, c.Areas, c.Languages)
			}
			if len(c.Criteria) < 150 || strings.Contains(c.Criteria, "\n") || len(c.Description) < 60 {
				t.Errorf("%s: criteria %q, description %q", c.Code, c.Criteria, c.Description)
			}
		}
	}
}

func TestBuiltinSchemes(t *testing.T) {
	s := iso20000(t)
	if s.Edition != "3.3" || s.Dated != day("2010-12-13") || !s.Independence || s.Accreditation != "ISO/IEC 17024" ||
		s.StandardEdition != "ISO/IEC 20000-1:2005" || s.Clauses.Minimum != "5.1.4" {
		t.Errorf("%+v", s)
	}
	o, err := builtins(t).Scheme("citsop", "1")
	if err != nil || !o.Dated.IsZero() || o.Independence || o.Accreditation != "" || o.Clauses.Minimum != "" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestOldEditionStaysBesideTheNew(t *testing.T) {
	c, err := Load(os.DirFS("testdata/overlay"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range c.Schemes() {
		all = append(all, s.ID+" "+s.Edition)
	}
	if diff := cmp.Diff([]string{"citsop 1", "citsop 2", "iso20000 3.3", "specimen 1.9", "specimen 1.10"}, all); diff != "" {
		t.Error(diff)
	}
	var current []string
	for _, s := range c.Current() {
		current = append(current, s.ID+" "+s.Edition)
	}
	if diff := cmp.Diff([]string{"citsop 2", "iso20000 3.3", "specimen 1.10"}, current); diff != "" {
		t.Error(diff)
	}
	old, err := c.Scheme("citsop", "1")
	if err != nil {
		t.Fatal(err)
	}
	now, certificate, err := c.Find("CITSOM")
	if err != nil || now.Edition != "2" || certificate.Validity.Years != 3 {
		t.Fatalf("%v, %v", certificate, err)
	}
	// The same record is judged by the edition that it is put to.
	w := mainExample(t, "CITSOM")
	if !old.Decide(w.record, w.at).Eligible {
		t.Error("not eligible under the old edition")
	}
	if got := rulesUnmet(now.Decide(w.record, w.at)); !slices.Equal(got, []string{"training", "decision"}) {
		t.Error(got)
	}
}

func TestEditionsCompareByNumber(t *testing.T) {
	sorted := []string{"1", "1.1", "1.2", "1.10", "2", "2.0", "2.a", "10", "a", "a.1", "b"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := compareEditions(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
}

func TestDayOfAnEditionGoesBeforeItsNumber(t *testing.T) {
	editions := []*Scheme{ // from the oldest
		{ID: "a", Edition: "9"}, {ID: "a", Edition: "10"}, // no day
		{ID: "a", Edition: "5", Dated: day("2020-01-01")},
		{ID: "a", Edition: "4", Dated: day("2021-01-01")},
		{ID: "b", Edition: "1"},
	}
	shuffled := []*Scheme{editions[3], editions[4], editions[1], editions[2], editions[0]}
	slices.SortFunc(shuffled, byAge)
	if !slices.Equal(editions, shuffled) {
		t.Errorf("%+v", shuffled)
	}
}

func TestFindSuggests(t *testing.T) {
	c := builtins(t)
	if s, k, err := c.Find("XA-COMP"); err != nil || s.ID != "iso20000" || k.Code != "XA-COMP" {
		t.Error(err)
	}
	for code, want := range map[string]string{
		"PRO-MTG": `unknown certificate "PRO-MTG"; did you mean "PRO-MGT"?`,
		"cm-comp": `did you mean "CM-COMP"?`,
		"":        `known are: CITSOP, CITSOM, FND`,
		"PRINCE2": `known are: CITSOP, CITSOM, FND`,
	} {
		if _, _, err := c.Find(code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if _, err := c.Scheme("iso2000", ""); err == nil || !strings.Contains(err.Error(), `did you mean "iso20000"?`) {
		t.Error(err)
	}
	if _, err := c.Scheme("iso20000", "4"); err == nil || !strings.Contains(err.Error(), "there are: 3.3") {
		t.Error(err)
	}
}

func TestLoadRefusesTheSameEditionTwice(t *testing.T) {
	data, err := builtin.ReadFile("catalogue/citsop-1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load(fstest.MapFS{"other.yaml": {Data: data}})
	if err == nil || !strings.Contains(err.Error(), "other.yaml: edition 1 of scheme citsop is already in citsop-1.yaml") {
		t.Error(err)
	}
}

func TestLoadReportsEveryFile(t *testing.T) {
	_, err := Load(fstest.MapFS{"a.yaml": {Data: []byte("id: a")}, "b.yaml": {Data: []byte("{")}, "notes.txt": {Data: []byte("{")}})
	if err == nil || !strings.Contains(err.Error(), "a.yaml") || !strings.Contains(err.Error(), "b.yaml") || strings.Contains(err.Error(), "notes") {
		t.Error(err)
	}
}

func TestFindRefusesToChooseBetweenSchemes(t *testing.T) {
	data, err := builtin.ReadFile("catalogue/citsop-1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(fstest.MapFS{"other.yaml": {Data: []byte(strings.Replace(string(data), "id: citsop\n", "id: other\n", 1))}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Find("CITSOM"); err == nil || !strings.Contains(err.Error(), "in scheme citsop and in scheme other") {
		t.Error(err)
	}
}

func TestExamNamesBeginWithACapital(t *testing.T) {
	for _, s := range builtins(t).Schemes() {
		for _, c := range s.Certificates {
			for _, f := range c.Exams {
				if r, _ := utf8.DecodeRuneInString(f.Name); !unicode.IsUpper(r) {
					t.Errorf("%s: %s", c.Code, f.Name)
				}
			}
		}
	}
}
