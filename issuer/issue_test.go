package issuer_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

func TestEveryExampleIsIssuedAndVerifies(t *testing.T) {
	d := newDesk(t, "", november)
	issued := map[string]bool{}
	for _, ex := range scheme.Examples() {
		cert := d.grant(t, example(t, ex.File))
		issued[cert.Code] = true
		if r := d.examine(t, cert, time.Time{}); r.Verdict != verifier.Valid {
			t.Errorf("%s: %s %s: %s", ex.File, r.Verdict, r.Reason, r.Summary())
		}
	}
	if len(issued) != 18 {
		t.Errorf("%d of 18 certificates issued", len(issued))
	}
}

func TestIssuingTwiceGivesTheFirstCertificate(t *testing.T) {
	d := newDesk(t, "", november)
	first := d.grant(t, foundation(t, "a1", "c1"))
	d.now = d.now.AddDate(0, 0, 3)
	d.recordsNothing(t, func() {
		if again := d.grant(t, foundation(t, "a1", "c1")); !reflect.DeepEqual(again, first) {
			t.Errorf("again %+v\nfirst %+v", again, first)
		}
	})
}

func TestApplicationIDStandsForOneApplication(t *testing.T) {
	d := newDesk(t, "", november)
	d.grant(t, foundation(t, "a1", "c1"))
	for name, alter := range map[string]func(*issuer.Application){
		"other candidate": func(a *issuer.Application) { a.Candidate.ID = "c2" },
		"other name":      func(a *issuer.Application) { a.Candidate.Name = "Ben Specimen" },
		"other score":     func(a *issuer.Application) { *a.Exams[0].Score++ },
		"other effective": effective("2026-11-21"),
		"other language":  func(a *issuer.Application) { a.Language = "" },
	} {
		d.recordsNothing(t, func() {
			if _, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1", alter)); !errors.Is(err, issuer.ErrConflict) {
				t.Errorf("%s: %v, want ErrConflict", name, err)
			}
		})
	}
}

func TestManyAtOnceMakeOneCertificate(t *testing.T) {
	d := newDesk(t, "", november)
	for _, id := range []string{"a1", "a2", "a3"} {
		var certs [16]*issuer.Certificate
		var wg sync.WaitGroup
		for n := range certs {
			a := foundation(t, id, "candidate of "+id)
			wg.Go(func() {
				var err error
				if certs[n], err = d.Issue(t.Context(), clerk, a); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, c := range certs {
			if !reflect.DeepEqual(c, certs[0]) {
				t.Fatalf("%s: two certificates:\n%+v\n%+v", id, c, certs[0])
			}
		}
	}
	if rows := d.rows(t); rows["certificates"] != 3 || rows["applications"] != 3 || rows["acts"] != 1+1+3*2 {
		t.Errorf("on file: %v", rows)
	}
	d.log(t)
}

// The same request, sent twice, is carried out by another process between the
// look at the records and the change of them.
func TestRequestThatWasGrantedMeanwhileGivesThatCertificate(t *testing.T) {
	d := newDesk(t, "", november)
	other := *d.Issuer
	var first *issuer.Certificate
	meanwhile := func(alter func(*issuer.Application)) altered {
		first = nil
		return altered{Store: other.Store, before: func() {
			if first != nil {
				return
			}
			var err error
			if first, err = other.Issue(t.Context(), clerk, foundation(t, "a1", "c1", alter)); err != nil {
				t.Fatal(err)
			}
		}}
	}
	d.Store = meanwhile(func(*issuer.Application) {})
	if cert := d.grant(t, foundation(t, "a1", "c1")); !reflect.DeepEqual(cert, first) {
		t.Errorf("got  %+v\nwant %+v", cert, first)
	}

	d = newDesk(t, "", november)
	other = *d.Issuer
	d.Store = meanwhile(func(a *issuer.Application) { a.Language = "" })
	if cert, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); !errors.Is(err, issuer.ErrConflict) {
		t.Errorf("with other content: %+v, %v; want ErrConflict", cert, err)
	}
}

func TestManyAtOnceGiveACandidateOneCertificate(t *testing.T) {
	d := newDesk(t, "", november)
	var wg sync.WaitGroup
	var mu sync.Mutex
	issued := 0
	for _, id := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"} {
		a := foundation(t, id, "c1")
		wg.Go(func() {
			_, err := d.Issue(t.Context(), clerk, a)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				issued++
			case !errors.Is(err, issuer.ErrAlreadyHeld):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if issued != 1 || d.rows(t)["certificates"] != 1 {
		t.Errorf("%d issued, on file %v", issued, d.rows(t))
	}
}

func TestCertificateIsHeldOnceUntilItIsRevoked(t *testing.T) {
	d := newDesk(t, "", november)
	first := d.grant(t, foundation(t, "a1", "c1"))
	refused := func(when string) {
		t.Helper()
		d.recordsNothing(t, func() {
			_, err := d.Issue(t.Context(), clerk, foundation(t, "a2", "c1"))
			if !errors.Is(err, issuer.ErrAlreadyHeld) {
				t.Errorf("%s: %v, want ErrAlreadyHeld", when, err)
			}
			mustSay(t, err, first.Number)
		})
	}
	change := func(f func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error)) {
		t.Helper()
		if _, err := f(t.Context(), clerk, issuer.Change{Number: first.Number, Reason: "error"}); err != nil {
			t.Fatal(err)
		}
	}
	refused("issued")
	change(d.Suspend)
	refused("suspended")
	change(d.Reinstate)
	refused("reinstated")
	change(d.Revoke)
	second := d.grant(t, foundation(t, "a2", "c1"))
	if second.Number == first.Number || second.Link == first.Link || second.Index == first.Index {
		t.Errorf("the second certificate is the first: %+v", second)
	}
	if payload(t, second.Token).Subject.ID == payload(t, first.Token).Subject.ID {
		t.Error("both have one subject id, by which they can be linked")
	}
	if again := d.grant(t, foundation(t, "a1", "c1")); again.Number != first.Number || again.Status != issuer.Revoked {
		t.Errorf("the first application now gives %s, %s", again.Number, again.Status)
	}
}

func TestCandidateHasOneName(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	other := foundation(t, "a2", "c1", func(a *issuer.Application) { a.Candidate.Name = "Ben Specimen" })
	d.recordsNothing(t, func() {
		_, err := d.Issue(t.Context(), clerk, other)
		if !errors.Is(err, issuer.ErrCandidate) {
			t.Errorf("%v, want ErrCandidate", err)
		}
		mustSay(t, err, "Ada Specimen", "Ben Specimen", cert.Number)
		if _, err := d.Decide(t.Context(), other); !errors.Is(err, issuer.ErrCandidate) {
			t.Errorf("Decide: %v, want ErrCandidate", err)
		}
	})
}

// A name that was written wrong is corrected once no certificate stands in it,
// and the correction is on record.
func TestWrongNameIsCorrectedOnceItsCertificatesAreRevoked(t *testing.T) {
	d := newDesk(t, "", november)
	wrong := d.grant(t, foundation(t, "a1", "c1", func(a *issuer.Application) { a.Candidate.Name = "Ada Speciemn" }))
	if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: wrong.Number, Reason: "error"}); err != nil {
		t.Fatal(err)
	}
	right := d.grant(t, foundation(t, "a2", "c1"))
	c, err := credential.Decode(right.Payload)
	if err != nil || c.Holder() != "Ada Specimen" {
		t.Errorf("issued to %q, %v", c.Holder(), err)
	}
	renamed := 0
	err = d.Store.View(t.Context(), func(tx issuer.Tx) error {
		known, err := tx.Candidate("c1")
		if err == nil && known.Name != "Ada Specimen" {
			t.Errorf("on file as %q", known.Name)
		}
		return errors.Join(err, tx.EachAct(func(e audit.Entry) error {
			if e.Act == audit.CandidateRenamed && e.Object == "c1" {
				renamed++
			}
			return nil
		}))
	})
	if err != nil || renamed != 1 {
		t.Errorf("%d corrections on record, %v", renamed, err)
	}
}

// unused is a signer that must not be asked.
func unused(t testing.TB) issuer.Signer {
	return signing(func(context.Context, keys.Purpose, string, []byte) (string, error) {
		t.Error("something was signed")
		return "", errors.New("unused")
	})
}

func TestWhatIsRefusedLeavesNothingBehind(t *testing.T) {
	unknown := func(a *issuer.Application) { a.Certificate = "NONE" }
	for name, c := range map[string]struct {
		alter func(*issuer.Application)
		press error
		want  any // pointer to an error type, or a sentinel
	}{
		"rules not met":                {alter: func(a *issuer.Application) { *a.Exams[0].Score = 1 }, want: new(*issuer.NotEligibleError)},
		"decided by the examiner":      {alter: func(a *issuer.Application) { a.Decided.By = a.Exams[0].Examiner }, want: new(*issuer.NotEligibleError)},
		"decided by him in capitals":   {alter: func(a *issuer.Application) { a.Decided.By = "E.  EXAMINER (Specimen)" }, want: issuer.ErrApplication},
		"same, in another form":        {alter: func(a *issuer.Application) { a.Decided.By = "E. EXAMINER (Specimen)" }, want: new(*issuer.NotEligibleError)},
		"decided by the trainer":       {alter: func(a *issuer.Application) { a.Decided.By = a.Trainings[0].Trainer }, want: new(*issuer.NotEligibleError)},
		"press refuses":                {press: &issuer.TextError{Field: "candidate name", Text: "Ada", Reason: "no"}, want: new(*issuer.TextError)},
		"press fails":                  {press: context.DeadlineExceeded, want: context.DeadlineExceeded},
		"name turns the reading":       {alter: func(a *issuer.Application) { a.Candidate.Name = "Ada \u202eSpecimen" }, want: new(*issuer.TextError)},
		"no such certificate":          {alter: unknown, want: issuer.ErrApplication},
		"no such scheme":               {alter: func(a *issuer.Application) { a.Scheme = "none" }, want: issuer.ErrApplication},
		"no such edition":              {alter: func(a *issuer.Application) { a.Edition = "0.1" }, want: issuer.ErrApplication},
		"no decision":                  {alter: func(a *issuer.Application) { a.Decided = issuer.Decided{} }, want: issuer.ErrApplication},
		"decided tomorrow":             {alter: func(a *issuer.Application) { a.Decided.Date = date("2026-11-21") }, want: issuer.ErrApplication},
		"nobody":                       {alter: func(a *issuer.Application) { a.Candidate = issuer.Candidate{} }, want: issuer.ErrApplication},
		"language it is not issued in": {alter: func(a *issuer.Application) { a.Language = "tlh" }, want: issuer.ErrApplication},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, "", november)
			d.Press, d.Signer = blank{c.press}, unused(t)
			a := foundation(t, "a1", "c1")
			if c.alter != nil {
				c.alter(a)
			}
			d.recordsNothing(t, func() {
				cert, err := d.Issue(t.Context(), clerk, a)
				sentinel, ok := c.want.(error)
				if cert != nil || err == nil || ok && !errors.Is(err, sentinel) || !ok && !errors.As(err, c.want) {
					t.Errorf("%+v, %v; want an error like %T", cert, err, c.want)
				}
			})
		})
	}
}

func TestDecideRecordsNothing(t *testing.T) {
	d := newDesk(t, "", november)
	d.Signer = unused(t)
	d.recordsNothing(t, func() {
		decision, err := d.Decide(t.Context(), foundation(t, "a1", "c1"))
		if err != nil || !decision.Eligible {
			t.Errorf("%+v, %v", decision, err)
		}
	})
}

func TestNobodyActsWithoutAName(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	d.recordsNothing(t, func() {
		if _, err := d.Issue(t.Context(), issuer.Actor{}, foundation(t, "a2", "c2")); err == nil {
			t.Error("issued")
		}
		if _, err := d.Revoke(t.Context(), issuer.Actor{}, issuer.Change{Number: cert.Number, Reason: "error"}); err == nil {
			t.Error("revoked")
		}
	})
}
