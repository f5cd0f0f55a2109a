package render

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	goqr "github.com/skip2/go-qrcode"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
)

// A ratio is how much less one way takes than another: the time of the processor,
// both by turns in one run, on one processor.
type ratio struct {
	name        string
	slow, fast  func() int // give the bytes they made
	goal, bound float64    // what is aimed at, and what must hold on a busy machine
	size        float64    // the most bytes for one of the slow way; 0: not compared
}

// measured is what a ratio comes to.
type measured struct {
	slow, fast time.Duration
	size       float64
}

func (m measured) times() float64 { return float64(m.slow) / float64(m.fast) }

// spent is the time of the processor that this process has had, that of the
// collector included; what else the machine does is not in it.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure times both ways by turns and takes the medians.
func (r ratio) measure(rounds int) measured {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	a, b := r.slow(), r.fast()
	var slow, fast []time.Duration
	for range rounds {
		runtime.GC() // neither way pays for what the other left
		start := spent()
		r.slow()
		slow = append(slow, spent()-start)
		const many = 50
		runtime.GC()
		start = spent()
		for range many {
			r.fast()
		}
		fast = append(fast, (spent()-start)/many)
	}
	slices.Sort(slow)
	slices.Sort(fast)
	return measured{slow[rounds/2], fast[rounds/2], float64(b) / float64(a)}
}

// ratios are what the press is held to.
func ratios(t testing.TB) []ratio {
	p := press(t)
	sealed, err := New(House{Sealer: &stamp{room: 4000, seal: make([]byte, 2000)}})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, n := range shownNames(t) {
		names[n.script] = append(names[n.script], n.name)
	}
	// Every page is of another person, with another number and address: what is
	// kept of texts that were set before serves neither way twice. What is to be
	// prepared is prepared.
	pages := func(p *Press, q issuer.Paper, holders []string) (slow, fast func() int) {
		count := 0
		run := func(render func(context.Context, issuer.Paper) ([]byte, error)) func() int {
			return func() int {
				q := q
				count++
				q.Holder = holders[count%len(holders)]
				q.Number = fmt.Sprintf("OMI-2026-%06d", count)
				q.Link = fmt.Sprintf("https://verify.example.org/c/7Q2F-9KXM-31PD-%04d", count%10000)
				q.QR = strings.ToUpper(q.Link)
				pdf, err := render(context.Background(), q)
				if err != nil {
					t.Fatal(err)
				}
				return len(pdf)
			}
		}
		fast = run(p.Render)
		for range holders {
			fast()
		}
		return run(p.Reference), fast
	}
	var list []ratio
	page := func(name, script string, p *Press, q issuer.Paper, goal, bound, size float64) {
		var holders []string
		for _, n := range names[script] {
			if q.Holder = n; p.Check(q) == nil { // not too long for the design
				holders = append(holders, n)
			}
		}
		slow, fast := pages(p, q, holders)
		list = append(list, ratio{name: name, slow: slow, fast: fast, goal: goal, bound: bound, size: size})
	}
	for _, d := range certificate.Builtin().All() {
		q := paper()
		q.Style.Design = d.Name
		page("design "+d.Name, "Latin", p, q, 100, 40, 1.5)
	}
	classic := func(change func(*issuer.Paper)) issuer.Paper {
		q := paper()
		q.Style.Design = "classic"
		change(&q)
		return q
	}
	same := func(*issuer.Paper) {}
	page("sealed, apart from the signature", "Latin", sealed, classic(same), 0, 40, 0)
	for _, d := range certificate.Builtin().All() {
		if d.Offline {
			q := paper()
			q.Style.Design, q.Summary = d.Name, codeTexts(5)[4][:1500]
			page("with the second QR code, "+d.Name, "Latin", p, q, 0, 8, 1.5)
			break
		}
	}
	page("in German", "Latin", p, classic(func(q *issuer.Paper) { q.Style.Languages = []string{"de"} }), 0, 40, 1.5)
	page("in Arabic", "Arabic", p, classic(func(q *issuer.Paper) { q.Style.Languages = []string{"ar"} }), 2, 2, 1.5)
	for _, script := range []string{"Greek", "Cyrillic"} {
		page("names in "+script, script, p, classic(same), 2, 40, 1.5)
	}
	for _, script := range []string{"Arabic", "Hebrew", "Devanagari", "Thai", "Armenian", "Georgian", "Chinese simplified", "Japanese", "Korean"} {
		page("names in "+script+", outlines", script, p, classic(same), 2, 2, 1.5)
	}
	const link = "https://verify.example.org/c/7Q2F-9KXM-31PD-A8ZC-0123456789"
	list = append(list, ratio{name: "QR code of a link, go-qrcode's PNG", goal: 25, bound: 25,
		slow: func() int {
			png, err := goqr.Encode(link, goqr.Medium, 512)
			if err != nil {
				t.Fatal(err)
			}
			return len(png)
		},
		fast: func() int {
			if _, err := Encode(link, Medium); err != nil {
				t.Fatal(err)
			}
			return 0
		}})
	return list
}

// TestRatios holds the press to what it is for. With TESTAMUR_RATIOS set it takes
// its time and prints a table; without, it asks for no more than a busy machine
// can show.
func TestRatios(t *testing.T) {
	table := os.Getenv("TESTAMUR_RATIOS") != ""
	rounds := 5
	if table {
		rounds = 31
		fmt.Printf("%-42s %10s %10s %8s %6s %6s\n", "", "the other", "ours", "ratio", "goal", "bytes")
	}
	for _, r := range ratios(t) {
		m := r.measure(rounds)
		if table {
			goal := "-"
			if r.goal > 0 {
				goal = fmt.Sprint(r.goal)
			}
			fmt.Printf("%-42s %10v %10v %8.0f %6s %6.2f\n", r.name, m.slow.Round(10*time.Microsecond), m.fast.Round(100*time.Nanosecond), m.times(), goal, m.size)
		}
		if !raceDetector && m.times() < r.bound {
			t.Errorf("%s: %.1f times as fast, want %g", r.name, m.times(), r.bound)
		}
		if r.size > 0 && m.size > r.size {
			t.Errorf("%s: %.2f of the bytes, want at most %g", r.name, m.size, r.size)
		}
	}
}
