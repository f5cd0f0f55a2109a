// Package web is a body on the web: what it makes public of its certificates.
//
// A [Publication] serves programs: the signed certificate by its link, the body's
// keys, its status lists of now and of the past, its trust file, and what its
// schemes ask for. People are served by the body's verification service
// ([Publication.Service]), which is the one that anybody can run: it judges the
// body's own record by the same checks as everybody else, with the keys and lists
// that the body publishes; where they cannot decide, it says so.
//
// Nobody can search: a certificate is found by the 130 random bits of its link, and
// what is not found is answered alike whatever it was.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// Publication serves what a body makes public. Its fields are its dependencies;
// all are required but Pictures.
type Publication struct {
	Issuer *issuer.Issuer // its Random is not used, its Signer for status lists only
	Pages  *templates.Web // of [Pages]
	Log    *slog.Logger   // of what could not be answered; no names, no links

	Pictures Pictures // nil: certificates are not handed out as pictures
}

// Pages returns the pages of the body's web site.
func Pages(b issuer.Body) (*templates.Web, error) {
	return templates.NewWeb(templates.Site{Name: b.Name, Base: base(b)})
}

// Mount adds the routes to root, each under the path of the body's URL. Every
// route answers GET and HEAD, and nothing else. The pages, and the files that they
// refer to, are those of [Publication.Service].
func (p *Publication) Mount(root gin.IRouter) {
	r := root.Group(base(p.Issuer.Body))
	for _, route := range []struct {
		path  string
		serve answer
	}{
		{"/certificates/:file", p.file},               // <id>.jws, .pdf, .png, .svg; <id> leads to the page
		{"/keys/:kid", p.key},                         // one public key, by its thumbprint
		{"/.well-known/jwks.json", p.jwks},            // all public keys
		{"/status/:list", p.statusList},               // a signed status list, the current one or that of a moment
		{"/schemes/:scheme/:edition", p.scheme},       // what an edition of a scheme asks for
		{"/schemes/:scheme/:edition/:code", p.scheme}, // the same of one certificate
		{"/trust.json", p.trust},                      // what others need to believe this body
	} {
		r.Match(readOnly, route.path, p.handle(route.serve))
	}
}

var readOnly = []string{http.MethodGet, http.MethodHead}

// answer writes the answer to a request or, if it returns an error, nothing.
type answer func(*gin.Context) error

// handle is the one place that decides what a person sees of an error: that
// there is nothing (404), that the question cannot be read (400), or that it could
// not be answered (503).
func (p *Publication) handle(serve answer) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := serve(c)
		switch {
		case err == nil:
		case errors.Is(err, issuer.ErrNotFound):
			p.Pages.RefuseIn(c.Writer, c.Request, http.StatusNotFound)
		case errors.Is(err, errMalformed):
			p.Pages.RefuseIn(c.Writer, c.Request, http.StatusBadRequest)
		default:
			if !errors.Is(err, context.Canceled) { // nobody waits any more
				var asked []string
				for _, param := range c.Params {
					asked = append(asked, param.Value)
				}
				p.Log.ErrorContext(c.Request.Context(), "could not be answered", "route", c.FullPath(), "error", discreet(err, asked...))
			}
			p.Pages.RefuseIn(c.Writer, c.Request, http.StatusServiceUnavailable)
		}
	}
}

// discreet is the text of an error without what must be in no log: the link of
// a certificate, which opens it to whoever reads the log, and names.
func discreet(err error, asked ...string) string {
	var te *issuer.TextError
	if errors.As(err, &te) {
		return fmt.Sprintf("%s cannot be printed", te.Field)
	}
	text := err.Error()
	for _, param := range asked {
		id, _, _ := strings.Cut(param, ".")
		link := verifier.LinkID(id)
		if len(link) < 20 { // a list or the like
			continue
		}
		for _, secret := range []string{id, strings.ToUpper(id), link, strings.ToLower(link)} {
			text = strings.ReplaceAll(text, secret, "[link]")
		}
	}
	return text
}

// base is the path of the body's URL, "" or as "/certs".
func base(b issuer.Body) string {
	u, err := url.Parse(b.URL)
	if err != nil {
		return ""
	}
	return u.Path
}
