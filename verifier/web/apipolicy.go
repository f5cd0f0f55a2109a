package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/testamur/testamur/verifier/paper"
)

// What a browser may do on a page, where it is more than nothing but a style
// sheet and pictures (CSP Level 3, Permissions Policy).
const (
	// PolicyScripted is that of pages with scripts of their own site.
	PolicyScripted = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// PolicyScanning is that of the page on which a camera reads codes: the reader
	// is WebAssembly, and what the camera sees never leaves the browser.
	PolicyScanning = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// CameraSelf allows the camera to the page itself, after its user was asked.
	CameraSelf = "accelerometer=(), camera=(self), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
)

// Scripted marks an answer as a page with scripts of its own site.
func Scripted(h http.Header) { h.Set("Content-Security-Policy", PolicyScripted) }

// Scanning marks an answer as the page with the camera.
func Scanning(h http.Header) {
	h.Set("Content-Security-Policy", PolicyScanning)
	h.Set("Permissions-Policy", CameraSelf)
}

// Bounds of a request.
const (
	MaxSmall    = 64 << 10                  // bytes of a request that is not a document
	MaxDocument = paper.MaxInput + MaxSmall // bytes of a document and what is sent with it
	MaxBatch    = 32 << 20                  // bytes of a batch
	MaxRows     = 20_000                    // of a batch
	MaxRow      = 64 << 10                  // bytes of one row
)

// How long the sending of a large request may take, and a whole batch.
const (
	documentTime = 60 * time.Second
	batchTime    = 10 * time.Minute
	rowTime      = 30 * time.Second // between two signs of life of whoever sent the batch
	slowest      = 256              // bytes a second, on average
)

// Demand is what a route takes beyond what routes do: it must be told to the server
// that limits them.
type Demand struct {
	Body  int64         // bytes of a request
	Time  time.Duration // for sending them
	Heavy bool          // every request counts as large, however small it is
}

// Demands returns what the routes of the service take, by method and pattern, such
// as "POST /v1/verify".
func (s *Service) Demands() map[string]Demand {
	root := base(s.URL)
	return map[string]Demand{
		"POST " + root:                      {Body: MaxDocument, Time: documentTime}, // as browsers may write it
		"POST " + root + "/":                {Body: MaxDocument, Time: documentTime},
		"POST " + root + "/v1/verify":       {Body: MaxDocument, Time: documentTime},
		"POST " + root + "/v1/verify/batch": {Body: MaxBatch, Time: batchTime, Heavy: true},
	}
}

// Refuse answers a request of this service with the status alone: programs with a
// problem, people with a page.
func (s *Service) Refuse(w http.ResponseWriter, r *http.Request, status int) {
	if strings.HasPrefix(r.URL.Path, base(s.URL)+"/v1/") {
		problemOf(status).write(w)
		return
	}
	if status == http.StatusRequestTimeout {
		status = http.StatusBadRequest // which has a page
	}
	s.Pages.RefuseIn(w, r, status)
}
