package scheme

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecisionMakerIsNeitherTrainerNorExaminer(t *testing.T) {
	for name, test := range map[string]struct {
		decider string
		change  func(*Record)
		ok      bool
	}{
		"somebody else":                {"D. Decider (specimen)", nil, true},
		"trainer":                      {"T. Trainer (specimen)", nil, false},
		"examiner":                     {"E. Examiner (specimen)", nil, false},
		"assessor may":                 {"A. Assessor (specimen)", nil, true},
		"trainer in capitals":          {"T. TRAINER (SPECIMEN)", nil, false},
		"trainer with odd white space": {"\tT.\u00a0 Trainer\u2003(specimen) ", nil, false},
		"trainer in wide letters":      {"Ｔ. Ｔｒａｉｎｅｒ (specimen)", nil, false},
		"trainer with invisible signs": {"T. Trai\u200bn\u00ader (speci\u2060men)\ufeff", nil, false},
		"trainer decomposed":           {"Zoe\u0308 Specimen", func(r *Record) { r.Evidence.Trainings[0].Trainer = "ZOË Specimen" }, false},
		"examiner with sharp s":        {"G. STRASSE (specimen)", func(r *Record) { r.Evidence.Exams[0].Examiner = "G. Straße (specimen)" }, false},
		"examiner with final sigma":    {"ΟΔΥΣΣΕΥΣ Δείγμα", func(r *Record) { r.Evidence.Exams[0].Examiner = "οδυσσευς δείγμα" }, false},
		"examiner of a failed exam": {"F. Examiner (specimen)", func(r *Record) {
			r.Evidence.Exams = append(r.Evidence.Exams, Exam{For: "PRO-SUP", Date: day("2026-01-01"), Examiner: "F. Examiner (specimen)", Score: new(Percent)})
		}, false},
		"trainer of another training": {"F. Trainer (specimen)", func(r *Record) {
			r.Evidence.Trainings = append(r.Evidence.Trainings, Training{For: "PRO-CTL", Trainer: "F. Trainer (specimen)"})
		}, false},
		"educator of a held certificate": {"h. educator (specimen)", func(r *Record) {
			r.Held = append(r.Held, Held{Code: "X", Scheme: "other", Standing: Revoked, Educators: []string{"H. Educator (specimen)"}})
		}, false},
		"trainer by the full name":  {"Theo Trainer (specimen)", nil, false},
		"examiner with a doctorate": {"Dr. E. Examiner (specimen)", nil, false},
		"examiner, name turned":     {"Examiner, E. (specimen)", nil, false},
		"trainer in Cyrillic":       {"Т. Тrаiner (sресimеn)", nil, false},
		"one of two trainers":       {"Fay Trainer", func(r *Record) { r.Evidence.Trainings[0].Trainer = "T. Trainer und Fay Trainer" }, false},
		"one of two examiners":      {"Fay Examiner", func(r *Record) { r.Evidence.Exams[0].Examiner = "Eva Examiner, Fay Examiner, PhD" }, false},
		"one of two deciders":       {"D. Decider / E. Examiner (specimen)", nil, false},
		"nobody":                    {"", nil, false},
		"nothing that can be seen":  {" \u200b\u2060", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := mainExample(t, "PRO-SUP")
			w.record.DecidedBy = test.decider
			if test.change != nil {
				test.change(&w.record)
			}
			d := w.scheme.Decide(w.record, w.at)
			if d.Eligible != test.ok {
				t.Errorf("eligible %v: %+v", d.Eligible, d.Unmet)
			}
			if test.ok {
				return
			}
			last := d.Unmet[len(d.Unmet)-1]
			if last.Rule != "independence" || last.Clause != "ISO/IEC 17024 9.4" || person(test.decider).named() != (len(d.Unmet) == 1) {
				t.Errorf("%+v", d.Unmet)
			}
		})
	}
}

func TestSchemeWithoutIndependenceLetsTheExaminerDecide(t *testing.T) {
	w := mainExample(t, "CITSOP")
	w.record.DecidedBy = w.record.Evidence.Exams[0].Examiner
	if d := w.scheme.Decide(w.record, w.at); !d.Eligible {
		t.Errorf("%+v", d.Unmet)
	}
}

func TestNamelessEducatorsDoNotCount(t *testing.T) {
	w := mainExample(t, "PRO-SUP")
	w.record.Evidence.Trainings[0].Trainer, w.record.Evidence.Exams[0].Examiner = "", "\u200b"
	d := w.scheme.Decide(w.record, w.at)
	if len(d.Unmet) != 2 || d.Unmet[0].Rule != "training" || d.Unmet[1].Rule != "exam" {
		t.Errorf("%+v", d.Unmet)
	}
}

func TestNobodyActsOnTheirOwnCertificate(t *testing.T) {
	const advice = "; write one person always the same way, and two people so that they can be told apart."
	for name, test := range map[string]struct {
		file, candidate string
		change          func(*Record)
		unmet           string // rule; "" when nothing is wrong
		says            string
	}{
		"somebody else":          {"03-PRO-SUP.json", "Ada Specimen", nil, "", ""},
		"nobody to compare with": {"03-PRO-SUP.json", "", func(r *Record) { r.Evidence.Exams[0].Examiner = "Ada Specimen" }, "", ""},
		"decides": {"03-PRO-SUP.json", "D. Decider (specimen)", nil,
			"independence", "Needs a decision maker other than the candidate; D. Decider (specimen) is the candidate."},
		"decides by another spelling": {"03-PRO-SUP.json", "Dora Decider (Specimen)", nil,
			"independence", `Needs a decision maker other than the candidate; "D. Decider (specimen)" can be taken for "Dora Decider (Specimen)", the candidate` + advice},
		"trains": {"03-PRO-SUP.json", "Ada Specimen", func(r *Record) { r.Evidence.Trainings[0].Trainer = "Dr. A. Specimen" },
			"independence", `Needs a trainer other than the candidate; "Dr. A. Specimen" can be taken for "Ada Specimen", the candidate` + advice},
		"examines": {"03-PRO-SUP.json", "Ada Specimen", func(r *Record) { r.Evidence.Exams[0].Examiner = "Specimen, Ada" },
			"independence", `Needs an examiner other than the candidate; "Specimen, Ada" can be taken for "Ada Specimen", the candidate` + advice},
		"assesses": {"23-PRO-SUP-by-itsmf-consultant.json", "Jürgen Specimen", func(r *Record) { r.Evidence.Exemptions[0].Assessor = "Juergen Specimen" },
			"prerequisite:FND", `Needs the FND certificate; no FND is held; the exemption by route itsmf-consultant does not count: nobody assesses an exemption of their own: "Juergen Specimen" can be taken for "Jürgen Specimen", the candidate` + advice},
		"assesses where nothing is said of independence": {"30-CITSOP-by-exam-exemption.json", "Zoë Specimen", func(r *Record) { r.Evidence.Exemptions[0].Assessor = "Zoë Specimen" },
			"exam", "Needs an exam for CITSOP that the examiner judged passed; no result is on record; the exemption by route exam-exemption does not count: nobody assesses an exemption of their own: Zoë Specimen is the candidate."},
		"assesses beside somebody else": {"30-CITSOP-by-exam-exemption.json", "Zoë Specimen", func(r *Record) { r.Evidence.Exemptions[0].Assessor = "A. Assessor & Zoë Specimen" },
			"exam", `Needs an exam for CITSOP that the examiner judged passed; no result is on record; the exemption by route exam-exemption does not count: nobody assesses an exemption of their own: "A. Assessor & Zoë Specimen" can be taken for "Zoë Specimen", the candidate` + advice},
		"assesses what is not used": {"03-PRO-SUP.json", "Ada Specimen", func(r *Record) {
			r.Evidence.Exemptions = example(t, "23-PRO-SUP-by-itsmf-consultant.json").record.Evidence.Exemptions
			r.Evidence.Exemptions[0].Assessor, r.Evidence.Exemptions[0].Date = "Ada Specimen", r.Decided
		}, "", ""},
		"decides where nothing is said of independence": {"18-CITSOP.json", "Dora Decider (Specimen)", nil,
			"decision", `Needs a decision maker other than the candidate; "D. Decider (specimen)" can be taken for "Dora Decider (Specimen)", the candidate` + advice},
		"examines where nothing is said of independence": {"18-CITSOP.json", "E. Examiner (specimen)", nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := example(t, test.file)
			w.record.Candidate = test.candidate
			if test.change != nil {
				test.change(&w.record)
			}
			d := w.scheme.Decide(w.record, w.at)
			if test.unmet == "" {
				if !d.Eligible {
					t.Errorf("%+v", d.Unmet)
				}
				return
			}
			if got := need(t, d, test.unmet); got != test.says || len(d.Unmet) != 1 {
				t.Errorf("got  %+v\nwant %s", d.Unmet, test.says)
			}
		})
	}
}

func TestDependenceNamesBothSpellings(t *testing.T) {
	w := mainExample(t, "PRO-SUP")
	w.record.DecidedBy = "Eva Examiner (specimen)"
	const want = `Needs a decision maker who neither trained nor examined the candidate; "Eva Examiner (specimen)" can be taken for "E. Examiner (specimen)", a trainer or examiner in this application; write one person always the same way, and two people so that they can be told apart.`
	if got := need(t, w.scheme.Decide(w.record, w.at), "independence"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEducatorsKeepTheirSpellings(t *testing.T) {
	earned := iso20000(t).Earned(Evidence{
		Trainings: []Training{{Trainer: "E. Examiner"}, {Trainer: "e.  examiner"}, {Trainer: "12"}},
		Exams:     []Exam{{Examiner: "Eva Examiner"}, {Examiner: "Emil Examiner"}, {Examiner: "Eva Examiner"}},
	}, day("2026-11-20"))
	if diff := cmp.Diff([]string{"E. Examiner", "Eva Examiner", "Emil Examiner"}, earned.Educators); diff != "" {
		t.Error(diff)
	}
}
