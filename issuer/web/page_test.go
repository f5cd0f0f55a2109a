package web_test

import (
	"fmt"
	stdhtml "html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

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

func TestVerdictStandsFirst(t *testing.T) {
	const comp = "09-CM-COMP.json"
	change := func(kind func(*desk) (*issuer.Certificate, error)) func(*testing.T, *desk) {
		return func(t *testing.T, d *desk) {
			if _, err := kind(d); err != nil {
				t.Fatal(err)
			}
		}
	}
	var number string
	revoke := func(reason, day string) func(*testing.T, *desk) {
		return change(func(d *desk) (*issuer.Certificate, error) {
			date, _ := scheme.ParseDate(day)
			return d.Revoke(t.Context(), clerk, issuer.Change{Number: number, Reason: reason, Effective: date, Note: "CANARY-NOTE"})
		})
	}
	suspend := func(reason string) func(*testing.T, *desk) {
		return change(func(d *desk) (*issuer.Certificate, error) {
			return d.Suspend(t.Context(), clerk, issuer.Change{Number: number, Reason: reason, Note: "CANARY-NOTE"})
		})
	}
	reinstate := change(func(d *desk) (*issuer.Certificate, error) {
		return d.Reinstate(t.Context(), clerk, issuer.Change{Number: number, Reason: "resolved", Note: "CANARY-NOTE"})
	})
	wait := func(days int) func(*testing.T, *desk) {
		return func(_ *testing.T, d *desk) { d.now = d.now.AddDate(0, 0, days) }
	}
	for _, c := range []struct {
		name    string
		file    string
		changes []edit
		acts    []func(*testing.T, *desk)
		status  int
		verdict string
		says    string
	}{
		{"valid", comp, nil, nil, 200, "valid: Valid", "genuine, unaltered and in force"},
		{"expired", comp, nil, []func(*testing.T, *desk){wait(4 * 366)}, 200, "expired: Expired on 19 November 2029", "its last day"},
		{"last day", comp, nil, []func(*testing.T, *desk){func(_ *testing.T, d *desk) {
			d.now = time.Date(2029, 11, 19, 22, 59, 59, 0, time.UTC) // a second before midnight in Berlin
		}}, 200, "valid: Valid", "valid through"},
		{"suspended", comp, nil, []func(*testing.T, *desk){suspend("investigation")}, 200,
			"suspended: Suspended since 20 November 2026", "a complaint or doubt is being looked into"},
		{"reinstated", comp, nil, []func(*testing.T, *desk){suspend("investigation"), wait(1), reinstate}, 200, "valid: Valid", ""},
		{"withdrawn", comp, nil, []func(*testing.T, *desk){wait(30), revoke("fraud", "2026-12-01")}, 200,
			"withdrawn: Withdrawn on 1 December 2026", "Reason: obtained by false statements."},
		{"withdrawn for a reason of the body's own", comp, nil, []func(*testing.T, *desk){revoke("canary-code", "2026-11-20")}, 200,
			"withdrawn: Withdrawn on 20 November 2026", "another reason, known to the body"},
		{"suspended, then withdrawn", comp, nil, []func(*testing.T, *desk){suspend("misuse"), wait(3), revoke("misconduct", "2026-11-22")}, 200,
			"withdrawn: Withdrawn on 22 November 2026", "breach of the code of conduct"},
		{"withdrawn and expired", comp, nil, []func(*testing.T, *desk){revoke("error", "2026-11-20"), wait(4 * 366)}, 200,
			"withdrawn: Withdrawn on 20 November 2026", "issued in error"},
		{"not yet valid", "01-FND.json", []edit{effective("2027-01-01")}, nil, 200,
			"early: Not yet valid: takes effect on 1 January 2027", "not in force before that day"},
		{"signature broken", "01-FND.json", nil, []func(*testing.T, *desk){func(_ *testing.T, d *desk) {
			d.forge(func(c *issuer.Certificate) string { return c.Token[:len(c.Token)-8] + "AAAAAAAA" })
		}}, 200, "altered: Altered or not ours", "Do not rely on it"},
		{"not a token", "01-FND.json", nil, []func(*testing.T, *desk){func(_ *testing.T, d *desk) {
			d.forge(func(*issuer.Certificate) string { return "<b>x</b>" })
		}}, 200, "altered: Altered or not ours", "Do not rely on it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			cert := d.issue(t, c.file, c.changes...)
			number = cert.Number
			for _, act := range c.acts {
				act(t, d)
			}
			got := d.get(t, "/c/"+cert.Link)
			if verdict := strings.ReplaceAll(h1(t, got.body), "\u00a0", " "); verdict != c.verdict || got.status != c.status {
				t.Errorf("%d %q, not %q", got.status, verdict, c.verdict)
			}
			mustHold(t, "page", got.body, c.says)
			mustNotHold(t, "page", strings.ToLower(got.body), "canary", "clerk")
			if !strings.HasPrefix(c.verdict, "valid") {
				mustNotHold(t, "page", got.body, `class="verdict valid`, "icon/valid.svg", "<h1>Valid")
			}
			if strings.HasPrefix(c.verdict, "altered") {
				mustNotHold(t, "page", got.body, "Ada Specimen", cert.Number, "must say exactly")
				if pdf := d.get(t, "/certificates/"+cert.Link+".pdf"); pdf.status != 303 {
					t.Errorf("it is still printed: %d", pdf.status)
				}
			} else if pdf := d.get(t, "/certificates/"+cert.Link+".pdf"); pdf.status != 200 {
				t.Errorf("it is not printed: %d", pdf.status)
			}
		})
	}
}

func TestCertificateInThePlaceOfAnotherIsNotOurs(t *testing.T) {
	d := newDesk(t)
	first := d.issue(t, "01-FND.json")
	second := d.issue(t, "18-CITSOP.json")
	d.forge(func(*issuer.Certificate) string { return second.Token })
	got := d.get(t, "/c/"+first.Link)
	if verdict := h1(t, got.body); verdict != "altered: Altered or not ours" {
		t.Error(verdict)
	}
	mustNotHold(t, "page", got.body, "Ελένη", second.Number)
}

// Whatever is missing, the answer is neither good nor bad.
func TestUndecidableIsSaidToBeUndecided(t *testing.T) {
	for name, fail := range map[string]func(*desk){
		"lists out of date and no signer": func(d *desk) {
			d.now = d.now.Add(25 * time.Hour)
			d.Signer = mute{}
		},
		"no store": func(d *desk) { d.Store = away{} },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			cert := d.issue(t, "01-FND.json")
			fail(d)
			got := d.get(t, "/c/"+cert.Link)
			if verdict := h1(t, got.body); verdict != "unknown: Could not be checked" || got.status != http.StatusServiceUnavailable {
				t.Errorf("%d %q", got.status, verdict)
			}
			mustHold(t, "page", got.body, "no verdict")
			mustNotHold(t, "page", got.body, `class="verdict valid`, "icon/valid.svg", "secret-detail", errAway.Error())
			if got.header.Get("Retry-After") == "" || got.header.Get("Cache-Control") != "no-store" {
				t.Error(got.header)
			}
			log := d.log.String()
			mustHold(t, "log", log, `"level":"ERROR"`)
			mustNotHold(t, "log", log, cert.Link, "Ada", cert.Number)
		})
	}
	t.Run("every address alike without a store", func(t *testing.T) {
		d := newDesk(t)
		cert := d.issue(t, "01-FND.json")
		d.Store = away{}
		want := d.get(t, "/c/"+cert.Link)
		for _, path := range []string{"/c/x", "/c/0123456789ABCDEFGHJKMNPQRS", "/certificates/x.jws", "/status/1"} {
			if got := d.get(t, path); got.status != want.status || got.body != want.body {
				t.Errorf("%s: %d", path, got.status)
			}
		}
	})
}

func TestPressThatFailsIsNoPDF(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	for says, fault := range map[string]error{
		"candidate name cannot be printed": &issuer.TextError{Field: "candidate name", Text: "Ada Specimen", Char: 'A'},
		"no ink for [link], [link]":        fmt.Errorf("no ink for %s, %s", cert.Link, strings.ToLower(cert.Link)),
	} {
		d.Press = stamp{fault: fmt.Errorf("draw: %w", fault)}
		got := d.get(t, "/certificates/"+strings.ToLower(cert.Link)+".pdf")
		if got.status != http.StatusServiceUnavailable || got.header.Get("Content-Disposition") != "" {
			t.Errorf("%d %v", got.status, got.header)
		}
		mustHold(t, "log", d.log.String(), says)
	}
	mustNotHold(t, "log", strings.ToUpper(d.log.String()), "ADA", cert.Link)
}

func TestPageSaysWhatThePaperSays(t *testing.T) {
	d := newDeskOf(t, issuer.Body{Name: "Specimen Certification Body", URL: bodyURL, Zone: "Europe/Berlin", Accreditation: "D-ZM-00000-01", Specimen: true})
	cert := d.issue(t, "09-CM-COMP.json")
	page := d.get(t, "/c/"+cert.Link).body
	text := plain(page)
	mustHold(t, "page", text,
		"Specimen Issued for trial only.",
		"Name Ada Specimen", "Certificate number "+cert.Number,
		"Effective date 20 November 2026", "Expiry valid through 19 November 2029",
		"Edition 3.3", "Code CM-COMP", "Decision maker D. Decider (specimen)", "Date of decision", "Issued by Specimen Certification Body",
		"Certificate held Rests on CM",
		"Form: passed", "Issuer: passed", "Signature: passed", "Status: passed", "Dates: passed", "Rules: passed",
		"This page is at certs.example.org ;", bodyURL+"/c/"+cert.Link, "D-ZM-00000-01, covers this certificate",
		"Checked on 20 November 2026 at 15:04:05 UTC",
	)
	for _, link := range regexp.MustCompile(`href="(/c/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if got := d.get(t, link[1]); got.status != 200 {
			t.Errorf("%s: %d", link[1], got.status)
		}
	}
	forever := plain(d.get(t, "/c/"+d.issue(t, "20-FND-by-bridge.json").Link).body)
	mustHold(t, "page", forever, "Expiry does not expire", "Exempted ITIL v2 or v3 Foundation certificate Rule ", "was not examined")
	mustNotHold(t, "page", forever, "D-ZM-00000-01") // it covers competence certificates only
}

// T19: a name is text, whatever is in it. A person's name that holds markup is
// not issued to begin with, but a body may call itself anything.
func TestNamesAreText(t *testing.T) {
	for _, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x>`, `</title><h1>Valid</h1>`,
		`{{.Page}} ${x} javascript:alert(1)`, `<bdi>Ada`, `<!-- -->`, "`x` = \\u003cb\\u003e", `Bobby 'O"Tables' & Sons`,
	} {
		d := newDeskOf(t, issuer.Body{Name: name, URL: bodyURL, Prefix: "SCB"})
		shownAsText(t, d.get(t, "/c/"+d.issue(t, "01-FND.json").Link).body, `<dt>Issued by</dt><dd><bdi>`, name)
		clean(t, name, d.get(t, "/").body)
	}
	d := newDesk(t)
	for i, name := range []string{`Bobby 'O"Tables'`, `محمد عينة`, `שרה דוגמה`} {
		cert := d.issue(t, "01-FND.json", named(name), func(a map[string]any) {
			a["id"] = fmt.Sprint("SP-X-", i)
			a["candidate"].(map[string]any)["id"] = fmt.Sprint("SP-X-", i)
		})
		shownAsText(t, d.get(t, "/c/"+cert.Link).body, `<dd class="holder"><bdi>`, name)
	}
}

func shownAsText(t *testing.T, page, after, name string) {
	t.Helper()
	_, rest, _ := strings.Cut(page, after)
	shown, _, _ := strings.Cut(rest, "</bdi></dd>")
	if stdhtml.UnescapeString(shown) != name || strings.ContainsAny(shown, `<>"`) {
		t.Errorf("%q is shown as %q", name, shown)
	}
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("%q: %d verdicts", name, n)
	}
	clean(t, name, page)
}

// clean finds what the CSP of the server would refuse, or should.
func clean(t *testing.T, what, page string) {
	t.Helper()
	if m := regexp.MustCompile(`(?i)<(script|style|iframe|object|form|base)\b|<[^>]*\s(on\w+|style)\s*=|(href|src)="(https?:|//|javascript:|data:)`).FindString(page); m != "" {
		t.Errorf("%s: page holds %q", what, m)
	}
}

func TestPreviewTellsNothing(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	page := d.get(t, "/c/"+cert.Link).body
	head, _, _ := strings.Cut(page, "</head>")
	mustHold(t, "head", head, `<html lang="en">`, `<meta name="robots" content="noindex`, "<title>Certificate check", `property="og:title" content="Certificate check"`)
	mustNotHold(t, "head", head, "Ada", "Valid", cert.Number, cert.Link, cert.Code)
	clean(t, "page", page)
	landing := d.get(t, "/").body
	mustNotHold(t, "landing", landing, "noindex")
	clean(t, "landing", landing)
	clean(t, "404", d.get(t, "/c/x").body)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// plain is the text of a page with single spaces.
func plain(page string) string {
	return strings.Join(strings.Fields(stdhtml.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}
