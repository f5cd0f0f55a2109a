package main_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
	"github.com/testamur/testamur/verifier/web"
)

// summaryHouse is a verification service that trusts a body for each algorithm, and
// keeps what it was asked.
type summaryHouse struct {
	url     string
	trust   *verifier.Trust
	rings   map[keys.Algorithm]*keys.Ring
	strange *keys.Ring // of a body that nobody trusts
	close   func()

	mu    sync.Mutex
	asked []string
}

// issuerOf is the address of the body that signs with an algorithm.
func issuerOf(alg keys.Algorithm) string {
	return "https://" + strings.ToLower(string(alg)) + ".example.org"
}

func newSummaryHouse(t *testing.T) *summaryHouse {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	h := &summaryHouse{url: "http://" + ln.Addr().String(), rings: map[keys.Algorithm]*keys.Ring{}}
	ring := func(issuer string, alg keys.Algorithm) *keys.Ring {
		k, err := keys.Generate(issuer, keys.ForCredential, alg, noon)
		must(t, err)
		r, err := keys.NewRing(k)
		must(t, err)
		return r
	}
	var issuers []*verifier.Issuer
	for _, alg := range []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256} {
		h.rings[alg] = ring(issuerOf(alg), alg)
		issuers = append(issuers, &verifier.Issuer{ID: issuerOf(alg), Name: "Body of " + string(alg), Keys: h.rings[alg].Set(), StatusLists: []string{issuerOf(alg) + "/status/"}})
	}
	h.strange = ring(issuerOf(keys.ES256), keys.ES256)
	h.trust, err = verifier.NewTrust(issuers, nil)
	must(t, err)
	pages, err := templates.NewWeb(templates.Site{Name: body})
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	service := &web.Service{Name: body, URL: h.url, Trust: h.trust, Pages: pages, Log: log}
	rules := map[string]server.Rule{}
	for name, demand := range service.Demands() {
		rules[name] = server.Rule(demand)
	}
	quota := server.DefaultQuota
	quota.Rate = 0
	engine := server.Engine(server.Options{Log: log, Pages: pages, Refuse: pages.RefuseIn, Rules: rules, Guard: server.NewGuard(quota)})
	service.Mount(engine)
	srv := &httptest.Server{Listener: ln, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Header))
		h.mu.Unlock()
		engine.ServeHTTP(w, r)
	})}}
	srv.Start()
	h.close = sync.OnceFunc(func() { srv.CloseClientConnections(); srv.Close() })
	t.Cleanup(h.close)
	return h
}

// facts are those of a certificate in force on this machine today, changed.
func (h *summaryHouse) facts(alg keys.Algorithm, change func(*summary.Summary)) *summary.Summary {
	now := time.Now().UTC().Truncate(time.Second)
	until, scope := credential.Time{Time: now.AddDate(1, 0, 0)}, "Analysis, modelling and assessment of competence in organisations"
	s := &summary.Summary{
		Issuer: issuerOf(alg), Verifier: h.url, ID: linkValid, List: "1", Index: 4711, Competence: true, Number: "SCB-7Q2F9-KXM31", Holder: holder,
		Title: "Consultant and Manager in Competence Management", Code: "CM-COMP", Scheme: "Competence Management", Edition: "2026", Body: body, Decider: "D. Decider",
		Decided: credential.Time{Time: now.AddDate(0, 0, -40)}, From: credential.Time{Time: now.AddDate(0, 0, -30)}, Until: &until, Scope: &scope,
	}
	if change != nil {
		change(s)
	}
	return s
}

// code is what the second QR code holds behind the #.
func (h *summaryHouse) code(t testing.TB, ring *keys.Ring, s *summary.Summary) string {
	t.Helper()
	payload, err := s.Payload()
	must(t, err)
	token, err := ring.Sign(context.Background(), keys.ForCredential, keys.TypeSummary, payload)
	must(t, err)
	text, err := summary.Write(token)
	must(t, err)
	_, digits := summary.Split(text)
	return digits
}

// answers of the page, by what our own verifier says of the same code without lists.
var answers = map[verifier.Reason]string{
	verifier.StatusUnavailable: "genuine", verifier.Expired: "expired", verifier.NotYetValid: "early",
	verifier.Altered: "altered", verifier.UntrustedIssuer: "untrusted", verifier.Malformed: "malformed",
}

// shows puts a code behind the # of the page that is open, and returns its answer.
func shows(t testing.TB, b *tab, digits string) string {
	t.Helper()
	return eval[string](t, b, `new Promise((done) => {
		const box = document.querySelector("#summary");
		if (location.hash === "#" + `+quoted(digits)+`) { done(box.dataset.state); return; }
		box.dataset.state = "";
		location.hash = `+quoted(digits)+`;
		const look = () => box.dataset.state ? done(box.dataset.state) : setTimeout(look, 4);
		setTimeout(look, 4);
	})`)
}

// testSummary checks signed summaries in the browser, which tells nobody of them.
func testSummary(t *testing.T, b *tab) {
	h := newSummaryHouse(t)
	was := b.home
	b.home = h.url
	defer func() { b.home = was }()
	v := verifier.Verifier{Issuers: h.trust}
	b.language(t, "en")
	b.show(t, 320, "light")

	genuine := h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, nil))
	retyped := func() string { // the body's own signature, made for another purpose
		payload, err := h.facts(keys.ES256, nil).Payload()
		must(t, err)
		token, err := h.rings[keys.ES256].Sign(t.Context(), keys.ForCredential, keys.TypeVC, payload)
		must(t, err)
		other, err := h.rings[keys.ES256].Sign(t.Context(), keys.ForCredential, keys.TypeSummary, payload)
		must(t, err)
		text, err := summary.Write(other)
		must(t, err)
		return swapSignature(t, text, token)
	}()
	past, soon := time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
	cases := []struct{ name, code, want string }{
		{"ES256", genuine, "genuine"},
		{"EdDSA", h.code(t, h.rings[keys.EdDSA], h.facts(keys.EdDSA, nil)), "genuine"},
		{"RS256", h.code(t, h.rings[keys.RS256], h.facts(keys.RS256, nil)), "genuine"},
		{"without end", h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) { s.Until, s.Competence = nil, false })), "genuine"},
		{"without scope", h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) { s.Scope = nil })), "genuine"},
		{"specimen", h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) { s.Specimen = true })), "genuine"},
		{"expired", h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) { s.Until = &credential.Time{Time: past} })), "expired"},
		{"not yet valid", h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) { s.From = credential.Time{Time: soon} })), "early"},
		{"key of nobody", h.code(t, h.strange, h.facts(keys.ES256, nil)), "untrusted"},
		{"signed as something else", retyped, "altered"},
		{"cut short", genuine[:len(genuine)-34], "malformed"},
		{"of a later version", "2" + genuine[1:], "malformed"},
		{"no digits", "1%3Cscript%3E", "malformed"},
		{"scanned at another site", "https://certs.example-org.evil/v#" + genuine, "elsewhere"},
		{"scanned, a user in front", strings.Replace(h.url, "//", "//user@", 1) + "/v#" + genuine, "elsewhere"},
		{"scanned, another path", h.url + "/a/v#" + genuine, "elsewhere"},
		{"scanned, a query", h.url + "/v?next=https://evil.example#" + genuine, "elsewhere"},
		{"scanned as it was signed", h.url + "/v#" + genuine, "genuine"},
		{"scanned in capitals", strings.ToUpper(h.url) + "/V?lang=de#" + genuine, "genuine"},
		{"scanned, changed", h.url + "/v#" + genuine[:len(genuine)-34], "malformed"},
	}
	b.open(t, "/v")
	if state := eval[string](t, b, `new Promise((done) => setTimeout(() => done(document.querySelector("#summary").dataset.state), 300))`); state != "none" {
		t.Errorf("without a code: %q", state)
	}
	for _, c := range cases {
		if got := shows(t, b, c.code); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		shown := eval[[]string](t, b, `[...document.querySelectorAll("[data-answer]")].filter(e => e.checkVisibility()).map(e => e.dataset.answer)`)
		if len(shown) != 1 || shown[0] != c.want {
			t.Errorf("%s: the page shows %q", c.name, shown)
		}
		facts := eval[bool](t, b, `document.querySelector("#facts").checkVisibility()`)
		if want := c.want == "genuine" || c.want == "expired" || c.want == "early"; facts != want {
			t.Errorf("%s: what stands on the paper is shown: %t", c.name, facts)
		}
		text := c.code
		if !strings.Contains(text, "#") {
			text = h.url + "/v#" + text
		}
		if summary.Is(text) {
			r := v.ExamineSummary(t.Context(), text)
			if elsewhere := strings.HasPrefix(r.Summary(), "The second QR code opens "); elsewhere != (c.want == "elsewhere") || !elsewhere && answers[r.Reason] != c.want {
				t.Errorf("%s: our own verifier says %q, the page %s", c.name, r.Reason, c.want)
			}
		}
	}

	t.Run("Facts", func(t *testing.T) {
		shows(t, b, genuine)
		text := eval[string](t, b, `document.querySelector("main").innerText`)
		for _, want := range []string{holder, "Consultant and Manager", "SCB-7Q2F9-KXM31", "CM-COMP", "D. Decider", body, "Analysis, modelling", linkValid, issuerOf(keys.ES256)} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not shown", want)
			}
		}
		if href := eval[string](t, b, `[...document.querySelectorAll("[data-live-link]")].find(e => e.checkVisibility()).href`); href != h.url+"/c/"+linkValid {
			t.Errorf("the present status is asked at %s", href)
		}
		if link := eval[string](t, b, `document.querySelector("a[hreflang=de]").href`); link != h.url+"/v?lang=de#"+genuine {
			t.Errorf("another language leads to %s", link)
		}
	})
	// A body that has moved its service lets the old address lead on to the new one.
	t.Run("Moved", func(t *testing.T) {
		note := `[...document.querySelectorAll("[data-row=signed]")].filter(e => e.checkVisibility()).map(e => e.innerText).join()`
		if shows(t, b, genuine); eval[string](t, b, note) != "" {
			t.Errorf("at the address that was signed the page says %q", eval[string](t, b, note))
		}
		old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, h.url+r.URL.Path, http.StatusMovedPermanently)
		}))
		defer old.Close()
		code := h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) { s.Verifier = old.URL }))
		b.quiet(t)
		b.load(t, chromedp.Navigate(old.URL+"/v#"+code))
		if asked := strings.Join(b.seen(), "\n"); asked != "asked of somebody else: "+old.URL+"/v" {
			t.Errorf("where the old address leads on: %s", asked)
		}
		if at := eval[string](t, b, `location.href`); at != h.url+"/v#"+code {
			t.Fatalf("the old address leads to %s", at)
		}
		if state := shows(t, b, code); state != "genuine" {
			t.Errorf("a code of the old address: %s", state)
		}
		if says := eval[string](t, b, note); !strings.Contains(says, "This page is at "+h.url+"/v; the code was signed to open "+old.URL+"/v.") {
			t.Errorf("the page says %q", says)
		}
		if state := shows(t, b, old.URL+"/v#"+code); state != "genuine" || eval[string](t, b, note) != "" {
			t.Errorf("the same, read by the camera: %s, %q", state, eval[string](t, b, note))
		}
		if state := shows(t, b, genuine); state != "genuine" || eval[string](t, b, note) != "" {
			t.Errorf("afterwards: %s, %q", state, eval[string](t, b, note))
		}
	})
	t.Run("Tampered", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		counts := map[string]int{}
		for range 400 {
			changed := []byte(genuine)
			for range 1 + random.IntN(2) {
				i := 1 + random.IntN(len(changed)-1)
				changed[i] = '0' + (changed[i]-'0'+1+byte(random.IntN(9)))%10
			}
			if string(changed) == genuine {
				continue
			}
			got := shows(t, b, string(changed))
			counts[got]++
			if got != "altered" && got != "malformed" && got != "untrusted" {
				t.Fatalf("with other digits: %s\n%s", got, changed)
			}
		}
		t.Logf("400 changed codes: %v", counts)
	})
	t.Run("Hostile", func(t *testing.T) {
		evil := `<img src=x onerror="window.hit=1">"><script>window.hit=1</script>`
		code := h.code(t, h.rings[keys.ES256], h.facts(keys.ES256, func(s *summary.Summary) {
			s.Holder, s.Title, s.Decider, s.Body = evil, "exam \u202egnivird", "javascript:window.hit=1", "{{.}}\u2066x"
		}))
		if got := shows(t, b, code); got != "genuine" {
			t.Fatal(got)
		}
		if eval[bool](t, b, `window.hit !== undefined || document.querySelector("main script, main img[onerror]") !== null`) {
			t.Error("what the code holds became part of the page")
		}
		if got := eval[string](t, b, `document.querySelector("dd.holder").textContent`); got != evil {
			t.Errorf("the name is shown as %q", got)
		}
		if got := eval[string](t, b, `document.querySelector("dd.award").textContent`); got != "exam \ufffdgnivird" {
			t.Errorf("the title is shown as %q", got)
		}
	})
	t.Run("Unable", func(t *testing.T) {
		eval[bool](t, b, `(window.importKey = crypto.subtle.importKey, crypto.subtle.importKey = () => Promise.reject(new DOMException("no", "NotSupportedError")), true)`)
		if got := shows(t, b, cases[1].code); got != "unable" {
			t.Errorf("a browser without the algorithm says %s", got)
		}
		eval[bool](t, b, `(delete crypto.subtle.importKey, true)`)
	})
	b.quiet(t)

	looked := 0
	for _, tag := range templates.Tags {
		b.language(t, tag)
		for _, c := range append(cases, struct{ name, code, want string }{"none", "", "none"}, struct{ name, code, want string }{"unable", cases[1].code, "unable"}) {
			if tag != "en" && tag != "ar" && c.name != "ES256" && c.name != "expired" && c.name != "none" {
				continue
			}
			b.open(t, "/v?lang="+tag)
			if c.want == "unable" {
				eval[bool](t, b, `(crypto.subtle.importKey = () => Promise.reject(new DOMException("no", "NotSupportedError")), true)`)
			}
			if c.code != "" {
				shows(t, b, c.code)
			}
			for _, width := range []int64{320, 1280} {
				for _, scheme := range []string{"light", "dark"} {
					b.show(t, width, scheme)
					faults := b.faults(t)
					if scheme == "light" && (tag == "en" || tag == "ar") {
						faults = append(faults, b.walk(t)...)
					}
					for _, fault := range faults {
						t.Errorf("%s, %s, %d px, %s: %s", tag, c.name, width, scheme, fault)
					}
					looked++
				}
			}
		}
	}
	t.Logf("looked at %d times", looked)
	b.quiet(t)
	b.language(t, "en")

	// The camera of the start page leads there too, and asks nobody about the code. What
	// address it was behind is not forgotten.
	t.Run("Camera", func(t *testing.T) {
		for _, c := range []struct{ scanned, opens, state string }{
			{h.url + "/v#" + genuine, "#" + genuine, "genuine"},
			{"https://verify.example-org.evil/v#" + genuine, "#https://verify.example-org.evil/v#" + genuine, "elsewhere"},
		} {
			b.open(t, "/?lang=en")
			eval[bool](t, b, `(window.BarcodeDetector = class {
				static async getSupportedFormats() { return ["qr_code"]; }
				async detect() { return [{rawValue: `+quoted(c.scanned)+`}]; }
			}, true)`)
			b.load(t, chromedp.Click(chromedp.CSS("#scan-start")))
			eventually(t, func() bool {
				return eval[string](t, b, `document.querySelector("#summary")?.dataset.state ?? ""`) == c.state
			})
			if at := eval[string](t, b, `location.href`); at != h.url+"/v?lang=en"+c.opens {
				t.Errorf("scanning has led to %s", at)
			}
		}
	})
	t.Run("NoScripts", func(t *testing.T) {
		must(t, call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
		defer func() {
			must(t, call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false}))
		}()
		b.open(t, "/")
		b.open(t, "/v#"+genuine)
		if text := eval[string](t, b, `document.querySelector("main").innerText`); !strings.Contains(text, "needs JavaScript") || strings.Contains(text, "Genuine") {
			t.Errorf("without scripts the page says %q", text)
		}
	})

	// The page is open; now the service is gone, and with it all network that this
	// browser may use.
	b.open(t, "/")
	b.open(t, "/v#"+genuine)
	eval[bool](t, b, `new Promise((done) => { const look = () => document.querySelector("#summary").dataset.state ? done(true) : setTimeout(look, 4); look(); })`)
	b.load(t, chromedp.Click(chromedp.CSS("[data-answer=genuine] [data-live-link]")))
	b.open(t, "/v#"+genuine)
	b.seen() // the answer about the certificate, of which this service knows nothing
	h.mu.Lock()
	asked := h.asked
	h.mu.Unlock()
	live := false
	for _, request := range asked {
		live = live || strings.Contains(request, "/c/"+linkValid)
		if strings.Contains(request, genuine[:20]) || strings.Contains(request, "Referer") {
			t.Errorf("a request tells of the code, or where its reader comes from: %s", request)
		}
	}
	if len(asked) < 10 || !live {
		t.Errorf("%d requests were seen, that of the certificate among them: %t", len(asked), live)
	}
	h.close()
	if eval[bool](t, b, `fetch("/v", {cache: "no-store"}).then(() => true, () => false)`) {
		t.Error("there is still a network")
	}
	for _, i := range []int{1, 2, 6, 7, 8, 9} {
		c := cases[i]
		if got := shows(t, b, c.code); got != c.want {
			t.Errorf("%s, with no network: %s, want %s", c.name, got, c.want)
		}
		if !eval[bool](t, b, `[...document.images].filter(e => e.checkVisibility()).every(e => e.complete && e.naturalWidth > 0)`) {
			t.Errorf("%s, with no network: a picture is missing", c.name)
		}
	}
	b.seen() // that the service is gone
}

// swapSignature puts the signature of a token into a code.
func swapSignature(t testing.TB, text, token string) string {
	t.Helper()
	own, err := summary.Token(text)
	must(t, err)
	mine, theirs := strings.Split(own, "."), strings.Split(token, ".")
	text, err = summary.Write(mine[0] + "." + mine[1] + "." + theirs[2])
	must(t, err)
	_, digits := summary.Split(text)
	return digits
}
