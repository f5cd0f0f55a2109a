// Package web is a body on the web: what it makes public of its certificates.
//
// A [Publication] serves three kinds of readers. People follow the address on a
// certificate to the verification page, which tells how the certificate stands,
// verdict first, and what the paper must say. Programs fetch the signed
// certificate by its link, and the body's keys, status lists and trust file.
// Nobody can search: a certificate is found by the 130 random bits of its
// link, and what is not found is answered alike whatever it was.
//
// The page shows nothing but what the verifier has verified. It puts the body's
// own record through the same checks as everybody else, with the keys and lists
// that the body publishes; where they cannot decide, it says so.
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
// all are required.
type Publication struct {
	Issuer *issuer.Issuer // its Random is not used, its Signer for status lists only
	Pages  *templates.Web // of [Pages]
	Log    *slog.Logger   // of what could not be answered; no names, no links
}

// Pages returns the pages of the body's web site.
func Pages(b issuer.Body) (*templates.Web, error) {
	return templates.NewWeb(templates.Site{Name: b.Name, Base: base(b)})
}

// Mount adds the routes to root, each under the path of the body's URL. Every
// route answers GET and HEAD, and nothing else.
func (p *Publication) Mount(root gin.IRouter) {
	r := root.Group(base(p.Issuer.Body))
	for _, route := range []struct {
		path  string
		serve answer
	}{
		{"/", p.landing},                              // how certificates of this body are checked
		{"/c/:id", p.page},                            // the verification page
		{"/c/:id/", p.page},                           // the same, as mail programs write it
		{"/C/:id", p.page},                            // the same, as QR codes write it
		{"/certificates/:file", p.file},               // <id>.jws, <id>.pdf; <id> leads to the page
		{"/keys/:kid", p.key},                         // one public key, by its thumbprint
		{"/.well-known/jwks.json", p.jwks},            // all public keys
		{"/status/:list", p.statusList},               // a current signed status list
		{"/schemes/:scheme/:edition", p.scheme},       // what an edition of a scheme asks for
		{"/schemes/:scheme/:edition/:code", p.scheme}, // the same of one certificate
		{"/trust.json", p.trust},                      // what others need to believe this body
		{"/style.css", p.static("style.css")},         // what the pages refer to
		{"/icon/:name", p.icon},                       // the same
	} {
		r.Match(readOnly, route.path, p.handle(route.serve))
	}
	if base(p.Issuer.Body) != "" { // the body's own URL has no final slash
		r.Match(readOnly, "", p.handle(p.landing))
	}
}

var readOnly = []string{http.MethodGet, http.MethodHead}

// answer writes the answer to a request or, if it returns an error, nothing.
type answer func(*gin.Context) error

// handle is the one place that decides what a person sees of an error: that
// there is nothing (404), or that it could not be checked (503).
func (p *Publication) handle(serve answer) gin.HandlerFunc {
	return func(c *gin.Context) {
		err := serve(c)
		switch {
		case err == nil:
		case errors.Is(err, issuer.ErrNotFound):
			p.Pages.Refuse(c.Writer, http.StatusNotFound)
		default:
			if !errors.Is(err, context.Canceled) { // nobody waits any more
				p.Log.ErrorContext(c.Request.Context(), "could not be answered", "route", c.FullPath(), "error", discreet(err, c.Params))
			}
			p.Pages.Refuse(c.Writer, http.StatusServiceUnavailable)
		}
	}
}

// discreet is the text of an error without what must be in no log: the link of
// a certificate, which opens it to whoever reads the log, and names.
func discreet(err error, params gin.Params) string {
	var te *issuer.TextError
	if errors.As(err, &te) {
		return fmt.Sprintf("%s cannot be printed", te.Field)
	}
	text := err.Error()
	for _, param := range params {
		id, _, _ := strings.Cut(param.Value, ".")
		if verifier.LinkID(id) == "" { // a list or the like
			continue
		}
		for _, secret := range []string{id, strings.ToUpper(id), verifier.LinkID(id)} {
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

// host is the host of the body's URL: the one at which its certificates are
// checked, whatever host a request names.
func host(b issuer.Body) string {
	u, err := url.Parse(b.URL)
	if err != nil {
		return b.URL
	}
	return u.Host
}
