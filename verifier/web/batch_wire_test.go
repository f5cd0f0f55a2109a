package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A batch that is answered before all of it was read leaves something on the
// connection. None of it may be answered as a request of its own: behind a proxy the
// answer would be given to somebody else.
func TestNothingOfABatchBecomesARequest(t *testing.T) {
	h := newAPIHouse(t)
	requests, faults := 0, &lockedLog{}
	var mu sync.Mutex
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests++
		mu.Unlock()
		h.handler.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(faults, "", 0)
	server.Start()
	defer server.Close()

	token := h.token(t, "GOOD", nil)
	smuggled := fmt.Sprintf("POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(token), token)
	for name, c := range map[string]struct{ media, body string }{
		"of a kind not known": {"application/zip", strings.Repeat("A", 3900) + smuggled + strings.Repeat("x", 300_000)},
		"refused and short":   {"application/zip", strings.Repeat("A", 20_000) + smuggled},
		"not an array":        {"application/json", `{"a":"` + strings.Repeat("x", 5_000) + smuggled + `"}`},
		"two columns of one":  {"text/csv", "credential,credential\r\n" + strings.Repeat("x,y\r\n", 4_000) + smuggled},
		"of too many rows":    {"text/csv", "credential\r\n" + strings.Repeat("x\r\n", MaxRows+1) + strings.Repeat(smuggled, 40)},
		"whole":               {"text/csv", "credential\r\n" + token + "\r\n"},
	} {
		mu.Lock()
		requests = 0
		mu.Unlock()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		go fmt.Fprintf(conn, "POST /v1/verify/batch HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s%s", c.media, len(c.body), c.body, smuggled)
		answers := bufio.NewReader(conn)
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			conn.Close()
			continue
		}
		io.Copy(io.Discard, resp.Body)
		if _, err := http.ReadResponse(answers, nil); err == nil {
			t.Errorf("%s: a second answer came", name)
		}
		conn.Close()
		mu.Lock()
		if requests != 1 || !resp.Close {
			t.Errorf("%s: %d requests, closed %v", name, requests, resp.Close)
		}
		mu.Unlock()
	}
	if text := faults.String(); strings.Contains(text, "panic") {
		t.Errorf("the server's log: %.400s", text)
	}
}
