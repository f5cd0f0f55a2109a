package scheme

import (
	"testing"
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
			r.Evidence.Exams = append(r.Evidence.Exams, Exam{For: "PRO-SUP", Date: day("2026-01-01"), Examiner: "F. Examiner (specimen)", Score: new(float64)})
		}, false},
		"trainer of another training": {"F. Trainer (specimen)", func(r *Record) {
			r.Evidence.Trainings = append(r.Evidence.Trainings, Training{For: "PRO-CTL", Trainer: "F. Trainer (specimen)"})
		}, false},
		"educator of a held certificate": {"h. educator (specimen)", func(r *Record) {
			r.Held = append(r.Held, Held{Code: "X", Scheme: "other", Standing: Revoked, Educators: []string{"H. Educator (specimen)"}})
		}, false},
		"nobody":                   {"", nil, false},
		"nothing that can be seen": {" \u200b\u2060", nil, false},
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
			if !test.ok && (len(d.Unmet) != 1 || d.Unmet[0].Rule != "independence" || d.Unmet[0].Clause != "ISO/IEC 17024 9.4") {
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
