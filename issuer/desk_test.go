package issuer_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// blank is a press without ink: printing has tests of its own.
type blank struct{ refuse error }

func (b blank) Check(issuer.Paper) error { return b.refuse }
func (b blank) Render(context.Context, issuer.Paper) ([]byte, error) {
	return nil, errors.New("not a press")
}

// signing is a signer made of a function.
type signing func(ctx context.Context, purpose keys.Purpose, typ string, payload []byte) (string, error)

func (s signing) Sign(ctx context.Context, purpose keys.Purpose, typ string, payload []byte) (string, error) {
	return s(ctx, purpose, typ, payload)
}

// altered is a store that does something first, or whose transactions answer
// otherwise.
type altered struct {
	issuer.Store
	before func()                    // Update
	tx     func(issuer.Tx) issuer.Tx // of Update and View
}

func (a altered) View(ctx context.Context, fn func(issuer.Tx) error) error {
	return a.Store.View(ctx, a.inside(fn))
}

func (a altered) Update(ctx context.Context, fn func(issuer.Tx) error) error {
	if a.before != nil {
		a.before()
	}
	return a.Store.Update(ctx, a.inside(fn))
}

func (a altered) inside(fn func(issuer.Tx) error) func(issuer.Tx) error {
	if a.tx == nil {
		return fn
	}
	return func(tx issuer.Tx) error { return fn(a.tx(tx)) }
}

var clerk = issuer.Actor{Name: "clerk (specimen)"}

var november = time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)

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
	ring := newRing(t, body.URL)
	db, err := store.Open(t.Context(), d.file())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := issuer.Establish(t.Context(), db, body, clerk, now, nil); err != nil {
		t.Fatal(err)
	}
	d.Issuer = &issuer.Issuer{
		Body: body, Schemes: builtin(), Store: db, Signer: ring, Keys: ring.Set(),
		Press: blank{}, Now: d.clock, Random: rand.Reader,
	}
	return d
}

var builtin = sync.OnceValue(func() *scheme.Catalogue {
	schemes, err := scheme.Builtin()
	if err != nil {
		panic(err)
	}
	return schemes
})

func newRing(t testing.TB, url string) *keys.Ring {
	t.Helper()
	var list []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(url, p, keys.ES256, november)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func (d *desk) file() string { return filepath.Join(d.dir, "testamur.db") }

// example returns the worked application of the file, altered.
func example(t testing.TB, file string, alter ...func(*issuer.Application)) *issuer.Application {
	t.Helper()
	for _, ex := range scheme.Examples() {
		if ex.File != file {
			continue
		}
		a, err := issuer.ParseApplication(ex.JSON)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range alter {
			f(a)
		}
		return a
	}
	t.Fatalf("no example %s", file)
	return nil
}

// foundation returns an application for FND that will be granted.
func foundation(t testing.TB, id, candidate string, alter ...func(*issuer.Application)) *issuer.Application {
	t.Helper()
	return example(t, "01-FND.json", append([]func(*issuer.Application){func(a *issuer.Application) {
		a.ID, a.Candidate.ID = id, candidate
	}}, alter...)...)
}

func effective(day string) func(*issuer.Application) {
	return func(a *issuer.Application) {
		d := date(day)
		a.Effective = &d
	}
}

func date(s string) scheme.Date {
	d, err := scheme.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// grant issues what must be granted.
func (d *desk) grant(t testing.TB, a *issuer.Application) *issuer.Certificate {
	t.Helper()
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

// grantAll issues the examples of the files, in order, and returns their
// certificates by code.
func (d *desk) grantAll(t testing.TB, files ...string) map[string]*issuer.Certificate {
	t.Helper()
	certs := map[string]*issuer.Certificate{}
	for _, f := range files {
		cert := d.grant(t, example(t, f))
		certs[cert.Code] = cert
	}
	return certs
}

// What is needed for the auditor's competence certificate, the shortest way to
// one that expires, and for the executive consultant's, the longest.
var (
	auditor    = []string{"12-FND-without-training.json", "13-ASC.json", "14-IA.json"}
	consultant = []string{
		"01-FND.json", "02-PRO-MGT.json", "03-PRO-SUP.json", "04-PRO-CTL.json", "05-PRO-DEL.json", "06-PRO-ALN.json",
		"07-PRO-COMP.json", "08-CM.json", "09-CM-COMP.json",
	}
)

// stored returns the record of a certificate as it is now.
func (d *desk) stored(t testing.TB, number string) (cert *issuer.Certificate) {
	t.Helper()
	d.view(t, func(tx issuer.Tx) (err error) {
		cert, err = tx.Certificate(number)
		return err
	})
	return cert
}

func (d *desk) view(t testing.TB, fn func(issuer.Tx) error) {
	t.Helper()
	if err := d.Store.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) examine(t testing.TB, cert *issuer.Certificate, at time.Time) *verifier.Report {
	t.Helper()
	trust, err := d.Trust(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.Verifier{Issuers: trust, Statuses: trust, Policy: verifier.Policy{At: at}, Now: d.clock}
	return v.Examine(t.Context(), cert.Token)
}

// payload is what the token says.
func payload(t testing.TB, token string) *credential.Credential {
	t.Helper()
	signed, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		t.Fatal(err)
	}
	c, err := credential.Decode(signed.Claimed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rows counts the rows of every table.
func (d *desk) rows(t testing.TB) map[string]int {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+d.file())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	counts := map[string]int{}
	for _, table := range []string{"body", "candidates", "applications", "status_lists", "certificates", "status_changes", "publications", "acts"} {
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

// recordsNothing fails if act leaves a row behind anywhere, or none where there
// was one.
func (d *desk) recordsNothing(t testing.TB, act func()) {
	t.Helper()
	before := d.rows(t)
	act()
	if after := d.rows(t); !maps.Equal(before, after) {
		t.Errorf("something was recorded:\nbefore %v\nafter  %v", before, after)
	}
}

// log returns the audit log, which must hold.
func (d *desk) log(t testing.TB) (log []audit.Entry) {
	t.Helper()
	d.view(t, func(tx issuer.Tx) error {
		var last *audit.Entry
		return tx.EachAct(func(e audit.Entry) error {
			err := e.Follows(last)
			last, log = &e, append(log, e)
			return err
		})
	})
	return log
}

func mustSay(t testing.TB, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %v; it should say %q", err, w)
		}
	}
}
