package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/testamur/testamur/templates"
)

// TestBrowser looks at every page in a real browser, as readers have it: small
// and wide, light and dark, in each language, by keyboard, without scripts.
func TestBrowser(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(t, h.url, video(t, strings.ToUpper(h.url+"/c/"+linkValid)))
	t.Run("FaultsAreSeen", func(t *testing.T) { testFaults(t, h, b) })
	t.Run("Pages", func(t *testing.T) { testPages(t, h, b) })
	t.Run("Keyboard", func(t *testing.T) { testKeyboard(t, b) })
	t.Run("Buttons", func(t *testing.T) { testButtons(t, b) })
	t.Run("Drop", func(t *testing.T) { testDrop(t, h, b) })
	t.Run("Camera", func(t *testing.T) { testCamera(t, b) })
	t.Run("Touch", func(t *testing.T) { testTouch(t, b) })
	t.Run("Summary", func(t *testing.T) { testSummary(t, b) })
	t.Run("Alike", func(t *testing.T) { testAlike(t, b) })
	t.Run("NoScripts", func(t *testing.T) { testNoScripts(t, h, b) })
}

const around = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head><body><main><h1>Page</h1>`

// testFaults shows that the tests of pages see the faults they are for.
func testFaults(t *testing.T, h *house, b *tab) {
	strict := map[string]string{"Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"}
	for _, fault := range []struct {
		name, page string
		headers    map[string]string
		want       string // in what is said of it; "" for nothing
	}{
		{"none", `<p>All is well. <a href="/">Home</a></p>`, strict, ""},
		{"somebody else's picture", `<img src="https://elsewhere.example/x.png" alt="">`, nil, "asked of somebody else: https://elsewhere.example/x.png"},
		{"the same, which the policy stops", `<img src="https://elsewhere.example/x.png" alt="">`, strict, "console error: Loading the image"},
		{"a script in the page", `<script>document.title = "x"</script>`, strict, "console error: Executing inline script violates"},
		{"an exception", `<script>throw new Error("x")</script>`, nil, "exception"},
		{"grey on grey", `<p style="color: #999; background: #bbb">Words</p>`, nil, "color-contrast"},
		{"a field without a name", `<form><input name="x"></form>`, nil, "label"},
		{"a box wider than a telephone", `<div style="width: 500px">Words</div>`, nil, "wider than its window"},
		{"a small button", `<button style="width: 12px; height: 12px; padding: 0; border: 0" aria-label="x"></button>`, nil, "is small"},
		{"a focus that cannot be seen", `<style>a { outline: none }</style><a href="/x">There</a>`, nil, "cannot be seen"},
		{"a link beside the way of the keyboard", `<a href="/x">One</a> <a href="/y" tabindex="2">Two</a>`, nil, "does not reach"},
	} {
		h.fixtures["/fixture"] = around + fault.page + `</main></body></html>`
		h.headers = fault.headers
		b.show(t, 320, "light")
		b.open(t, "/fixture")
		faults := append(b.faults(t), b.walk(t)...)
		all := strings.Join(append(faults, b.seen()...), "\n")
		if (fault.want == "") != (all == "") || !strings.Contains(all, fault.want) {
			t.Errorf("%s: %q", fault.name, all)
		}
	}
}

// sight is one page, or one thing that a page can say.
type sight struct {
	name   string
	path   string
	status int
	kind   string // class of its verdict; "" if it gives none
	fill   string // form that is sent from there: what is set in it, and its selector
	form   string
}

func sights(h *house) []sight {
	c := func(link string) string { return "/c/" + link }
	set := func(field, value string) string { return "f.elements." + field + ".value = " + quoted(value) }
	return []sight{
		{name: "home", path: "/", status: 200},
		{name: "nothing asked", path: "/", status: 400, form: "#check"},
		{name: "valid", path: c(linkValid), status: 200, kind: "valid"},
		{name: "without end", path: c(linkForever), status: 200, kind: "valid"},
		{name: "expired", path: c(linkExpired), status: 200, kind: "expired"},
		{name: "not yet valid", path: c(linkEarly), status: 200, kind: "early"},
		{name: "suspended", path: c(linkSuspended), status: 200, kind: "suspended"},
		{name: "withdrawn", path: c(linkWithdrawn), status: 200, kind: "withdrawn"},
		{name: "replaced", path: c(linkReplaced), status: 200, kind: "withdrawn"},
		{name: "altered", path: c(linkAltered), status: 200, kind: "altered"},
		{name: "could not check", path: c(linkUncertain), status: 503, kind: "unknown"},
		{name: "issuer silent", path: c(linkSilent), status: 503, kind: "unknown"},
		{name: "no such certificate", path: c(linkNone), status: 404, kind: "unknown"},
		{name: "no such page", path: "/none", status: 404, kind: "unknown"},
		{name: "of a past day", path: c(linkValid) + "?at=2026-11-10", status: 200},
		{name: "withdrawn since", path: c(linkWithdrawn) + "?at=2026-11-10", status: 200},
		{name: "of a day nobody knows of", path: c(linkValid) + "?at=2026-11-01", status: 503, kind: "unknown"},
		{name: "of no day", path: c(linkValid) + "?at=tomorrow", status: 400},
		{name: "a number", path: "/?q=" + numberValid, status: 200, kind: "valid"},
		{name: "a number of nothing", path: "/?q=SCB-00000-00000", status: 404},
		{name: "a number and its name", path: "/?q=" + numberValid, status: 200, kind: "valid", form: "form[method=post]", fill: set("name", holder)},
		{name: "signed text", path: "/", status: 200, kind: "valid", form: "#check", fill: set("q", h.tokens[linkValid])},
		{name: "altered text", path: "/", status: 200, kind: "altered", form: "#check", fill: set("q", h.tokens[linkAltered])},
		{name: "somebody else's link", path: "/", status: 200, kind: "altered", form: "#check", fill: set("q", "https://elsewhere.example/c/"+linkValid)},
		{name: "the name matches", path: c(linkValid), status: 200, kind: "valid", form: "form[method=post]", fill: set("name", holder)},
		{name: "another name", path: c(linkValid), status: 200, form: "form[method=post]", fill: set("name", "Grace Hopper")},
	}
}

func testPages(t *testing.T, h *house, b *tab) {
	looked := 0
	for _, tag := range templates.Tags {
		b.language(t, tag)
		for _, s := range sights(h) {
			t.Run(tag+"/"+strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
				b.show(t, 320, "light")
				status := b.open(t, s.path)
				if s.form != "" {
					status = b.submit(t, s.form, s.fill)
				}
				if status != s.status {
					t.Errorf("answered with %d, want %d", status, s.status)
				}
				if lang := eval[string](t, b, `document.documentElement.lang`); lang != tag {
					t.Errorf("the page is in %q", lang)
				}
				if (tag == "ar") != eval[bool](t, b, `getComputedStyle(document.body).direction === "rtl"`) {
					t.Error("the page runs in the wrong direction")
				}
				if s.kind != "" && !eval[bool](t, b, `document.querySelector(".verdict")?.classList.contains(`+quoted(s.kind)+`) ?? false`) {
					t.Errorf("the verdict is %q, want %s", eval[string](t, b, `document.querySelector(".verdict")?.className ?? ""`), s.kind)
				}
				if tag == "en" {
					for _, link := range b.deadLinks(t) {
						t.Errorf("a link leads nowhere: %s", link)
					}
				}
				eval[bool](t, b, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
				said := map[string]bool{} // once is enough
				for _, width := range []int64{320, 1280} {
					for _, scheme := range []string{"light", "dark"} {
						b.show(t, width, scheme)
						faults := b.faults(t)
						if tag == "en" || tag == "ar" && scheme == "light" {
							faults = append(faults, b.walk(t)...)
						}
						for _, fault := range faults {
							if !said[fault] {
								t.Errorf("%d px, %s: %s", width, scheme, fault)
							}
							said[fault] = true
						}
						looked++
					}
				}
				for _, fault := range b.seen() {
					t.Error(fault)
				}
			})
		}
	}
	t.Logf("%d pages in %d languages, 2 widths and 2 colour schemes: looked at %d times", len(sights(h)), len(templates.Tags), looked)
}

// testKeyboard works the pages with the keyboard alone.
func testKeyboard(t *testing.T, b *tab) {
	b.language(t, "en")
	b.show(t, 320, "light")
	focused := func() string { return eval[string](t, b, `document.activeElement.id`) }
	reach := func(selector string) {
		t.Helper()
		for range 60 {
			must(t, do(b, press("\t")))
			if eval[bool](t, b, `document.activeElement.matches(`+quoted(selector)+`)`) {
				return
			}
		}
		t.Fatalf("the keyboard does not reach %s", selector)
	}

	b.open(t, "/")
	must(t, do(b, press("\t"), press("\r")))
	if focused() != "main" && eval[string](t, b, `location.hash`) != "#main" {
		t.Errorf("the first stop does not lead to the content, but to %q", focused())
	}
	reach("summary")
	for _, key := range []string{" ", "\r"} { // opens, and closes
		was := eval[bool](t, b, `document.querySelector("details").open`)
		must(t, do(b, press(key)))
		if eval[bool](t, b, `document.querySelector("details").open`) == was {
			t.Errorf("%q does nothing on a summary", key)
		}
	}
	b.open(t, "/")
	reach("#q")
	must(t, do(b, chromedp.KeyEvent(b.home+"/c/"+linkValid)))
	if b.load(t, press("\r")) != http.StatusOK || !b.verdict(t, "valid") {
		t.Error("Enter in the field does not check")
	}
	reach("input[name=name]")
	must(t, do(b, chromedp.KeyEvent("Grace Hopper")))
	reach("button[type=submit]")
	if b.load(t, press(" ")) != http.StatusOK || b.verdict(t, "valid") {
		t.Error("the name of somebody else is taken for the holder's")
	}
	if reach("a[hreflang=de]"); b.load(t, press("\r")) != http.StatusOK || eval[string](t, b, `document.documentElement.lang`) != "de" {
		t.Error("the language cannot be chosen")
	}

	// A form sent empty says which field it is about, and leads there.
	b.open(t, "/")
	b.submit(t, "#check", "")
	reach("#problem a")
	must(t, do(b, press("\r")))
	if focused() != "q" {
		t.Errorf("the summary of errors leads to %q", focused())
	}
	b.quiet(t)
}

// testButtons copies the address, and prints.
func testButtons(t *testing.T, b *tab) {
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, Origin: b.home,
		})
		must(t, err)
	}
	must(t, call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	b.language(t, "fr")
	b.open(t, "/c/"+linkValid)
	must(t, do(b, chromedp.Click(chromedp.CSS("[data-copy]"))))
	eventually(t, func() bool { return eval[string](t, b, `document.querySelector("#copied").textContent`) != "" })
	said := eval[string](t, b, `document.querySelector("#copied").textContent`)
	if said != eval[string](t, b, `document.querySelector("[data-copy]").dataset.copied`) {
		t.Errorf("copying says %q", said)
	}
	if got := eval[string](t, b, `navigator.clipboard.readText()`); got != eval[string](t, b, `document.querySelector("[data-copy]").dataset.copy`) || !strings.Contains(got, linkValid) {
		t.Errorf("copied %q", got)
	}
	eval[bool](t, b, `(navigator.clipboard.writeText = () => Promise.reject(new Error("no")), true)`)
	must(t, do(b, chromedp.Click(chromedp.CSS("[data-copy]"))))
	eventually(t, func() bool {
		return eval[bool](t, b, `document.querySelector("#copied").textContent === document.querySelector("[data-copy]").dataset.failed`)
	})
	eval[bool](t, b, `(window.print = () => { window.printed = true; }, true)`)
	must(t, do(b, chromedp.Click(chromedp.CSS("[data-print]"))))
	if !eval[bool](t, b, `window.printed === true`) {
		t.Error("the button does not print")
	}
	b.quiet(t)
}

// testDrop lets a file go over the page, on the field and beside it.
func testDrop(t *testing.T, h *house, b *tab) {
	b.language(t, "en")
	for _, place := range []string{"#drop", "h1"} {
		b.open(t, "/")
		status := b.load(t, b.run(`(() => {
			const data = new DataTransfer();
			data.items.add(new File([`+quoted(h.tokens[linkExpired])+`], "certificate.jws"));
			for (const name of ["dragover", "drop"])
				document.querySelector(`+quoted(place)+`).dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}));
		})()`))
		if status != http.StatusOK || !b.verdict(t, "expired") {
			t.Errorf("let go over %s: %d", place, status)
		}
	}
	b.open(t, "/")
	eval[bool](t, b, `document.querySelector("#drop").dispatchEvent(new DragEvent("drop", {dataTransfer: new DataTransfer(), bubbles: true, cancelable: true}))`)
	b.quiet(t)
}

// testTouch checks a certificate on a telephone.
func testTouch(t *testing.T, b *tab) {
	b.language(t, "ar")
	must(t, do(b, chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch)))
	defer func() { must(t, do(b, chromedp.EmulateReset())) }()
	b.open(t, "/")
	must(t, do(b, chromedp.Tap(chromedp.CSS("#q")), chromedp.SendKeys(chromedp.CSS("#q"), strings.ToUpper(b.home+"/c/"+linkWithdrawn))))
	if b.load(t, chromedp.Tap(chromedp.CSS("#check button[type=submit]"))) != http.StatusOK || !b.verdict(t, "withdrawn") {
		t.Error("not checked")
	}
	for _, fault := range b.faults(t) {
		t.Error(fault)
	}
	b.quiet(t)
}

// testNoScripts does without scripts all that does not need a camera.
func testNoScripts(t *testing.T, h *house, b *tab) {
	must(t, call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	defer func() {
		must(t, call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false}))
	}()
	b.language(t, "es")
	b.show(t, 320, "light")
	press := chromedp.Click(chromedp.CSS("#check button[type=submit]"))

	b.open(t, "/")
	if eval[bool](t, b, `document.querySelector("#scan").checkVisibility()`) {
		t.Error("there is a camera without scripts")
	}
	must(t, do(b, chromedp.SendKeys(chromedp.CSS("#q"), b.home+"/c/"+linkSuspended)))
	if b.load(t, press) != http.StatusOK || !b.verdict(t, "suspended") {
		t.Error("a typed link is not checked")
	}
	if eval[bool](t, b, `[...document.querySelectorAll("[data-copy], [data-print]")].some(e => e.checkVisibility())`) {
		t.Error("there are buttons that do nothing")
	}
	b.open(t, "/")
	file := filepath.Join(t.TempDir(), "certificate.jws")
	must(t, os.WriteFile(file, []byte(h.tokens[linkValid]), 0o600))
	must(t, do(b, chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file})))
	if b.load(t, press) != http.StatusOK || !b.verdict(t, "valid") {
		t.Error("a file is not checked")
	}
	b.quiet(t)
}

// deadLinks returns the links of the page at which this service has nothing. What
// the issuer publishes is not asked for: its own tests do that.
func (b *tab) deadLinks(t testing.TB) (dead []string) {
	t.Helper()
	here := eval[string](t, b, `location.href.split("#")[0]`)
	for _, link := range eval[[]string](t, b, `[...new Set([...document.querySelectorAll("a[href], link[href], script[src]")].map(e => e.href || e.src))]`) {
		link, _, _ = strings.Cut(link, "#")
		path, ours := strings.CutPrefix(link, b.home+"/")
		if !ours || link == here || strings.Contains(path, "?lang=") || strings.HasPrefix(path, "certificates/") || path == "trust.json" || path == ".well-known/jwks.json" {
			continue
		}
		if b.links[path] == 0 {
			r, err := http.Get(b.home + "/" + path)
			must(t, err)
			must(t, r.Body.Close())
			b.links[path] = r.StatusCode
		}
		if b.links[path] == http.StatusNotFound {
			dead = append(dead, link)
		}
	}
	return dead
}

// quiet reports what was seen that must not be.
func (b *tab) quiet(t testing.TB) {
	t.Helper()
	for _, fault := range b.seen() {
		t.Error(fault)
	}
}

// verdict reports whether the page gives a verdict of the kind.
func (b *tab) verdict(t testing.TB, kind string) bool {
	t.Helper()
	return eval[bool](t, b, fmt.Sprintf(`document.querySelector(".verdict.%s") !== null`, kind))
}
