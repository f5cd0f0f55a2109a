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
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/issuer/web"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/receipt"
	verification "github.com/testamur/testamur/verifier/web"
)

var clerk = issuer.Actor{Name: "clerk (specimen)"}

var november = time.Date(2026, 11, 20, 15, 4, 5, 0, time.UTC)

// stamp is a press that prints the number alone.
type stamp struct{ fault error }

func (stamp) Check(issuer.Paper) error { return nil }
func (s stamp) Render(_ context.Context, p issuer.Paper) ([]byte, error) {
	return []byte("%PDF- of " + p.Number), s.fault
}

// The stamp draws pictures as well.
func (s stamp) PNG(_ context.Context, p issuer.Paper, dpi int) ([]byte, error) {
	return fmt.Appendf(nil, "PNG of %s at %d", p.Number, dpi), s.fault
}

func (s stamp) SVG(_ context.Context, p issuer.Paper) ([]byte, error) {
	return fmt.Appendf(nil, "SVG of %s", p.Number), s.fault
}

// desk is a body with everything it works with, and its publication and its
// verification service served.
type desk struct {
	*issuer.Issuer
	now         time.Time
	ticks       atomic.Int64 // a clock never says the same twice
	log         lockedBuffer
	file        string // of the records
	ring        *keys.Ring
	publication *web.Publication
	service     *verification.Service
	site        *httptest.Server
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
	var engine *gin.Engine // made once the address is known
	d.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { engine.ServeHTTP(w, r) }))
	t.Cleanup(d.site.Close)
	if b.URL == "" {
		b.URL = d.site.URL
	}
	body, err := issuer.NewBody(b)
	if err != nil {
		t.Fatal(err)
	}
	var list []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt} {
		k, err := keys.Generate(body.URL, p, keys.ES256, d.now)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	if d.ring, err = keys.NewRing(list...); err != nil {
		t.Fatal(err)
	}
	d.file = filepath.Join(t.TempDir(), "testamur.db")
	db, err := store.Open(t.Context(), d.file)
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
		Body: body, Schemes: schemes, Store: db, Signer: d.ring, Keys: d.ring.Set(),
		Press: stamp{}, Now: d.clock, Random: rand.Reader,
	}
	pages, err := web.Pages(body)
	if err != nil {
		t.Fatal(err)
	}
	d.publication = &web.Publication{Issuer: d.Issuer, Pages: pages, Log: slog.New(slog.NewJSONHandler(&d.log, nil)), Pictures: stamp{}}
	d.service, err = d.publication.Service(t.Context(), &receipt.Desk{Body: body.URL, Signer: d.ring, Now: d.clock})
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine = gin.New()
	d.publication.Mount(engine)
	d.service.Mount(engine)
	return d
}

// clock is the time of the desk, a nanosecond later at each look.
func (d *desk) clock() time.Time { return d.now.Add(time.Duration(d.ticks.Add(1))) }

// edit changes the JSON of an application.
type edit func(map[string]any)

func named(name string) edit {
	return func(a map[string]any) { a["candidate"].(map[string]any)["name"] = name }
}

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
type away struct{ err error }

var errAway = errors.New("no database")

func (a away) View(context.Context, func(issuer.Tx) error) error   { return a.err }
func (a away) Update(context.Context, func(issuer.Tx) error) error { return a.err }

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
