package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// T15: whoever asks does not choose who they are.
func TestClientIsWhoTheConnectionOrATrustedProxySays(t *testing.T) {
	const proxy = "198.51.100.1:1234"
	trusted := prefixes("198.51.100.0/24", "10.0.0.0/8", "2001:db8::/64")
	for name, c := range map[string]struct {
		remote    string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		"no proxy":                     {"203.0.113.9:80", nil, trusted, "203.0.113.9"},
		"claims to be somebody":        {"203.0.113.9:80", []string{"192.0.2.1"}, trusted, "203.0.113.9"},
		"no proxy is trusted":          {proxy, []string{"192.0.2.1"}, nil, "198.51.100.1"},
		"proxy":                        {proxy, []string{"192.0.2.1"}, trusted, "192.0.2.1"},
		"proxy adds to a lie":          {proxy, []string{"8.8.8.8, 192.0.2.1"}, trusted, "192.0.2.1"},
		"proxy adds a header to a lie": {proxy, []string{"8.8.8.8", "192.0.2.1"}, trusted, "192.0.2.1"},
		"a lie about a proxy":          {proxy, []string{"10.1.1.1, 192.0.2.1"}, trusted, "192.0.2.1"},
		"two proxies":                  {proxy, []string{"8.8.8.8, 192.0.2.1, 10.1.1.1"}, trusted, "192.0.2.1"},
		"proxies alone":                {proxy, []string{"10.1.1.2, 10.1.1.1"}, trusted, "10.1.1.2"},
		"nothing said":                 {proxy, nil, trusted, "198.51.100.1"},
		"nonsense":                     {proxy, []string{"192.0.2.1, unknown"}, trusted, "198.51.100.1"},
		"nonsense behind a proxy":      {proxy, []string{"192.0.2.1, <x>, 10.1.1.1"}, trusted, "10.1.1.1"},
		"with a port":                  {proxy, []string{"192.0.2.1:5555"}, trusted, "192.0.2.1"},
		"IPv6 counts by network":       {"[2001:db8:1:2:3:4:5:6]:80", nil, trusted, "2001:db8:1:2::"},
		"IPv6 proxy":                   {"[2001:db8::1]:80", []string{"2001:db8:7:7:1::1"}, trusted, "2001:db8:7:7::"},
		"IPv4 in IPv6":                 {"[::ffff:203.0.113.9]:80", nil, trusted, "203.0.113.9"},
		"IPv4 in IPv6 behind a proxy":  {"[::ffff:198.51.100.1]:80", []string{"::ffff:192.0.2.1"}, trusted, "192.0.2.1"},
		"zone":                         {"[fe80::1%eth0]:80", nil, trusted, "fe80::"},
		"no address":                   {"@", []string{"192.0.2.1"}, trusted, "invalid IP"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.forwarded
		for _, other := range []string{"X-Real-Ip", "Forwarded", "Cf-Connecting-Ip", "True-Client-Ip"} {
			r.Header.Set(other, "8.8.4.4")
		}
		if got := clientOf(r, c.trusted).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// guarded returns an engine with routes that tell what reaches them.
func guarded(t *testing.T, o Options) *gin.Engine {
	t.Helper()
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen"})
	if err != nil {
		t.Fatal(err)
	}
	o.Pages = pages
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e := Engine(o)
	echo := func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			c.String(http.StatusBadRequest, err.Error())
			return
		}
		c.String(http.StatusOK, "%d", len(body))
	}
	e.POST("/small", echo)
	e.POST("/large", echo)
	e.POST("/heavy", echo)
	e.GET("/page", func(c *gin.Context) { c.String(http.StatusOK, "page") })
	e.GET("/icon/:name", func(c *gin.Context) { c.String(http.StatusOK, "icon") })
	return e
}

func from(client, method, target string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, target, body)
	r.RemoteAddr = client + ":1234"
	return r
}

func send(e http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestClientsHaveABudgetEach(t *testing.T) {
	quota := DefaultQuota
	quota.Rate, quota.Burst = 0.001, 3
	refused := 0
	e := guarded(t, Options{Guard: NewGuard(quota), TrustedProxies: prefixes("10.0.0.0/8"), Refuse: func(w http.ResponseWriter, _ *http.Request, status int) {
		refused++
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(status)
	}})
	for n := range 3 {
		if w := send(e, from("203.0.113.1", "GET", "/page", nil)); w.Code != 200 {
			t.Errorf("request %d: %d", n, w.Code)
		}
	}
	for _, r := range []*http.Request{
		from("203.0.113.1", "GET", "/page", nil), from("203.0.113.1", "GET", "/none", nil), from("203.0.113.1", "POST", "/small", strings.NewReader("x")),
	} {
		r.Header.Set("X-Forwarded-For", "192.0.2.200") // does not help
		if w := send(e, r); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", r.URL, w.Code, w.Header())
		}
	}
	if refused != 3 {
		t.Errorf("%d were refused", refused)
	}
	if w := send(e, from("203.0.113.1", "GET", "/icon/x", nil)); w.Code != 200 {
		t.Errorf("a file of a page: %d", w.Code)
	}
	if w := send(e, from("203.0.113.2", "GET", "/page", nil)); w.Code != 200 {
		t.Errorf("another client: %d", w.Code)
	}
	for n := range 4 { // behind a proxy each has a budget of their own
		r := from("10.0.0.1", "GET", "/page", nil)
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", n))
		if w := send(e, r); w.Code != 200 {
			t.Errorf("client %d of the proxy: %d", n, w.Code)
		}
	}
	for n := range 4 { // a network of IPv6 is one client
		w := send(e, from(fmt.Sprintf("[2001:db8:1:1::%d]", n), "GET", "/page", nil))
		if (w.Code == 200) != (n < 3) {
			t.Errorf("IPv6 address %d: %d", n, w.Code)
		}
	}
}

func TestOnlySoManyClientsAreRemembered(t *testing.T) {
	quota := DefaultQuota
	quota.Clients = 100
	g := NewGuard(quota)
	for n := range 10_000 {
		g.allow(netip.AddrFrom4([4]byte{1, 2, byte(n >> 8), byte(n)}), 1)
	}
	if n := g.clients.Len(); n != 100 {
		t.Errorf("%d", n)
	}
	none := NewGuard(Quota{})
	for range 1000 {
		if !none.allow(netip.Addr{}, 1) {
			t.Fatal("no bound is a bound")
		}
	}
}

// T13
func TestBodiesAreLimitedByRoute(t *testing.T) {
	e := guarded(t, Options{Guard: NewGuard(Quota{}), Rules: map[string]Rule{
		"POST /large": {Body: 1 << 20, Time: time.Minute}, "POST /heavy": {Body: 1 << 20, Heavy: true},
	}})
	unannounced := func(n int) io.Reader { return struct{ io.Reader }{strings.NewReader(strings.Repeat("x", n))} }
	for _, c := range []struct {
		path   string
		body   io.Reader
		status int
		answer string
	}{
		{"/small", strings.NewReader(strings.Repeat("x", maxBody)), 200, "65536"}, {"/small", strings.NewReader(strings.Repeat("x", maxBody+1)), 413, ""},
		{"/small", unannounced(maxBody), 200, "65536"}, {"/small", unannounced(maxBody + 1), 413, ""}, {"/small", unannounced(0), 200, "0"}, {"/small", unannounced(5000), 200, "5000"},
		{"/large", strings.NewReader(strings.Repeat("x", 1<<20)), 200, "1048576"}, {"/large", strings.NewReader(strings.Repeat("x", 1<<20+1)), 413, ""},
		{"/large", unannounced(1 << 20), 200, "1048576"}, {"/large", unannounced(1<<20 + 1), 400, ""}, {"/large", unannounced(10), 200, "10"},
		{"/heavy", strings.NewReader("x"), 200, "1"}, {"/heavy", unannounced(1 << 20), 200, "1048576"},
	} {
		w := send(e, from("203.0.113.1", "POST", c.path, c.body))
		if w.Code != c.status || c.answer != "" && w.Body.String() != c.answer {
			t.Errorf("%s: %d %.40s, want %d %s", c.path, w.Code, w.Body, c.status, c.answer)
		}
	}
	w := httptest.NewRecorder()
	r := from("203.0.113.1", "POST", "/small", strings.NewReader("abc"))
	r.ContentLength = 10
	if e.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
		t.Errorf("half a body: %d", w.Code)
	}
}

// Too much at once is refused at once, and what is let in is served.
func TestOverloadIsShed(t *testing.T) {
	quota := Quota{Work: 4, WorkEach: 100, Queue: 2, Wait: 50 * time.Millisecond}
	m := NewMetrics(nil)
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen"})
	if err != nil {
		t.Fatal(err)
	}
	e := Engine(Options{Log: slog.New(slog.DiscardHandler), Pages: pages, Guard: NewGuard(quota), Metrics: m})
	var running, most int
	var mu sync.Mutex
	release := make(chan struct{})
	e.GET("/work", func(c *gin.Context) {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		<-release
		mu.Lock()
		running--
		mu.Unlock()
		c.String(http.StatusOK, "done")
	})
	codes := make(chan int, 50)
	for range 50 {
		go func() {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, from("203.0.113.1", "GET", "/work", nil))
			if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
				w.Code = -1
			}
			codes <- w.Code
		}()
	}
	start := time.Now()
	for range 46 {
		if code := <-codes; code != http.StatusServiceUnavailable {
			t.Fatalf("shed with %d", code)
		}
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("shedding took %s", d)
	}
	close(release)
	for range 4 {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("let in, and answered %d", code)
		}
	}
	if most != 4 {
		t.Errorf("%d were in work at once", most)
	}
	if w := send(e, from("203.0.113.1", "GET", "/work", nil)); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestOneClientDoesNotTakeAllWork(t *testing.T) {
	g := NewGuard(Quota{Work: 10, WorkEach: 2, Queue: 10, Wait: time.Millisecond, Uploads: 3, UploadsEach: 1})
	one, other := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2")
	ctx := t.Context()
	var ends []func()
	for n := range 3 {
		end, ok := g.begin(ctx, one)
		if ok != (n < 2) {
			t.Errorf("request %d: %v", n, ok)
		}
		if ok {
			ends = append(ends, end)
		}
	}
	if end, ok := g.begin(ctx, other); !ok {
		t.Error("another client is shed")
	} else {
		end()
	}
	for _, end := range ends {
		end()
	}
	if end, ok := g.begin(ctx, one); !ok {
		t.Error("a place that was left is not free")
	} else {
		end()
	}
	end, ok := g.upload(one)
	if _, again := g.upload(one); !ok || again {
		t.Errorf("uploads of one client: %v, %v", ok, again)
	}
	end()
	if _, ok := g.upload(one); !ok {
		t.Error("a place that was left is not free")
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	full := NewGuard(Quota{Work: 1, WorkEach: 10, Queue: 10, Wait: time.Hour})
	full.begin(t.Context(), one)
	if _, ok := full.begin(ctx, one); ok {
		t.Error("somebody who has gone away waits")
	}
}

// T14, small: slow clients keep nobody waiting, and are cut off.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	limits := DefaultLimits
	limits.ReadHeader, limits.Read, limits.PerClient = 500*time.Millisecond, time.Second, 40
	quota := DefaultQuota
	quota.Rate = 0
	s := serve(t, limits, guarded(t, Options{Guard: NewGuard(quota)}))
	began := time.Now()
	var slow []net.Conn
	for n := range 50 {
		conn := s.dial(t)
		if n%2 == 0 {
			fmt.Fprint(conn, "GET /page HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		} else {
			fmt.Fprint(conn, "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
		}
		slow = append(slow, conn)
	}
	honest := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}}
	defer honest.CloseIdleConnections()
	var times []time.Duration
	for time.Since(began) < 400*time.Millisecond || len(times) < 20 {
		start := time.Now()
		resp, err := honest.Post("http://"+s.addr+"/small", "text/plain", strings.NewReader("honest"))
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(body) != "6" {
			t.Fatalf("%s %q", resp.Status, body)
		}
		resp.Body.Close()
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	if p99 := times[len(times)*99/100]; p99 > 200*time.Millisecond {
		t.Errorf("p99 of the honest client: %s", p99)
	}
	for n, conn := range slow {
		if _, err := io.ReadAll(conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("slow connection %d is kept: %v", n, err)
		}
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("slow connections were cut off after %s", d)
	}
}

// The connections of one client are bounded, those of a proxy are not.
func TestConnectionsOfOneClientAreBounded(t *testing.T) {
	for _, proxied := range []bool{false, true} {
		limits := DefaultLimits
		limits.PerClient = 2
		if proxied {
			limits.Proxies = prefixes("127.0.0.0/8")
		}
		s := serve(t, limits, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }))
		var open []net.Conn
		for n := range 3 {
			conn := s.dial(t)
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			head := make([]byte, 12)
			_, err := io.ReadFull(conn, head)
			if ok := err == nil; ok != (n < 2 || proxied) {
				t.Errorf("proxied %v: connection %d: %v", proxied, n, err)
			}
			open = append(open, conn)
		}
		for _, conn := range open {
			conn.Close()
		}
		for try := 0; ; try++ { // the server notices a little later
			conn := s.dial(t)
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			if text, _ := io.ReadAll(conn); strings.HasSuffix(string(text), "fine") {
				break
			}
			if try == 100 {
				t.Fatal("connections that were closed count still")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// A large body has longer to come, and its answer too.
func TestLargeBodiesHaveTheTimeOfTheirRule(t *testing.T) {
	limits := DefaultLimits
	limits.Read, limits.Write = 200*time.Millisecond, 200*time.Millisecond
	s := serve(t, limits, guarded(t, Options{Rules: map[string]Rule{"POST /large": {Body: 1 << 20, Time: 10 * time.Second}}}))
	for path, want := range map[string]string{"/large": "200", "/small": "408"} {
		size := 60_000
		if path == "/large" {
			size = 100_000
		}
		conn := s.dial(t)
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", path, size)
		for range 5 {
			io.WriteString(conn, strings.Repeat("x", size/5))
			time.Sleep(100 * time.Millisecond)
		}
		text, _ := io.ReadAll(conn)
		// People are told 400, since there is no page for 408.
		if got := string(text); path == "/large" && !strings.HasPrefix(got, "HTTP/1.1 "+want) || path == "/small" && strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Errorf("%s: %.60q", path, got)
		}
	}
}
