package issuer_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

// blank is a press without ink: printing has tests of its own.
type blank struct{ refuse error }

func (b blank) Check(issuer.Paper) error { return b.refuse }
func (b blank) Render(context.Context, issuer.Paper) ([]byte, error) {
	return nil, errors.New("not a press")
}

var clerk = issuer.Actor{Name: "clerk (specimen)"}

// desk is a body with everything it works with.
type desk struct {
	*issuer.Issuer
	now time.Time
	dir string
}

func (d *desk) clock() time.Time { return d.now }

// newDesk establishes a specimen body whose clock stands at the time given.
func newDesk(t testing.TB, zone string, now time.Time) *desk {
	t.Helper()
	d := &desk{now: now, dir: t.TempDir()}
	body, err := issuer.NewBody(issuer.Body{Name: "Specimen Certification Body", URL: "https://certs.example.org", Zone: zone, Specimen: true})
	if err != nil {
		t.Fatal(err)
	}
	var list []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(body.URL, p, keys.ES256, now)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(d.dir, "testamur.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := issuer.Establish(t.Context(), db, body, clerk, now); err != nil {
		t.Fatal(err)
	}
	schemes, err := scheme.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	d.Issuer = &issuer.Issuer{
		Body: body, Schemes: schemes, Store: db, Signer: ring, Keys: ring.Set(),
		Press: blank{}, Now: d.clock, Random: rand.Reader,
	}
	return d
}

func (d *desk) issue(t testing.TB, text []byte) *issuer.Certificate {
	t.Helper()
	a, err := issuer.ParseApplication(text)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := d.Issue(t.Context(), clerk, a)
	if err != nil {
		var not *issuer.NotEligibleError
		if errors.As(err, &not) {
			unmet, _ := json.MarshalIndent(not.Decision.Unmet, "", " ")
			t.Fatalf("%v\n%s", err, unmet)
		}
		t.Fatal(err)
	}
	return cert
}

func (d *desk) check(t testing.TB, cert *issuer.Certificate, at time.Time) *verifier.Report {
	t.Helper()
	trust, err := d.Trust(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.Verifier{Issuers: trust, Statuses: trust, Policy: verifier.Policy{At: at}, Now: d.clock}
	return v.Examine(t.Context(), cert.Token)
}

var november = time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)

func TestEveryExampleIsIssuedAndVerifies(t *testing.T) {
	d := newDesk(t, "", november)
	issued := map[string]bool{}
	for _, ex := range scheme.Examples() {
		cert := d.issue(t, ex.JSON)
		issued[cert.Code] = true
		if r := d.check(t, cert, time.Time{}); r.Verdict != verifier.Valid {
			t.Errorf("%s: %s %s: %s", ex.File, r.Verdict, r.Reason, r.Summary())
		}
	}
	if len(issued) != 18 {
		t.Errorf("%d of 18 certificates issued", len(issued))
	}
}
