package scheme

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoutesStandInForTheirRules(t *testing.T) {
	for file, want := range map[string][]string{
		"20-FND-by-bridge.json":                 {"exam by itil-foundation"},
		"22-CM-by-itil-capability.json":         {"prerequisite:level by itil-capability", "prerequisite:level by itil-capability"},
		"23-PRO-SUP-by-itsmf-consultant.json":   {"prerequisite:FND by itsmf-consultant"},
		"25-CM-by-itsmf-consultant.json":        {"prerequisite:FND by itsmf-consultant", "prerequisite:level by itsmf-consultant"},
		"26-PRO-CTL-by-itsmf-auditor.json":      {"prerequisite:FND by itsmf-auditor"},
		"27-CM-by-itil-expert.json":             {"prerequisite:FND by itil-manager-expert", "prerequisite:level by itil-manager-expert", "training by itil-manager-expert", "assignments by itil-manager-expert", "exam by itil-manager-expert"},
		"28-IA-by-auditor.json":                 {"training by auditor", "assignments by auditor"},
		"29-CITSOM-by-committee-admission.json": {"eligibility by committee-admission", "experience by committee-admission"},
		"30-CITSOP-by-exam-exemption.json":      {"exam by exam-exemption"},
	} {
		w := example(t, file)
		d := w.scheme.Decide(w.record, w.at)
		if diff := cmp.Diff(want, rulesExempted(d)); diff != "" || !d.Eligible {
			t.Errorf("%s (-want +got):\n%s%+v", file, diff, d.Unmet)
		}
		met := map[string]bool{}
		for _, m := range d.Met {
			met[m.Rule] = true
		}
		for _, e := range d.Exempted {
			if met[e.Rule] {
				t.Errorf("%s: %s is shown as met and as exempted", file, e.Rule)
			}
			if e.Clause == "" || e.Assessor == "" || e.Evidence == "" || e.Reason == "" || e.Date.IsZero() {
				t.Errorf("%s: incomplete %+v", file, e)
			}
		}
		if w.scheme.ID == "iso20000" != met["side-entry-minimum"] {
			t.Errorf("%s: side-entry-minimum met: %v", file, met["side-entry-minimum"])
		}
		// Without the exemption it is not enough.
		w.record.Evidence.Exemptions = nil
		if w.scheme.Decide(w.record, w.at).Eligible {
			t.Errorf("%s is eligible without its exemption", file)
		}
	}
}

func TestMisusedRoutesDoNotCount(t *testing.T) {
	for name, test := range map[string]struct {
		file  string
		spoil func(*Record)
		unmet []string
		says  string // in the first sentence
	}{
		"bridge without the exemption": {"20-FND-by-bridge.json", func(r *Record) { r.Evidence.Exemptions = nil },
			[]string{"exam"}, "the bridge exam of 2026-03-06 counts only with an exemption of route itil-foundation"},
		"bridge failed": {"20-FND-by-bridge.json", func(r *Record) { *r.Evidence.Exams[0].Score = 60 },
			[]string{"exam:bridge", "side-entry-minimum"}, "best result on record 60 %"},
		"bridge without any training": {"20-FND-by-bridge.json", func(r *Record) { r.Evidence.Trainings = nil },
			[]string{"side-entry-minimum"}, "no certified training is on record"},
		"waiver limited to another certificate": {"28-IA-by-auditor.json", func(r *Record) { r.Evidence.Exemptions[0].For = "CM" },
			[]string{"training", "assignments"}, "no training for IA is on record"},
		"neither training nor exam": {"28-IA-by-auditor.json", func(r *Record) { r.Evidence.Exams = nil; unearned(r.Held) },
			[]string{"exam", "side-entry-minimum"}, "no result is on record"},
		"incomplete exemption": {"20-FND-by-bridge.json", func(r *Record) { r.Evidence.Exemptions[0].Assessor = "" },
			[]string{"exam"}, "the exemption by route itil-foundation does not count: it names no assessor"},
		"exemption of tomorrow": {"23-PRO-SUP-by-itsmf-consultant.json", func(r *Record) { r.Evidence.Exemptions[0].Date = day("2026-04-14") },
			[]string{"prerequisite:FND"}, "its day, 2026-04-14, lies after the decision of 2026-04-13"},
		"unknown route": {"26-PRO-CTL-by-itsmf-auditor.json", func(r *Record) { r.Evidence.Exemptions[0].Route = "itsmf" },
			[]string{"prerequisite:FND"}, "no FND is held"},
		"auditor is no consultant": {"25-CM-by-itsmf-consultant.json", func(r *Record) { r.Evidence.Exemptions[0].Route = "itsmf-auditor" },
			[]string{"prerequisite:level"}, "no PRO-MGT is held"},
		"exemption limited to another certificate": {"23-PRO-SUP-by-itsmf-consultant.json", func(r *Record) { r.Evidence.Exemptions[0].For = "PRO-MGT" },
			[]string{"prerequisite:FND"}, "no FND is held"},
		"capability for nothing named": {"22-CM-by-itil-capability.json", func(r *Record) { r.Evidence.Exemptions[1].For = "" },
			[]string{"prerequisite:level"}, "it does not name the certificate that it is for"},
		"capability twice for the same": {"22-CM-by-itil-capability.json", func(r *Record) { r.Evidence.Exemptions[1].For = "PRO-SUP" },
			[]string{"prerequisite:level"}, "no PRO-CTL is held"},
		"capability instead of the foundation": {"22-CM-by-itil-capability.json", func(r *Record) { r.Evidence.Exemptions[0].For = "FND" },
			[]string{"prerequisite:level"}, "no PRO-SUP is held"},
		"expert without training": {"27-CM-by-itil-expert.json", func(r *Record) { r.Evidence.Trainings = nil },
			[]string{"training:PRO-MGT", "assignments:PRO-MGT", "side-entry-minimum"}, "no training for PRO-MGT is on record"},
		"expert without an assignment": {"27-CM-by-itil-expert.json", func(r *Record) { r.Evidence.Trainings[0].Assignments[1].Passed = false },
			[]string{"assignments:PRO-MGT"}, `no pass is on record in "Service Improvement"`},
		"committee without any experience": {"29-CITSOM-by-committee-admission.json", func(r *Record) { r.Evidence.Experience = nil },
			[]string{"eligibility", "experience"}, "the exemption by route committee-admission does not count: it needs some length of experience in the field it-service-operations, and no such experience is on record"},
		"exam spared without any experience": {"30-CITSOP-by-exam-exemption.json", func(r *Record) { r.Evidence.Experience = nil },
			[]string{"exam"}, "the exemption by route exam-exemption does not count: it needs some length of experience in the field it-service-operations, and no such experience is on record"},
		"exam spared for experience to come": {"30-CITSOP-by-exam-exemption.json", func(r *Record) {
			r.Evidence.Experience = []Experience{period("it-service-operations", "2026-07-07", "")}
		},
			[]string{"exam"}, "no such experience is on record"},
		"expert below the pass mark": {"27-CM-by-itil-expert.json", func(r *Record) { *r.Evidence.Exams[0].Score = 64 },
			[]string{"exam:PRO-MGT"}, "best result on record 64 %"},
		"expert without delta": {"27-CM-by-itil-expert.json", func(r *Record) { *r.Evidence.Exams[1].Passed = false },
			[]string{"exam:delta-foundation"}, "not passed"},
		"expert for the internal auditor": {"28-IA-by-auditor.json", func(r *Record) { r.Evidence.Exemptions[0].Route = "itil-manager-expert" },
			[]string{"training", "assignments"}, "no training for IA is on record"},
		"committee for a graduate": {"29-CITSOM-by-committee-admission.json", func(r *Record) {
			r.Evidence.Degrees = []Degree{{Level: "bachelor", Institution: "Specimen University", Awarded: day("2020-01-01")}}
		}, []string{"experience"}, "the exemption by route committee-admission does not count: there is a degree of level bachelor"},
	} {
		t.Run(name, func(t *testing.T) {
			w := example(t, test.file)
			test.spoil(&w.record)
			d := w.scheme.Decide(w.record, w.at)
			if diff := cmp.Diff(test.unmet, rulesUnmet(d)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(d.Unmet[0].Need, test.says) {
				t.Errorf("says %q, not %q", d.Unmet[0].Need, test.says)
			}
		})
	}
}

func TestCommitteeCannotLiftTheUpperBound(t *testing.T) {
	w := mainExample(t, "CITSOP")
	w.record.Evidence.Degrees = nil
	w.record.Evidence.Experience = []Experience{period("it-service-operations", "2010-01-01", "")}
	w.record.Evidence.Exemptions = example(t, "29-CITSOM-by-committee-admission.json").record.Evidence.Exemptions
	if got := need(t, w.scheme.Decide(w.record, w.at), "experience"); !strings.Contains(got, "apply for CITSOM") {
		t.Error(got)
	}
}

func TestCommitteeAdmitsWithSomeExperienceOnly(t *testing.T) {
	for name, experience := range map[string][]Experience{
		"none":             nil,
		"in another field": {period("gardening", "2015-01-01", "")},
		"one day":          {period("it-service-operations", "2026-01-01", "2026-01-01")},
	} {
		w := example(t, "29-CITSOM-by-committee-admission.json")
		w.record.Evidence.Experience = experience
		want := []string{}
		if name == "one day" {
			want = []string{"eligibility by committee-admission", "experience by committee-admission"}
		}
		d := w.scheme.Decide(w.record, w.at)
		if diff := cmp.Diff(want, rulesExempted(d)); diff != "" || d.Eligible != (len(want) > 0) {
			t.Errorf("%s: %s%+v", name, diff, d.Unmet)
		}
	}
}

func TestNoExemptionOpensARoute(t *testing.T) {
	// A route that exempts from what it needs would lead into itself.
	text := strings.NewReplacer("unless: {degree: bachelor}", "unless: {certificate: TWO}, needs: {certificate: ONE}").Replace(smallest)
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Certificate: "TWO", Evidence: Evidence{Exemptions: []Exemption{{Route: "way", Evidence: "e", Assessor: "A. Assessor (specimen)", Reason: "r", Date: day("2026-01-01")}}}}
	if got := need(t, s.Decide(r, later), "prerequisite:ONE"); !strings.Contains(got, "it needs the ONE certificate, and no ONE is held") {
		t.Error(got)
	}
	if s, err = Parse([]byte(strings.Replace(text, "needs: {certificate: ONE}", "needs: {exam: {of: ONE}}", 1))); err != nil {
		t.Fatal(err)
	}
	if got := need(t, s.Decide(r, later), "prerequisite:ONE"); !strings.Contains(got, "it needs an exam result of 65 % or more for ONE, and no result is on record") {
		t.Error(got)
	}
}

func TestUnneededExemptionIsNotUsed(t *testing.T) {
	consultant := example(t, "25-CM-by-itsmf-consultant.json").record.Evidence.Exemptions
	expert := example(t, "27-CM-by-itil-expert.json").record.Evidence.Exemptions
	for name, exemptions := range map[string][]Exemption{"consultant": consultant, "expert": expert} {
		w := mainExample(t, "CM")
		for i := range exemptions {
			exemptions[i].Date = day("2026-01-01")
		}
		w.record.Evidence.Exemptions = exemptions
		d := w.scheme.Decide(w.record, w.at)
		if !d.Eligible || len(d.Exempted) > 0 || len(d.Met) != 7 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestHeldCertificateShowsTrainingAndExamOfTheExpert(t *testing.T) {
	w := example(t, "27-CM-by-itil-expert.json")
	w.record.Evidence.Trainings = nil
	w.record.Evidence.Exams = w.record.Evidence.Exams[1:]
	w.record.Held = []Held{{Code: "PRO-MGT", Scheme: "iso20000", Number: "SP-X", Standing: Good, Trained: true, Examined: true}}
	if d := w.scheme.Decide(w.record, w.at); !d.Eligible {
		t.Errorf("%+v", d.Unmet)
	}
	w.record.Held[0].Trained = false
	if got := rulesUnmet(w.scheme.Decide(w.record, w.at)); !cmp.Equal(got, []string{"training:PRO-MGT", "assignments:PRO-MGT", "side-entry-minimum"}) {
		t.Error(got)
	}
	w.record.Held[0].Trained, w.record.Held[0].Standing = true, Suspended
	if got := rulesUnmet(w.scheme.Decide(w.record, w.at)); !cmp.Equal(got, []string{"training:PRO-MGT", "assignments:PRO-MGT", "exam:PRO-MGT"}) {
		t.Error(got)
	}
}

func TestHeldCertificateShowsOnlyAssignmentsThatItAsksFor(t *testing.T) {
	for _, test := range []struct{ of, subjects, want string }{
		{"TWO", "[Work]", ""},
		{"TWO", "[Work, More]", "no pass is on record"},
		{"ONE", "[Work]", "no pass is on record"},
	} {
		text := strings.Replace(smallest, `instead: [{id: extra, clause: "1", training: TWO}]`, "", 1)
		text = strings.Replace(text, "rules: [several], ", "rules: [several]", 1)
		text = strings.Replace(text, `{id: exam, clause: "1", exam: {of: ONE}}`, `{id: assignments, clause: "1", assignments: {of: `+test.of+`, subjects: `+test.subjects+`}}`, 1)
		text = strings.Replace(text, `certificate: ONE}`+"\n", `degree: master}`+"\n", 1)
		s, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		d := s.Decide(Record{Certificate: "ONE", Held: []Held{{Code: "ONE", Scheme: s.ID, Standing: Good, Trained: true}, {Code: "TWO", Scheme: s.ID, Standing: Good, Trained: true}}}, later)
		if test.want == "" {
			if got := rulesUnmet(d); !cmp.Equal(got, []string{"decision"}) {
				t.Errorf("%+v: %v", test, got)
			}
		} else if got := need(t, d, "assignments"); !strings.Contains(got, test.want) {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestMinimumMayStandBehindAHeldCertificate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Held)
		ok     bool
	}{
		"as it is":          {func(h *Held) {}, true},
		"expired":           {func(h *Held) { h.Standing = Expired }, true},
		"revoked":           {func(h *Held) { h.Standing = Revoked }, false},
		"without training":  {func(h *Held) { h.Trained = false }, false},
		"of another scheme": {func(h *Held) { h.Scheme = "other" }, false},
	} {
		w := example(t, "28-IA-by-auditor.json")
		for i := range w.record.Held { // XCM was trained too, so only one may vouch
			w.record.Held[i].Trained = false
		}
		extra := Held{Code: "ASC", Scheme: "iso20000", Number: "SP-X", Standing: Good, Trained: true, Examined: true}
		test.change(&extra)
		w.record.Held = append(w.record.Held, extra)
		d := w.scheme.Decide(w.record, w.at)
		if d.Eligible != test.ok {
			t.Errorf("%s: %+v", name, d.Unmet)
		}
		if !test.ok {
			if diff := cmp.Diff([]string{"side-entry-minimum"}, rulesUnmet(d)); diff != "" || d.Unmet[0].Clause != "5.1.4" {
				t.Errorf("%s: %+v", name, d.Unmet)
			}
		}
	}
}

func TestCompetenceTakesNoExemption(t *testing.T) {
	w := mainExample(t, "PRO-COMP")
	drop("PRO-MGT")(&w.record)
	w.record.Evidence.Exemptions = example(t, "25-CM-by-itsmf-consultant.json").record.Evidence.Exemptions
	d := w.scheme.Decide(w.record, w.at)
	if diff := cmp.Diff([]string{"prerequisite:PRO-MGT"}, rulesUnmet(d)); diff != "" || len(d.Exempted) > 0 {
		t.Fatalf("%+v", d)
	}
	if got := d.Unmet[0].Need; !strings.Contains(got, "does not count: a competence certificate follows from certificates that were obtained") {
		t.Error(got)
	}
}

func TestSuspendedCertificateMayStillBeExempted(t *testing.T) {
	// What an assessor found comparable does not hang on our own certificate,
	// and the decision shows it as an exemption, not as held.
	w := example(t, "25-CM-by-itsmf-consultant.json")
	w.record.Held = append(w.record.Held, Held{Code: "FND", Scheme: "iso20000", Number: "SP-X", Standing: Suspended})
	d := w.scheme.Decide(w.record, w.at)
	if !d.Eligible || d.Exempted[0].Rule != "prerequisite:FND" {
		t.Errorf("%+v", d)
	}
}

func TestNarrowerOfTwoExemptionsIsUsed(t *testing.T) {
	w := example(t, "25-CM-by-itsmf-consultant.json")
	w.record.Evidence.Exemptions = append(example(t, "27-CM-by-itil-expert.json").record.Evidence.Exemptions, w.record.Evidence.Exemptions...)
	d := w.scheme.Decide(w.record, w.at)
	want := []string{"prerequisite:FND by itsmf-consultant", "prerequisite:level by itsmf-consultant"}
	if diff := cmp.Diff(want, rulesExempted(d)); diff != "" || !d.Eligible {
		t.Errorf("%s%+v", diff, d.Unmet)
	}
}

func unearned(held []Held) {
	for i := range held {
		held[i].Trained, held[i].Examined = false, false
	}
}
