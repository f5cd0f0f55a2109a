package verifier_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// serve starts an issuer's web server on this machine, and the publication that
// trusts it.
func serve(t testing.TB, handler http.HandlerFunc) (*httptest.Server, *verifier.Publication, *verifier.Issuer) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	issuer := &verifier.Issuer{ID: server.URL, Keys: newHouse(t).issuer.Keys, StatusLists: []string{server.URL + "/status/"}}
	trust, err := verifier.NewTrust([]*verifier.Issuer{issuer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return server, verifier.NewPublication(trust), issuer
}

// wellFormed is a token of a length, which must leave room for whole groups of
// four characters, signed by nobody.
func wellFormed(length int) string {
	const header = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJ2Yytqd3QifQ"
	return header + "." + strings.Repeat("A", length-len(header)-6) + ".AAAA"
}

func TestWhatAnIssuerPublishesIsFetched(t *testing.T) {
	var path string
	server, p, issuer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		w.Write([]byte(wellFormed(80)))
	})
	got, err := p.StatusList(t.Context(), server.URL+"/status/1")
	if err != nil || got != wellFormed(80) || path != "/status/1" {
		t.Errorf("%q, %v, from %s", got, err, path)
	}
	link, err := p.ParseLink(server.URL + "/c/" + linkID)
	if err != nil || link.Issuer != issuer {
		t.Fatal(err)
	}
	got, err = p.Credential(t.Context(), link)
	if err != nil || got != wellFormed(80) || path != "/certificates/"+linkID+".jws" {
		t.Errorf("%q, %v, from %s", got, err, path)
	}
}

func TestNothingElseIsAskedFor(t *testing.T) {
	var hits atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer canary.Close()
	server, p, _ := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	for _, url := range []string{
		canary.URL + "/status/1", server.URL, server.URL + "/", server.URL + "/status", server.URL + "/statuses/1", server.URL + "/admin",
		server.URL + "/status/../admin", server.URL + "/status/%2e%2e/admin", server.URL + "/status/1?x=1", server.URL + "/status/1#x", server.URL + `/status/..\admin`,
		strings.Replace(server.URL, "http://", "http://x@", 1) + "/status/1", strings.Replace(server.URL, "http://", "HTTP://", 1) + "/status/1",
		strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/status/1", strings.Replace(server.URL, "127.0.0.1", "127.1", 1) + "/status/1",
		"file:///etc/hostname", "", "status/1",
	} {
		if text, err := p.StatusList(t.Context(), url); !errors.Is(err, verifier.ErrNotTrusted) || text != "" {
			t.Errorf("%q: %q, %v", url, text, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestAnswersThatAreNoLists(t *testing.T) {
	var canaryHits atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		canaryHits.Add(1)
		w.Write([]byte("the list"))
	}))
	defer canary.Close()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); w.Write([]byte("the list")) }
	}
	redirect := func(code int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/landing") {
				canaryHits.Add(1)
			}
			http.Redirect(w, r, to, code)
		}
	}
	long := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, n)) }
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		noSuch  bool
	}{
		{"404", status(404), true},
		{"410", status(410), true},
		{"400", status(400), false},
		{"401", status(401), false},
		{"403", status(403), false},
		{"429", status(429), false},
		{"500", status(500), false},
		{"502", status(502), false},
		{"503", status(503), false},
		{"201", status(201), false},
		{"206", status(206), false},
		{"301 elsewhere", redirect(301, canary.URL+"/status/1"), false},
		{"302 elsewhere", redirect(302, canary.URL+"/status/1"), false},
		{"307 elsewhere", redirect(307, canary.URL+"/status/1"), false},
		{"308 to itself", redirect(308, "/status/landing"), false},
		{"a byte more than a list may have", long(keys.MaxListToken + 1), false},
		{"header without end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("a", 64<<10))
			w.Write([]byte("the list"))
		}, false},
		{"body cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("the list"))
		}, false},
		{"connection cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, p, issuer := serve(t, c.handler)
			text, err := p.StatusList(t.Context(), server.URL+"/status/1")
			if err == nil || text != "" || errors.Is(err, verifier.ErrNoSuch) {
				t.Errorf("list: %.20q, %v", text, err)
			}
			text, err = p.Credential(t.Context(), verifier.Link{Issuer: issuer, ID: linkID})
			if err == nil || text != "" || errors.Is(err, verifier.ErrNoSuch) != c.noSuch {
				t.Errorf("certificate: %.20q, %v", text, err)
			}
		})
	}
	if n := canaryHits.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestACertificateIsNoLongerThanAToken(t *testing.T) {
	size := keys.MaxToken
	_, p, issuer := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(wellFormed(size))) })
	if text, err := p.Credential(t.Context(), verifier.Link{Issuer: issuer, ID: linkID}); err != nil || len(text) != size {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	size += 4
	if text, err := p.Credential(t.Context(), verifier.Link{Issuer: issuer, ID: linkID}); err == nil || text != "" {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// A page of a network's gate is no answer of the issuer's, whatever its status.
func TestAPageInPlaceOfACertificateIsNoAnswer(t *testing.T) {
	_, p, issuer := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>Please log in.</html>")) })
	if text, err := p.Credential(t.Context(), verifier.Link{Issuer: issuer, ID: linkID}); err == nil || text != "" || errors.Is(err, verifier.ErrNoSuch) {
		t.Errorf("%q, %v", text, err)
	}
}

// A server that takes its time, at the header or in the middle, ends with the
// caller's patience. The verifier's own is seen in [verifier] itself.
func TestASlowServerEndsWithTheContext(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	for name, handler := range map[string]http.HandlerFunc{
		"before the header": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-done:
			}
		},
		"in the middle": func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("the"))
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-done:
			}
		},
	} {
		server, p, _ := serve(t, handler)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		text, err := p.StatusList(ctx, server.URL+"/status/1")
		if !errors.Is(err, context.DeadlineExceeded) || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		cancel()
	}
}

// Whatever the issuer's server does, it decides nothing.
func TestAPublicationInTrouble(t *testing.T) {
	var handler http.HandlerFunc
	server, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { handler(w, r) })
	h := newHouseAt(t, server.URL, keys.EdDSA)
	trust, err := verifier.NewTrust([]*verifier.Issuer{h.issuer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.Verifier{Issuers: trust, Statuses: verifier.NewPublication(trust), Now: func() time.Time { return noon }}
	handler = func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(h.lists[server.URL+r.URL.Path])) }
	if err := want(v.Examine(t.Context(), h.token(t)), verifier.Valid, verifier.None); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{204, 302, 404, 410, 500, 503} {
		handler = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
		if err := undecided(v.Examine(t.Context(), h.token(t))); err != nil {
			t.Errorf("%d: %v", code, err)
		}
	}
	h.publish(t, credential.PurposeRevocation, place)
	handler = func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(h.lists[server.URL+r.URL.Path] + "\n")) }
	if err := want(v.Examine(t.Context(), h.token(t)), verifier.Invalid, verifier.Revoked); err != nil {
		t.Error(err)
	}
}
