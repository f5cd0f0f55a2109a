// Package web is verification as a service: pages for people, an API for programs.
//
// A [Service] answers for the issuers of a trust file. Whoever was shown a
// certificate types its number or address, drops the file or scans the code, and
// reads the verdict first, in words and in their language; programs post the same
// to /v1/verify. Both go one way: [paper.Examiner] reads what was presented, and the
// verifier judges it. An answer is 200 whatever the verdict; what could not be
// decided is never shown as good.
//
// Nothing is kept of what was asked, and nobody can search: a certificate is found
// by the 130 random bits of its link, and what is not found is answered alike
// whatever it was.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
	look "github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
)

// Service serves verification. Its fields are its dependencies; those not said to
// be optional are required.
type Service struct {
	Name string // of the body that verifies, for people
	URL  string // at which the service is reached; the pages are under its path
	// Accreditation is the number of the accreditation of the body whose service this
	// is, "" if it has none; Specimen marks every page of a throw-away body.
	Accreditation string
	Specimen      bool
	// Trust names whose certificates are believed; Publication and Lists are what
	// those issuers publish, Lists the status lists that are kept of it.
	Trust       *verifier.Trust
	Publication *verifier.Publication
	Lists       verifier.Statuses
	Register    Register      // optional
	Numbers     Numbers       // optional; without it a number alone opens nothing
	Receipts    *receipt.Desk // optional; without it no receipts are given
	Pages       *templates.Web
	Designs     *look.Designs // that papers are compared with; nil for the built-in ones
	Log         *slog.Logger  // of what could not be answered; no names, no links
	Now         func() time.Time
}

// common is what the pages and the API of a service share.
type common struct {
	finder    *finder
	documents chan struct{} // one token for each document being read
}

func newCommon(s *Service) *common {
	return &common{newFinder(s), make(chan struct{}, maxDocuments)}
}

// Register is what an issuer's own records tell beyond the signed lists.
type Register interface {
	// Standing returns the last change of status of the certificate of the id, as
	// links have it, nil if there was none.
	Standing(ctx context.Context, id string) (*Standing, error)
}

// Standing is the public part of a change of status.
type Standing struct {
	Since      time.Time // the day from which it holds
	Reason     string    // code, as "fraud" or "superseded"
	ReplacedBy string    // id of the certificate that took its place, or ""
}

// Mount adds the routes to root, each under the path of the service's URL.
func (s *Service) Mount(root gin.IRouter) {
	r, c := root.Group(base(s.URL)), newCommon(s)
	for _, route := range slices.Concat(s.pages(c), s.api(c), s.scripts()) {
		r.Match(route.methods, route.path, route.serve)
	}
}

// route is one line of the table of routes.
type route struct {
	methods []string
	path    string
	serve   gin.HandlerFunc
}

var (
	reads  = []string{http.MethodGet, http.MethodHead}
	writes = []string{http.MethodPost}
)

// verifier returns the verifier for a question.
func (s *Service) verifier(p verifier.Policy) verifier.Verifier {
	return verifier.Verifier{Issuers: s.Trust, Statuses: s.Lists, Policy: p, Now: s.Now}
}
