package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/web"
)

func TestAdmin(t *testing.T) {
	var err error
	h := Admin(AdminOptions{Needs: []Need{{Name: "one", Ready: func(context.Context) error { return nil }}, {Name: "two", Ready: func(context.Context) error { return err }}}})
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 404, "/": 404} {
		if w := request(h, "GET", path, nil); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	err = errors.New("is away")
	w := request(h, "GET", "/readyz", nil)
	var got readiness
	if json.Unmarshal(w.Body.Bytes(), &got) != nil || w.Code != http.StatusServiceUnavailable || got.Ready || !got.Needs[0].Ready || got.Needs[1].Error != "is away" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := request(h, "GET", "/healthz", nil); w.Code != 200 {
		t.Errorf("the process runs, but: %d", w.Code)
	}
	if w := request(h, "POST", "/readyz", nil); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestFreshLists(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	list := func(issuer, url string, from, until time.Duration, err error) verifier.ListHealth {
		return verifier.ListHealth{Issuer: issuer, URL: url, ValidFrom: now.Add(from), ValidUntil: now.Add(until), Err: err}
	}
	away := &verifier.FetchError{Text: "the issuer could not be reached", Err: errors.New("dial tcp 192.0.2.1")}
	in := list("a", "in", -time.Hour, time.Hour, nil)
	failing := list("a", "in", -time.Hour, time.Hour, away) // but the list kept is good for an hour
	out := list("a", "out", -2*time.Hour, -time.Hour, away)
	other := list("b", "in", -time.Hour, time.Hour, nil)
	none := verifier.ListHealth{Issuer: "a", URL: "in", Err: away}
	noCopy := verifier.ListHealth{Issuer: "a", URL: "in", Bundle: true, Err: errors.New("the trust file holds none")}
	unknown := verifier.ListHealth{Issuer: "c"}
	for name, c := range map[string]struct {
		lists  []verifier.ListHealth
		ready  bool
		detail string
	}{
		"nothing known":           {nil, true, `[{"ready":true,"note":"no list asked for yet"}]`},
		"none asked for":          {[]verifier.ListHealth{unknown}, true, `[{"issuer":"c","ready":true,"note":"no list asked for yet"}]`},
		"in force":                {[]verifier.ListHealth{in}, true, `[{"issuer":"a","ready":true,"lists":[{"url":"in","ready":true,"validUntil":"2026-11-20T13:00:00Z"}]}]`},
		"source away":             {[]verifier.ListHealth{failing}, true, `"ready":true,"validUntil":"2026-11-20T13:00:00Z","error":"the issuer could not be reached (dial tcp 192.0.2.1)"}]}]`},
		"out of force":            {[]verifier.ListHealth{out}, false, `"ready":false,"validUntil":"2026-11-20T11:00:00Z"`},
		"one of two":              {[]verifier.ListHealth{in, out}, true, `"url":"out","ready":false`},
		"of one issuer":           {[]verifier.ListHealth{out, other}, true, `{"issuer":"a","ready":false,`},
		"another not known":       {[]verifier.ListHealth{unknown, out}, true, `{"issuer":"a","ready":false,`},
		"one source of two":       {[]verifier.ListHealth{in, noCopy}, true, `"ready":true,"validUntil":"2026-11-20T13:00:00Z"}]}]`},
		"the other source of two": {[]verifier.ListHealth{none, {Issuer: "a", URL: "in", Bundle: true, ValidUntil: now.Add(time.Hour)}}, true, `"error":"the issuer could not be reached`},
		"never had":               {[]verifier.ListHealth{none}, false, `"ready":false,"error":"the issuer could not be reached`},
		"nor in the trust file":   {[]verifier.ListHealth{noCopy}, false, `"error":"none is in force"`},
		"not saved":               {[]verifier.ListHealth{{Issuer: "a", URL: "in", ValidUntil: now.Add(time.Hour), Saving: errors.New("disk full")}}, true, `"error":"disk full"`},
	} {
		need := FreshLists(func() []verifier.ListHealth { return c.lists }, func() time.Time { return now })
		h := Admin(AdminOptions{Needs: []Need{need}})
		w := request(h, "GET", "/readyz", nil)
		if err := need.Ready(t.Context()); (err == nil) != c.ready || (w.Code == http.StatusOK) != c.ready || err != nil && !strings.Contains(err.Error(), c.lists[0].URL+": ") {
			t.Errorf("%s: %d %v", name, w.Code, err)
		}
		if !strings.Contains(w.Body.String(), c.detail) {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

func TestAdminAddressMustBeMeant(t *testing.T) {
	for address, ok := range map[string]bool{"127.0.0.1:0": true, "localhost:0": true, "[::1]:0": true, ":9000": false, "example.org:9000": false, "9000": false} {
		ln, err := ListenAdmin(address)
		if err != nil && strings.Contains(err.Error(), "cannot assign") {
			continue // no IPv6 here
		}
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			ln.Close()
		}
	}
}

// canaries are what must be told to nobody (T29).
var canaries = []string{"CANARYID", "CANARYQUERY", "CANARYNAME", "CANARYAGENT", "CANARYREFERER", "CANARYMETHOD", "203.0.113.77"}

// askWithCanaries sends requests that hold what must be told to nobody.
func askWithCanaries(h http.Handler) {
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/c/CANARYID?q=CANARYQUERY", ""}, {"GET", "/none/CANARYID", ""}, {"POST", "/c/CANARYID", "name=CANARYNAME"},
		{"CANARYMETHOD", "/c/CANARYID", ""}, {"POST", "/read", "CANARYNAME"}, {"GET", "/panic?CANARYQUERY", ""},
	} {
		req := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
		req.Header.Set("User-Agent", "CANARYAGENT")
		req.Header.Set("Referer", "https://example.org/CANARYREFERER")
		req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		req.Header.Set("Tracestate", "x=CANARYID")
		req.Header.Set("Baggage", "x=CANARYID")
		req.RemoteAddr = "203.0.113.77:5555"
		h.ServeHTTP(httptest.NewRecorder(), req)
	}
}

func TestMetrics(t *testing.T) {
	now := time.Now()
	m := NewMetrics(func() []verifier.ListHealth {
		return []verifier.ListHealth{
			{URL: "https://certs.example.org/status/1", ValidFrom: now.Add(-time.Hour), ValidUntil: now.Add(time.Hour), Err: errors.New("CANARYID is away")},
			{URL: "https://certs.example.org/status/1", ValidFrom: now, ValidUntil: now.Add(2 * time.Hour), Bundle: true},
			{URL: "https://certs.example.org/status/2", Err: errors.New("none"), Refused: true},
			{URL: "https://certs.example.org/status/2", Issuer: "another", Saving: errors.New("disk full")},
			{URL: "https://certs.example.org/status/2", Err: errors.New("no copy"), Bundle: true},
			{Issuer: "https://none.example.org"},
		}
	})
	quota := DefaultQuota
	quota.Burst = 8
	e := guarded(t, Options{Metrics: m, Guard: NewGuard(quota)})
	e.GET("/c/:id", func(c *gin.Context) {
		tally, _ := c.Get(web.Tally)
		tally.(func(verifier.Verdict, verifier.Reason))(verifier.Invalid, verifier.Revoked)
		c.String(http.StatusOK, "fine")
	})
	e.GET("/panic", func(*gin.Context) { panic("CANARYNAME") })
	askWithCanaries(e)
	for range 10 {
		send(e, from("203.0.113.77", "GET", "/page", nil))
	}
	w := request(Admin(AdminOptions{Metrics: m}), "GET", "/metrics", nil)
	text := w.Body.String()
	for _, want := range []string{
		`testamur_http_requests_total{method="GET",route="/c/:id",status="2xx"} 1`,
		`testamur_http_requests_total{method="POST",route="none",status="4xx"}`, `testamur_http_requests_total{method="other",route="none",status="4xx"} 1`,
		`testamur_http_requests_total{method="GET",route="/panic",status="5xx"} 1`,
		`testamur_http_request_duration_seconds_count{method="GET",route="/c/:id"} 1`, `testamur_http_requests_in_flight 0`,
		`testamur_http_requests_refused_total{reason="limited"} 8`, `testamur_http_requests_refused_total{reason="shed"} 0`,
		`testamur_verdicts_total{reason="revoked",verdict="invalid"} 1`,
		`testamur_status_list_failing{list="https://certs.example.org/status/1",source="published"} 1`, `testamur_status_list_valid_seconds{list="https://certs.example.org/status/2"} 0`,
		`testamur_status_list_failing{list="https://certs.example.org/status/1",source="bundle"} 0`, `testamur_status_list_failing{list="https://certs.example.org/status/2",source="published"} 0`,
		`testamur_status_list_refused{list="https://certs.example.org/status/1",source="published"} 0`, `testamur_status_list_refused{list="https://certs.example.org/status/2",source="published"} 1`,
		`testamur_status_list_unsaved{list="https://certs.example.org/status/2",source="published"} 1`,
		`testamur_status_list_valid_seconds{list="https://certs.example.org/status/1"} 7`, `testamur_status_list_age_seconds{list="https://certs.example.org/status/1"} `, "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	for _, unwanted := range []string{`list=""`, `list="https://certs.example.org/status/2",source="bundle"`} {
		if strings.Contains(text, unwanted) {
			t.Errorf("metrics hold %s", unwanted)
		}
	}
	for _, canary := range canaries {
		if strings.Contains(text, canary) {
			t.Errorf("metrics tell %s", canary)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "testamur_") && !strings.Contains(line, "_bucket") {
				t.Log(line)
			}
		}
	}
}

func TestTraces(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	tracer := newTracer("testamur-verify", trace.NewSimpleSpanProcessor(discreet{exporter}))
	e, _ := newEngine(t, true)
	h := tracer.Handler(e)
	askWithCanaries(h)
	spans := exporter.GetSpans()
	names := map[string]bool{}
	for _, s := range spans {
		names[s.Name] = true
		if s.SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c" || s.Parent.IsValid() || len(s.Links) > 0 {
			t.Errorf("%s: whoever asks decides how it is traced", s.Name)
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range canaries {
			if strings.Contains(string(text), canary) {
				t.Errorf("%s tells %s: %s", s.Name, canary, text)
			}
		}
	}
	for _, want := range []string{"GET /c/:id", "GET none", "POST none", "other none", "POST /read", "GET /panic"} {
		if !names[want] {
			t.Errorf("there is no span %s among %v", want, names)
		}
	}
	if len(spans) != 6 {
		t.Errorf("%d spans of 6 requests", len(spans))
	}
	found := map[attribute.Key]string{}
	for _, a := range spans[0].Attributes {
		found[a.Key] = a.Value.String()
	}
	if found["http.route"] != "/c/:id" || found["http.response.status_code"] != "200" || found["http.request.method"] != "GET" {
		t.Errorf("attributes %v", found)
	}
	if err := tracer.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// Traces reach a collector, and none is asked for unless one is named.
func TestTracesAreSent(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	tracer, err := NewTracer(t.Context(), "testamur-verify", "")
	if tracer != nil || err != nil {
		t.Errorf("without an endpoint: %v, %v", tracer, err)
	}
	e, _ := newEngine(t, true)
	if tracer.Handler(e) != http.Handler(e) || tracer.Stop(t.Context()) != nil {
		t.Error("no tracer is one")
	}
	got := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()
	for _, byEnvironment := range []bool{true, false} {
		endpoint := collector.URL
		if byEnvironment {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
			endpoint = ""
		} else {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
		}
		tracer, err := NewTracer(t.Context(), "testamur-verify", endpoint)
		if err != nil {
			t.Fatal(err)
		}
		send(tracer.Handler(e), from("203.0.113.77", "GET", "/c/CANARYID?CANARYQUERY", nil))
		if err := tracer.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		text := <-got
		if !strings.HasPrefix(text, "/v1/traces ") || !strings.Contains(text, "GET /c/:id") || !strings.Contains(text, "testamur-verify") || strings.Contains(text, "CANARY") || strings.Contains(text, "203.0.113.77") {
			t.Errorf("%q", text)
		}
	}
}
