package issuer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

// series returns n applications for FND, of as many candidates.
func series(t testing.TB, n int) []*issuer.Application {
	t.Helper()
	first := []string{"Ada", "Ben", "Chloé", "Dörte", "Emre", "Frieda", "Göran", "Hanna", "Ines", "Jürgen", "Klára", "Łukasz", "Mia"}
	last := []string{"Specimen", "Muster", "Exemplaire", "Örnek", "Příklad", "Exempel", "Példa"}
	list := make([]*issuer.Application, n)
	for k := range list {
		list[k] = foundation(t, fmt.Sprintf("a%05d", k), fmt.Sprintf("c%05d", k), func(a *issuer.Application) {
			// Each a name of its own.
			a.Candidate.Name = first[k%len(first)] + " " + first[k/91%len(first)] + string('a'+rune(k/1183%26)) + " " + last[k%len(last)]
		})
	}
	return list
}

// outcomes is what handOut was told, by application: each once.
type outcomes struct {
	mu   sync.Mutex
	t    testing.TB
	all  map[*issuer.Application]issuer.Outcome
	list []issuer.Outcome // in the order in which it was told
}

func told(t testing.TB) *outcomes {
	return &outcomes{t: t, all: map[*issuer.Application]issuer.Outcome{}}
}

func (o *outcomes) take(one issuer.Outcome) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, twice := o.all[one.Application]; twice {
		o.t.Errorf("told twice of %s", one.Application.ID)
	}
	if (one.Err == nil) != (one.Certificate != nil && one.Certificate.Token != "") {
		o.t.Errorf("%s: %+v, %v", one.Application.ID, one.Certificate, one.Err)
	}
	o.all[one.Application] = one
	o.list = append(o.list, one)
	return nil
}

// batch issues all of a list, and returns what became of each, in the order of
// the list.
func (d *desk) batch(t testing.TB, list ...*issuer.Application) []issuer.Outcome {
	t.Helper()
	o := told(t)
	if err := d.IssueAll(t.Context(), clerk, slices.Values(list), issuer.Batch{}, o.take); err != nil {
		t.Fatal(err)
	}
	return o.of(list)
}

func (o *outcomes) of(list []*issuer.Application) []issuer.Outcome {
	o.t.Helper()
	if len(o.all) != len(list) {
		o.t.Fatalf("told of %d applications, want %d", len(o.all), len(list))
	}
	in := make([]issuer.Outcome, len(list))
	for n, a := range list {
		in[n] = o.all[a]
	}
	return in
}

// seeded lets the desk draw what another with the same seed draws.
func (d *desk) seeded(seed byte) { d.Random = mathrand.NewChaCha8([32]byte{seed}) }

// The records of a batch are those of the same applications issued one by one.
func TestBatchRecordsWhatIssuingOneByOneRecords(t *testing.T) {
	list := series(t, 300)
	one, many := newDesk(t, "Europe/Berlin", november), newDesk(t, "Europe/Berlin", november)
	many.Signer, many.Keys = one.Signer, one.Keys
	certs := map[string]*issuer.Certificate{}
	for _, d := range []*desk{one, many} { // the list is opened in the same moment
		d.seeded(1)
		d.grant(t, foundation(t, "first", "first"))
	}
	for _, a := range list {
		certs[a.ID] = one.grant(t, a)
	}
	o := told(t)
	// As one group follows the other, so do the draws.
	if err := many.IssueAll(t.Context(), clerk, slices.Values(list), issuer.Batch{Jobs: 1}, o.take); err != nil {
		t.Fatal(err)
	}
	for _, one := range o.of(list) {
		if one.Again || !reflect.DeepEqual(one.Certificate, certs[one.Application.ID]) {
			t.Fatalf("%s, in a batch: %s\nalone: %s", one.Application.ID, brief(one.Certificate), brief(certs[one.Application.ID]))
		}
	}
	type file struct {
		cert *issuer.Certificate
		app  *issuer.ApplicationRecord
		acts []audit.Entry
	}
	files := func(d *desk) (list map[string]*file) {
		list = map[string]*file{}
		acts := map[string][]audit.Entry{}
		for _, e := range d.log(t) {
			acts[e.Object] = append(acts[e.Object], audit.Entry{At: e.At, Actor: e.Actor, Act: e.Act, Detail: e.Detail})
		}
		d.view(t, func(tx issuer.Tx) error {
			for id := range certs {
				cert, err := tx.CertificateByApplication(id)
				if err != nil {
					return err
				}
				app, err := tx.Application(id)
				if err != nil {
					return err
				}
				list[id] = &file{cert, app, acts[cert.Number]}
			}
			return nil
		})
		return list
	}
	if a, b := files(one), files(many); !reflect.DeepEqual(a, b) {
		for id := range a {
			if !reflect.DeepEqual(a[id], b[id]) {
				t.Fatalf("on file, alone: %s\n%+v\nin a batch: %s\n%+v", brief(a[id].cert), a[id].acts, brief(b[id].cert), b[id].acts)
			}
		}
	}
	if a, b := one.rows(t), many.rows(t); !reflect.DeepEqual(a, b) {
		t.Errorf("rows, alone: %v\nin a batch: %v", a, b)
	}
	many.seeded(2) // the measure itself: another draw is another record
	if other := many.grant(t, foundation(t, "other", "other")); reflect.DeepEqual(other, certs[list[0].ID]) {
		t.Error("all records are alike")
	}
}

func brief(c *issuer.Certificate) string {
	if c == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s %s/%d %s %s %.40s", c.Number, c.Link, c.List, c.Index, c.ValidFrom, c.IssuedAt, c.Token)
}

func TestEveryCertificateOfABatchVerifies(t *testing.T) {
	d := newDesk(t, "", november)
	list := series(t, 500)
	certs := d.batch(t, list...)
	trust, err := d.Trust(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.Verifier{Issuers: trust, Statuses: trust, Now: d.clock}
	seen := map[string]bool{}
	for n, o := range certs {
		if o.Err != nil || o.Again {
			t.Fatalf("%s: %v, again %t", list[n].ID, o.Err, o.Again)
		}
		c, err := v.Verify(t.Context(), o.Certificate.Token)
		if err != nil || c.Holder() != list[n].Candidate.Name || c.Subject.LicenseNumber != o.Certificate.Number {
			t.Fatalf("%s: %v, holder %q", list[n].ID, err, c.Holder())
		}
		if on := d.stored(t, o.Certificate.Number); !reflect.DeepEqual(on, o.Certificate) {
			t.Fatalf("handed out %s\non file    %s", brief(o.Certificate), brief(on))
		}
		for _, once := range []string{o.Certificate.Number, o.Certificate.Link, c.Subject.ID, o.Certificate.List + fmt.Sprint("/", o.Certificate.Index)} {
			if seen[once] {
				t.Fatalf("%s is used twice", once)
			}
			seen[once] = true
		}
	}
	if rows := d.rows(t); rows["certificates"] != 500 || rows["applications"] != 500 || rows["acts"] != 2+2*500 {
		t.Errorf("on file: %v", rows)
	}
	d.log(t)
	d.recordsNothing(t, func() {
		for n, o := range d.batch(t, list...) {
			if o.Err != nil || !o.Again || !reflect.DeepEqual(o.Certificate, certs[n].Certificate) {
				t.Fatalf("issued again: %s, %v, again %t", brief(o.Certificate), o.Err, o.Again)
			}
		}
	})
}

func TestWhatIsRefusedKeepsBackNoOther(t *testing.T) {
	d := newDesk(t, "", november)
	held := d.grant(t, foundation(t, "before", "holder"))
	d.grant(t, foundation(t, "taken", "someone"))
	list := series(t, 40)
	wrong := map[*issuer.Application]func(error) bool{}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	add := func(a *issuer.Application, says func(error) bool) {
		wrong[a] = says
		list = slices.Insert(list, len(wrong)*5, a)
	}
	var not *issuer.NotEligibleError
	var text *issuer.TextError
	add(foundation(t, "b1", "d1", func(a *issuer.Application) { *a.Exams[0].Score = 1 }), func(err error) bool { return errors.As(err, &not) })
	add(foundation(t, "b2", "d2", func(a *issuer.Application) { a.Candidate.Name = "Ada \u202eSpecimen" }), func(err error) bool { return errors.As(err, &text) })
	add(foundation(t, "b3", "holder"), is(issuer.ErrAlreadyHeld))
	add(foundation(t, "taken", "d4"), is(issuer.ErrConflict))
	add(foundation(t, "b5", "holder", func(a *issuer.Application) { a.Candidate.Name = "Ben Specimen" }), is(issuer.ErrCandidate))
	add(foundation(t, "b6", "d6", func(a *issuer.Application) { a.Certificate = "NONE" }), is(issuer.ErrApplication))
	// Against others of the same batch.
	add(foundation(t, list[0].ID, "d7"), is(issuer.ErrConflict))
	add(foundation(t, "b8", list[1].Candidate.ID, func(a *issuer.Application) { a.Candidate.Name = list[1].Candidate.Name }), is(issuer.ErrAlreadyHeld))
	for n, o := range d.batch(t, list...) {
		says, bad := wrong[list[n]]
		switch {
		case !bad && o.Err != nil:
			t.Errorf("%s: %v", list[n].ID, o.Err)
		case bad && (o.Err == nil || !says(o.Err) || !issuer.Refused(o.Err) || !strings.Contains(o.Err.Error(), list[n].ID)):
			t.Errorf("%s: %v", list[n].ID, o.Err)
		}
	}
	if rows := d.rows(t); rows["certificates"] != 42 || rows["applications"] != 42 {
		t.Errorf("on file: %v", rows)
	}
	if on := d.stored(t, held.Number); !reflect.DeepEqual(on, held) {
		t.Error("another certificate has changed")
	}
	d.log(t)
	d.recordsNothing(t, func() { d.batch(t, slices.Collect(mapKeys(wrong))...) })
}

func mapKeys[K comparable, V any](m map[K]V) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// The longest way in the schemes, each step resting on those before, goes in one
// batch, among others.
func TestCertificateMayRestOnOneOfTheSameBatch(t *testing.T) {
	for _, jobs := range []int{1, 4} {
		d := newDesk(t, "", november)
		var steps []*issuer.Application
		for _, file := range append(slices.Clone(consultant), executive) {
			steps = append(steps, example(t, file))
		}
		list := series(t, 200)
		for n, a := range steps {
			list = slices.Insert(list, n*7, a)
		}
		list = append(list, example(t, consultant[0])) // once more, at the end
		o := told(t)
		if err := d.IssueAll(t.Context(), clerk, slices.Values(list), issuer.Batch{Jobs: jobs}, o.take); err != nil {
			t.Fatal(err)
		}
		for _, one := range o.of(list) {
			if one.Err != nil {
				t.Errorf("%s: %v", one.Application.ID, one.Err)
			}
		}
		if last := o.all[list[len(list)-1]]; !last.Again || last.Certificate.Number != o.all[steps[0]].Certificate.Number {
			t.Errorf("the same application once more gives %s", brief(last.Certificate))
		}
		for _, a := range steps {
			if c := o.all[a].Certificate; c != nil && c.Code == "CM-COMP" && len(payload(t, c.Token).Related) == 0 {
				t.Error("the competence certificate rests on nothing")
			}
		}

		// The other way round, they are told what is missing.
		d = newDesk(t, "", november)
		slices.Reverse(steps)
		o = told(t)
		if err := d.IssueAll(t.Context(), clerk, slices.Values(steps), issuer.Batch{Jobs: jobs}, o.take); err != nil {
			t.Fatal(err)
		}
		var not *issuer.NotEligibleError
		if first := o.all[steps[0]]; !errors.As(first.Err, &not) {
			t.Errorf("before what it rests on: %v", first.Err)
		}
		if last := o.all[steps[len(steps)-1]]; last.Err != nil {
			t.Errorf("that which rests on nothing: %v", last.Err)
		}
	}
}

// Whatever the order of ids and candidates, of two that have one in common the
// earlier goes first.
func TestOfOneCandidateTheEarlierGoesFirst(t *testing.T) {
	chance := mathrand.New(mathrand.NewPCG(5, 5))
	d := newDesk(t, "", november)
	var list []*issuer.Application
	for n := range 600 {
		// Few candidates: of each the first is granted, and all others refused.
		id := fmt.Sprint("a", n)
		if chance.IntN(10) == 0 && n > 0 {
			id = fmt.Sprint("a", chance.IntN(n)) // mostly of another
		}
		list = append(list, foundation(t, id, fmt.Sprint("c", chance.IntN(40))))
	}
	outcomes := d.batch(t, list...)
	alone := newDesk(t, "", november)
	for n, a := range list {
		cert, err := alone.Issue(t.Context(), clerk, a)
		if o := outcomes[n]; (o.Err == nil) != (err == nil) || err == nil && o.Certificate.Application != cert.Application ||
			errors.Is(err, issuer.ErrConflict) != errors.Is(o.Err, issuer.ErrConflict) || errors.Is(err, issuer.ErrAlreadyHeld) != errors.Is(o.Err, issuer.ErrAlreadyHeld) {
			t.Fatalf("%d, %s of %s: in the batch %v, alone %v", n, a.ID, a.Candidate.ID, o.Err, err)
		}
	}
}

// A batch takes no more from the sequence than it works on, even if all of it is
// of one candidate.
func TestBatchTakesNoMoreThanItWorksOn(t *testing.T) {
	for name, candidate := range map[string]func(n int) string{
		"candidates":    func(n int) string { return fmt.Sprint("c", n) },
		"one candidate": func(int) string { return "c" },
	} {
		d := newDesk(t, "", november)
		a := foundation(t, "", "")
		var mu sync.Mutex
		taken, done, most := 0, 0, 0
		all := func(yield func(*issuer.Application) bool) {
			for n := range 2500 {
				b := *a
				b.ID, b.Candidate.ID = fmt.Sprint("a", n), candidate(n)
				mu.Lock()
				taken++
				most = max(most, taken-done)
				mu.Unlock()
				if !yield(&b) {
					return
				}
			}
		}
		err := d.IssueAll(t.Context(), clerk, all, issuer.Batch{Jobs: 2}, func(issuer.Outcome) error {
			mu.Lock()
			done++
			mu.Unlock()
			return nil
		})
		if err != nil || done != 2500 {
			t.Errorf("%s: %d done, %v", name, done, err)
		}
		if most > 1800 {
			t.Errorf("%s: %d were taken and not told of", name, most)
		}
	}
}

// breaking is a transaction whose store breaks at the nth turn of something.
type breaking struct {
	issuer.Tx
	n   *int
	add error
	end error
}

func (b breaking) AddCertificate(c *issuer.Certificate) error {
	if b.add != nil {
		if *b.n--; *b.n < 0 {
			return b.add
		}
	}
	return b.Tx.AddCertificate(c)
}

func (b breaking) CompleteCertificate(link, token, summary string, at time.Time) (bool, error) {
	if b.end != nil {
		if *b.n--; *b.n < 0 {
			return false, b.end
		}
	}
	return b.Tx.CompleteCertificate(link, token, summary, at)
}

func TestFaultOfTheRecordsEndsABatchThatIsTakenUpAgain(t *testing.T) {
	errDisk := errors.New("disk full")
	for name, b := range map[string]breaking{"reserving": {add: errDisk}, "completing": {end: errDisk}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, "", november)
			good, list := d.Store, series(t, 800)
			turn := 300
			b.n = &turn
			d.Store = altered{Store: good, tx: func(tx issuer.Tx) issuer.Tx { b := b; b.Tx = tx; return b }}
			o := told(t)
			err := d.IssueAll(t.Context(), clerk, slices.Values(list), issuer.Batch{Jobs: 1}, o.take)
			if !errors.Is(err, errDisk) {
				t.Fatalf("%v, want the error of the disk", err)
			}
			failed := 0
			for _, one := range o.list {
				if one.Err != nil {
					failed++
					if !errors.Is(one.Err, errDisk) || issuer.Refused(one.Err) {
						t.Errorf("%s: %v", one.Application.ID, one.Err)
					}
				} else if on := d.stored(t, one.Certificate.Number); on.Token != one.Certificate.Token {
					t.Errorf("%s was handed out and is not on file", one.Certificate.Number)
				}
			}
			if failed == 0 || len(o.list) == failed || len(o.list) == len(list) {
				t.Errorf("told of %d, of which %d failed", len(o.list), failed)
			}
			reserved := 0
			d.view(t, func(tx issuer.Tx) error {
				left, err := tx.Reserved()
				reserved = len(left)
				return err
			})
			if (reserved > 0) != (name == "completing") {
				t.Errorf("%d are left reserved", reserved)
			}
			if rows := d.rows(t); rows["certificates"] != len(o.list)-failed+reserved || rows["applications"] != rows["certificates"] || rows["candidates"] != rows["certificates"] {
				t.Errorf("on file: %v", rows)
			}
			d.log(t)
			d.Store = good
			before := o
			again := 0
			for n, one := range d.batch(t, list...) {
				if one.Err != nil {
					t.Fatalf("%s: %v", list[n].ID, one.Err)
				}
				if one.Again {
					again++
				}
				if first, ok := before.all[list[n]]; ok && first.Err == nil && !reflect.DeepEqual(first.Certificate, one.Certificate) {
					t.Fatalf("handed out %s, then %s", brief(first.Certificate), brief(one.Certificate))
				}
			}
			if again != len(o.list)-failed+reserved {
				t.Errorf("%d had been begun, want %d", again, len(o.list)-failed+reserved)
			}
			if rows := d.rows(t); rows["certificates"] != len(list) {
				t.Errorf("on file: %v", rows)
			}
			d.log(t)
		})
	}
}

// refusing is a transaction whose store refuses one application after some of it
// has been written.
type refusing struct {
	issuer.Tx
	application string
}

func (r refusing) AddCertificate(c *issuer.Certificate) error {
	if c.Application == r.application {
		return fmt.Errorf("%w: as the database says", issuer.ErrAlreadyHeld)
	}
	return r.Tx.AddCertificate(c)
}

func TestWhatTheRecordsRefuseLeavesNothingAndKeepsBackNoOther(t *testing.T) {
	d := newDesk(t, "", november)
	good, list := d.Store, series(t, 50)
	d.Store = altered{Store: good, tx: func(tx issuer.Tx) issuer.Tx { return refusing{tx, list[20].ID} }}
	for n, o := range d.batch(t, list...) {
		if (n == 20) != errors.Is(o.Err, issuer.ErrAlreadyHeld) || n != 20 && o.Err != nil {
			t.Errorf("%d: %v", n, o.Err)
		}
	}
	if rows := d.rows(t); rows["certificates"] != 49 || rows["applications"] != 49 || rows["candidates"] != 49 {
		t.Errorf("on file: %v", rows)
	}
	d.log(t)
}

func TestSignerOutOfOrderEndsABatch(t *testing.T) {
	d := newDesk(t, "", november)
	good, list := d.Signer, series(t, 2000)
	d.Signer = signing(broken)
	o := told(t)
	if err := d.IssueAll(t.Context(), clerk, slices.Values(list), issuer.Batch{Jobs: 2}, o.take); !errors.Is(err, errSigner) {
		t.Fatalf("%v, want the signer's error", err)
	}
	if len(o.list) > 1000 {
		t.Errorf("went on through %d applications", len(o.list))
	}
	// One that cannot be signed keeps back no other.
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if p == keys.ForCredential && strings.Contains(string(payload), list[1900].Candidate.Name) {
			return "", errSigner
		}
		return good.Sign(ctx, p, typ, payload)
	})
	for n, one := range d.batch(t, list...) {
		if (n == 1900) != errors.Is(one.Err, errSigner) || n != 1900 && one.Err != nil {
			t.Fatalf("%d: %v", n, one.Err)
		}
	}
	d.Signer = good
	if n, err := d.Resume(t.Context()); n != 1 || err != nil {
		t.Errorf("resume: %d, %v; want 1", n, err)
	}
	d.log(t)
}

func TestBatchEndsWithItsContextAndWithWhoeverIsHanded(t *testing.T) {
	errFull := errors.New("no room for papers")
	for name, end := range map[string]func(cancel func()) error{
		"context":  func(cancel func()) error { cancel(); return nil },
		"hand out": func(func()) error { return errFull },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, "", november)
			list := series(t, 1000)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := told(t)
			var mu sync.Mutex
			taken := 0
			err := d.IssueAll(ctx, clerk, slices.Values(list), issuer.Batch{Jobs: 2}, func(one issuer.Outcome) error {
				if err := o.take(one); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				if taken++; taken > 200 {
					return end(cancel)
				}
				return nil
			})
			if !errors.Is(err, context.Canceled) && !errors.Is(err, errFull) || len(o.all) == len(list) {
				t.Fatalf("%v, after %d of %d", err, len(o.all), len(list))
			}
			for _, one := range o.list {
				if one.Err == nil && d.stored(t, one.Certificate.Number).Token != one.Certificate.Token {
					t.Fatalf("%s was handed out and is not on file", one.Certificate.Number)
				}
			}
			for n, one := range d.batch(t, list...) {
				if one.Err != nil {
					t.Fatalf("%d: %v", n, one.Err)
				}
			}
			if rows := d.rows(t); rows["certificates"] != len(list) {
				t.Errorf("on file: %v", rows)
			}
			d.log(t)
		})
	}
}

// Two processes issue batches of which half is the same.
func TestOverlappingBatchesIssueNothingTwice(t *testing.T) {
	d := newDesk(t, "", november)
	db, err := store.Open(t.Context(), d.file())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other := &desk{Issuer: new(issuer.Issuer), now: d.now, dir: d.dir}
	*other.Issuer = *d.Issuer
	other.Store = db
	list := series(t, 1200)
	var wg sync.WaitGroup
	told := []*outcomes{told(t), told(t)}
	for n, b := range []*desk{d, other} {
		wg.Go(func() {
			if err := b.IssueAll(t.Context(), clerk, slices.Values(list[n*400:n*400+800]), issuer.Batch{Jobs: 2}, told[n].take); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range list[400:800] {
		if one, two := told[0].all[a], told[1].all[a]; one.Err != nil || two.Err != nil || !reflect.DeepEqual(one.Certificate, two.Certificate) {
			t.Fatalf("%s: %s, %v\nand %s, %v", a.ID, brief(one.Certificate), one.Err, brief(two.Certificate), two.Err)
		}
	}
	if rows := d.rows(t); rows["certificates"] != len(list) || rows["applications"] != len(list) || rows["acts"] != 2+2*len(list) {
		t.Errorf("on file: %v", rows)
	}
	d.log(t)
}

// A certificate on which one of the batch rests is withdrawn between the decision
// and the record of it, and an application is granted by somebody else.
func TestBatchIsWeighedInTheMomentOfIssuing(t *testing.T) {
	d := newDesk(t, "", november)
	held := d.grantAll(t, auditor...)
	list := append(series(t, 20), example(t, "15-IA-COMP.json"))
	good, once := d.Store, sync.Once{}
	var first *issuer.Certificate
	d.Store = altered{Store: good, before: func() {
		once.Do(func() {
			other := *d.Issuer
			other.Store = good
			if _, err := other.Revoke(t.Context(), clerk, issuer.Change{Number: held["IA"].Number, Reason: "fraud"}); err != nil {
				t.Error(err)
			}
			var err error
			if first, err = other.Issue(t.Context(), clerk, list[3]); err != nil {
				t.Error(err)
			}
		})
	}}
	for n, o := range d.batch(t, list...) {
		var not *issuer.NotEligibleError
		switch {
		case n == 20 && !errors.As(o.Err, &not):
			t.Errorf("it rests on what is withdrawn: %v", o.Err)
		case n == 3 && (!o.Again || !reflect.DeepEqual(o.Certificate, first)):
			t.Errorf("granted by another, %s: %s, %v", brief(first), brief(o.Certificate), o.Err)
		case n < 20 && o.Err != nil:
			t.Errorf("%d: %v", n, o.Err)
		}
	}
	d.log(t)
}

// Two in one transaction draw the same, and half of the list is taken.
func TestWhatIsTakenInABatchIsDrawnAnew(t *testing.T) {
	d := newDesk(t, "", november)
	d.grant(t, foundation(t, "first", "first"))
	d.Random = &repeating{[]byte{7, 1, 200, 3, 90}, 2 * (1 + 3)}
	list := series(t, 10)
	used := map[string]bool{}
	for _, o := range d.batch(t, list...) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		c := o.Certificate
		for _, once := range []string{c.Number, c.Link, fmt.Sprint(c.List, "/", c.Index)} {
			if used[once] {
				t.Errorf("%s is used twice", once)
			}
			used[once] = true
		}
		if r := d.examine(t, c, time.Time{}); r.Verdict != verifier.Valid {
			t.Errorf("%s: %s", c.Number, r.Summary())
		}
	}

	good := d.Store
	d.Store = altered{Store: good, tx: func(tx issuer.Tx) issuer.Tx { return crowded{tx, 70_000} }}
	d.Random = &repeating{[]byte{8, 2, 201, 4, 91}, 2 * (1 + 3)}
	for n, o := range d.batch(t, foundation(t, "x", "x"), foundation(t, "y", "y"), foundation(t, "z", "z")) {
		if o.Err != nil || o.Certificate.List != []string{"1", "2", "2"}[n] {
			t.Errorf("%d goes into list %s, %v", n, o.Certificate.List, o.Err)
		}
		d.Store = good
		if r := d.examine(t, o.Certificate, time.Time{}); r.Verdict != verifier.Valid {
			t.Errorf("in list %s: %s", o.Certificate.List, r.Summary())
		}
	}
	d.log(t)
}

func TestNobodyIssuesABatchWithoutAName(t *testing.T) {
	d := newDesk(t, "", november)
	d.recordsNothing(t, func() {
		if err := d.IssueAll(t.Context(), issuer.Actor{}, slices.Values(series(t, 5)), issuer.Batch{}, func(issuer.Outcome) error { return nil }); err == nil {
			t.Error("issued")
		}
	})
	if err := d.IssueAll(t.Context(), clerk, slices.Values([]*issuer.Application{}), issuer.Batch{}, nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}

func BenchmarkIssueAll(b *testing.B) {
	const size = 2048
	for _, procs := range []int{1, 2} {
		b.Run(fmt.Sprint(procs), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			list := series(b, size)
			n := 0
			for b.Loop() {
				b.StopTimer()
				d := newDesk(b, "", november)
				runtime.GC()
				b.StartTimer()
				d.batch(b, list...)
				n += size
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/cert")
		})
	}
}
