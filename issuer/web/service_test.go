package web_test

import (
	"encoding/json"
	stdhtml "html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
)

// What the body's service has found it signs, and whoever has the trust file that
// the body publishes can read it.
func TestReceiptsVerifyWithThePublishedTrustFile(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	trust, err := verifier.ParseTrust([]byte(d.get(t, "/trust.json").body))
	if err != nil {
		t.Fatal(err)
	}
	purposes := map[keys.Purpose]int{}
	for _, k := range trust.Issuers()[0].Keys.Keys() {
		purposes[k.Purpose]++
	}
	if purposes[keys.ForReceipt] != 1 || purposes[keys.ForCredential] != 1 || purposes[keys.ForStatusList] != 1 {
		t.Errorf("keys in the trust file: %v", purposes)
	}
	ask := func() *receipt.Receipt {
		t.Helper()
		got := d.get(t, "/v1/certificates/"+cert.Link+"?receipt=true")
		var answer struct{ Verdict, Receipt string }
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %s: %v", got.status, got.body, err)
		}
		r, err := receipt.Open(trust, answer.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != answer.Verdict || r.Issuer != bodyURL || r.Certificate == nil || r.Certificate.Number != cert.Number ||
			r.Certificate.ID != d.link(cert.Link).Credential() || len(r.StatusLists) == 0 {
			t.Errorf("%+v", r)
		}
		text, _ := json.Marshal(r)
		mustNotHold(t, "receipt", string(text), "Ada")
		return r
	}
	if r := ask(); r.Verdict != "valid" || len(r.StatusLists) != 2 {
		t.Errorf("%+v", r)
	}
	d.change(t, d.Revoke, cert, "fraud")
	if r := ask(); r.Verdict != "invalid" || r.Reason != verifier.Revoked {
		t.Errorf("%+v", r)
	}
}

// A body without a receipt key verifies, and says that it gives no receipts.
func TestServiceWithoutReceipts(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	d.service.Receipts = nil
	if got := d.get(t, "/v1/certificates/"+cert.Link); got.status != http.StatusOK || !strings.Contains(got.body, `"valid":true`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := d.get(t, "/v1/certificates/"+cert.Link+"?receipt=true"); got.status < 400 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// The site of a body: what it publishes, and the service that verifies it.
func TestMountedSiteTellsTheVerdict(t *testing.T) {
	for name, url := range map[string]string{"": bodyURL, "below a path": "https://example.org/certs"} {
		t.Run(name, func(t *testing.T) {
			d := newDeskOf(t, issuer.Body{Name: "Specimen Certification Body", URL: url, Zone: "Europe/Berlin", Specimen: true})
			_, below, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
			below = strings.TrimRight("/"+below, "/")
			cert := d.issue(t, "01-FND.json")
			page := func() string {
				t.Helper()
				got := d.get(t, below+"/c/"+cert.Link)
				if got.status != http.StatusOK || got.header.Get("Cache-Control") != private {
					t.Fatalf("%d %v", got.status, got.header)
				}
				return plain(got.body)
			}
			mustHold(t, "page", page(), "Valid", "Ada Specimen", cert.Number, d.Body.VerifyURL(cert.Link), "Specimen Certification Body")
			d.change(t, d.Suspend, cert, "investigation")
			mustHold(t, "page", page(), "Suspended", "20 November 2026", "a complaint or doubt is being looked into")
			d.change(t, d.Reinstate, cert, "resolved")
			mustHold(t, "page", page(), "Valid")
			d.now = d.now.AddDate(0, 0, 5)
			d.change(t, d.Revoke, cert, "fraud", "2026-11-24")
			text := page()
			mustHold(t, "page", text, "Withdrawn on 24 November 2026", "obtained by false statements")
			mustNotHold(t, "page", strings.ToLower(text), "canary", "clerk")

			// Every address that the pages name is there, and below that of the body.
			for _, path := range []string{"/", "/c/" + cert.Link} {
				body := d.get(t, below+path).body
				for _, ref := range regexp.MustCompile(`(?:href|src|action)="([^"#?][^"]*)"`).FindAllStringSubmatch(body, -1) {
					address := strings.TrimPrefix(stdhtml.UnescapeString(ref[1]), url)
					if strings.Contains(address, "://") {
						continue // of others
					}
					if address = below + strings.TrimPrefix(address, below); address == "" {
						address = "/"
					}
					if got := d.get(t, address); got.status != http.StatusOK {
						t.Errorf("%s refers to %s: %d", path, ref[1], got.status)
					}
				}
			}
			for _, path := range []string{"", "/c/" + cert.Link} {
				if got := d.get(t, "/elsewhere"+path); got.status != http.StatusNotFound {
					t.Errorf("/elsewhere%s: %d", path, got.status)
				}
			}
			if log := d.log.String(); log != "" {
				t.Errorf("log: %s", log)
			}
		})
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// plain is the text of a page with single spaces.
func plain(page string) string {
	return strings.Join(strings.Fields(stdhtml.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

// Whatever is missing, the answer is neither good nor bad, and the log names nobody.
func TestMountedSiteThatCannotTellSaysSo(t *testing.T) {
	for name, fail := range map[string]func(*desk){
		"lists out of date and no signer": func(d *desk) {
			d.now = d.now.AddDate(0, 0, 2)
			d.Signer = mute{}
		},
		"no store": func(d *desk) { d.Store = away{errAway} },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			cert := d.issue(t, "01-FND.json")
			fail(d)
			got := d.get(t, "/c/"+cert.Link)
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || got.header.Get("Cache-Control") != private {
				t.Errorf("%d %v", got.status, got.header)
			}
			mustHold(t, "page", got.body, "no verdict")
			mustNotHold(t, "page", got.body, "icon/valid.svg", "secret-detail", errAway.Error())
			log := d.log.String()
			mustHold(t, "log", log, `"level":"ERROR"`)
			mustNotHold(t, "log", log, cert.Link, "Ada", cert.Number)
		})
	}
}

// Of the past the page says what the lists of then say.
func TestMountedSiteTellsThePast(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	d.now = d.now.Add(3 * time.Hour)
	d.change(t, d.Suspend, cert, "investigation")
	d.now = d.now.Add(3 * time.Hour)
	d.change(t, d.Revoke, cert, "fraud")
	d.now = d.now.AddDate(0, 0, 9)
	for at, want := range map[string]verifier.Reason{
		"2026-11-20T16:04:05Z": verifier.None,
		"2026-11-20T19:00:00Z": verifier.Suspended,
		"2026-11-20T23:00:00Z": verifier.Revoked,
		"2026-11-25T12:00:00Z": verifier.StatusUnavailable,
	} {
		got := d.get(t, "/v1/certificates/"+cert.Link+"?at="+at)
		var answer struct {
			Reason verifier.Reason
			Report struct{ Reason verifier.Reason } // of what cannot be decided
		}
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || answer.Reason+answer.Report.Reason != want {
			t.Errorf("at %s: %d %s", at, got.status, got.body)
		}
		page := plain(d.get(t, "/c/"+cert.Link+"?at="+at).body)
		for reason, title := range map[verifier.Reason]string{verifier.None: "Valid", verifier.Suspended: "Suspended", verifier.Revoked: "Withdrawn"} {
			if reason == want {
				mustHold(t, "page at "+at, page, title)
			}
		}
		mustHold(t, "page at "+at, page, "Today: Withdrawn")
	}
}

// T19: a name is text, whatever is in it. A person's name that holds markup is not
// issued to begin with, but a body may call itself anything.
func TestNamesAreText(t *testing.T) {
	for _, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x>`, `</title><h1>Valid</h1>`,
		`{{.Page}} ${x} javascript:alert(1)`, `<bdi>Ada`, `<!-- -->`, "`x` = \\u003cb\\u003e", `Bobby 'O"Tables' & Sons`,
	} {
		d := newDeskOf(t, issuer.Body{Name: name, URL: bodyURL, Prefix: "SCB"})
		cert := d.issue(t, "01-FND.json", named(`Bobby 'O"Tables'`))
		for _, path := range []string{"/", "/c/" + cert.Link, "/schemes/iso20000/3.3", "/c/x"} {
			page := d.get(t, path).body
			if !strings.Contains(stdhtml.UnescapeString(page), name) {
				t.Errorf("%s does not name the body %q", path, name)
			}
			if strings.Contains(name, "<") && strings.Contains(page, name) || strings.Contains(page, `'O"Tables`) {
				t.Errorf("%s shows %q as markup", path, name)
			}
			if n := strings.Count(page, "<h1"); n != 1 {
				t.Errorf("%s of %q: %d headlines", path, name, n)
			}
		}
	}
}
