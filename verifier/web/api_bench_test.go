package web

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// quiet is an answer that nobody reads.
type quiet struct {
	header http.Header
	status int
	length int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) WriteHeader(status int)      { q.status = status }
func (q *quiet) Write(p []byte) (int, error) { q.length += len(p); return len(p), nil }

// leastHandler is the least that there is to a verification over HTTP: net/http
// reading the same request and saying hello, and one raw verification of an ES256
// signature.
func leastHandler(b *testing.B, body []byte) http.Handler {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256(body)
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			b.Error(err)
		}
		if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
			b.Error("does not verify")
		}
		io.WriteString(w, "hello")
	})
}

// BenchmarkVerify verifies over HTTP certificates that are all new to the service,
// and one that it has seen before. It takes turns with the least that there is to
// it, so that whatever else the machine does is done to both, and reports medians:
// speed is the share of the least's requests that are answered in the same time.
func BenchmarkVerify(b *testing.B) {
	h := newAPIHouse(b)
	var fresh [][]byte // more than are kept, so that none of them is when it comes again
	for i := range maxKept + 512 {
		fresh = append(fresh, []byte(asJSON(fields{"credential": h.token(b, fmt.Sprintf("BENCH%06d", i), nil)})))
	}
	least := leastHandler(b, fresh[0])
	for _, where := range []string{"InProcess", "Loopback"} {
		for name, bodies := range map[string][][]byte{"New": fresh, "Known": fresh[:1]} {
			b.Run(where+"/"+name, func(b *testing.B) {
				h.mount() // nothing is kept yet
				ours, theirs := inProcess(b, h.handler), inProcess(b, least)
				if where == "Loopback" {
					ours, theirs = overLoopback(b, h.handler), overLoopback(b, least)
				}
				n := 0
				block := func(do func([]byte)) float64 {
					start := time.Now()
					for i := range 50 {
						do(bodies[(n+i)%len(bodies)])
					}
					return float64(time.Since(start).Microseconds()) / 50
				}
				var a, z []float64
				for ; b.Loop(); n += 50 {
					a, z = append(a, block(ours)), append(z, block(theirs))
				}
				slices.Sort(a)
				slices.Sort(z)
				our, their := a[len(a)/2], z[len(z)/2]
				b.ReportMetric(our, "µs/verify")
				b.ReportMetric(their, "µs/least")
				b.ReportMetric(their/our, "speed")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func inProcess(b *testing.B, handler http.Handler) func([]byte) {
	w := &quiet{header: http.Header{}}
	return func(body []byte) {
		r, err := http.NewRequest("POST", "/v1/verify", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header["Content-Type"] = typeJSON
		clear(w.header)
		w.status = http.StatusOK
		if handler.ServeHTTP(w, r); w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

func overLoopback(b *testing.B, handler http.Handler) func([]byte) {
	srv := httptest.NewServer(handler)
	b.Cleanup(srv.Close)
	return func(body []byte) {
		resp, err := srv.Client().Post(srv.URL+"/v1/verify", "application/json", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status)
		}
	}
}
