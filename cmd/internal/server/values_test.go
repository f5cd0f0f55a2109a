package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/testamur/testamur/cmd/internal/term"
)

func TestProxies(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "192.0.2.1": "192.0.2.1/32", " 192.0.2.1\t": "192.0.2.1/32", " 10.0.0.0/8 ": "10.0.0.0/8",
		"::ffff:10.0.0.1": "10.0.0.1/32", "::ffff:10.0.0.0/104": "10.0.0.0/8", "::1": "::1/128", "2001:db8::/32": "2001:db8::/32",
		"0.0.0.0/0": "", "::/0": "", "::ffff:0.0.0.0/96": "", "::ffff:0.0.0.0/64": "", "fe80::1%eth0": "", "fe80::%eth0/10": "",
		"": "", " ": "", "10.0.0.0/33": "", "proxy.example.org": "", "10.0.0.1:80": "", "10.0.0.1 10.0.0.2": "",
	} {
		list, err := Proxies([]string{"198.51.100.7", text})
		got := ""
		if err == nil {
			got = list[1].String()
		}
		if got != want || want == "" && !strings.Contains(err.Error(), strings.TrimSpace(text)) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	list, err := Proxies([]string{"::ffff:10.0.0.1"})
	if err != nil || !within(clientOf(from("10.0.0.1", "GET", "/", nil), nil), list) {
		t.Errorf("a proxy of IPv4 that is written as IPv6 is not known again: %v, %v", list, err)
	}
	if list, err := Proxies(nil); len(list) != 0 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
}

// What can be no address is a mistake of whoever asks, what somebody else has is not.
func TestNoListener(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, code := range map[string]int{
		"foo": term.Usage, "127.0.0.1:99999": term.Usage, "127.0.0.1:http-of-nobody": term.Usage, "127.0.0.1": term.Usage, "no such host:80": term.Usage,
		taken.Addr().String(): term.Undecided, "192.0.2.1:0": term.Undecided,
	} {
		for how, listen := range map[string]func(string) (net.Listener, error){
			"public": func(a string) (net.Listener, error) { return net.Listen("tcp", a) }, "admin": ListenAdmin,
		} {
			ln, err := listen(address)
			if err == nil {
				ln.Close()
				t.Errorf("%s %s: taken", how, address)
				continue
			}
			var e *term.Error
			if err := NoListener(err, "$TESTAMUR_VERIFY_ADDR", "127.0.0.1:8081"); !errors.As(err, &e) || e.Code != code || !strings.HasPrefix(err.Error(), "$TESTAMUR_VERIFY_ADDR: ") || e.Hint == "" {
				t.Errorf("%s %s: %v", how, address, err)
			}
		}
	}
	for _, address := range []string{":0", "example.org:80"} {
		_, err := ListenAdmin(address)
		var e *term.Error
		if err == nil || !errors.As(NoListener(err, "--admin-addr", "127.0.0.1:9090"), &e) || e.Code != term.Usage {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestCollectorMustBeAnAddress(t *testing.T) {
	const traces, all = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, text := range []string{"foo", "127.0.0.1:4318", "ftp://127.0.0.1", "http://", "http://:4318", "http://x:99999", "http://user:word@x", "http://x/?y"} {
		t.Setenv(traces, "")
		t.Setenv(all, "")
		if tracer, err := NewTracer(t.Context(), "p", text); err == nil || tracer != nil {
			t.Errorf("%s: %v", text, err)
		}
		for _, variable := range []string{traces, all} {
			t.Setenv(traces, "")
			t.Setenv(all, "")
			t.Setenv(variable, text)
			if _, err := NewTracer(t.Context(), "p", ""); err == nil || !strings.Contains(err.Error(), "$"+variable) {
				t.Errorf("%s=%s: %v", variable, text, err)
			}
		}
	}
}

// A collector that is away is told once, and once that it is back.
func TestCollectorThatIsAwayIsToldOnce(t *testing.T) {
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })
	var there atomic.Bool
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !there.Load() {
			w.WriteHeader(http.StatusBadRequest) // which is not tried again at once
		}
	}))
	defer collector.Close()
	tracer, err := NewTracer(t.Context(), "p", collector.URL)
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	tracer.LogTo(slog.New(slog.NewJSONHandler(log, nil)))
	e, _ := newEngine(t, true)
	for i := range 9 {
		there.Store(i/3 == 1)
		send(tracer.Handler(e), from("203.0.113.77", "GET", "/c/CANARYID", nil))
		if err := tracer.provider.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		otel.Handle(errors.New("something else"))
	}
	if err := tracer.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	text := log.String()
	for want, n := range map[string]int{"cannot be sent": 2, "sent again": 1, "something else": 1, "\n": 4, "CANARY": 0} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%q stands there %d times, want %d: %s", want, got, n, text)
		}
	}
	(*Tracer)(nil).LogTo(nil)
}

func TestRunning(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	need := Running(ctx)
	if err := need.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	stop()
	if err := need.Ready(t.Context()); err == nil {
		t.Error("it is about to stop, and ready")
	}
}

func TestReloads(t *testing.T) {
	m := NewMetrics(nil)
	var good atomic.Bool
	m.Reloads(good.Load)
	for value, was := range []bool{false, true} {
		good.Store(was)
		if w := request(m.Handler(), "GET", "/metrics", nil); !strings.Contains(w.Body.String(), fmt.Sprintf("testamur_trust_last_reload_successful %d\n", value)) {
			t.Errorf("%v: %s", was, w.Body)
		}
	}
}
