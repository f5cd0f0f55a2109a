package server

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/web"
	"github.com/testamur/testamur/keys"
)

// noRecords is a store in which nothing is found.
type noRecords struct{ issuer.Store }

func (noRecords) View(context.Context, func(issuer.Tx) error) error { return issuer.ErrNotFound }

// The publication of a body may loosen what concerns caching and reading by
// programs, and nothing else; and its 404 is that of the engine.
func TestPublicationKeepsTheSecurityHeaders(t *testing.T) {
	body, err := issuer.NewBody(issuer.Body{Name: "Specimen Certification Body", URL: "https://certs.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Generate(body.URL, keys.ForCredential, keys.ES256, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.NewRing(key)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.Pages(body)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	e := Engine(Options{Log: log, Pages: pages, HTTPS: true})
	p := web.Publication{
		Issuer: &issuer.Issuer{Body: body, Store: noRecords{}, Signer: ring, Keys: ring.Set(), Now: time.Now},
		Pages:  pages, Log: log,
	}
	p.Mount(e)

	none := request(e, "GET", "/none", nil)
	for path, status := range map[string]int{
		"/trust.json": 200, "/.well-known/jwks.json": 200, key.ID[len(body.URL):]: 200,
		"/certificates/0123456789ABCDEFGHJKMNPQRS.jws": 404, "/certificates/x.jws": 404, "/status/1": 404, "/keys/x": 404,
	} {
		w := request(e, "GET", path, nil)
		if w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
		for name, value := range headers {
			switch name {
			case "Cache-Control", "X-Robots-Tag", "Cross-Origin-Resource-Policy":
				continue
			}
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
		if open := w.Header().Get("Access-Control-Allow-Origin") == "*"; open != (w.Header().Get("Cross-Origin-Resource-Policy") == "cross-origin") {
			t.Errorf("%s: CORS and CORP disagree: %v", path, w.Header())
		}
		if status == http.StatusNotFound && (w.Body.String() != none.Body.String() || !reflect.DeepEqual(w.Header(), none.Header())) {
			t.Errorf("%s is not the 404 of the engine: %v, %v", path, w.Header(), none.Header())
		}
	}
	if w := request(e, "DELETE", "/keys/x", nil); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE: %d %v", w.Code, w.Header())
	}
}
