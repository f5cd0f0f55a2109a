package issuer_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/verifier/credential"
)

func TestEveryActHasItsEntry(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	d.grant(t, foundation(t, "a1", "c1")) // which does nothing
	for _, f := range []func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error){d.Suspend, d.Suspend, d.Reinstate, d.Revoke, d.Revoke} {
		if _, err := f(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
			t.Fatal(err)
		}
	}
	change := map[string]string{"reason": "error", "effective": "2026-11-20"}
	want := []struct {
		act    audit.Act
		object string
		detail map[string]string
	}{
		{audit.BodyCreated, "https://certs.example.org", nil},
		{audit.StatusListOpened, "1", nil},
		{audit.CertificateReserved, cert.Number, map[string]string{
			"application": "a1", "certificate": "FND", "decidedBy": "D. Decider (specimen)", "payload": credential.Digest(cert.Payload),
		}},
		{audit.CertificateIssued, cert.Number, map[string]string{"token": credential.Digest([]byte(cert.Token))}},
		{audit.CertificateSuspended, cert.Number, change},
		{audit.CertificateReinstated, cert.Number, change},
		{audit.CertificateRevoked, cert.Number, change},
	}
	log := d.log(t)
	if len(log) != len(want) {
		t.Fatalf("%d entries, want %d: %+v", len(log), len(want), log)
	}
	for n, w := range want {
		if e := log[n]; e.Act != w.act || e.Object != w.object || e.Actor != clerk.Name || !maps.Equal(e.Detail, w.detail) {
			t.Errorf("entry %d is %+v\nwant %+v", n+1, e, w)
		}
	}
}

func TestNoEntryNoAct(t *testing.T) {
	d := newDesk(t, "", november)
	good := d.Store
	errLog := errors.New("the log is full")
	deaf := altered{Store: good, tx: func(tx issuer.Tx) issuer.Tx { return failing{Tx: tx, act: errLog} }}
	refuses := func(what string, act func() error) {
		t.Helper()
		d.Store = deaf
		defer func() { d.Store = good }()
		d.recordsNothing(t, func() {
			if err := act(); !errors.Is(err, errLog) {
				t.Errorf("%s: %v, want the error of the log", what, err)
			}
		})
	}
	issue := func() error { _, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); return err }

	refuses("reserving", issue)
	signer := d.Signer
	d.Signer = signing(broken)
	if err := issue(); !errors.Is(err, errSigner) {
		t.Fatal(err)
	}
	d.Signer = signer
	left := d.intent(t)
	d.list(t, "1") // published, so that completing is the one change that is left
	d.suspensions(t, "1")
	refuses("completing", func() error { _, err := d.Resume(t.Context()); return err })
	refuses("completing, asked for again", issue)
	if again := d.intent(t); again.Token != "" {
		t.Error("it was completed")
	}
	if err := issue(); err != nil {
		t.Fatal(err)
	}
	change := issuer.Change{Number: left.Number, Reason: "error"}
	for _, c := range []struct {
		what string
		act  func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error)
		then issuer.Status
	}{{"suspending", d.Suspend, issuer.Suspended}, {"reinstating", d.Reinstate, issuer.Issued}, {"revoking", d.Revoke, issuer.Revoked}} {
		before := d.stored(t, left.Number).Status
		refuses(c.what, func() error { _, err := c.act(t.Context(), clerk, change); return err })
		if after := d.stored(t, left.Number).Status; after != before {
			t.Errorf("%s: now %s", c.what, after)
		}
		if cert, err := c.act(t.Context(), clerk, change); err != nil || cert.Status != c.then {
			t.Fatalf("%s: %v", c.what, err)
		}
	}
	if err := issuer.Establish(t.Context(), deaf, d.Body, clerk, d.now, nil); err == nil {
		t.Error("a second body was established")
	}
}

func TestClockThatWentBackStopsActing(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	signer := d.Signer
	d.Signer = signing(broken)
	if _, err := d.Issue(t.Context(), clerk, foundation(t, "a2", "c2")); !errors.Is(err, errSigner) {
		t.Fatal(err)
	}
	d.Signer = signer

	d.now = november.Add(-5*time.Minute - 2*time.Second)
	d.recordsNothing(t, func() {
		_, err := d.Issue(t.Context(), clerk, foundation(t, "a3", "c3"))
		mustSay(t, err, "set the clock")
		_, err = d.Resume(t.Context())
		mustSay(t, err, "2026-11-20") // the list is of a later time, or so is the last act
		_, err = d.Suspend(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error", Effective: date("2026-11-20")})
		mustSay(t, err, "set the clock")
	})
	if again := d.grant(t, foundation(t, "a1", "c1")); again.Token != cert.Token {
		t.Error("what is issued can no longer be had")
	}

	d.now = november.Add(-30 * time.Second) // clocks are adjusted
	if n, err := d.Resume(t.Context()); n != 1 || err != nil {
		t.Errorf("resume: %d, %v", n, err)
	}
	d.grant(t, foundation(t, "a3", "c3"))
	d.log(t)
}

// A clock that goes back a little again and again has gone back a lot.
func TestClockCannotCreepBack(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	acts := []func(context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error){d.Suspend, d.Reinstate}
	var err error
	back := 0
	for ; back < 10 && err == nil; back++ {
		d.now = d.now.Add(-4 * time.Minute)
		_, err = acts[back%2](t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error", Effective: date("2026-11-20")})
	}
	if err == nil || back > 2 {
		t.Errorf("the clock went back %d times four minutes before acting stopped: %v", back, err)
	}
	d.log(t)
}
