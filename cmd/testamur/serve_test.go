package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/server"
)

// While requests are still answered, whoever watches sees that it stops.
func TestServeStopsInTheOpen(t *testing.T) {
	listen := func() net.Listener {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	ln := listen()
	b, err := foundDemo(t.Context(), t.TempDir(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := &site{body: b, words: io.Discard, ln: ln}
	if s.admin, err = server.ListenAdmin("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ready := "http://" + s.admin.Addr().String() + "/readyz"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx) }()
	wait := func(status int, says string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			resp, err := http.Get(ready)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && resp.StatusCode == status && strings.Contains(string(text), says) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("not %d %s: %s %s", status, says, resp.Status, text)
			}
		}
	}
	wait(http.StatusOK, `"running","ready":true`)
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nx")
	time.Sleep(50 * time.Millisecond) // until it is a request
	stop()
	wait(http.StatusServiceUnavailable, `"running","ready":false`)
	fmt.Fprint(conn, "xx")
	answer := make([]byte, 15)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 200 OK" {
		t.Errorf("%q, %v", answer, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
