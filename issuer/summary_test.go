package issuer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// newSummaryDesk is a body whose papers have a second code.
func newSummaryDesk(t testing.TB, zone string) *desk {
	t.Helper()
	d := newDesk(t, zone, november)
	d.Body.Verifier = "https://verify.example.org"
	return d
}

func TestPapersHaveASummary(t *testing.T) {
	d := newSummaryDesk(t, "Europe/Berlin")
	for code, cert := range d.grantAll(t, consultant...) {
		kept := d.stored(t, cert.Number)
		if cert.Summary == "" || kept.Summary != cert.Summary || !strings.HasPrefix(cert.Summary, "https://verify.example.org/v#1") {
			t.Fatalf("%s: handed out %q, recorded %q", code, cert.Summary, kept.Summary)
		}
		signed, err := credential.Decode(cert.Payload)
		if err != nil {
			t.Fatal(err)
		}
		want, err := summary.Of(signed, d.Body.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		trust, err := d.Trust(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		at := cert.ValidFrom.Add(time.Hour)
		if at.Before(d.now) {
			at = d.now
		}
		v := verifier.Verifier{Issuers: trust, Statuses: trust, Now: func() time.Time { return at }}
		r := v.ExamineSummary(t.Context(), cert.Summary)
		if r.Verdict != verifier.Valid || !r.Summarised.Equal(want) || r.Certificate.ID != signed.ID {
			t.Errorf("%s: %s %s", code, r.Verdict, r.Summary())
		}
		if p := cert.Paper(signed); p.Summary != cert.Summary || p.SchemeID != cert.Scheme || p.Token != cert.Token {
			t.Errorf("%s: the paper has the summary %q", code, p.Summary)
		}
		// What the paper says, the summary says.
		p, q := issuer.PaperOf(signed, ""), issuer.PaperOf(r.Certificate, "")
		q.Created = p.Created
		if p.Holder != q.Holder || p.Title != q.Title || p.Number != q.Number || p.Scope != q.Scope || p.Scheme != q.Scheme || p.Edition != q.Edition ||
			p.Body != q.Body || p.Decider != q.Decider || p.Decided != q.Decided || p.Effective != q.Effective || p.Link != q.Link || p.Specimen != q.Specimen || p.Code != q.Code ||
			(p.Expires == nil) != (q.Expires == nil) || p.Expires != nil && *p.Expires != *q.Expires {
			t.Errorf("%s: the paper says\n%+v, the summary\n%+v", code, p, q)
		}
	}
	d.view(t, func(tx issuer.Tx) error {
		n := 0
		err := tx.EachAct(func(e audit.Entry) error {
			if e.Act == audit.CertificateIssued {
				n++
				cert, err := tx.Certificate(e.Object)
				if err != nil {
					return err
				}
				if e.Detail["summary"] != credential.Digest([]byte(cert.Summary)) {
					t.Errorf("%s: the log has %v", e.Object, e.Detail)
				}
			}
			return nil
		})
		if n != len(consultant) {
			t.Errorf("%d certificates are in the log", n)
		}
		return err
	})
}

// A body that wants none signs none.
func TestPapersWithoutASummary(t *testing.T) {
	d := newDesk(t, "UTC", november)
	signed := 0
	ring := d.Signer
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if typ == keys.TypeSummary {
			signed++
		}
		return ring.Sign(ctx, p, typ, payload)
	})
	cert := d.grant(t, foundation(t, "a", "c"))
	if cert.Summary != "" || d.stored(t, cert.Number).Summary != "" || signed != 0 {
		t.Errorf("%q, %d signed", cert.Summary, signed)
	}
}

// What is signed last time is what counts: a summary is recorded once, with its
// certificate, though signing is begun again.
func TestSummaryIsRecordedWithTheCertificate(t *testing.T) {
	d := newSummaryDesk(t, "UTC")
	ring := d.Signer
	failed := false
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if typ == keys.TypeSummary && !failed {
			failed = true
			return "", errors.New("the key is busy")
		}
		return ring.Sign(ctx, p, typ, payload)
	})
	if _, err := d.Issue(t.Context(), clerk, foundation(t, "a", "c")); err == nil {
		t.Fatal("issued without the summary that was to be signed")
	}
	if n, err := d.Resume(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	var cert *issuer.Certificate
	d.view(t, func(tx issuer.Tx) (err error) {
		cert, err = tx.CertificateByApplication("a")
		return err
	})
	if cert.Token == "" || cert.Summary == "" {
		t.Errorf("resumed: token %q, summary %q", cert.Token, cert.Summary)
	}
}

// Another signer's mistakes are not recorded.
func TestSummaryIsReadBack(t *testing.T) {
	for name, twist := range map[string]func(text string) string{
		"another name": func(payload string) string {
			s, err := summary.Read([]byte(payload))
			if err != nil {
				panic(err)
			}
			s.Holder = "Mallory"
			other, err := s.Payload()
			if err != nil {
				panic(err)
			}
			return string(other)
		},
		"another certificate": func(payload string) string {
			s, err := summary.Read([]byte(payload))
			if err != nil {
				panic(err)
			}
			s.Index++
			other, err := s.Payload()
			if err != nil {
				panic(err)
			}
			return string(other)
		},
	} {
		d := newSummaryDesk(t, "UTC")
		ring := d.Signer
		d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
			if typ == keys.TypeSummary {
				payload = []byte(twist(string(payload)))
			}
			return ring.Sign(ctx, p, typ, payload)
		})
		if cert, err := d.Issue(t.Context(), clerk, foundation(t, "a", "c")); err == nil || !strings.Contains(err.Error(), "summary") {
			t.Errorf("%s: %v, %v", name, cert, err)
		}
	}
	d := newSummaryDesk(t, "UTC")
	other := newRing(t, d.Body.URL)
	ring := d.Signer
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if typ == keys.TypeSummary {
			return other.Sign(ctx, p, typ, payload)
		}
		return ring.Sign(ctx, p, typ, payload)
	})
	if _, err := d.Issue(t.Context(), clerk, foundation(t, "a", "c")); err == nil || !strings.Contains(err.Error(), "our own verifier refuses") {
		t.Errorf("signed with a key of somebody else: %v", err)
	}
}

// What does not fit loses its scope, then the paper has no code: it does not fail.
func TestSummaryThatDoesNotFit(t *testing.T) {
	d := newSummaryDesk(t, "UTC")
	var noise strings.Builder // a legal name that does not get smaller
	for i := range 330 {
		noise.WriteRune(rune(0x4e00 + i*7919%20000))
	}
	d.Body.Name = noise.String()
	cert := d.grant(t, foundation(t, "a", "c"))
	if cert.Token == "" || cert.Summary != "" {
		t.Fatalf("token %q, summary of %d characters", cert.Token, len(cert.Summary))
	}
	d.view(t, func(tx issuer.Tx) error {
		last, err := tx.LastAct()
		if err == nil && !strings.Contains(last.Detail["withoutSummary"], "does not fit") {
			t.Errorf("the log has %v", last.Detail)
		}
		return err
	})
	short := newSummaryDesk(t, "UTC")
	short.Body.Name = string([]rune(noise.String())[:210])
	cert = short.grant(t, foundation(t, "a", "c"))
	token, err := summary.Token(cert.Summary)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := summary.Read(parsed.Claimed); err != nil || s.Scope != nil {
		t.Errorf("%v: the scope was not left out, of a code of %d characters", err, len(cert.Summary))
	}
}

func TestVerifierOfABodyIsAnAddress(t *testing.T) {
	for _, address := range []string{"verify.example.org", "http://verify.example.org", "https://verify.example.org/v#", "https://verify.example.org/" + strings.Repeat("x", 80)} {
		if _, err := issuer.NewBody(issuer.Body{Name: "Body", URL: "https://certs.example.org", Verifier: address}); err == nil || !strings.Contains(err.Error(), "verification service") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if b, err := issuer.NewBody(issuer.Body{Name: "Body", URL: "https://certs.example.org", Verifier: " https://verify.example.org/ "}); err != nil || b.Verifier != "https://verify.example.org" {
		t.Errorf("%q, %v", b.Verifier, err)
	}
}

func TestSummariesCanBeTurnedOnAndOff(t *testing.T) {
	d := newDesk(t, "UTC", november)
	kept := func() (b issuer.Body) {
		d.view(t, func(tx issuer.Tx) (err error) {
			b, err = tx.Body()
			return err
		})
		return b
	}
	before := d.grant(t, foundation(t, "a", "c"))
	if err := d.SetVerifier(t.Context(), clerk, "verify.example.org"); err == nil || kept().Verifier != "" || d.Body.Verifier != "" {
		t.Errorf("%v: %q", err, kept().Verifier)
	}
	if err := d.SetVerifier(t.Context(), clerk, "https://verify.example.org/"); err != nil || kept() != d.Body || kept().Verifier != "https://verify.example.org" {
		t.Fatalf("%v: %+v", err, kept())
	}
	d.view(t, func(tx issuer.Tx) error {
		last, err := tx.LastAct()
		if err == nil && (last.Act != audit.BodyChanged || last.Actor != clerk.Name || last.Detail["verifier"] != "https://verify.example.org") {
			t.Errorf("the log has %+v", last)
		}
		return err
	})
	on := d.grant(t, foundation(t, "b", "d"))
	if err := d.SetVerifier(t.Context(), clerk, ""); err != nil {
		t.Fatal(err)
	}
	off := d.grant(t, foundation(t, "e", "f"))
	for name, c := range map[string]struct {
		cert *issuer.Certificate
		want bool
	}{"before": {before, false}, "on": {on, true}, "off": {off, false}} {
		if got := d.stored(t, c.cert.Number).Summary != ""; got != c.want {
			t.Errorf("%s: a summary is recorded: %t", name, got)
		}
	}
}
