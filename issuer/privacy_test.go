package issuer_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
)

// What the body knows of a person stays with the body, except for the name and
// what was certified. Each text below would be found if it went anywhere.
func TestWhatIsPublishedHoldsNothingPrivate(t *testing.T) {
	d := newDesk(t, "", november)
	score := scheme.Percent(87.65)
	a := foundation(t, "CANARY-application", "CANARY-candidate", func(a *issuer.Application) {
		a.Candidate.Name = "Ada Specimen"
		a.Exams[0].Score = &score
		a.Exams[0].Examiner = "CANARY-examiner"
		a.Trainings[0].Provider, a.Trainings[0].Trainer = "CANARY-provider", "CANARY-trainer"
		a.Experience = []scheme.Experience{{Field: "itsm", Roles: []string{"manager"}, Organisation: "CANARY-organisation", From: date("2020-01-01")}}
		a.Degrees = []scheme.Degree{{Level: "master", Title: "CANARY-title", Institution: "CANARY-institution", Awarded: date("2019-01-01")}}
	})
	cert := d.grant(t, a)
	exempted := d.grant(t, example(t, "30-CITSOP-by-exam-exemption.json", func(a *issuer.Application) {
		a.ID, a.Candidate.ID = "CANARY-application-2", "CANARY-candidate-2"
		a.Exemptions[0].Evidence, a.Exemptions[0].Reason, a.Exemptions[0].Assessor = "CANARY-evidence", "CANARY-reason", "CANARY-assessor"
	}))
	if _, err := d.Suspend(t.Context(), issuer.Actor{Name: "CANARY-actor"}, issuer.Change{Number: cert.Number, Reason: "investigation", Note: "CANARY-note"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Revoke(t.Context(), issuer.Actor{Name: "CANARY-actor"}, issuer.Change{Number: exempted.Number, Reason: "canary-code", Note: "CANARY-note"}); err != nil {
		t.Fatal(err)
	}
	trust, err := d.Trust(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	trustFile, err := json.Marshal(trust)
	if err != nil {
		t.Fatal(err)
	}
	published := map[string]string{"trust file": string(trustFile), cert.Code: claimed(t, cert.Token, keys.ForCredential), exempted.Code: claimed(t, exempted.Token, keys.ForCredential)}
	lists, err := d.Publications(t.Context(), 0)
	if err != nil || len(lists) != 2 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	for url, token := range lists {
		published[url] = claimed(t, token, keys.ForStatusList)
	}
	for where, text := range published {
		for _, private := range []string{"canary", "87.65", "87.65"} {
			if i := strings.Index(strings.ToLower(text), private); i >= 0 {
				t.Errorf("%s has %s", where, text[i:min(len(text), i+30)])
			}
		}
	}
	// The log is for auditors: it names applications and staff, but nobody else.
	for _, e := range d.log(t) {
		text := fmt.Sprint(e)
		for _, private := range []string{"CANARY-candidate", "CANARY-note", "CANARY-examiner", "CANARY-evidence", "87.65", "Ada", "Zoë"} {
			if strings.Contains(text, private) {
				t.Errorf("the log has %s: %s", private, text)
			}
		}
	}
}

func claimed(t testing.TB, token string, p keys.Purpose) string {
	t.Helper()
	signed, err := keys.Parse(token, p)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed.Claimed)
}

func TestNoScoreIsShownInAnyExample(t *testing.T) {
	d := newDesk(t, "", november)
	for _, ex := range scheme.Examples() {
		a := example(t, ex.File)
		for n := range a.Exams {
			if a.Exams[n].Score != nil {
				*a.Exams[n].Score = 98.76 // passes everywhere
			}
		}
		if text := claimed(t, d.grant(t, a).Token, keys.ForCredential); strings.Contains(text, "98.76") || strings.Contains(text, "98,765") {
			t.Errorf("%s shows the score", ex.File)
		}
	}
}
