package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

func freshPress(t testing.TB, h House) *Press {
	t.Helper()
	p, err := New(h)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func checked(t testing.TB, p *Press, q issuer.Paper) {
	t.Helper()
	q.Token = "" // nothing is signed yet
	if err := p.Check(q); err != nil {
		t.Fatal(err)
	}
}

// What was set when the paper was checked makes the same document as what is set
// anew, is used once, and for that paper alone.
func TestPaperThatWasCheckedIsPrintedAsAnyOther(t *testing.T) {
	p, fresh := freshPress(t, House{}), freshPress(t, House{})
	for _, d := range certificate.Builtin().All() {
		q := paper()
		q.Style.Design = d.Name
		checked(t, p, q)
		q.Created = q.Created.In(time.FixedZone("", 3600)) // as it comes back from the records
		if p.checked.Len() != 1 {
			t.Fatalf("%s: %d pages are kept", d.Name, p.checked.Len())
		}
		if !bytes.Equal(render(t, p, q), render(t, fresh, q)) {
			t.Errorf("%s: what was checked is printed otherwise", d.Name)
		}
		if p.checked.Len() != 0 {
			t.Errorf("%s: its page is kept after it was printed", d.Name)
		}
	}
}

func TestPageThatWasCheckedServesNoOtherPaper(t *testing.T) {
	p, fresh := freshPress(t, House{}), freshPress(t, House{})
	original := paper()
	original.Style.Design = "modern" // which has a place for the summary
	alike := 0
	for n := range reflect.TypeFor[issuer.Paper]().NumField() {
		name := reflect.TypeFor[issuer.Paper]().Field(n).Name
		q := original
		switch f := reflect.ValueOf(&q).Elem().Field(n).Addr().Interface().(type) {
		case *string:
			switch name {
			case "Link": // by which it is found
				continue
			case "QR":
				*f = "HTTPS://OTHER.EXAMPLE.ORG/C/0"
			case "Summary":
				*f = codeTexts(5)[4][:1500]
			case "SchemeID":
				*f = "iso20000"
			case "Token":
				*f = "b.c.d"
			default:
				*f = "Other"
			}
		case *scheme.Date:
			*f = f.AddDays(-1)
		case **scheme.Date:
			later := scheme.Date{Year: 2031, Month: 1, Day: 2}
			if *f != nil {
				later = (**f).AddDays(1)
			}
			*f = &later
		case *bool:
			*f = !*f
		case *time.Time:
			*f = f.Add(-time.Hour)
		case *certificate.Style:
			f.Design = "portrait"
		default:
			t.Fatalf("member %s of a paper is of a type that is new here", name)
		}
		checked(t, p, original)
		right := render(t, fresh, q)
		if !bytes.Equal(render(t, p, q), right) {
			t.Errorf("%s is another than was checked, and not what is printed", name)
		}
		// A press that looks at nothing but the address is found out.
		checked(t, p, original)
		kept, _ := p.checked.Get(q.Link)
		lax := *kept
		lax.paper = q
		part, err := p.prepared(lax.page)
		if err != nil {
			t.Fatal(err)
		}
		if wrong, err := whole(part, &lax); err != nil || bytes.Equal(wrong, right) {
			alike++
		}
	}
	if alike > 3 { // the credential, the date of the document, the id of a scheme of the same design
		t.Errorf("of %d members the page does not depend: the test would not see whether it is looked at them", alike)
	}
}

func TestHouseThatChoosesAnewIsHeard(t *testing.T) {
	design := "classic"
	choice := func(string) certificate.Style { return certificate.Style{Design: design} }
	p, q := freshPress(t, House{Choice: choice}), paper()
	checked(t, p, q)
	design = "portrait"
	q.Style = certificate.Style{}
	want := q
	want.Style.Design = design
	if !bytes.Equal(render(t, p, q), render(t, freshPress(t, House{}), want)) {
		t.Error("what was checked before the house chose another design is printed as it was then")
	}
}

// A body decides on more papers than it prints.
func TestPagesThatAreNeverPrintedAreForgotten(t *testing.T) {
	p, q := freshPress(t, House{}), paper()
	for n := range mostChecked + 10 {
		q.Link = fmt.Sprintf("https://certs.example.org/c/%d", n)
		checked(t, p, q)
	}
	if n := p.checked.Len(); n != mostChecked {
		t.Errorf("%d pages are kept, want %d", n, mostChecked)
	}
}

func TestManyCheckAndPrintAtOnce(t *testing.T) {
	p, fresh := freshPress(t, House{}), freshPress(t, House{})
	want := map[string][]byte{}
	for n := range 6 {
		q := paper()
		q.Holder = fmt.Sprintf("Ada Specimen %c", 'A'+n)
		want[q.Holder] = render(t, fresh, q)
	}
	var all sync.WaitGroup
	for holder, right := range want { // all of one address
		for range 3 {
			all.Go(func() {
				for range 5 {
					q := paper()
					q.Holder = holder
					bare := q
					bare.Token = ""
					if err := p.Check(bare); err != nil {
						t.Error(err)
					}
					if pdf, err := p.Render(context.Background(), q); err != nil || !bytes.Equal(pdf, right) {
						t.Errorf("%s: another's document, %v", holder, err)
					}
				}
			})
		}
	}
	all.Wait()
}

type writer func([]byte) (int, error)

func (w writer) Write(data []byte) (int, error) { return w(data) }

func TestPrintWritesWhatRenderReturns(t *testing.T) {
	p, q := press(t), paper()
	var b bytes.Buffer
	if err := p.Print(context.Background(), &b, q); err != nil || !bytes.Equal(b.Bytes(), render(t, p, q)) {
		t.Errorf("%d bytes were written, %v", b.Len(), err)
	}
	full := errors.New("no space is left")
	for fails := range 2 {
		n := 0
		err := p.Print(context.Background(), writer(func(data []byte) (int, error) {
			if n++; n > fails {
				return 0, full
			}
			return len(data), nil
		}), q)
		if !errors.Is(err, full) {
			t.Errorf("write %d fails: %v", fails+1, err)
		}
	}
	written := false
	q.Token = "not a token"
	if err := p.Print(context.Background(), writer(func(data []byte) (int, error) { written = true; return len(data), nil }), q); err == nil || written {
		t.Errorf("without a credential: written %v, %v", written, err)
	}
}
