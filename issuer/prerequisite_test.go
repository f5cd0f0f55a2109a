package issuer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/verifier/credential"
)

const executive = "10-XCM.json"

func TestPrerequisiteCountsWhileItStands(t *testing.T) {
	d := newDesk(t, "", november)
	held := d.grantAll(t, consultant...)
	a := example(t, executive)
	change := func(f func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error), code, reason string) {
		t.Helper()
		if _, err := f(t.Context(), clerk, issuer.Change{Number: held[code].Number, Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(why string) {
		t.Helper()
		d.recordsNothing(t, func() {
			_, err := d.Issue(t.Context(), clerk, a)
			var not *issuer.NotEligibleError
			if !errors.As(err, &not) {
				t.Fatalf("%s: %v, want a NotEligibleError", why, err)
			}
			if !slices.ContainsFunc(not.Decision.Unmet, func(u scheme.Unmet) bool { return strings.Contains(u.Need, why) }) {
				t.Errorf("%s: not said: %+v", why, not.Decision.Unmet)
			}
		})
	}
	change(d.Suspend, "CM-COMP", "investigation")
	refused("suspended")
	change(d.Reinstate, "CM-COMP", "resolved")

	today := d.now
	until := held["CM-COMP"].ValidUntil
	d.now = until.Add(1e9) // the second after its last
	refused("expired")
	d.now = today.AddDate(3, 0, 1)
	refused("expired")

	d.now = until // its last second
	d.grant(t, example(t, executive, func(a *issuer.Application) { a.ID = "in time" }))

	// Of another candidate, who differs in one thing.
	d = newDesk(t, "", november)
	held = d.grantAll(t, consultant...)
	change(d.Revoke, "CM-COMP", "fraud")
	refused("revoked")
}

func TestPrerequisiteIsWeighedInTheMomentOfIssuing(t *testing.T) {
	d := newDesk(t, "", november)
	held := d.grantAll(t, auditor...)
	good := d.Store
	withdrawn := false
	d.Store = altered{Store: good, before: func() { // between the decision and the record of it
		if withdrawn {
			return
		}
		withdrawn = true
		other := *d.Issuer
		other.Store = good
		if _, err := other.Revoke(t.Context(), clerk, issuer.Change{Number: held["IA"].Number, Reason: "fraud"}); err != nil {
			t.Fatal(err)
		}
	}}
	_, err := d.Issue(t.Context(), clerk, example(t, "15-IA-COMP.json"))
	var not *issuer.NotEligibleError
	if !withdrawn || !errors.As(err, &not) {
		t.Errorf("%v, want a NotEligibleError", err)
	}
	if rows := d.rows(t); rows["certificates"] != 3 || rows["applications"] != 3 {
		t.Errorf("on file: %v", rows)
	}
}

func TestDeciderNeitherTrainedNorExaminedForWhatIsHeld(t *testing.T) {
	d := newDesk(t, "", november)
	d.grantAll(t, auditor...)
	for _, name := range []string{"E. Examiner (specimen)", "T. Trainer (specimen)"} {
		_, err := d.Issue(t.Context(), clerk, example(t, "15-IA-COMP.json", func(a *issuer.Application) { a.Decided.By = name }))
		var not *issuer.NotEligibleError
		if !errors.As(err, &not) {
			t.Errorf("decided by %s: %v, want a NotEligibleError", name, err)
		}
	}
}

func TestCompetenceNamesWhatItRestsOn(t *testing.T) {
	d := newDesk(t, "", november)
	held := d.grantAll(t, consultant[:6]...)
	// Held, but nothing to do with it; and revoked, and issued anew.
	d.grant(t, example(t, "28-IA-by-auditor.json"))
	if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: held["PRO-SUP"].Number, Reason: "error"}); err != nil {
		t.Fatal(err)
	}
	revoked := held["PRO-SUP"]
	held["PRO-SUP"] = d.grant(t, example(t, "03-PRO-SUP.json", func(a *issuer.Application) { a.ID = "again" }))

	says := payload(t, d.grant(t, example(t, "07-PRO-COMP.json")).Token)
	related := map[string]credential.RelatedResource{}
	for _, r := range says.Related {
		related[r.ID] = r
	}
	evidence := map[string]string{}
	for _, e := range says.Evidence {
		if e.Genre == credential.GenrePrerequisite {
			evidence[e.ID] = e.Name + ", " + e.Description
		}
	}
	if len(related) == 0 || len(related) != len(evidence) {
		t.Fatalf("%d related, %d in evidence", len(related), len(evidence))
	}
	for code, cert := range held {
		id := "https://certs.example.org/certificates/" + cert.Link
		r, ok := related[id+".jws"]
		if asked := strings.HasPrefix(code, "PRO-"); ok != asked {
			t.Errorf("rests on %s: %t, want %t", code, ok, asked)
			continue
		}
		if !ok {
			continue
		}
		if r.DigestSRI != credential.Digest([]byte(cert.Token)) || r.MediaType != credential.MediaType {
			t.Errorf("%s: the digest is not that of its token", code)
		}
		if want := "Rests on " + code + ", Certificate " + cert.Number; evidence[id] != want {
			t.Errorf("evidence is %q, want %q", evidence[id], want)
		}
	}
	if _, ok := related["https://certs.example.org/certificates/"+revoked.Link+".jws"]; ok {
		t.Error("rests on what is revoked")
	}
}

func TestCompetenceRestsOnNothingOfTheFuture(t *testing.T) {
	d := newDesk(t, "", november)
	d.grantAll(t, consultant[:5]...)
	later := d.grant(t, example(t, consultant[5], effective("2027-01-01")))
	says := payload(t, d.grant(t, example(t, consultant[6])).Token)
	for _, r := range says.Related {
		if strings.Contains(r.ID, later.Link) {
			t.Errorf("rests on %s, which is not valid before %s", later.Code, later.ValidFrom)
		}
	}
	if len(says.Related) == 0 {
		t.Error("rests on nothing")
	}
}

func TestQualificationNamesNoOtherCertificate(t *testing.T) {
	d := newDesk(t, "", november)
	for code, cert := range d.grantAll(t, consultant[:3]...) {
		if says := payload(t, cert.Token); len(says.Related) > 0 {
			t.Errorf("%s names %v", code, says.Related)
		}
	}
}

// What an assessor waived must never be taken for something passed.
func TestExemptedIsNeverShownAsExamined(t *testing.T) {
	d := newDesk(t, "", november)
	exempted := 0
	for _, ex := range scheme.Examples() {
		a := example(t, ex.File)
		decision, err := d.Decide(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		says := payload(t, d.grant(t, a).Token)
		examined := slices.ContainsFunc(a.Exams, func(x scheme.Exam) bool { return x.For == a.Certificate })
		exemptions := 0
		for _, e := range says.Evidence {
			switch e.Genre {
			case credential.GenreExamination:
				if !examined {
					t.Errorf("%s: %q is shown as an examination, but none was taken", ex.File, e.Name)
				}
			case credential.GenreExemption:
				exemptions++
				if !strings.Contains(e.Narrative, "was not examined") || !strings.HasPrefix(e.Name, "Exempted: ") {
					t.Errorf("%s: %+v does not say that it was waived", ex.File, e)
				}
			}
		}
		if exemptions != len(decision.Exempted) || len(a.Exemptions) > 0 && exemptions == 0 {
			t.Errorf("%s: %d exemptions are shown, %d were granted", ex.File, exemptions, len(decision.Exempted))
		}
		for _, w := range decision.Exempted {
			if slices.ContainsFunc(decision.Met, func(m scheme.Met) bool { return m.Rule == w.Rule }) {
				t.Errorf("%s: %s is both met and exempted", ex.File, w.Rule)
			}
		}
		if !examined && (len(says.Subject.Result) > 0 || len(says.Subject.Achievement.ResultDescription) > 0) {
			t.Errorf("%s: a result is shown without an examination", ex.File)
		}
		exempted += exemptions
	}
	if exempted < 8 {
		t.Errorf("the examples hold %d exemptions only", exempted)
	}
}
