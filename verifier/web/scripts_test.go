package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

const reader = "wasm/zxing-wasm-3.1.4/"

func scriptPages(t *testing.T, base string) *templates.Web {
	t.Helper()
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen Certification Body", Base: base})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// What others have written is what they have written: every file of the reader
// has the digest that its notice states, and there is no file beside them.
func TestReaderIsThatOfItsPackage(t *testing.T) {
	pages := scriptPages(t, "")
	notice, ok := pages.File(reader + "NOTICE.txt")
	if !ok {
		t.Fatal("there is no notice")
	}
	stated := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^  ([0-9a-f]{64})  (\S+)$`).FindAllSubmatch(notice.Body, -1) {
		stated[string(line[2])] = string(line[1])
	}
	if len(stated) != 4 {
		t.Fatalf("the notice states %d digests: %v", len(stated), stated)
	}
	for name, digest := range stated {
		f, _ := pages.File(reader + name)
		if sum := sha256.Sum256(f.Body); hex.EncodeToString(sum[:]) != digest {
			t.Errorf("%s is not that of the package", name)
		}
	}
	err := fs.WalkDir(os.DirFS("../../templates/web/"+reader), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && stated[name] == "" && name != "NOTICE.txt" && name != "LICENSE-Apache-2.0.txt" {
			t.Errorf("%s is not in the notice", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// The reader itself says which wasm it goes with.
	index, _ := pages.File(reader + "es/reader/index.js")
	if !bytes.Contains(index.Body, []byte(`"`+stated["reader/zxing_reader.wasm"]+`"`)) {
		t.Error("reader and wasm are of two versions")
	}
	if scan, _ := pages.File("script/scan.js"); !bytes.Contains(scan.Body, []byte(`"../`+reader+`"`)) {
		t.Error("the page loads another reader")
	}
}

// Our own scripts ask nobody else, keep nothing and make no code of text.
func TestScriptsKeepToThemselves(t *testing.T) {
	pages := scriptPages(t, "")
	for _, name := range []string{"script/scan.js", "script/page.js"} {
		f, ok := pages.File(name)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		for _, word := range []string{"://", "localStorage", "sessionStorage", "indexedDB", "cookie", "eval(", "Function(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "fetch(", "XMLHttpRequest", "sendBeacon", "WebSocket"} {
			if bytes.Contains(f.Body, []byte(word)) {
				t.Errorf("%s uses %s", name, word)
			}
		}
	}
}

func TestScriptsAreServed(t *testing.T) {
	gin.SetMode(gin.TestMode)
	for _, base := range []string{"", "/certs"} {
		s := &Service{URL: "https://certs.example.org" + base, Pages: scriptPages(t, base)}
		e := gin.New()
		g := e.Group(base)
		for _, route := range s.scripts() {
			g.Match(route.methods, route.path, route.serve)
		}
		get := func(method, path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, httptest.NewRequest(method, base+path, nil))
			return w
		}
		scan, _ := s.Pages.File("script/scan.js")
		for _, c := range []struct{ path, mediaType, keep string }{
			{strings.TrimPrefix(s.Pages.Style(), base), "text/css; charset=utf-8", keepForever},
			{"/icon/valid.svg", "image/svg+xml", keepBriefly},
			{"/script/scan.js?" + strings.Trim(scan.ETag, `"`), "text/javascript; charset=utf-8", keepForever},
			{"/script/scan.js", "text/javascript; charset=utf-8", keepBriefly},
			{"/script/page.js?of-another-release", "text/javascript; charset=utf-8", keepBriefly},
			{"/" + reader + "es/reader/index.js", "text/javascript; charset=utf-8", keepForever},
			{"/" + reader + "es/share.js", "text/javascript; charset=utf-8", keepForever},
			{"/" + reader + "reader/zxing_reader.wasm", "application/wasm", keepForever},
			{"/" + reader + "LICENSE.txt", "text/plain; charset=utf-8", keepForever},
		} {
			w := get("GET", c.path)
			h := w.Header()
			if w.Code != http.StatusOK || h.Get("Content-Type") != c.mediaType || h.Get("Cache-Control") != c.keep || h.Get("ETag") == "" || w.Body.Len() == 0 {
				t.Errorf("%s: %d %v, %d bytes", c.path, w.Code, h, w.Body.Len())
			}
			if head := get("HEAD", c.path); head.Code != w.Code || head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
				t.Errorf("HEAD %s: %d %v", c.path, head.Code, head.Header())
			}
		}
		for _, path := range []string{"/script/none.js", "/icon/", "/icon/none.svg", "/script/..%2fstyle.css", "/wasm/", "/wasm/../style.css", "/" + reader, "/wasm/zxing-wasm-3.1.3/es/share.js"} {
			if w := get("GET", path); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	}
}
