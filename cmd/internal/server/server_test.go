package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newEngine returns an engine with a few routes, and its log.
func newEngine(t testing.TB, https bool) (*gin.Engine, *lockedBuffer) {
	t.Helper()
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen Certification Body"})
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	e := Engine(Options{Log: slog.New(slog.NewJSONHandler(log, nil)), Pages: pages, HTTPS: https})
	e.GET("/c/:id", func(c *gin.Context) { c.String(http.StatusOK, "fine") })
	e.GET("/ip", func(c *gin.Context) { c.String(http.StatusOK, c.ClientIP()) })
	e.GET("/panic", func(*gin.Context) { panic("secret-detail") })
	e.GET("/late-panic", func(c *gin.Context) {
		c.Writer.WriteString("half an answer")
		c.Writer.Flush()
		panic("secret-detail")
	})
	e.POST("/read", func(c *gin.Context) {
		if _, err := io.ReadAll(c.Request.Body); err != nil {
			pages.Refuse(c.Writer, http.StatusRequestEntityTooLarge)
			return
		}
		c.String(http.StatusOK, "read")
	})
	return e, log
}

func request(e http.Handler, method, target string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(method, target, body))
	return w
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	for _, https := range []bool{true, false} {
		e, _ := newEngine(t, https)
		for _, r := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/c/x", 200}, {"GET", "/none", 404}, {"GET", "/c/x/", 404}, {"GET", "/C/x", 404}, {"POST", "/c/x", 405},
			{"TRACE", "/c/x", 405}, {"OPTIONS", "/c/x", 405}, {"GET", "/panic", 500}, {"POST", "/read", 200},
		} {
			w := request(e, r.method, r.path, nil)
			if w.Code != r.status {
				t.Errorf("%s %s: %d", r.method, r.path, w.Code)
			}
			for name, value := range headers {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s %s: %s: %q", r.method, r.path, name, got)
				}
			}
			if got := w.Header().Get("Strict-Transport-Security"); (got != "") != https {
				t.Errorf("https %v: Strict-Transport-Security: %q", https, got)
			}
		}
	}
}

func TestNothingThereAndNothingAllowedAreTheErrorPage(t *testing.T) {
	e, _ := newEngine(t, true)
	none := request(e, "GET", "/none", nil)
	other := request(e, "GET", "/c/a/b/c", nil)
	if none.Body.String() != other.Body.String() || !reflect.DeepEqual(none.Header(), other.Header()) || !strings.Contains(none.Body.String(), "<h1>Nothing is found") {
		t.Errorf("404: %s", none.Body)
	}
	post := request(e, "POST", "/c/x", nil)
	if !strings.Contains(post.Body.String(), "<h1>This cannot be done here") || post.Header().Get("Allow") != "GET" {
		t.Errorf("405: %v %s", post.Header(), post.Body)
	}
}

// T29, rule 14: the log tells what was served, not whose certificate to whom.
func TestLogHoldsNeitherQueryNorIDNorClient(t *testing.T) {
	e, log := newEngine(t, true)
	for _, r := range []struct{ method, path string }{
		{"GET", "/c/CANARYID?q=CANARYQUERY"}, {"GET", "/none/CANARYID?CANARYQUERY"}, {"POST", "/c/CANARYID"}, {"CANARYMETHOD", "/c/CANARYID"},
	} {
		req := httptest.NewRequest(r.method, r.path, nil)
		req.Header.Set("User-Agent", "CANARYAGENT")
		req.Header.Set("Referer", "https://example.org/CANARYREFERER")
		req.Header.Set("X-Forwarded-For", "192.0.2.77")
		req.RemoteAddr = "192.0.2.66:5555"
		e.ServeHTTP(httptest.NewRecorder(), req)
	}
	text := log.String()
	if strings.Contains(text, "CANARY") || strings.Contains(text, "192.0.2") {
		t.Errorf("log: %s", text)
	}
	for _, want := range []string{`"route":"/c/:id"`, `"status":200`, `"route":"none"`, `"status":404`, `"status":405`, `"bytes":4`, `"method":"other"`, `"duration":`} {
		if !strings.Contains(text, want) {
			t.Errorf("log lacks %s: %s", want, text)
		}
	}
	if n := strings.Count(text, "\n"); n != 4 {
		t.Errorf("%d lines for 4 requests", n)
	}
}

// T15: whoever asks does not choose who they are.
func TestForwardedForIsNotBelieved(t *testing.T) {
	e, _ := newEngine(t, true)
	req := httptest.NewRequest("GET", "/ip", nil)
	req.RemoteAddr = "198.51.100.1:1234"
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Cf-Connecting-Ip", "X-Appengine-Remote-Addr"} {
		req.Header.Set(name, "203.0.113.9")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, req)
	if w.Body.String() != "198.51.100.1" {
		t.Errorf("client is %s", w.Body)
	}
}

func TestPanicIsAnErrorPageWithoutDetail(t *testing.T) {
	e, log := newEngine(t, true)
	w := request(e, "GET", "/panic", nil)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "<h1>Could not be checked") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, detail := range []string{"secret-detail", "goroutine", ".go:"} {
		if strings.Contains(w.Body.String(), detail) {
			t.Errorf("the client is told %q", detail)
		}
	}
	if text := log.String(); !strings.Contains(text, "secret-detail") || !strings.Contains(text, `"status":500`) {
		t.Errorf("log: %s", text)
	}
}

func TestPanicAmidAnAnswerCutsTheConnection(t *testing.T) {
	e, _ := newEngine(t, true)
	srv := httptest.NewServer(e)
	defer srv.Close()
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	resp, err := http.Get(srv.URL + "/late-panic")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("half an answer passes for a whole one: %q", body)
	}
}

// T13
func TestLargeBodiesAreRefused(t *testing.T) {
	e, _ := newEngine(t, true)
	if w := request(e, "POST", "/read", strings.NewReader(strings.Repeat("x", maxBody))); w.Code != http.StatusOK {
		t.Errorf("as much as may be: %d", w.Code)
	}
	if w := request(e, "POST", "/read", strings.NewReader(strings.Repeat("x", maxBody+1))); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("announced: %d", w.Code)
	}
	unannounced := struct{ io.Reader }{strings.NewReader(strings.Repeat("x", maxBody+1))}
	if w := request(e, "POST", "/read", unannounced); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("unannounced: %d", w.Code)
	}
}

// serving is a server that a test can end.
type serving struct {
	addr string
	stop context.CancelFunc
	done chan error
}

func serve(t *testing.T, l Limits, h http.Handler) *serving {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &serving{ln.Addr().String(), stop, make(chan error, 1)}
	var serving sync.WaitGroup
	serving.Go(func() { s.done <- l.Serve(ctx, ln, h, slog.New(slog.DiscardHandler)) })
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		serving.Wait()
	})
	return s
}

func (s *serving) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// T14
func TestSlowHeadIsCutOff(t *testing.T) {
	limits := DefaultLimits
	limits.ReadHeader = 50 * time.Millisecond
	s := serve(t, limits, http.NotFoundHandler())
	conn := s.dial(t)
	start := time.Now()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatalf("connection is kept: %v", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("cut off after %s", d)
	}
}

// T13
func TestLargeHeadIsRefused(t *testing.T) {
	s := serve(t, DefaultLimits, http.NotFoundHandler())
	conn := s.dial(t)
	go fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Large: %s\r\n\r\n", strings.Repeat("x", 24<<10))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Error(resp.Status)
	}
}

func TestConnectionsBeyondTheCapWait(t *testing.T) {
	limits := DefaultLimits
	limits.Connections = 1
	s := serve(t, limits, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }))
	first := s.dial(t)
	ask := func(conn net.Conn) string {
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	if got := ask(first); got != "fine" {
		t.Fatal(got)
	}
	second := s.dial(t)
	answer := make(chan string, 1)
	go func() { answer <- ask(second) }()
	select {
	case got := <-answer:
		t.Fatalf("a second connection is served beside the first: %q", got)
	case <-time.After(50 * time.Millisecond): // nothing is to happen
	}
	first.Close()
	if got := <-answer; got != "fine" {
		t.Errorf("it is not served once the first is closed: %q", got)
	}
}

func TestStopLetsARunningRequestFinish(t *testing.T) {
	begun, finish := make(chan bool), make(chan bool)
	s := serve(t, DefaultLimits, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-finish
		if r.Context().Err() != nil {
			t.Error("the running request is cancelled")
		}
		io.WriteString(w, "finished")
	}))
	got := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + s.addr)
		if err != nil {
			got <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		got <- string(body)
	}()
	<-begun
	s.stop()
	for { // it takes no new connection any more
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(finish)
	if body := <-got; body != "finished" {
		t.Errorf("running request: %q", body)
	}
	if err := <-s.done; err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestStopCutsOffWhatNeverFinishes(t *testing.T) {
	limits := DefaultLimits
	limits.Stop = 20 * time.Millisecond
	begun := make(chan bool)
	s := serve(t, limits, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	}))
	fmt.Fprint(s.dial(t), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-begun
	s.stop()
	if err := <-s.done; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("stopping: %v", err)
	}
}

func TestListenerThatFailsIsAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := Serve(t.Context(), ln, http.NotFoundHandler(), slog.New(slog.DiscardHandler)); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
