package web

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/verifier"
)

// BenchmarkPage is the page of a certificate beside a page of the same size that
// says nothing, through the same engine: what verifying costs a reader. Wire is
// over a connection of this machine, as it is served; Handler is without one. The
// ratio is that of pages in the same time.
func BenchmarkPage(b *testing.B) {
	o := newOffice(b)
	o.service.Lists = &verifier.Lists{Source: o.service.Publication}
	first := o.get(b, "/c/"+idValid, "Accept-Language: de")
	if first.Code != http.StatusOK {
		b.Fatal(first.Code)
	}
	hello := first.Body.Bytes()
	o.engine.GET("/hello", func(c *gin.Context) { c.Data(http.StatusOK, "text/html; charset=utf-8", hello) })

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &httptest.Server{Listener: ln, Config: &http.Server{Handler: o.engine}}
	srv.Start()
	b.Cleanup(srv.Close)
	handler := func(path string) func() {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Accept-Language", "de")
		return func() {
			rec := httptest.NewRecorder()
			if o.engine.ServeHTTP(rec, req); rec.Code != http.StatusOK {
				b.Fatal(rec.Code)
			}
		}
	}
	wire := func(path string) func() {
		req, err := http.NewRequest(http.MethodGet, srv.URL+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Accept-Language", "de")
		return func() {
			resp, err := srv.Client().Do(req)
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Fatal(resp.StatusCode)
			}
		}
	}
	for _, way := range []struct {
		name string
		to   func(path string) func()
	}{{"Handler", handler}, {"Wire", wire}} {
		hello, page := way.to("/hello"), way.to("/c/"+idValid)
		b.Run(way.name, func(b *testing.B) {
			// By turns, and the best of each: on a busy machine whatever comes second
			// would lose.
			const turn = 100
			best := [2]time.Duration{time.Hour, time.Hour}
			for b.Loop() {
				for i, ask := range []func(){hello, page} {
					start := time.Now()
					for range turn {
						ask()
					}
					best[i] = min(best[i], time.Since(start))
				}
			}
			b.ReportMetric(float64(best[0].Nanoseconds())/turn, "ns/hello")
			b.ReportMetric(float64(best[1].Nanoseconds())/turn, "ns/page")
			b.ReportMetric(float64(best[0])/float64(best[1]), "page/hello")
			b.ReportMetric(0, "ns/op")
		})
	}
}
