package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/issuer/web"
	"github.com/testamur/testamur/keys"
)

var clerk = issuer.Actor{Name: "clerk (specimen)"}

var november = time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)

// stamp is a press that prints the number alone.
type stamp struct{ fault error }

func (stamp) Check(issuer.Paper) error { return nil }
func (s stamp) Render(_ context.Context, p issuer.Paper) ([]byte, error) {
	return []byte("%PDF- of " + p.Number), s.fault
}

// desk is a body with everything it works with, and its publication served.
type desk struct {
	*issuer.Issuer
	now  time.Time
	log  lockedBuffer
	site *httptest.Server
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const bodyURL = "https://certs.example.org"

func newDesk(t testing.TB) *desk {
	t.Helper()
	return newDeskOf(t, issuer.Body{Name: "Specimen Certification Body", URL: bodyURL, Zone: "Europe/Berlin"})
}

func newDeskOf(t testing.TB, b issuer.Body) *desk {
	t.Helper()
	d := &desk{now: november}
	body, err := issuer.NewBody(b)
	if err != nil {
		t.Fatal(err)
	}
	var list []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(body.URL, p, keys.ES256, d.now)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "testamur.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := issuer.Establish(t.Context(), db, body, clerk, d.now, nil); err != nil {
		t.Fatal(err)
	}
	schemes, err := scheme.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	d.Issuer = &issuer.Issuer{
		Body: body, Schemes: schemes, Store: db, Signer: ring, Keys: ring.Set(),
		Press: stamp{}, Now: func() time.Time { return d.now }, Random: rand.Reader,
	}
	pages, err := web.Pages(body)
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	(&web.Publication{Issuer: d.Issuer, Pages: pages, Log: slog.New(slog.NewJSONHandler(&d.log, nil))}).Mount(engine)
	d.site = httptest.NewServer(engine)
	t.Cleanup(d.site.Close)
	return d
}

// edit changes the JSON of an application.
type edit func(map[string]any)

func named(name string) edit {
	return func(a map[string]any) { a["candidate"].(map[string]any)["name"] = name }
}

func effective(day string) edit { return func(a map[string]any) { a["effective"] = day } }

// issue issues the example of the file, and before it those it builds on.
func (d *desk) issue(t testing.TB, file string, changes ...edit) *issuer.Certificate {
	t.Helper()
	var last map[string]any
	for _, ex := range scheme.Examples() {
		if ex.File == file {
			if err := json.Unmarshal(ex.JSON, &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range changes {
		c(last)
	}
	for _, ex := range scheme.Examples() {
		var a map[string]any
		if err := json.Unmarshal(ex.JSON, &a); err != nil {
			t.Fatal(err)
		}
		if ex.File == file {
			break
		}
		if a["candidate"].(map[string]any)["id"] == last["candidate"].(map[string]any)["id"] {
			d.issueJSON(t, a)
		}
	}
	return d.issueJSON(t, last)
}

func (d *desk) issueJSON(t testing.TB, application map[string]any) *issuer.Certificate {
	t.Helper()
	text, err := json.Marshal(application)
	if err != nil {
		t.Fatal(err)
	}
	a, err := issuer.ParseApplication(text)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := d.Issue(t.Context(), clerk, a)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

func (d *desk) get(t testing.TB, path string) answer {
	t.Helper()
	return d.do(t, http.MethodGet, path, nil)
}

func (d *desk) do(t testing.TB, method, path string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.site.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // follows nothing
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Header.Del("Date")
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// withTx is a store whose reads go through another Tx.
type withTx struct {
	issuer.Store
	tx func(issuer.Tx) issuer.Tx
}

func (s withTx) View(ctx context.Context, fn func(issuer.Tx) error) error {
	return s.Store.View(ctx, func(tx issuer.Tx) error { return fn(s.tx(tx)) })
}

// forged reads the certificate with another token than was recorded.
type forged struct {
	issuer.Tx
	token func(*issuer.Certificate) string
}

func (f forged) CertificateByLink(link string) (*issuer.Certificate, error) {
	cert, err := f.Tx.CertificateByLink(link)
	if err == nil {
		cert.Token = f.token(cert)
	}
	return cert, err
}

func (d *desk) forge(token func(*issuer.Certificate) string) {
	d.Store = withTx{d.Store, func(tx issuer.Tx) issuer.Tx { return forged{tx, token} }}
}

// away is a store that cannot be reached.
type away struct{ issuer.Store }

var errAway = errors.New("no database")

func (away) View(context.Context, func(issuer.Tx) error) error   { return errAway }
func (away) Update(context.Context, func(issuer.Tx) error) error { return errAway }

// mute is a signer that does not sign.
type mute struct{}

func (mute) Sign(context.Context, keys.Purpose, string, []byte) (string, error) {
	return "", errors.New("signer is gone, secret-detail")
}

func mustHold(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q", what, part)
		}
	}
}

func mustNotHold(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%s says %q", what, part)
		}
	}
}

// h1 is the verdict of a page, with the class and the status it stands in.
func h1(t testing.TB, page string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<section class="verdict `)
	kind, rest, ok2 := strings.Cut(rest, `" role="status">`)
	_, rest, ok3 := strings.Cut(rest, "<h1>")
	title, _, ok4 := strings.Cut(rest, "</h1>")
	if !ok || !ok2 || !ok3 || !ok4 {
		t.Fatalf("page has no verdict:\n%s", page)
	}
	return fmt.Sprintf("%s: %s", kind, title)
}
