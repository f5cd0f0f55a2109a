package issuer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

type changing = func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error)

func (d *desk) changes() map[issuer.Status]changing {
	return map[issuer.Status]changing{issuer.Issued: d.Reinstate, issuer.Suspended: d.Suspend, issuer.Revoked: d.Revoke}
}

func TestStatusGoesFromEachToEachButFromRevoked(t *testing.T) {
	statuses := []issuer.Status{issuer.Issued, issuer.Suspended, issuer.Revoked}
	verdicts := map[issuer.Status]verifier.Reason{issuer.Issued: verifier.None, issuer.Suspended: verifier.Suspended, issuer.Revoked: verifier.Revoked}
	for _, from := range statuses {
		for _, to := range statuses {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				d := newDesk(t, "", november)
				cert := d.grant(t, foundation(t, "a1", "c1"))
				bystander := d.grant(t, foundation(t, "a2", "c2"))
				if from != issuer.Issued {
					if _, err := d.changes()[from](t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
						t.Fatal(err)
					}
				}
				before := d.rows(t)
				got, err := d.changes()[to](t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "appeal", Note: "a note"})
				changed := d.rows(t)["status_changes"] - before["status_changes"]
				want := to
				switch {
				case from == issuer.Revoked && to != issuer.Revoked:
					want = issuer.Revoked
					if !errors.Is(err, issuer.ErrRevoked) || changed != 0 {
						t.Errorf("%v, %d changes; want ErrRevoked and none", err, changed)
					}
				case from == to: // done already
					if err != nil || got.Status != to || changed != 0 || d.rows(t)["acts"] != before["acts"] {
						t.Errorf("%v, %d changes; want nothing to be done", err, changed)
					}
				default:
					if err != nil || got.Status != to || changed != 1 {
						t.Errorf("%v, %d changes; want one", err, changed)
					}
				}
				if s := d.stored(t, cert.Number).Status; s != want {
					t.Errorf("now %s, want %s", s, want)
				}
				if r := d.examine(t, cert, time.Time{}); r.Reason != verdicts[want] {
					t.Errorf("verifiers say %q, want %q", r.Reason, verdicts[want])
				}
				if r := d.examine(t, bystander, time.Time{}); r.Verdict != verifier.Valid {
					t.Errorf("of another certificate verifiers say %q", r.Reason)
				}
			})
		}
	}
}

func TestRevokedNeverComesBack(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "fraud"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		d.now = d.now.AddDate(1, 0, 0)
		for to, change := range d.changes() {
			if _, err := change(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "appeal"}); (err == nil) != (to == issuer.Revoked) {
				t.Errorf("to %s: %v", to, err)
			}
		}
		if _, err := d.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := d.examine(t, cert, time.Time{}); r.Reason != verifier.Revoked {
			t.Errorf("verifiers say %q", r.Reason)
		}
	}
}

func TestChangeIsRefused(t *testing.T) {
	d := newDesk(t, "Pacific/Kiritimati", november) // where it is 21 November
	cert := d.grant(t, foundation(t, "a1", "c1"))
	mistyped := []byte(cert.Number)
	if mistyped[4]++; mistyped[4] > 'Z' || mistyped[4] == '9'+1 {
		mistyped[4] = '2'
	}
	if string(mistyped) == cert.Number {
		t.Fatal("not mistyped")
	}
	var textError *issuer.TextError
	for what, c := range map[string]struct {
		change issuer.Change
		want   any
	}{
		"no reason":               {issuer.Change{}, issuer.ErrReason},
		"reason in words":         {issuer.Change{Reason: "because of fraud"}, issuer.ErrReason},
		"reason with a line":      {issuer.Change{Reason: "fraud\n"}, issuer.ErrReason},
		"reason beyond ASCII":     {issuer.Change{Reason: "betrüg"}, issuer.ErrReason},
		"reason too long":         {issuer.Change{Reason: strings.Repeat("x", 65)}, issuer.ErrReason},
		"reason ending in a dash": {issuer.Change{Reason: "fraud-"}, issuer.ErrReason},
		"note with a control":     {issuer.Change{Reason: "fraud", Note: "a\x00b"}, &textError},
		"effective tomorrow":      {issuer.Change{Reason: "fraud", Effective: date("2026-11-22")}, nil},
		"no number":               {issuer.Change{Number: " ", Reason: "fraud"}, issuer.ErrNumber},
		"mistyped number":         {issuer.Change{Number: string(mistyped), Reason: "fraud"}, issuer.ErrNumber},
		"unknown number":          {issuer.Change{Number: "SCB-00000-00000", Reason: "fraud"}, issuer.ErrNotFound},
		"another body's number":   {issuer.Change{Number: "XYZ" + cert.Number[3:], Reason: "fraud"}, issuer.ErrNumber},
	} {
		for to, change := range d.changes() {
			d.recordsNothing(t, func() {
				if c.change.Number == "" {
					c.change.Number = cert.Number
				}
				_, err := change(t.Context(), clerk, c.change)
				switch want := c.want.(type) {
				case nil:
					if err == nil {
						t.Errorf("%s, to %s: done", what, to)
					}
				case error:
					if !errors.Is(err, want) {
						t.Errorf("%s, to %s: %v, want %v", what, to, err, want)
					}
				default:
					if !errors.As(err, want) {
						t.Errorf("%s, to %s: %v, want %T", what, to, err, want)
					}
				}
			})
		}
	}
	// As people type it, and on the day of the body.
	if _, err := d.Suspend(t.Context(), clerk, issuer.Change{Number: strings.ToLower(strings.ReplaceAll(cert.Number, "-", " ")), Reason: "FRAUD", Effective: date("2026-11-21")}); err != nil {
		t.Error(err)
	}
	d.view(t, func(tx issuer.Tx) error {
		changes, err := tx.StatusChanges(cert.Link)
		if err == nil && (len(changes) != 1 || changes[0].Reason != "fraud" || changes[0].Effective != date("2026-11-21") || changes[0].Actor != clerk.Name) {
			t.Errorf("on file: %+v", changes)
		}
		return err
	})
}

func TestChangeStandsThoughItCouldNotBePublished(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	good := d.Signer
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if p == keys.ForStatusList {
			return "", errSigner
		}
		return good.Sign(ctx, p, typ, payload)
	})
	got, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "fraud"})
	if !errors.Is(err, errSigner) || got == nil || got.Status != issuer.Revoked {
		t.Fatalf("%+v, %v", got, err)
	}
	mustSay(t, err, "is now revoked", "could not be published", cert.Number)
	if s := d.stored(t, cert.Number).Status; s != issuer.Revoked {
		t.Errorf("on file: %s", s)
	}
	d.log(t)
	// The old list is not served as if nothing had happened, however young it is.
	if p, err := d.PublicationAt(t.Context(), "https://certs.example.org/status/1"); err == nil {
		t.Errorf("the list of %s is served", p.ValidFrom)
	}
	d.Signer = good
	if r := d.examine(t, cert, time.Time{}); r.Reason != verifier.Revoked {
		t.Errorf("with the signer back: %s", r.Summary())
	}
}

func TestChangesAtOnceAreEachRecordedOnce(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	done := make(chan error)
	for range 8 {
		go func() {
			_, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "fraud"})
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if rows := d.rows(t); rows["status_changes"] != 1 || rows["acts"] != 5 {
		t.Errorf("on file: %v", rows)
	}
}
