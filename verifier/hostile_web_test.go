package verifier_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/forgery"
	"github.com/testamur/testamur/verifier/web"
)

// form is a way to put a token into a request of /v1/verify.
type form struct {
	name string
	make func(token string) (contentType string, body []byte)
}

var forms = []form{
	{"JSON", func(token string) (string, []byte) {
		body, err := json.Marshal(map[string]string{"credential": token})
		if err != nil {
			panic(err)
		}
		return "application/json", body
	}},
	{"token", func(token string) (string, []byte) { return "application/vc+jwt", []byte(token) }},
	{"text", func(token string) (string, []byte) { return "text/plain", []byte("see " + token + " please") }},
	{"whatever", func(token string) (string, []byte) { return "", []byte(token) }},
	{"form", func(token string) (string, []byte) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("file", "certificate.jws")
		if err != nil {
			panic(err)
		}
		part.Write([]byte(token))
		w.Close()
		return w.FormDataContentType(), body.Bytes()
	}},
}

// serviceOf is the verification service that trusts the body.
func serviceOf(t *testing.T, b *forgery.Body) http.Handler {
	t.Helper()
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen Verification"})
	if err != nil {
		t.Fatal(err)
	}
	trust := b.Trust()
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New() // without recovery: a panic is to be seen
	(&web.Service{
		Name: "Specimen Verification", URL: "https://verify.example.org", Trust: trust, Publication: verifier.NewPublication(trust).Own(b.URL, nowhere{}),
		Lists: &verifier.Lists{Source: trust}, Pages: pages, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.Now },
	}).Mount(engine)
	return engine
}

// nowhere is an issuer that publishes nothing more than what is known already.
type nowhere struct{ verifier.Origin }

// post sends the token in the form.
func post(handler http.Handler, f form, token string) (code int, valid bool, verdict, id string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	contentType, body := f.make(token)
	r := httptest.NewRequest(http.MethodPost, "/v1/verify", bytes.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	var answer struct {
		Valid      bool
		Verdict    string
		Credential struct{ ID json.RawMessage } // of what is signed, whatever that is
	}
	if w.Code == http.StatusOK {
		err = json.Unmarshal(w.Body.Bytes(), &answer)
		if err == nil && answer.Valid != (answer.Verdict == "valid") {
			err = fmt.Errorf("valid %v, verdict %s", answer.Valid, answer.Verdict)
		}
	} else if bytes.Contains(w.Body.Bytes(), []byte(`"valid":true`)) {
		err = fmt.Errorf("%d, and valid", w.Code)
	}
	_ = json.Unmarshal(answer.Credential.ID, &id)
	return w.Code, answer.Valid, answer.Verdict, id, err
}

// The 24 classes of attack on JOSE, against the service, in every form in which it
// takes a token: none is valid, nothing panics, nothing is the server's fault. It is
// asked again, for it remembers what it has opened.
func TestNoAttackIsValidAtTheService(t *testing.T) {
	for _, alg := range forgery.Algorithms {
		t.Run(string(alg), func(t *testing.T) {
			b := forgery.NewBody(bodyURL, alg, noon)
			service := serviceOf(t, b)
			honest := b.Certificate()
			for _, f := range forms {
				if code, valid, _, id, err := post(service, f, honest); code != 200 || !valid || id != b.URL+"/certificates/"+forgery.ID || err != nil {
					t.Fatalf("the honest certificate as %s: %d, %v, %s, %v", f.name, code, valid, id, err)
				}
			}
			tried, codes := 0, map[int]int{}
			for _, a := range forgery.Attacks {
				for i, token := range a.Tokens(b) {
					for _, f := range forms {
						if f.name == "text" && (a.Class == "J6" || a.Class == "J14" || a.Class == "J21" || a.Class == "J24") {
							continue // of a text, words that have the form of a token are read
						}
						for again := range 2 {
							if again == 1 && f.name != "JSON" {
								continue
							}
							tried++
							code, valid, verdict, id, err := post(service, f, token)
							codes[code]++
							switch {
							case err != nil || code >= 500:
								t.Errorf("%s %s, %d as %s: %d, %v", a.Class, a.Name, i, f.name, code, err)
							case a.Same && (!valid || id != b.URL+"/certificates/"+forgery.ID):
								t.Errorf("%s %s as %s: %s, %s", a.Class, a.Name, f.name, verdict, id)
							case !a.Same && valid:
								t.Errorf("%s %s, %d as %s: valid", a.Class, a.Name, i, f.name)
							}
						}
					}
				}
			}
			t.Logf("%d requests: %v", tried, codes)
		})
	}
}

// The hostile certificates of the families, against the service.
func TestNoHostileCertificateIsValidAtTheService(t *testing.T) {
	w := newWorld(t)
	service := serviceOf(t, w.body)
	n := 0
	for _, family := range families {
		for _, h := range family.make(w) {
			n++
			code, valid, _, _, err := post(service, forms[n%2], h.token)
			if valid || err != nil || code >= 500 {
				t.Errorf("%s, %s: %d, valid %v, %v", family.name, h.name, code, valid, err)
			}
		}
	}
	t.Logf("%d requests", n)
}
