package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

func example(t testing.TB, file string) []byte {
	t.Helper()
	for _, ex := range scheme.Examples() {
		if ex.File == file {
			return ex.JSON
		}
	}
	t.Fatalf("no example %s", file)
	return nil
}

// drawn are the forms of a certificate that show what it says.
var drawn = []string{".pdf", ".png", ".svg"}

// A record that holds something else than what was signed for it is not printed,
// whatever it holds; its page says what is wrong.
func TestWhatIsNotOursIsNotPrinted(t *testing.T) {
	for name, token := range map[string]func(d *desk, c *issuer.Certificate) string{
		"signature broken": func(_ *desk, c *issuer.Certificate) string { return c.Token[:len(c.Token)-8] + "AAAAAAAA" },
		"not a token":      func(*desk, *issuer.Certificate) string { return "<b>x</b>" },
		"another's":        func(d *desk, _ *issuer.Certificate) string { return d.issue(t, "18-CITSOP.json").Token },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			cert := d.issue(t, "01-FND.json")
			for _, form := range drawn {
				if got := d.get(t, "/certificates/"+cert.Link+form); got.status != http.StatusOK {
					t.Fatalf("%s: ours is not printed: %d", form, got.status)
				}
			}
			text := token(d, cert)
			d.forge(func(*issuer.Certificate) string { return text })
			for _, form := range drawn {
				if got := d.get(t, "/certificates/"+cert.Link+form); got.status != http.StatusSeeOther || got.header.Get("Location") != "/c/"+cert.Link {
					t.Errorf("%s: %d %v", form, got.status, got.header)
				}
			}
		})
	}
}

// How a certificate stands makes no difference to its paper, nor whether that can
// be told.
func TestPaperIsPrintedHoweverItStands(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "09-CM-COMP.json")
	for _, act := range []func(){
		func() {},
		func() { d.change(t, d.Suspend, cert, "investigation") },
		func() { d.change(t, d.Revoke, cert, "fraud") },
		func() { d.now = d.now.AddDate(4, 0, 0); d.Signer = mute{} },
	} {
		act()
		for _, form := range drawn {
			if got := d.get(t, "/certificates/"+cert.Link+form); got.status != http.StatusOK {
				t.Errorf("%s: %d", form, got.status)
			}
		}
	}
}

func TestPressThatFailsIsNoPDF(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	for says, fault := range map[string]error{
		"candidate name cannot be printed": &issuer.TextError{Field: "candidate name", Text: "Ada Specimen", Char: 'A'},
		"no ink for [link], [link]":        fmt.Errorf("no ink for %s, %s", cert.Link, strings.ToLower(cert.Link)),
	} {
		d.Press = stamp{fault: fmt.Errorf("draw: %w", fault)}
		d.publication.Pictures = stamp{fault: fmt.Errorf("draw: %w", fault)}
		for _, form := range drawn {
			got := d.get(t, "/certificates/"+strings.ToLower(cert.Link)+form)
			if got.status != http.StatusServiceUnavailable || got.header.Get("Content-Disposition") != "" {
				t.Errorf("%s: %d %v", form, got.status, got.header)
			}
		}
		mustHold(t, "log", d.log.String(), says)
	}
	mustNotHold(t, "log", strings.ToUpper(d.log.String()), "ADA", cert.Link)
}

// A drawing is a document: it may do nothing on the body's site.
func TestDrawingMayDoNothing(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	got := d.get(t, "/certificates/"+cert.Link+".svg").header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "sandbox", "frame-ancestors 'none'"} {
		if !strings.Contains(got, want) {
			t.Errorf("the policy %q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "script") {
		t.Errorf("the policy allows scripts: %q", got)
	}
}

func TestPublicationWithoutPicturesHasNone(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	d.publication.Pictures = nil
	want := d.get(t, "/certificates/"+cert.Link+".exe")
	for _, form := range []string{".png", ".svg"} {
		if got := d.get(t, "/certificates/"+cert.Link+form); got.status != http.StatusNotFound || got.status != want.status || got.body != want.body {
			t.Errorf("%s: %d", form, got.status)
		}
	}
}
