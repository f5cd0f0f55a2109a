//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/seal"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
)

// A way is one way to issue n certificates: decided or not, but signed, recorded
// durably and printed. It makes what there must be before the first, and returns what
// is then to be measured: that returns the bytes of all papers.
type way func(t testing.TB, dir string, n int) (issue func() int64)

var benchBody = issuer.Body{Name: "Specimen Certification Body", URL: "https://certs.example.org", Prefix: "SCB", Zone: "Europe/Berlin"}

// The names of the series: three of four are written with letters that the papers
// are prepared for, beyond ASCII for the most part.
var (
	givenNames  = []string{"Ada", "Ben", "Chloé", "Dörte", "Emre", "Frieda", "Göran", "Hanna", "Inês", "Jürgen", "Klára", "Łukasz", "Mia"}
	familyNames = []string{"Specimen", "Muster", "Exemplaire", "Örnek", "Příklad", "Exempel", "Példa"}
)

func nameOf(n int) string {
	return givenNames[n%len(givenNames)] + " " + givenNames[n/91%len(givenNames)] + string('a'+rune(n/1183%26)) + " " + familyNames[n%len(familyNames)]
}

// benchDesk establishes a body of its own in the folder.
func benchDesk(t testing.TB, dir string, press issuer.Press) (*issuer.Issuer, *store.DB) {
	t.Helper()
	var list []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(benchBody.URL, p, keys.ES256, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), filepath.Join(dir, "testamur.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := issuer.Establish(context.Background(), db, benchBody, benchClerk, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	schemes, err := scheme.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &issuer.Issuer{Body: benchBody, Schemes: schemes, Store: db, Signer: ring, Keys: ring.Set(), Press: press, Now: time.Now, Random: rand.Reader}, db
}

var papers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

var benchClerk = issuer.Actor{Name: "clerk (specimen)"}

// byTestamur issues with the records, the keys and the press of this house, as
// testamur issue does: decide, record, sign, read back, record, print.
func byTestamur(press *render.Press) way {
	return func(t testing.TB, dir string, n int) func() int64 {
		ctx := context.Background()
		desk, db := benchDesk(t, dir, press)
		text := scheme.Examples()[0].JSON
		series := func(yield func(*issuer.Application) bool) {
			for k := range n {
				a, err := issuer.ParseApplication(text)
				if err != nil {
					panic(err)
				}
				a.ID, a.Candidate.ID, a.Candidate.Name = fmt.Sprint("a", k), fmt.Sprint("c", k), nameOf(k)
				if !yield(a) {
					return
				}
			}
		}
		return func() int64 {
			defer collectSeldom()()
			defer db.Close()
			var size, done atomic.Int64
			err := desk.IssueAll(ctx, benchClerk, series, issuer.Batch{}, func(o issuer.Outcome) error {
				if o.Err != nil {
					return o.Err
				}
				p, err := o.Paper()
				if err != nil {
					return err
				}
				// As into a file: what is written is copied once more.
				paper := papers.Get().(*bytes.Buffer)
				defer papers.Put(paper)
				paper.Reset()
				if err := press.Print(ctx, paper, p); err != nil {
					return err
				}
				size.Add(int64(paper.Len()))
				done.Add(1)
				return nil
			})
			if err != nil || done.Load() != int64(n) {
				t.Fatalf("%d of %d, %v", done.Load(), n, err)
			}
			return size.Load()
		}
	}
}

// naively issues as one would begin: for each certificate the key is read, a
// signer made, the same page drawn by gofpdf from its first font on, with the
// pictures as staff have them and the QR code as a picture, and one row written in a
// transaction of its own. Nothing is decided, logged or read back, and no index is
// drawn: what it leaves out counts against the other way.
func naively(press *render.Press, plain render.Plainly) way {
	return func(t testing.TB, dir string, n int) func() int64 {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "naive.db")+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(runtime.GOMAXPROCS(0))
		if _, err := db.Exec("CREATE TABLE certificates (number TEXT PRIMARY KEY, holder TEXT NOT NULL, token TEXT NOT NULL)"); err != nil {
			t.Fatal(err)
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "key.der")
		if err := os.WriteFile(file, der, 0o600); err != nil {
			t.Fatal(err)
		}
		desk, records := benchDesk(t, dir, press)
		defer records.Close()
		a, err := issuer.ParseApplication(scheme.Examples()[0].JSON)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := desk.Issue(context.Background(), benchClerk, a)
		if err != nil {
			t.Fatal(err)
		}
		like, err := credential.Decode(cert.Payload)
		if err != nil {
			t.Fatal(err)
		}
		one := func(k int) (int, error) {
			der, err := os.ReadFile(file)
			if err != nil {
				return 0, err
			}
			key, err := x509.ParsePKCS8PrivateKey(der)
			if err != nil {
				return 0, err
			}
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType(keys.TypeVC).WithHeader("kid", benchBody.URL+"/keys/1"))
			if err != nil {
				return 0, err
			}
			c := *like
			c.Subject.Identifier = slices.Clone(c.Subject.Identifier)
			c.Subject.Identifier[0].IdentityHash = nameOf(k)
			c.Subject.LicenseNumber = fmt.Sprintf("SCB-%05d-%05d", k%100_000, k)
			c.ID = benchBody.URL + "/certificates/" + strings.Repeat("0", 20) + fmt.Sprintf("%06d", k)
			payload, err := c.Encode()
			if err != nil {
				return 0, err
			}
			jws, err := signer.Sign(payload)
			if err != nil {
				return 0, err
			}
			token, err := jws.CompactSerialize()
			if err != nil {
				return 0, err
			}
			tx, err := db.Begin()
			if err != nil {
				return 0, err
			}
			defer tx.Rollback()
			if _, err := tx.Exec("INSERT INTO certificates VALUES ($1, $2, $3)", c.Subject.LicenseNumber, nameOf(k), token); err != nil {
				return 0, err
			}
			if err := tx.Commit(); err != nil {
				return 0, err
			}
			paper := issuer.PaperOf(&c, token)
			paper.SchemeID = cert.Scheme // by which a design is chosen
			pdf, err := press.ReferenceWith(context.Background(), paper, plain)
			return len(pdf), err
		}
		return func() int64 {
			defer db.Close()
			var crew sync.WaitGroup
			var next, size atomic.Int64
			for range runtime.GOMAXPROCS(0) {
				crew.Go(func() {
					for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
						bytes, err := one(k)
						if err != nil {
							t.Error(err)
							return
						}
						size.Add(int64(bytes))
					}
				})
			}
			crew.Wait()
			return size.Load()
		}
	}
}

// cost is what one certificate has taken.
type cost struct{ wall, processor time.Duration }

func (c cost) String() string {
	return fmt.Sprintf("%.0f µs processor, %.0f µs wall, %.0f/s", float64(c.processor.Nanoseconds())/1e3, float64(c.wall.Nanoseconds())/1e3, float64(time.Second)/float64(c.wall))
}

// measure issues n certificates in a folder of its own.
func (w way) measure(t testing.TB, n int) cost {
	t.Helper()
	dir, err := os.MkdirTemp("", "testamur-bench-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	issue := w(t, dir, n)
	runtime.GC()
	began, used := time.Now(), processorTime(t)
	size := issue()
	c := cost{time.Since(began) / time.Duration(n), (processorTime(t) - used) / time.Duration(n)}
	if size < int64(n)*10_000 {
		t.Fatalf("%d papers have %d bytes: they are none", n, size)
	}
	return c
}

func processorTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A look is what papers are printed in, on both sides.
type look struct {
	name  string
	house render.House
	plain render.Plainly // how the naive way prints it
}

// bodysLook is a design of a body's own: the built-in design classic with the body's
// logo and a signature, which staff have uploaded as PNGs with an alpha channel, of 12
// pixels for each millimetre on paper. The naive way puts in what was uploaded.
func bodysLook(t testing.TB, sealed bool) look {
	t.Helper()
	design, err := os.ReadFile("../../templates/certificate/classic/design.json")
	if err != nil {
		t.Fatal(err)
	}
	const images = `"images": [
  {"role": "logo", "file": "logo.png", "box": {"right": 27, "width": 27, "top": 27, "height": 27}},
  {"role": "signature", "file": "signature.png", "box": {"left": 27, "width": 45, "bottom": 38, "height": 12}}
 ],
 "rules":`
	own := bytes.Replace(design, []byte(`"rules":`), []byte(images), 1)
	pictures := map[string][]byte{"logo.png": logo(t, 27*12), "signature.png": signature(t, 45*12, 12*12)}
	folder := fstest.MapFS{"house/design.json": {Data: own}}
	for name, p := range pictures {
		folder["house/"+name] = &fstest.MapFile{Data: p}
	}
	designs, err := certificate.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	l := look{name: "a design with logo and signature", plain: render.Plainly{Pictures: pictures, Pixels: 512},
		house: render.House{Designs: designs, Choice: func(string) certificate.Style { return certificate.Style{Design: "house"} }}}
	if sealed {
		l.name += ", sealed"
		l.house.Sealer = benchSealer(t)
	}
	return l
}

// plainLook is the built-in design of the scheme, which has no pictures.
func plainLook() look {
	return look{name: "the built-in design", plain: render.Plainly{Pixels: 512}}
}

// benchSealer seals with a self-issued certificate.
func benchSealer(t testing.TB) render.Sealer {
	t.Helper()
	k, err := keys.Generate(benchBody.URL, keys.ForSeal, keys.ES256, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := k.Sealer()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := seal.SelfIssued(benchBody.Name, benchBody.URL, signer, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(signer, []*x509.Certificate{cert}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ink is a picture with an alpha channel, of which shade says how much of the colour
// stands where; half a pixel beside an edge it fades, as drawing programs have it.
func ink(t testing.TB, wide, high int, shade func(x, y float64) (color.NRGBA, float64)) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, wide, high))
	for y := range high {
		for x := range wide {
			c, part := shade(float64(x)+0.5, float64(y)+0.5)
			c.A = uint8(255 * min(max(part, 0), 1))
			m.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// logo is a ring with a star of eight points in it.
func logo(t testing.TB, side int) []byte {
	r := float64(side) / 2
	return ink(t, side, side, func(x, y float64) (color.NRGBA, float64) {
		dx, dy := x-r, y-r
		from, angle := math.Hypot(dx, dy), math.Atan2(dy, dx)
		c := color.NRGBA{R: uint8(20 + 60*y/float64(side)), G: 54, B: uint8(93 + 90*x/float64(side))}
		if from > 0.75*r {
			return c, min(r-1-from, from-0.85*r) + 0.5
		}
		return c, r*(0.35+0.25*math.Cos(8*angle)) - from + 0.5
	})
}

// signature is a wave that a pen has drawn.
func signature(t testing.TB, wide, high int) []byte {
	h := float64(high)
	return ink(t, wide, high, func(x, y float64) (color.NRGBA, float64) {
		at := x / float64(wide)
		line := h * (0.5 + 0.4*math.Sin(34*at)*math.Cos(9*at+1)*(1-at))
		return color.NRGBA{R: 24, G: 30, B: 96}, 3 + 2*math.Sin(21*at) - math.Abs(y-line)/(1+6*(1-at))
	})
}

// compared is both ways on one and on two processors, in the median of some rounds
// by turns.
type compared struct{ naive, ours [3]cost } // by number of processors

func compare(t testing.TB, l look, processors, rounds, sample, n int) (c compared) {
	t.Helper()
	press, err := render.New(l.house)
	if err != nil {
		t.Fatal(err)
	}
	unsealed := l.house
	unsealed.Sealer = nil
	other, err := render.New(unsealed)
	if err != nil {
		t.Fatal(err)
	}
	naive, ours := naively(other, l.plain), byTestamur(press)
	ours.measure(t, 20) // prepares the press
	var all [2][3][]cost
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for range rounds {
		for procs := 1; procs <= processors; procs++ {
			runtime.GOMAXPROCS(procs)
			all[0][procs] = append(all[0][procs], naive.measure(t, sample*procs))
			all[1][procs] = append(all[1][procs], ours.measure(t, n))
		}
	}
	for procs := 1; procs <= processors; procs++ {
		c.naive[procs], c.ours[procs] = median(all[0][procs]), median(all[1][procs])
	}
	return c
}

// median takes that of the times of each kind.
func median(list []cost) cost {
	var m cost
	for _, of := range []struct {
		to   *time.Duration
		from func(cost) time.Duration
	}{{&m.wall, func(c cost) time.Duration { return c.wall }}, {&m.processor, func(c cost) time.Duration { return c.processor }}} {
		var times []time.Duration
		for _, c := range list {
			times = append(times, of.from(c))
		}
		slices.Sort(times)
		*of.to = times[len(times)/2]
	}
	return m
}

func over(a, b time.Duration) float64 { return float64(a) / float64(b) }

// BenchmarkBatch issues 10,000 certificates, records them durably and prints them,
// beside the naive way in the same run, by turns.
func BenchmarkBatch(b *testing.B) {
	for b.Loop() {
		b.Logf("a batch of 10,000, issued, recorded durably and printed; a certificate takes, in the median of 3 rounds by turns:")
		for _, l := range []look{bodysLook(b, false), bodysLook(b, true), plainLook()} {
			processors := 1
			if l.house.Sealer == nil && l.house.Designs != nil {
				processors = 2
			}
			c := compare(b, l, processors, 3, 40, 10_000)
			for procs := 1; procs <= processors; procs++ {
				b.Logf("%s, %d processor(s): naively %s; so %s: %.0f times as many for the same processor time, %.0f times in the same time", l.name, procs, c.naive[procs], c.ours[procs],
					over(c.naive[procs].processor, c.ours[procs].processor), over(c.naive[procs].wall, c.ours[procs].wall))
			}
			if processors == 2 {
				b.Logf("two processors do %.2f times as many as one", over(c.ours[1].wall, c.ours[2].wall))
				b.ReportMetric(over(c.naive[1].processor, c.ours[1].processor), "×naive")
				b.ReportMetric(over(c.ours[1].wall, c.ours[2].wall), "×two/one")
				b.ReportMetric(float64(time.Second)/float64(c.ours[1].processor), "certs/core-s")
			}
		}
	}
}

// A loose bound, for whatever else runs beside it.
func TestABatchIsFarQuickerThanOneByOne(t *testing.T) {
	c := compare(t, bodysLook(t, false), 1, 1, 4, 300)
	ratio := over(c.naive[1].processor, c.ours[1].processor)
	t.Logf("%.0f times\nnaively %s\nso      %s", ratio, c.naive[1], c.ours[1])
	if ratio < 10 {
		t.Errorf("a certificate of a batch takes a %.1fth of one issued naively: %s, %s", ratio, c.ours[1], c.naive[1])
	}
}
