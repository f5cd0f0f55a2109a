package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeSource is the rules of WCAG that a program can check (make deps).
const axeSource = "../../verifier/testdata/npm/node_modules/axe-core/axe.min.js"

// tab is one tab of a real browser, and what was seen in it.
type tab struct {
	ctx  context.Context
	home string // all that the tab may ask
	axe  string
	// links is what the addresses that pages link to are answered with.
	links map[string]int

	mu    sync.Mutex
	notes []string
	asks  []string // addresses that were asked for
	page  string   // address of the page, whose own status is no fault
}

// newBrowser starts Chromium with a camera that shows the video, a file of the
// form YUV4MPEG2. The tab may ask nobody but home.
func newBrowser(t *testing.T, home, video string) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("the pages are tested in Chromium, which is not here; install it: sudo apt-get install chromium (or make deps)")
	}
	axe, err := os.ReadFile(axeSource)
	if err != nil {
		t.Fatalf("the pages are tested with axe-core, which is not here; run make deps: %v", err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", video),
		chromedp.Flag("lang", "en"),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which does not run as root
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	b := &tab{ctx: ctx, home: home, axe: string(axe), links: map[string]int{}}
	if err := chromedp.Listen(ctx, b.saw); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return b
}

// saw notes what must not happen on any page.
func (b *tab) saw(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	note := func(format string, args ...any) { b.notes = append(b.notes, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked(e.Request.URL, note)
	case *network.EventWebSocketCreated:
		b.asked(e.URL, note)
	case *runtime.EventExceptionThrown:
		note("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, arg := range e.Args {
				words = append(words, string(arg.Value)+arg.Description)
			}
			note("console error: %s", strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !(e.Entry.Source == log.EntrySourceNetwork && e.Entry.URL == b.page) {
			note("console error: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	}
}

func (b *tab) asked(url string, note func(string, ...any)) {
	b.asks = append(b.asks, url)
	if url != b.home && !strings.HasPrefix(url, b.home+"/") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") {
		note("asked of somebody else: %s", url)
	}
}

// askedFor returns what has been asked for since it was last called.
func (b *tab) askedFor() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	asks := b.asks
	b.asks = nil
	return asks
}

// seen returns what was noted since it was last called.
func (b *tab) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	notes := b.notes
	b.notes = nil
	return notes
}

// pageTime is the longest that anything in the tab may take.
const pageTime = 20 * time.Second

func do(b *tab, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, pageTime)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// eval returns the value of an expression in the page.
func eval[T any](t testing.TB, b *tab, expression string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTime)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression[:min(len(expression), 200)], err)
	}
	return v
}

// load takes the steps, waits for the page they lead to, and returns its status.
func (b *tab) load(t testing.TB, steps ...chromedp.Action[chromedp.Void]) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTime)
	defer cancel()
	r, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		t.Fatal(err)
	}
	if r == nil {
		t.Fatal("there was no answer")
	}
	return int(r.Status)
}

// open goes to an address of the house.
func (b *tab) open(t testing.TB, path string) int {
	t.Helper()
	b.mu.Lock()
	b.page = b.home + path
	b.mu.Unlock()
	return b.load(t, chromedp.Navigate(b.home+path))
}

// submit fills in a form of the page, in which f is the form, and sends it as its
// button does.
func (b *tab) submit(t testing.TB, form, fill string) int {
	t.Helper()
	if address := eval[string](t, b, "document.querySelector("+quoted(form)+").action"); address != "" {
		b.mu.Lock()
		b.page = address
		b.mu.Unlock()
	}
	return b.load(t, b.run("(f => { "+fill+"; f.requestSubmit(); })(document.querySelector("+quoted(form)+"))"))
}

// run is the step that runs a script in the page.
func (b *tab) run(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](script+", true")(ctx, t)
		return err
	})
}

func (b *tab) language(t testing.TB, tag string) {
	t.Helper()
	must(t, call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": tag}}))
}

// show sets the width of the window in CSS pixels, and whether its reader likes
// dark pages.
func (b *tab) show(t testing.TB, width int64, scheme string) {
	t.Helper()
	must(t, call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1}))
	must(t, call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}))
}

// violation is a breach of a rule of WCAG, as axe-core tells it.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		Target []json.RawMessage
		HTML   string
		Any    []struct{ Message string }
	}
}

func (v violation) String() string {
	s := v.ID + ": " + v.Help
	for _, n := range v.Nodes {
		s += "\n      " + string(slices.Concat(n.Target...)) + " " + n.HTML
		for _, a := range n.Any {
			s += "\n        " + a.Message
		}
	}
	return s
}

// inspect returns the breaches of WCAG 2.2, levels A and AA, on the page as shown.
func (b *tab) inspect(t testing.TB) []violation {
	t.Helper()
	if !eval[bool](t, b, `"axe" in window`) {
		eval[bool](t, b, b.axe+";true")
	}
	return eval[[]violation](t, b, `axe.run(document, {
		runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
		rules: {"target-size": {enabled: true}},
		resultTypes: ["violations"], preload: false,
	}).then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n =>
		({target: n.target, html: n.html.slice(0, 160), any: [...n.any, ...n.all, ...n.none].map(a => ({message: a.message}))}))})))`)
}

// faults returns what is wrong with the page as shown.
func (b *tab) faults(t testing.TB) []string {
	t.Helper()
	var faults []string
	for _, v := range b.inspect(t) {
		faults = append(faults, v.String())
	}
	l := b.layout(t)
	if l.Page > l.Window {
		faults = append(faults, "the page is wider than its window: "+strings.Join(l.Out, "; "))
	}
	for _, s := range l.Small {
		faults = append(faults, s+" is small")
	}
	return faults
}

// layout is how the page lies in its window.
type layout struct {
	Window, Page int
	Out          []string // what sticks out
	Small        []string // targets of less than 24 px either way
}

func (b *tab) layout(t testing.TB) layout {
	t.Helper()
	return eval[layout](t, b, `(() => {
		const name = e => e.tagName.toLowerCase() + (e.id && "#" + e.id) + [...e.classList].map(c => "." + c).join("") + " " + (e.textContent || e.name || "").trim().slice(0, 40);
		const all = [...document.querySelectorAll("body *")].filter(e => e.checkVisibility());
		const inSentence = e => getComputedStyle(e).display === "inline" &&
			e.parentElement.closest("p, li, dd, td, label").textContent.trim().length > e.textContent.trim().length;
		const size = e => (e.labels?.length && ["checkbox", "radio"].includes(e.type) ? e.labels[0] : e).getBoundingClientRect();
		return {
			window: innerWidth, page: document.documentElement.scrollWidth,
			out: all.filter(e => { const r = e.getBoundingClientRect(); return r.width > 1 && (r.right > innerWidth + 1 || r.left < -1); }).slice(0, 5).map(name),
			small: all.filter(e => e.matches("a[href], button, input, select, textarea, summary, [tabindex='0']"))
				.filter(e => { const r = size(e); return (r.width < 24 || r.height < 24) && !(e.parentElement.closest("p, li, dd, td, label") && inSentence(e)); })
				.map(e => name(e) + " " + size(e).width.toFixed(1) + "x" + size(e).height.toFixed(1)),
		};
	})()`)
}

// stop is one place at which the focus of the keyboard stops.
type stop struct {
	Place   int // among what can be operated, in the order of the page; -1: none of it
	Name    string
	Visible bool // that the focus is there can be seen
	Shown   bool // it lies in the window
}

// walk goes through the page with the Tab key, and returns the faults.
func (b *tab) walk(t testing.TB) []string {
	t.Helper()
	eval[bool](t, b, `(() => {
		const top = document.createElement("span"); // where whoever has just opened the page is
		top.tabIndex = -1;
		document.body.prepend(top);
		top.focus();
		top.remove();
		scrollTo(0, 0);
		const groups = new Map();
		for (const e of document.querySelectorAll("input[type=radio]")) {
			const group = (e.form?.id ?? "") + "/" + e.name;
			if (!groups.has(group) || e.checked) groups.set(group, e);
		}
		const look = e => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor].join(" "); };
		window.stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(e =>
			!e.disabled && e.type !== "hidden" && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}) &&
			(e.type !== "radio" || [...groups.values()].includes(e)));
		window.looks = window.stops.map(look);
		window.where = () => {
			const e = document.activeElement;
			const place = window.stops.indexOf(e);
			const s = getComputedStyle(e), r = e.getBoundingClientRect();
			return {
				place, name: e.tagName.toLowerCase() + (e.id && "#" + e.id) + " " + (e.textContent || e.name || "").trim().slice(0, 40),
				visible: place >= 0 && look(e) !== window.looks[place] && (s.outlineStyle === "auto" || (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none"),
				shown: r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
			};
		};
		return true;
	})()`)
	names := eval[[]string](t, b, `window.stops.map(e => e.tagName.toLowerCase() + (e.id && "#" + e.id) + " " + (e.textContent || e.name || "").trim().slice(0, 40))`)
	var faults []string
	last := -1
	for range 6*len(names) + 4 { // a field for a date has several stops
		must(t, do(b, press("\t")))
		s := eval[stop](t, b, `window.where()`)
		switch {
		case s.Place == last:
			continue
		case s.Place < 0:
			if s.Name == "body" || strings.HasPrefix(s.Name, "body ") {
				if last+1 < len(names) {
					faults = append(faults, fmt.Sprintf("the keyboard does not reach %q", names[last+1:]))
				}
				return faults
			}
			faults = append(faults, fmt.Sprintf("the keyboard stops at %q, which cannot be operated", s.Name))
			continue
		case s.Place < last: // round again
			if last+1 < len(names) {
				faults = append(faults, fmt.Sprintf("the keyboard does not reach %q", names[last+1:]))
			}
			return faults
		case s.Place != last+1:
			faults = append(faults, fmt.Sprintf("the keyboard does not reach %q before %q", names[last+1:s.Place], s.Name))
		}
		last = s.Place
		if !s.Visible {
			faults = append(faults, fmt.Sprintf("that the keyboard is at %q cannot be seen", s.Name))
		}
		if !s.Shown {
			faults = append(faults, fmt.Sprintf("%q is reached outside the window", s.Name))
		}
	}
	if len(names) > 0 && last+1 < len(names) {
		faults = append(faults, fmt.Sprintf("the keyboard is caught before %q", names[last+1]))
	}
	return faults
}

// press presses a key as a keyboard does: what a key types goes with it, so that a
// page that has dealt with the key is not typed into.
func press(key string) chromedp.Action[chromedp.Void] {
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown}
	switch key {
	case "\t":
		down.Key, down.Code, down.WindowsVirtualKeyCode = "Tab", "Tab", 9
	case "\r":
		down.Key, down.Code, down.WindowsVirtualKeyCode, down.Text = "Enter", "Enter", 13, "\r"
	case " ":
		down.Key, down.Code, down.WindowsVirtualKeyCode, down.Text = " ", "Space", 32, " "
	}
	down.UnmodifiedText, down.NativeVirtualKeyCode = down.Text, down.WindowsVirtualKeyCode
	up := down
	up.Type, up.Text, up.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, down)
		if err == nil {
			_, err = cdp.Call(ctx, t, input.DispatchKeyEvent, up)
		}
		return err
	})
}

func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) error {
	ctx, cancel := context.WithTimeout(b.ctx, pageTime)
	defer cancel()
	_, err := chromedp.Call(ctx, cmd, params)
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
