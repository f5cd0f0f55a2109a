package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzVerify sends anything to the service: it never fails, and never believes what
// it has not been given.
func FuzzVerify(f *testing.F) {
	h := newAPIHouse(f)
	good := h.token(f, "GOOD", nil)
	h.service.Publication = nil // nothing is fetched, however good a link is
	h.mount()
	// What is signed may be found in anything: one bit less and it is not.
	altered := strings.Replace(good, ".", ".e", 1)
	for _, media := range []string{"", "application/json", "text/plain", "application/pdf", "image/png", "image/jpeg", "multipart/form-data; boundary=x", "application/x-ndjson", "text/csv", "a/b"} {
		for _, body := range []string{
			"", "{", `{"credential":"` + altered + `"}`, `{"link":"` + apiBody + `/c/` + apiID + `","at":"2020-01-01"}`, altered, "%PDF-1.4\n%%EOF", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0",
			"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n--x--\r\n", `["` + altered + `",{}]`, "credential;name\nx;y\n", "\"x\"\n{}\n", "null", `{"credential":"x","at":"0000-00-00T00:00:00Z","receipt":true}`,
		} {
			f.Add(body, media, "")
		}
	}
	f.Add(altered, "text/plain", "at=2020-01-01&receipt=1")
	f.Fuzz(func(t *testing.T, body, media, query string) {
		if strings.Contains(body, good) {
			t.Skip("the certificate itself")
		}
		for _, path := range []string{"/v1/verify", "/v1/verify/batch", "/v1/certificates/" + apiID} {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.URL.RawQuery = query
			r.Header.Set("Content-Type", media)
			w := httptest.NewRecorder()
			h.handler.ServeHTTP(w, r)
			if w.Code >= 500 && (w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(path, "/v1/certificates")) {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), `"valid":true`) {
				t.Fatalf("%s: %s", path, w.Body)
			}
			if path != "/v1/verify/batch" && !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s: %q", path, w.Body)
			}
		}
	})
}
