package scheme

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyRecord draws records of all sorts, near enough to the rules that a good
// many of them are eligible: a worked example, with parts left out and parts of
// other examples put in.
func anyRecord(all []worked) *rapid.Generator[worked] {
	return rapid.Custom(func(t *rapid.T) worked {
		w := clone(all[rapid.IntRange(0, len(all)-1).Draw(t, "example")])
		e := &w.record.Evidence
		thin(t, "trainings", &e.Trainings)
		thin(t, "exams", &e.Exams)
		thin(t, "experience", &e.Experience)
		thin(t, "exemptions", &e.Exemptions)
		thin(t, "held", &w.record.Held)
		if rapid.Bool().Draw(t, "mixed") {
			other := clone(all[rapid.IntRange(0, len(all)-1).Draw(t, "other")]).record.Evidence
			e.Trainings = append(e.Trainings, other.Trainings...)
			e.Exams = append(e.Exams, other.Exams...)
			e.Experience = append(e.Experience, other.Experience...)
			e.Exemptions = append(e.Exemptions, other.Exemptions...)
		}
		for i := range w.record.Held {
			w.record.Held[i].Standing = rapid.SampledFrom([]Standing{Good, Good, Good, Expired, Suspended, Revoked}).Draw(t, "standing")
		}
		return w
	})
}

func thin[T any](t *rapid.T, label string, list *[]T) {
	var kept []T
	for _, x := range *list {
		if rapid.IntRange(0, 5).Draw(t, label) > 0 {
			kept = append(kept, x)
		}
	}
	*list = kept
}

// clone copies the record all the way down.
func clone(w worked) worked {
	data, err := json.Marshal(w.record)
	if err != nil {
		panic(err)
	}
	w.record = Record{}
	if err := json.Unmarshal(data, &w.record); err != nil {
		panic(err)
	}
	return w
}

func TestDecideIsPure(t *testing.T) {
	all := work(t)
	rapid.Check(t, func(t *rapid.T) {
		w := anyRecord(all).Draw(t, "record")
		before := clone(w).record
		first := w.scheme.Decide(w.record, w.at)
		second := w.scheme.Decide(w.record, w.at)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("decided otherwise the second time:\n%s", diff)
		}
		if diff := cmp.Diff(before, clone(w).record); diff != "" {
			t.Fatalf("the record was changed:\n%s", diff)
		}
	})
}

func TestDecideAnswersEveryRuleOnce(t *testing.T) {
	all := work(t)
	rapid.Check(t, func(t *rapid.T) {
		w := anyRecord(all).Draw(t, "record")
		d := w.scheme.Decide(w.record, w.at)
		if d.Eligible != (len(d.Unmet) == 0) {
			t.Fatal("eligible with an unmet rule, or the other way round")
		}
		answered := map[string]string{}
		note := func(rule, answer string) {
			if earlier, ok := answered[rule]; ok && (earlier != answer || answer != "exempted") {
				t.Fatalf("%s is %s and %s", rule, earlier, answer)
			}
			answered[rule] = answer
		}
		for _, u := range d.Unmet {
			note(u.Rule, "unmet")
			if u.Clause == "" || u.Need == "" {
				t.Fatalf("%+v", u)
			}
		}
		for _, e := range d.Exempted {
			note(e.Rule, "exempted")
		}
		for _, m := range d.Met {
			note(m.Rule, "met")
			if m.Clause == "" || m.By == "" {
				t.Fatalf("%+v", m)
			}
		}
		c, _ := w.scheme.Certificate(w.record.Certificate)
		for _, r := range c.Rules {
			if answered[r.ID] == "" {
				t.Fatalf("%s is not answered", r.ID)
			}
		}
	})
}

func TestHoldingMoreNeverHurts(t *testing.T) {
	all := work(t)
	rapid.Check(t, func(t *rapid.T) {
		w := anyRecord(all).Draw(t, "record")
		before := w.scheme.Decide(w.record, w.at)
		w.record.Held = append(w.record.Held, Held{
			Code:   rapid.SampledFrom(w.scheme.codes()).Draw(t, "code"),
			Scheme: w.scheme.ID, Number: "SP-MORE", Standing: Good,
			Trained: rapid.Bool().Draw(t, "trained"), Examined: rapid.Bool().Draw(t, "examined"),
			Educators: []string{"O. Other (specimen)"},
		})
		if after := w.scheme.Decide(w.record, w.at); before.Eligible && !after.Eligible {
			t.Fatalf("one certificate more, and yet: %+v", after.Unmet)
		}
	})
}

func TestAnEligibleRecordStaysSoTheNextDay(t *testing.T) {
	all := work(t)
	rapid.Check(t, func(t *rapid.T) {
		w := anyRecord(all).Draw(t, "record")
		for i := range w.record.Held { // time alone ends a validity
			w.record.Held[i].ValidUntil = nil
		}
		if w.scheme.ID != "iso20000" { // there, experience may outgrow a certificate
			return
		}
		if w.scheme.Decide(w.record, w.at).Eligible && !w.scheme.Decide(w.record, w.at.Add(24*time.Hour)).Eligible {
			t.Fatal("no longer eligible a day later")
		}
	})
}
