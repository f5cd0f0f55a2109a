package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
)

// testStore holds for every engine: open returns an empty store.
func testStore(t *testing.T, open func(*testing.T) issuer.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *records)
	}{
		{"WhatIsAbsentIsNotFound", absence},
		{"BodyIsKeptOnce", body},
		{"ApplicationsComeBackAsGiven", applications},
		{"CandidateKeepsTheFirstName", candidates},
		{"CertificatesComeBackAsGiven", certificates},
		{"NumberLinkAndIndexAreUsedOnce", taken},
		{"CertificateIsHeldOnce", held},
		{"CertificateIsCompletedOnce", completed},
		{"ReservedAreListedOldestFirst", reserved},
		{"StatusChangesFollowTheCertificate", statusChanges},
		{"RevokedIsFinal", revoked},
		{"YoungestListIsOpen", statusLists},
		{"LastPublicationIsCurrent", publications},
		{"ActsAreOneChain", acts},
		{"ViewRefusesChanges", viewRefuses},
		{"ViewSeesOneState", viewIsStill},
		{"FailedUpdateLeavesNothing", rollback},
		{"UpdatesTakeTurns", concurrent},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, &records{t, open(t)}) })
	}
}

// records is a store under test.
type records struct {
	t     *testing.T
	store issuer.Store
}

// update makes changes that must be kept.
func (r *records) update(fn func(issuer.Tx) error) {
	r.t.Helper()
	if err := r.store.Update(r.t.Context(), fn); err != nil {
		r.t.Fatal(err)
	}
}

// try makes changes that may be refused.
func (r *records) try(fn func(issuer.Tx) error) error { return r.store.Update(r.t.Context(), fn) }

func (r *records) view(fn func(issuer.Tx) error) {
	r.t.Helper()
	if err := r.store.View(r.t.Context(), fn); err != nil {
		r.t.Fatal(err)
	}
}

// furnish records two lists, two candidates and the applications a1 to a9, the
// last of which is of the second candidate.
func (r *records) furnish() {
	r.t.Helper()
	r.update(func(tx issuer.Tx) error {
		for _, id := range []string{"1", "2"} {
			if err := tx.AddStatusList(issuer.StatusList{ID: id, Entries: 131_072, Opened: noon}); err != nil {
				return err
			}
		}
		for n := 1; n <= 9; n++ {
			c := issuer.Candidate{ID: "c1", Name: "Ada Specimen"}
			if n == 9 {
				c = issuer.Candidate{ID: "c2", Name: "Ben Specimen"}
			}
			if err := errors.Join(tx.AddCandidate(c), tx.AddApplication(application(fmt.Sprint("a", n), c))); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *records) add(list ...*issuer.Certificate) {
	r.t.Helper()
	r.update(func(tx issuer.Tx) error {
		for _, c := range list {
			if err := tx.AddCertificate(c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *records) certificate(number string) (c *issuer.Certificate) {
	r.t.Helper()
	r.view(func(tx issuer.Tx) (err error) {
		c, err = tx.Certificate(number)
		return err
	})
	return c
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func application(id string, c issuer.Candidate) *issuer.ApplicationRecord {
	score, effective := scheme.Percent(64.5), scheme.Date{Year: 2026, Month: 11, Day: 21}
	return &issuer.ApplicationRecord{
		Application: &issuer.Application{
			ID: id, Scheme: "iso20000", Edition: "3.3", Certificate: "FND", Candidate: c, Language: "en",
			Evidence: scheme.Evidence{Exams: []scheme.Exam{{
				For: "FND", Date: scheme.Date{Year: 2026, Month: 1, Day: 23}, Examiner: "E. Examiner (specimen)", Score: &score,
				Parts: map[string]bool{"presentation": true},
			}}},
			Decided: issuer.Decided{By: "D. Decider (specimen)", Date: scheme.Date{Year: 2026, Month: 2, Day: 2}}, Effective: &effective,
		},
		Digest:   "digest of " + id,
		Decision: scheme.Decision{Eligible: true, Unmet: []scheme.Unmet{}, Exempted: []scheme.Waived{}, Met: []scheme.Met{{Rule: "exam", Clause: "5.2", By: "exam"}}},
		Received: noon,
	}
}

// reservation returns the nth certificate: of application a<n> and candidate
// c1, at place n of list 1, for a code of its own.
func reservation(n int) *issuer.Certificate {
	return &issuer.Certificate{
		Link: fmt.Sprint("LINK", n), Number: fmt.Sprint("SCB-", n), Application: fmt.Sprint("a", n), Candidate: "c1",
		Scheme: "iso20000", Edition: "3.3", Code: fmt.Sprint("CODE", n), ValidFrom: noon, ValidUntil: noon.AddDate(3, 0, 0),
		List: "1", Index: n, Payload: []byte(fmt.Sprintf(`{"n":%d}`, n)), ReservedAt: noon, Status: issuer.Issued,
	}
}

func absence(t *testing.T, r *records) {
	for name, look := range map[string]func(issuer.Tx) error{
		"body":                       func(tx issuer.Tx) error { _, err := tx.Body(); return err },
		"application":                func(tx issuer.Tx) error { _, err := tx.Application("x"); return err },
		"candidate":                  func(tx issuer.Tx) error { _, err := tx.Candidate("x"); return err },
		"certificate":                func(tx issuer.Tx) error { _, err := tx.Certificate("x"); return err },
		"certificate by link":        func(tx issuer.Tx) error { _, err := tx.CertificateByLink("x"); return err },
		"certificate by application": func(tx issuer.Tx) error { _, err := tx.CertificateByApplication("x"); return err },
		"open status list":           func(tx issuer.Tx) error { _, err := tx.StatusList(); return err },
		"status list":                func(tx issuer.Tx) error { _, err := tx.StatusListByID("x"); return err },
		"publication":                func(tx issuer.Tx) error { _, err := tx.Publication("x", "revocation"); return err },
		"publication of the past":    func(tx issuer.Tx) error { _, err := tx.PublicationBefore("x", "revocation", noon); return err },
	} {
		if err := r.store.View(t.Context(), look); !errors.Is(err, issuer.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	r.view(func(tx issuer.Tx) error {
		last, err1 := tx.LastAct()
		of, err2 := tx.CertificatesOf("x")
		left, err3 := tx.Reserved()
		changes, err4 := tx.StatusChanges("x")
		ids, err5 := tx.StatusListIDs()
		indexes, err6 := tx.IndexesWith("x", issuer.Revoked)
		n, err7 := tx.Taken("x")
		seq, err8 := tx.LastChange("x")
		if last != nil || len(of)+len(left)+len(changes)+len(ids)+len(indexes)+n+int(seq) > 0 {
			t.Error("an empty store holds something")
		}
		return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8)
	})
}

func body(t *testing.T, r *records) {
	want := issuer.Body{Name: "Spécimen “Body”", URL: "https://certs.example.org", Prefix: "SCB", Zone: "Europe/Berlin", Accreditation: "D-PL-0001", Specimen: true}
	r.update(func(tx issuer.Tx) error { return tx.PutBody(want) })
	r.view(func(tx issuer.Tx) error {
		if got, err := tx.Body(); got != want || err != nil {
			t.Errorf("got %+v, %v", got, err)
		}
		return nil
	})
	if err := r.try(func(tx issuer.Tx) error { return tx.PutBody(want) }); err == nil {
		t.Error("a second body was recorded")
	}
}

func applications(t *testing.T, r *records) {
	r.furnish()
	want := application("a1", issuer.Candidate{ID: "c1", Name: "Ada Specimen"})
	r.view(func(tx issuer.Tx) error {
		got, err := tx.Application("a1")
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		return err
	})
	if err := r.try(func(tx issuer.Tx) error { return tx.AddApplication(want) }); !errors.Is(err, issuer.ErrConflict) {
		t.Errorf("an id twice: %v, want ErrConflict", err)
	}
	nobody := application("b1", issuer.Candidate{ID: "nobody", Name: "Nobody"})
	if err := r.try(func(tx issuer.Tx) error { return tx.AddApplication(nobody) }); err == nil {
		t.Error("an application of a candidate who is not on file was recorded")
	}
}

func candidates(t *testing.T, r *records) {
	r.furnish()
	r.update(func(tx issuer.Tx) error { return tx.AddCandidate(issuer.Candidate{ID: "c1", Name: "Somebody Else"}) })
	r.view(func(tx issuer.Tx) error {
		c, err := tx.Candidate("c1")
		if c.Name != "Ada Specimen" {
			t.Errorf("name is now %q", c.Name)
		}
		return err
	})
}

func certificates(t *testing.T, r *records) {
	r.furnish()
	east, west := time.FixedZone("", 14*3600), time.FixedZone("", -8*3600)
	one, two, other := reservation(1), reservation(2), reservation(9)
	one.ValidFrom, one.ValidUntil = time.Date(2026, 11, 20, 0, 0, 0, 0, east), time.Date(2029, 11, 19, 23, 59, 59, 0, east)
	two.ValidFrom, two.ValidUntil = time.Date(2026, 11, 20, 0, 0, 0, 0, west), time.Time{}
	two.ReservedAt = noon.Add(time.Second)
	other.Candidate = "c2"
	r.add(two, one, other)

	same := func(what string, got, want *issuer.Certificate) {
		t.Helper()
		for _, m := range []struct {
			name      string
			got, want time.Time
		}{{"ValidFrom", got.ValidFrom, want.ValidFrom}, {"ValidUntil", got.ValidUntil, want.ValidUntil}, {"ReservedAt", got.ReservedAt, want.ReservedAt}, {"IssuedAt", got.IssuedAt, want.IssuedAt}} {
			_, offset := m.got.Zone()
			_, meant := m.want.Zone()
			if !m.got.Equal(m.want) || offset != meant || m.got.IsZero() != m.want.IsZero() {
				t.Errorf("%s: %s is %s, want %s", what, m.name, m.got, m.want)
			}
		}
		g, w := *got, *want
		for _, c := range []*issuer.Certificate{&g, &w} {
			c.ValidFrom, c.ValidUntil, c.ReservedAt, c.IssuedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", what, g, w)
		}
	}
	r.view(func(tx issuer.Tx) error {
		for what, look := range map[string]func() (*issuer.Certificate, error){
			"by number":      func() (*issuer.Certificate, error) { return tx.Certificate(one.Number) },
			"by link":        func() (*issuer.Certificate, error) { return tx.CertificateByLink(one.Link) },
			"by application": func() (*issuer.Certificate, error) { return tx.CertificateByApplication(one.Application) },
		} {
			got, err := look()
			if err != nil {
				return err
			}
			same(what, got, one)
		}
		list, err := tx.CertificatesOf("c1")
		if err != nil || len(list) != 2 {
			return fmt.Errorf("%d certificates of c1, %v; want 2", len(list), err)
		}
		same("first of candidate", list[0], one)
		same("second of candidate", list[1], two)
		return nil
	})
}

func taken(t *testing.T, r *records) {
	r.furnish()
	r.add(reservation(1))
	for name, c := range map[string]struct {
		alter func(*issuer.Certificate)
		want  error
	}{
		"number":             {func(c *issuer.Certificate) { c.Number = "SCB-1" }, issuer.ErrTaken},
		"link":               {func(c *issuer.Certificate) { c.Link = "LINK1" }, issuer.ErrTaken},
		"place":              {func(c *issuer.Certificate) { c.Index = 1 }, issuer.ErrTaken},
		"all three":          {func(c *issuer.Certificate) { c.Number, c.Link, c.Index = "SCB-1", "LINK1", 1 }, issuer.ErrTaken},
		"place, other list":  {func(c *issuer.Certificate) { c.List, c.Index = "2", 1 }, nil},
		"number, other case": {func(c *issuer.Certificate) { c.Number = "scb-1" }, nil},
	} {
		err := r.try(func(tx issuer.Tx) error {
			next := reservation(2)
			c.alter(next)
			if err := tx.AddCertificate(next); err != nil {
				return err
			}
			return errUndo
		})
		if c.want == nil {
			c.want = errUndo
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for name, alter := range map[string]func(*issuer.Certificate){
		"application with a certificate": func(c *issuer.Certificate) { c.Application = "a1" },
		"application not on file":        func(c *issuer.Certificate) { c.Application = "x" },
		"list not opened":                func(c *issuer.Certificate) { c.List = "3" },
		"place before the first":         func(c *issuer.Certificate) { c.Index = -1 },
		"unknown status":                 func(c *issuer.Certificate) { c.Status = "lost" },
	} {
		next := reservation(2)
		alter(next)
		if err := r.try(func(tx issuer.Tx) error { return tx.AddCertificate(next) }); err == nil || errors.Is(err, issuer.ErrTaken) {
			t.Errorf("%s: %v; want an error that no other draw would mend", name, err)
		}
	}
}

var errUndo = errors.New("undo")

func held(t *testing.T, r *records) {
	r.furnish()
	one, two := reservation(1), reservation(2)
	two.Code = one.Code
	r.add(one)
	if err := r.try(func(tx issuer.Tx) error { return tx.AddCertificate(two) }); !errors.Is(err, issuer.ErrAlreadyHeld) {
		t.Fatalf("%v, want ErrAlreadyHeld", err)
	}
	r.change(one.Link, issuer.Issued, issuer.Suspended)
	if err := r.try(func(tx issuer.Tx) error { return tx.AddCertificate(two) }); !errors.Is(err, issuer.ErrAlreadyHeld) {
		t.Fatalf("suspended: %v, want ErrAlreadyHeld", err)
	}
	r.change(one.Link, issuer.Suspended, issuer.Revoked)
	r.add(two)
}

func (r *records) change(link string, from, to issuer.Status) {
	r.t.Helper()
	if err := r.tryChange(link, from, to); err != nil {
		r.t.Fatal(err)
	}
}

func (r *records) tryChange(link string, from, to issuer.Status) error {
	return r.try(func(tx issuer.Tx) error {
		return tx.ChangeStatus(issuer.StatusChange{Link: link, From: from, To: to, Reason: "other", Note: "note, “quoted”",
			Effective: scheme.Date{Year: 2026, Month: 11, Day: 20}, Actor: "clerk", At: noon})
	})
}

func completed(t *testing.T, r *records) {
	r.furnish()
	r.add(reservation(1))
	complete := func(link, token string, at time.Time) (first bool) {
		r.update(func(tx issuer.Tx) (err error) {
			first, err = tx.CompleteCertificate(link, token, "summary of "+token, at)
			return err
		})
		return first
	}
	if !complete("LINK1", "token", noon) {
		t.Error("the first completion reports false")
	}
	if complete("LINK1", "other", noon.Add(time.Hour)) {
		t.Error("the second completion reports true")
	}
	if complete("LINK2", "token", noon) {
		t.Error("completing what is not there reports true")
	}
	if c := r.certificate("SCB-1"); c.Token != "token" || c.Summary != "summary of token" || !c.IssuedAt.Equal(noon) {
		t.Errorf("token %q with %q of %s, want the first", c.Token, c.Summary, c.IssuedAt)
	}
}

func reserved(t *testing.T, r *records) {
	r.furnish()
	for n := 1; n <= 3; n++ {
		c := reservation(n)
		c.ReservedAt = noon.Add(-time.Duration(n) * time.Minute)
		r.add(c)
	}
	r.update(func(tx issuer.Tx) error { _, err := tx.CompleteCertificate("LINK2", "token", "", noon); return err })
	r.view(func(tx issuer.Tx) error {
		list, err := tx.Reserved()
		if err == nil && (len(list) != 2 || list[0].Number != "SCB-3" || list[1].Number != "SCB-1") {
			err = fmt.Errorf("%d reserved, want SCB-3, SCB-1", len(list))
		}
		return err
	})
}

func statusChanges(t *testing.T, r *records) {
	r.furnish()
	two := reservation(2)
	two.List = "2"
	r.add(reservation(1), two, reservation(3))
	r.change("LINK1", issuer.Issued, issuer.Suspended)
	r.change("LINK2", issuer.Issued, issuer.Revoked)
	r.change("LINK1", issuer.Suspended, issuer.Issued)
	r.change("LINK3", issuer.Issued, issuer.Suspended)
	r.view(func(tx issuer.Tx) error {
		list, err := tx.StatusChanges("LINK1")
		if err != nil {
			return err
		}
		want := []issuer.StatusChange{
			{Seq: 1, Link: "LINK1", From: issuer.Issued, To: issuer.Suspended},
			{Seq: 3, Link: "LINK1", From: issuer.Suspended, To: issuer.Issued},
		}
		for n := range want {
			want[n].Reason, want[n].Note, want[n].Actor, want[n].At = "other", "note, “quoted”", "clerk", noon
			want[n].Effective = scheme.Date{Year: 2026, Month: 11, Day: 20}
		}
		if !reflect.DeepEqual(list, want) {
			t.Errorf("got  %+v\nwant %+v", list, want)
		}
		for list, want := range map[string]int64{"1": 4, "2": 2} {
			if got, err := tx.LastChange(list); got != want || err != nil {
				t.Errorf("last change of list %s is %d, %v; want %d", list, got, err, want)
			}
		}
		for _, c := range []struct {
			list   string
			status issuer.Status
			want   []int
		}{{"1", issuer.Suspended, []int{3}}, {"1", issuer.Revoked, nil}, {"2", issuer.Revoked, []int{2}}, {"2", issuer.Suspended, nil}} {
			if got, err := tx.IndexesWith(c.list, c.status); !reflect.DeepEqual(got, c.want) || err != nil {
				t.Errorf("%s in list %s: %v, %v; want %v", c.status, c.list, got, err, c.want)
			}
		}
		for list, want := range map[string]int{"1": 2, "2": 1, "3": 0} {
			if got, err := tx.Taken(list); got != want || err != nil {
				t.Errorf("%d taken in list %s, %v; want %d", got, list, err, want)
			}
		}
		return nil
	})
}

func revoked(t *testing.T, r *records) {
	r.furnish()
	r.add(reservation(1), reservation(2))
	r.change("LINK1", issuer.Issued, issuer.Revoked)
	for _, c := range []struct {
		what     string
		link     string
		from, to issuer.Status
	}{
		{"reinstating what is revoked", "LINK1", issuer.Revoked, issuer.Issued},
		{"suspending what is revoked", "LINK1", issuer.Revoked, issuer.Suspended},
		{"revoking twice", "LINK1", issuer.Revoked, issuer.Revoked},
		{"a change that believes it is issued", "LINK1", issuer.Issued, issuer.Suspended},
		{"a change that believes it is suspended", "LINK2", issuer.Suspended, issuer.Revoked},
		{"a change to no status", "LINK2", issuer.Issued, "lost"},
		{"a change of nothing", "LINK9", issuer.Issued, issuer.Revoked},
	} {
		if err := r.tryChange(c.link, c.from, c.to); err == nil {
			t.Errorf("%s was recorded", c.what)
		}
	}
	if a, b := r.certificate("SCB-1").Status, r.certificate("SCB-2").Status; a != issuer.Revoked || b != issuer.Issued {
		t.Errorf("now %s and %s", a, b)
	}
	r.view(func(tx issuer.Tx) error {
		one, err := tx.StatusChanges("LINK1")
		two, err2 := tx.StatusChanges("LINK2")
		if len(one) != 1 || len(two) != 0 {
			t.Errorf("%d and %d changes are on file", len(one), len(two))
		}
		return errors.Join(err, err2)
	})
}

func statusLists(t *testing.T, r *records) {
	for n, id := range []string{"9", "10", "b"} { // their order is not that of their ids
		list := issuer.StatusList{ID: id, Entries: 131_072 * (n + 1), Opened: noon}
		r.update(func(tx issuer.Tx) error { return tx.AddStatusList(list) })
		r.view(func(tx issuer.Tx) error {
			open, err := tx.StatusList()
			byID, err2 := tx.StatusListByID(id)
			if open != list || byID != list {
				t.Errorf("open %+v, by id %+v; want %+v", open, byID, list)
			}
			return errors.Join(err, err2)
		})
	}
	r.view(func(tx issuer.Tx) error {
		ids, err := tx.StatusListIDs()
		if !reflect.DeepEqual(ids, []string{"9", "10", "b"}) {
			t.Errorf("lists %v", ids)
		}
		return err
	})
	if err := r.try(func(tx issuer.Tx) error { return tx.AddStatusList(issuer.StatusList{ID: "9", Entries: 8}) }); err == nil {
		t.Error("a list was opened twice")
	}
}

func publications(t *testing.T, r *records) {
	r.furnish()
	add := func(list, purpose string, from time.Time, through int64) error {
		return r.try(func(tx issuer.Tx) error {
			return tx.AddPublication(&issuer.Publication{List: list, Purpose: purpose, ValidFrom: from, ValidUntil: from.Add(time.Hour), Through: through, Token: fmt.Sprint(purpose, through)})
		})
	}
	// Within one second, and over the end of one: the order is that of time.
	for n, from := range []time.Time{noon, noon.Add(time.Millisecond), noon.Add(500 * time.Millisecond), noon.Add(999 * time.Millisecond), noon.Add(time.Second)} {
		if err := errors.Join(add("1", "revocation", from, int64(n)), add("1", "suspension", from, int64(100+n))); err != nil {
			t.Fatal(err)
		}
		r.view(func(tx issuer.Tx) error {
			for purpose, through := range map[string]int64{"revocation": int64(n), "suspension": int64(100 + n)} {
				p, err := tx.Publication("1", purpose)
				if err != nil {
					return err
				}
				if p.Through != through || !p.ValidFrom.Equal(from) || !p.ValidUntil.Equal(from.Add(time.Hour)) || p.Token != fmt.Sprint(purpose, through) || p.List != "1" || p.Purpose != purpose {
					t.Errorf("after the publication of %s the current one is %+v", from, p)
				}
			}
			return nil
		})
	}
	r.view(func(tx issuer.Tx) error {
		for _, c := range []struct {
			after   time.Duration // of noon
			through int64         // -1: none
		}{
			{-time.Nanosecond, -1}, {-100 * 365 * 24 * time.Hour, -1}, {0, 0}, {999 * time.Microsecond, 0}, {time.Millisecond, 1}, {499 * time.Millisecond, 1},
			{999 * time.Millisecond, 3}, {time.Second - 1, 3}, {time.Second, 4}, {100 * 365 * 24 * time.Hour, 4},
		} {
			p, err := tx.PublicationBefore("1", "suspension", noon.Add(c.after).In(time.FixedZone("", -5*3600)))
			switch {
			case c.through < 0 && !errors.Is(err, issuer.ErrNotFound):
				t.Errorf("%s after noon: %+v, %v", c.after, p, err)
			case c.through >= 0 && (err != nil || p.Through != 100+c.through || p.Token != fmt.Sprint("suspension", 100+c.through)):
				t.Errorf("%s after noon: %+v, %v; want %d", c.after, p, err, 100+c.through)
			}
		}
		return nil
	})
	if err := add("1", "revocation", noon, 7); err == nil {
		t.Error("two publications of one moment were recorded")
	}
	if err := add("7", "revocation", noon, 0); err == nil {
		t.Error("a publication of a list that is not there was recorded")
	}
	r.view(func(tx issuer.Tx) error {
		if _, err := tx.Publication("2", "revocation"); !errors.Is(err, issuer.ErrNotFound) {
			t.Errorf("list 2 was never published: %v", err)
		}
		return nil
	})
}

// act appends an act to the log.
func act(tx issuer.Tx, object string) error {
	last, err := tx.LastAct()
	if err != nil {
		return err
	}
	return tx.AddAct(audit.Chain(last, audit.Entry{At: noon, Actor: "clerk", Act: audit.CertificateIssued, Object: object, Detail: map[string]string{"b": "2", "a": "<1>"}}))
}

// chain reads the log, which must hold, and returns its length.
func (r *records) chain() (n int) {
	r.t.Helper()
	r.view(func(tx issuer.Tx) error {
		var last *audit.Entry
		n = 0
		return tx.EachAct(func(e audit.Entry) error {
			if err := e.Follows(last); err != nil {
				return err
			}
			last, n = &e, n+1
			return nil
		})
	})
	return n
}

func acts(t *testing.T, r *records) {
	for n := range 12 { // beyond 9: the order is that of numbers
		r.update(func(tx issuer.Tx) error { return act(tx, fmt.Sprint(n)) })
	}
	r.update(func(tx issuer.Tx) error {
		last, err := tx.LastAct()
		if err != nil {
			return err
		}
		return tx.AddAct(audit.Chain(last, audit.Entry{At: noon, Actor: "clerk", Act: audit.BodyCreated}))
	})
	if n := r.chain(); n != 13 {
		t.Errorf("%d acts, want 13", n)
	}
	r.view(func(tx issuer.Tx) error {
		n := 0
		if err := tx.EachAct(func(audit.Entry) error { n++; return errUndo }); !errors.Is(err, errUndo) || n != 1 {
			t.Errorf("EachAct went on after an error: %v, %d", err, n)
		}
		return nil
	})
	var first *audit.Entry
	r.view(func(tx issuer.Tx) error {
		return tx.EachAct(func(e audit.Entry) error {
			if first == nil {
				first = &e
			}
			return nil
		})
	})
	fork := audit.Chain(first, audit.Entry{At: noon, Actor: "intruder", Act: audit.CertificateIssued})
	fork.Seq = 99
	for what, e := range map[string]audit.Entry{
		"a second entry after the first":       fork,
		"a second first entry":                 audit.Chain(nil, audit.Entry{At: noon, Actor: "intruder"}),
		"an entry that names no one who acted": {Seq: 14, Previous: "x", Hash: "y", Act: audit.BodyCreated},
	} {
		if err := r.try(func(tx issuer.Tx) error { return tx.AddAct(e) }); err == nil {
			t.Errorf("%s was recorded", what)
		}
	}
}

func viewRefuses(t *testing.T, r *records) {
	r.furnish()
	r.add(reservation(1))
	for name, change := range map[string]func(issuer.Tx) error{
		"PutBody":        func(tx issuer.Tx) error { return tx.PutBody(issuer.Body{Name: "x"}) },
		"SetVerifier":    func(tx issuer.Tx) error { return tx.SetVerifier("https://x.example") },
		"AddApplication": func(tx issuer.Tx) error { return tx.AddApplication(application("b1", issuer.Candidate{ID: "c1"})) },
		"AddCandidate":   func(tx issuer.Tx) error { return tx.AddCandidate(issuer.Candidate{ID: "c9"}) },
		"AddCertificate": func(tx issuer.Tx) error { return tx.AddCertificate(reservation(2)) },
		"Complete":       func(tx issuer.Tx) error { _, err := tx.CompleteCertificate("LINK1", "t", "", noon); return err },
		"ChangeStatus": func(tx issuer.Tx) error {
			return tx.ChangeStatus(issuer.StatusChange{Link: "LINK1", From: issuer.Issued, To: issuer.Revoked})
		},
		"AddStatusList":  func(tx issuer.Tx) error { return tx.AddStatusList(issuer.StatusList{ID: "x"}) },
		"AddPublication": func(tx issuer.Tx) error { return tx.AddPublication(&issuer.Publication{List: "1", ValidFrom: noon}) },
		"AddAct":         func(tx issuer.Tx) error { return act(tx, "x") },
	} {
		if err := r.store.View(t.Context(), change); err == nil {
			t.Errorf("%s inside View is no error", name)
		}
		// Nor does a change stand whose error was not looked at.
		r.view(func(tx issuer.Tx) error { _ = change(tx); return nil })
	}
	r.view(func(tx issuer.Tx) error {
		_, body := tx.Body()
		_, application := tx.Application("b1")
		_, candidate := tx.Candidate("c9")
		_, second := tx.Certificate("SCB-2")
		_, list := tx.StatusListByID("x")
		_, publication := tx.Publication("1", "")
		for _, err := range []error{body, application, candidate, second, list, publication} {
			if !errors.Is(err, issuer.ErrNotFound) {
				t.Errorf("View changed something: %v", err)
			}
		}
		c, err := tx.Certificate("SCB-1")
		if err == nil && (c.Token != "" || c.Status != issuer.Issued) {
			t.Error("View changed a certificate")
		}
		return err
	})
	if r.chain() != 0 {
		t.Error("View recorded an act")
	}
}

func viewIsStill(t *testing.T, r *records) {
	r.furnish()
	r.view(func(tx issuer.Tx) error {
		before, err := tx.CertificatesOf("c1")
		if err != nil {
			return err
		}
		r.add(reservation(1))
		after, err := tx.CertificatesOf("c1")
		if len(before) != 0 || len(after) != 0 {
			t.Errorf("%d, then %d certificates in one View", len(before), len(after))
		}
		return err
	})
	if r.certificate("SCB-1") == nil {
		t.Error("the change is not there afterwards")
	}
}

func rollback(t *testing.T, r *records) {
	r.furnish()
	changes := func(tx issuer.Tx) error { return errors.Join(tx.AddCertificate(reservation(1)), act(tx, "x")) }
	nothing := func(what string) {
		t.Helper()
		r.view(func(tx issuer.Tx) error {
			if _, err := tx.Certificate("SCB-1"); !errors.Is(err, issuer.ErrNotFound) {
				t.Errorf("%s: something was kept: %v", what, err)
			}
			return nil
		})
		if n := r.chain(); n != 0 {
			t.Errorf("%s: %d acts were kept", what, n)
		}
	}
	if err := r.try(func(tx issuer.Tx) error { return errors.Join(changes(tx), errUndo) }); !errors.Is(err, errUndo) {
		t.Errorf("the error of fn came back as %v", err)
	}
	nothing("error")

	func() {
		defer func() {
			if recover() != errUndo {
				t.Error("the panic did not come through")
			}
		}()
		_ = r.try(func(tx issuer.Tx) error {
			if err := changes(tx); err != nil {
				t.Error(err)
			}
			panic(errUndo)
		})
	}()
	nothing("panic")

	ctx, cancel := context.WithCancel(t.Context())
	err := r.store.Update(ctx, func(tx issuer.Tx) error {
		defer cancel()
		return changes(tx)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the commit: %v", err)
	}
	nothing("cancelled")

	r.update(changes) // and the store is none the worse for it
}

func concurrent(t *testing.T, r *records) {
	const writers, each = 8, 15
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if err := r.store.Update(t.Context(), func(tx issuer.Tx) error { return act(tx, fmt.Sprint(w, "/", n)) }); err != nil {
					t.Error(err)
				}
				if err := r.store.View(t.Context(), func(tx issuer.Tx) error { _, err := tx.LastAct(); return err }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := r.chain(); n != writers*each {
		t.Errorf("%d acts, want %d", n, writers*each)
	}
}
