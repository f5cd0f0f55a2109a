package scheme

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// later is a moment at which everything in the examples lies in the past.
var later = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func TestEvidenceAfterTheDecisionDoesNotCount(t *testing.T) {
	for name, test := range map[string]struct {
		file    string
		decided string
		spoil   func(*Record)
		rule    string
		says    string
	}{
		"training": {"02-PRO-MGT.json", "2026-03-02", func(r *Record) { r.Evidence.Trainings[0].Completed = day("2026-03-03") },
			"training", "the training of 2026-03-03 lies after the decision of 2026-03-02"},
		"exam": {"01-FND.json", "2026-01-01", func(r *Record) { r.Evidence.Exams[0].Date = day("2026-11-01") },
			"exam", "the exam of 2026-11-01 lies after the decision of 2026-01-01"},
		"exemption": {"23-PRO-SUP-by-itsmf-consultant.json", "2026-04-13", func(r *Record) { r.Evidence.Exemptions[0].Date = day("2026-04-14") },
			"prerequisite:FND", "its day, 2026-04-14, lies after the decision of 2026-04-13"},
		"degree": {"18-CITSOP.json", "2026-05-11", func(r *Record) {
			r.Evidence.Experience = nil
			r.Evidence.Degrees[0].Awarded = day("2026-05-12")
		}, "eligibility", "the degree of 2026-05-12 lies after the decision of 2026-05-11; no such experience is on record"},
		"experience": {"09-CM-COMP.json", "2026-08-10", lasting("2023-08-12", "", "manager"),
			"experience", "2 years and 364 days on record; work after the decision of 2026-08-10 does not count"},
		"experience altogether": {"30-CITSOP-by-exam-exemption.json", "2026-07-06", lasting("2026-07-07", ""),
			"exam", "no such experience is on record; work after the decision of 2026-07-06 does not count"},
		"audit": {"16-XA.json", "2026-10-05", func(r *Record) { r.Evidence.Audits[2].Date = day("2026-10-06") },
			"audits", "6.5 on record; the audit of 2026-10-06 lies after the decision of 2026-10-05"},
		"days of an audit": {"16-XA.json", "2026-10-05", func(r *Record) { r.Evidence.Audits[2].Date = day("2026-10-04") },
			"audits", "8.5 on record; the audit of 2026-10-04 counts up to 2026-10-05 only"},
	} {
		t.Run(name, func(t *testing.T) {
			w := example(t, test.file)
			test.spoil(&w.record)
			w.record.Decided = day(test.decided)
			if got := need(t, w.scheme.Decide(w.record, later), test.rule); !strings.HasSuffix(got, test.says+".") {
				t.Errorf("got  %s\nwant %s", got, test.says)
			}
			w.record.Decided = Date{} // then it is decided today, and has all happened
			for _, u := range w.scheme.Decide(w.record, later).Unmet {
				if u.Rule == test.rule {
					t.Errorf("not met either: %s", u.Need)
				}
			}
		})
	}
}

func TestWithoutADayOfDecisionTheDayOfIssuingCounts(t *testing.T) {
	for name, test := range map[string]struct {
		file, rule string
		spoil      func(*Record)
		says       string
	}{
		"training":  {"02-PRO-MGT.json", "training", func(r *Record) { r.Evidence.Trainings[0].Completed = day("2026-03-03") }, "the training of 2026-03-03 is not completed on 2026-03-02."},
		"exam":      {"01-FND.json", "exam", func(r *Record) { r.Evidence.Exams[0].Date = day("2026-02-03") }, "the exam of 2026-02-03 has not taken place on 2026-02-02."},
		"exemption": {"23-PRO-SUP-by-itsmf-consultant.json", "prerequisite:FND", func(r *Record) { r.Evidence.Exemptions[0].Date = day("2026-04-14") }, "its day, 2026-04-14, has not come on 2026-04-13."},
	} {
		w := example(t, test.file)
		w.record.Decided = Date{}
		test.spoil(&w.record)
		if got := need(t, w.scheme.Decide(w.record, w.at), test.rule); !strings.HasSuffix(got, test.says) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestHeldCertificatesAreJudgedWhenIssued(t *testing.T) {
	w := mainExample(t, "XCM") // decided on 12 October, put on record on 20 November
	cmComp := slices.IndexFunc(w.record.Held, func(h Held) bool { return h.Code == "CM-COMP" })
	h := &w.record.Held[cmComp]
	h.ValidFrom = day("2026-11-19")
	if d := w.scheme.Decide(w.record, later); !d.Eligible {
		t.Errorf("begins between the decision and its record: %+v", d.Unmet)
	}
	last := day("2026-11-19")
	h.ValidUntil = &last
	if got := need(t, w.scheme.Decide(w.record, later), "prerequisite:CM-COMP"); !strings.Contains(got, "expired on 2026-11-19") {
		t.Error(got)
	}
}

func TestDayOfTheDecisionIsOneOnWhichItCouldBeMade(t *testing.T) {
	for name, test := range map[string]struct {
		code, decided string
		want          string // the sentence on rule decision; "" when it is met
	}{
		"on the day of the edition": {"FND", "2010-12-13", ""},
		"the day before": {"FND", "2010-12-12",
			"Needs a decision of 2010-12-13 or later, the day of edition 3.3 of the scheme; it is dated 2010-12-12."},
		"edition without a day": {"CITSOP", "1990-01-01", ""},
		"today":                 {"FND", "2026-11-20", ""},
		"tomorrow":              {"FND", "2026-11-21", "Needs a decision that has been made; it is dated 2026-11-21, after 2026-11-20."},
	} {
		t.Run(name, func(t *testing.T) {
			w := mainExample(t, test.code)
			w.record.Decided = day(test.decided)
			d := w.scheme.Decide(w.record, later)
			if test.want == "" {
				if slices.Contains(rulesUnmet(d), "decision") {
					t.Errorf("%+v", d.Unmet)
				}
				return
			}
			if got := need(t, d, "decision"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestEvidenceOfTomorrowDoesNotCountForADecisionOfTheDayAfter(t *testing.T) {
	w := mainExample(t, "FND")
	w.record.Decided, w.record.Evidence.Exams[0].Date = day("2026-11-22"), day("2026-11-21")
	if diff := cmp.Diff([]string{"exam", "decision"}, rulesUnmet(w.scheme.Decide(w.record, later))); diff != "" {
		t.Error(diff)
	}
}

func TestHeldCertificateWasDecidedOnFirst(t *testing.T) {
	for decided, ok := range map[string]bool{"": true, "2026-10-11": true, "2026-10-12": true, "2026-10-13": false} {
		w := mainExample(t, "XCM") // decided on 12 October
		cmComp := slices.IndexFunc(w.record.Held, func(h Held) bool { return h.Code == "CM-COMP" })
		h := &w.record.Held[cmComp]
		h.Decided = Date{}
		if decided != "" {
			h.Decided = day(decided)
		}
		d := w.scheme.Decide(w.record, later)
		if d.Eligible != ok {
			t.Errorf("%s: %+v", decided, d.Unmet)
		}
		if want := h.Number + " is held but decided on 2026-10-13 only, after the decision of 2026-10-12."; !ok && !strings.HasSuffix(need(t, d, "prerequisite:CM-COMP"), want) {
			t.Errorf("%+v", d.Unmet)
		}
	}
	w := example(t, "28-IA-by-auditor.json") // its training is behind a certificate held
	for i := range w.record.Held {
		w.record.Held[i].Decided = w.record.Decided.AddDays(1)
	}
	if got := need(t, w.scheme.Decide(w.record, later), "side-entry-minimum"); !strings.Contains(got, "no certified training is on record") {
		t.Error(got)
	}
}
