package web_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

const (
	public  = "public, max-age=300"
	private = "no-store"
	page    = "text/html; charset=utf-8"
)

func TestEveryRouteAnswers(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	kid := strings.TrimPrefix(d.Keys.Keys()[0].ID, bodyURL)
	lower := strings.ToLower(cert.Link)
	for _, r := range []struct {
		path   string
		status int
		media  string
		cache  string
		cors   string
		holds  string
	}{
		{"/certificates/" + cert.Link + ".jws", 200, "application/vc+jwt", private, "", cert.Token},
		{"/certificates/" + lower + ".JWS", 200, "application/vc+jwt", private, "", cert.Token},
		{"/certificates/" + cert.Link + ".pdf", 200, "application/pdf", private, "", "%PDF- of " + cert.Number},
		{"/certificates/" + cert.Link + ".png", 200, "image/png", private, "", "PNG of " + cert.Number + " at 150"},
		{"/certificates/" + lower + ".SVG", 200, "image/svg+xml", private, "", "SVG of " + cert.Number},
		{"/certificates/" + cert.Link, 303, page, private, "", ""},
		{"/certificates/" + lower, 303, page, private, "", ""},
		{kid, 200, "application/jwk+json", public, "*", `"kty":"EC"`},
		{"/.well-known/jwks.json", 200, "application/jwk-set+json", public, "*", `"keys":[`},
		{"/status/1", 200, "application/vc+jwt", public, "*", "."},
		{"/status/1-suspension", 200, "application/vc+jwt", public, "*", "."},
		{"/schemes/iso20000/3.3", 200, page, public, "", "Executive Auditor Competence Certificate"},
		{"/schemes/iso20000/3.3/CM", 200, page, public, "", "An exam result of 65 % or more for CM"},
		{"/schemes/citsop/1/CITSOM", 200, page, public, "", "5 years or more"},
		{"/schemes/iso20000/9.9", 404, page, private, "", "Nothing is found"},
		{"/schemes/iso20000/3.3/CX", 404, page, private, "", "Nothing is found"},
		{"/trust.json", 200, "application/json", public, "*", bodyURL},
		{"/certificates/0123456789ABCDEFGHJKMNPQRS.jws", 404, page, private, "", "Nothing is found"},
	} {
		got := d.get(t, r.path)
		if got.status != r.status || got.header.Get("Content-Type") != r.media ||
			got.header.Get("Cache-Control") != r.cache || got.header.Get("Access-Control-Allow-Origin") != r.cors {
			t.Errorf("GET %s: %d %v", r.path, got.status, got.header)
		}
		mustHold(t, r.path, got.body, r.holds)
		if noindex := got.header.Get("X-Robots-Tag"); r.cache == private && !strings.Contains(noindex, "noindex") {
			t.Errorf("GET %s may be listed by search engines", r.path)
		}
		head := d.do(t, http.MethodHead, r.path, nil)
		if head.status != got.status || head.body != "" || !reflect.DeepEqual(head.header, got.header) {
			t.Errorf("HEAD %s differs from GET: %d %v, not %d %v", r.path, head.status, head.header, got.status, got.header)
		}
		if post := d.do(t, http.MethodPost, r.path, nil); post.status < 400 {
			t.Errorf("POST %s: %d", r.path, post.status)
		}
	}
}

func TestLinkWithoutFormLeadsToThePage(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	if got := d.get(t, "/certificates/"+strings.ToLower(cert.Link)).header.Get("Location"); got != "/c/"+cert.Link {
		t.Errorf("Location: %q", got)
	}
}

func TestFilesAreNamedByTheNumber(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	for path, want := range map[string]string{
		".pdf": "inline; filename=" + cert.Number + ".pdf",
		".jws": "attachment; filename=" + cert.Number + ".jws",
		".png": "inline; filename=" + cert.Number + ".png",
		".svg": "inline; filename=" + cert.Number + ".svg",
	} {
		if got := d.get(t, "/certificates/"+cert.Link+path).header.Get("Content-Disposition"); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// T28: what is not there is answered alike, whatever it was.
func TestWhatIsNotThereLooksAlike(t *testing.T) {
	d := newDesk(t)
	signer := d.Signer
	d.issue(t, "01-FND.json")
	d.Signer = mute{} // leaves the next certificate recorded, but not issued
	if _, err := d.Issue(t.Context(), clerk, parse(t, "18-CITSOP.json")); err == nil {
		t.Fatal("issued without a signature")
	}
	d.Signer = signer
	var reserved string
	if err := d.Store.View(t.Context(), func(tx issuer.Tx) error {
		list, err := tx.Reserved()
		reserved = list[0].Link
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := d.get(t, "/c/0123456789ABCDEFGHJKMNPQRS")
	if want.status != http.StatusNotFound {
		t.Fatalf("unknown link: %d", want.status)
	}
	for _, path := range []string{
		"/c/" + reserved, "/C/" + reserved, "/certificates/" + reserved, "/certificates/" + reserved + ".jws", "/certificates/" + reserved + ".pdf",
		"/c/x", "/c/" + strings.Repeat("A", 4000), "/c/%00", "/c/%27%20OR%201=1", "/c/..%2e", "/C/0123456789ABCDEFGHJKMNPQRS", "/c/ÄÖÜ",
		"/certificates/0123456789ABCDEFGHJKMNPQRS", "/certificates/0123456789ABCDEFGHJKMNPQRS.jws", "/certificates/0123456789ABCDEFGHJKMNPQRS.pdf",
		"/certificates/" + reserved + ".png", "/certificates/" + reserved + ".svg", "/certificates/0123456789ABCDEFGHJKMNPQRS.png", "/certificates/0123456789ABCDEFGHJKMNPQRS.svg",
		"/certificates/x.exe", "/certificates/.jws", "/keys/x", "/status/2", "/status/x", "/status/1-suspension-suspension", "/icon/x.svg", "/icon/..%2e",
		"/status/..", "/status/" + strings.Repeat("1", 300),
	} {
		if got := d.get(t, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d %v differs from that of an unknown link: %d %v", path, got.status, got.header, want.status, want.header)
		}
	}
	if log := d.log.String(); log != "" {
		t.Errorf("log: %s", log)
	}
}

func TestUnknownFormOfAKnownCertificateIsNotThere(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	want := d.get(t, "/c/x")
	for _, form := range []string{".exe", ".", ".jws.pdf", ".pdf.", ".json"} {
		if got := d.get(t, "/certificates/"+cert.Link+form); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d", form, got.status)
		}
	}
}

func TestStatusListIsSentOnceAndAgainWhenItChanges(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	first := d.get(t, "/status/1")
	etag := first.header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	if got := d.do(t, http.MethodGet, "/status/1", http.Header{"If-None-Match": {etag}}); got.status != http.StatusNotModified || got.body != "" {
		t.Errorf("same list: %d, %d bytes", got.status, len(got.body))
	}
	d.now = d.now.Add(time.Hour)
	if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "fraud"}); err != nil {
		t.Fatal(err)
	}
	got := d.do(t, http.MethodGet, "/status/1", http.Header{"If-None-Match": {etag}})
	if got.status != http.StatusOK || got.body == first.body || got.header.Get("ETag") == etag {
		t.Errorf("changed list: %d %v", got.status, got.header)
	}
}

// A program that has fetched nothing but what is published here can check.
func TestWhatIsPublishedVerifiesElsewhere(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	trust, err := verifier.ParseTrust([]byte(d.get(t, "/trust.json").body))
	if err != nil {
		t.Fatal(err)
	}
	own := trust.Issuers()[0]
	lists := map[string]string{}
	for _, path := range []string{"/status/1", "/status/1-suspension"} {
		lists[bodyURL+path] = d.get(t, path).body
	}
	if trust, err = verifier.NewTrust([]*verifier.Issuer{own}, lists); err != nil {
		t.Fatal(err)
	}
	v := verifier.Verifier{Issuers: trust, Statuses: trust, Now: d.Now}
	if _, err := v.Verify(t.Context(), d.get(t, "/certificates/"+cert.Link+".jws").body); err != nil {
		t.Error(err)
	}
	set, err := keys.ParseSet([]byte(d.get(t, "/.well-known/jwks.json").body))
	if err != nil || len(set.Keys()) != 3 {
		t.Fatalf("JWK set: %v", err)
	}
	for _, k := range set.Keys() {
		var one struct{ Kid string }
		if err := json.Unmarshal([]byte(d.get(t, strings.TrimPrefix(k.ID, bodyURL)).body), &one); err != nil || one.Kid != k.ID {
			t.Errorf("key %s: %v", k.ID, err)
		}
	}
}

func parse(t testing.TB, file string) *issuer.Application {
	t.Helper()
	a, err := issuer.ParseApplication(example(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What a credential names as its achievement is there to be read.
func TestAchievementOfACertificateHasAPage(t *testing.T) {
	d := newDesk(t)
	cert := d.issue(t, "01-FND.json")
	c, err := credential.Decode(cert.Payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{c.Subject.Achievement.ID, c.Subject.Achievement.Criteria.ID, c.Subject.Achievement.Alignment[0].TargetURL} {
		path, fragment, _ := strings.Cut(strings.TrimPrefix(address, bodyURL), "#")
		got := d.get(t, path)
		if got.status != http.StatusOK {
			t.Errorf("%s: %d", address, got.status)
		}
		if fragment != "" {
			mustHold(t, address, got.body, `id="`+fragment+`"`)
		}
		mustHold(t, address, got.body, c.Subject.Achievement.Criteria.Narrative[:40])
	}
}
