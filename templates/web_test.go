package templates

import (
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestEveryReferenceOfAPageIsEmbedded(t *testing.T) {
	w, err := NewWeb(Site{Name: "Specimen <Body>", Base: "/certs"})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	w.Refuse(rec, http.StatusNotFound)
	page := rec.Body.String()
	if !strings.Contains(page, "Specimen &lt;Body&gt;") {
		t.Error("the name of the site is not on the page, or not as text")
	}
	found := 0
	for _, ref := range regexp.MustCompile(`(?:href|src)="/certs/([^"?]+)`).FindAllStringSubmatch(page, -1) {
		found++
		if f, ok := w.File(ref[1]); !ok || len(f.Body) == 0 || f.ETag == "" {
			t.Errorf("%s is not embedded", ref[1])
		}
	}
	if found < 3 {
		t.Errorf("%d references found", found)
	}
}

func TestARefusalIsAlwaysTheSame(t *testing.T) {
	w, err := NewWeb(Site{})
	if err != nil {
		t.Fatal(err)
	}
	for status := range refusals {
		a, b := httptest.NewRecorder(), httptest.NewRecorder()
		b.Header().Set("ETag", `"x"`)
		b.Header().Set("Access-Control-Allow-Origin", "*")
		w.Refuse(a, status)
		w.Refuse(b, status)
		if a.Code != status || a.Body.String() != b.Body.String() || len(a.Header()) != len(b.Header()) {
			t.Errorf("%d: %d %v, then %v", status, a.Code, a.Header(), b.Header())
		}
		if a.Header().Get("Cache-Control") != "no-store" || strings.Contains(a.Body.String(), "icon/valid.svg") {
			t.Errorf("%d may be kept, or looks good", status)
		}
	}
	teapot := httptest.NewRecorder()
	w.Refuse(teapot, http.StatusTeapot)
	if teapot.Code != http.StatusInternalServerError {
		t.Errorf("a status without words is answered with %d", teapot.Code)
	}
}

func TestUnknownPagesAreErrors(t *testing.T) {
	w, err := NewWeb(Site{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "layout", "x", "../font", "refusal.html", "web/refusal"} {
		if _, err := w.Page(name, nil); err == nil {
			t.Errorf("page %q gives something", name)
		}
	}
	for _, name := range []string{"", "layout.html", "refusal", "icon", "icon/", "icon/../style.css", "../font/README.md"} {
		if _, ok := w.File(name); ok {
			t.Errorf("file %q gives something", name)
		}
	}
}

// Text and its ground must differ by 4.5:1 (WCAG 2.2, 1.4.3).
func TestColoursCanBeRead(t *testing.T) {
	css, err := web.ReadFile("web/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, _ := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "@media")
	for name, text := range map[string]string{"light": light, "dark": dark} {
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{3,6});`).FindAllStringSubmatch(text, -1) {
			colour[m[1]] = m[2]
		}
		for _, ink := range []string{"ink", "soft", "blue", "bronze", "link"} {
			for _, ground := range []string{"ground", "sheet"} {
				if r := contrast(t, colour[ink], colour[ground]); r < 4.5 {
					t.Errorf("%s: %s on %s: %.2f", name, ink, ground, r)
				}
			}
		}
	}
	panels := regexp.MustCompile(`background: (#[0-9a-f]{6}); color: #fff|^\.[a-z, .]+ \{ background: (#[0-9a-f]{6}); \}`)
	n := 0
	for _, line := range strings.Split(string(css), "\n") {
		for _, m := range panels.FindAllStringSubmatch(line, -1) {
			n++
			if r := contrast(t, m[1]+m[2], "#fff"); r < 4.5 {
				t.Errorf("white on %s: %.2f", m[1]+m[2], r)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d panels found", n)
	}
}

// contrast is the contrast ratio of two colours (WCAG 2.2).
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	digits := strings.TrimPrefix(hex, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		t.Fatalf("colour %q", hex)
	}
	channel := func(c uint64) float64 {
		f := float64(c&0xff) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}
