// Package server is the HTTP side that both programs have in common: an engine
// with limits, security headers, a request log that names nobody and one error
// page, and the serving itself, which stops without cutting anybody short.
//
//	engine := server.Engine(server.Options{Log: log, Pages: pages, HTTPS: true})
//	publication.Mount(engine)
//	err := server.Serve(ctx, listener, engine, log)
//
// A request goes through, in this order: the log and the counters, the headers, the
// budget of its client (429), the limit of its body, which is read before anything
// is worked on, and a place among those in work (503). What a service needs beyond
// that it says by route, as [Rule].
package server

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

// Options is what an [Engine] needs. Only Log and Pages are required.
type Options struct {
	Log   *slog.Logger
	Pages *templates.Web // for the error page
	// HTTPS says that the public address begins with https://. Browsers are
	// then told to use no other (RFC 6797).
	HTTPS bool
	// Refuse answers a request with a status alone; nil: with the error page.
	Refuse func(w http.ResponseWriter, r *http.Request, status int)
	// Rules are those of the routes that differ from others, by method and pattern,
	// such as "POST /v1/verify".
	Rules map[string]Rule
	// TrustedProxies are believed when they say, by X-Forwarded-For, who the client
	// is. Nobody else is.
	TrustedProxies []netip.Prefix
	Guard          *Guard   // nil: one of its own, with the [DefaultQuota]
	Metrics        *Metrics // nil: nothing is counted
}

// Rule is what requests of a route may take.
type Rule struct {
	Body  int64         // bytes that they may send along; 0: 64 KiB
	Time  time.Duration // for sending a large body; 0: the server's
	Heavy bool          // every request counts as large, and its handler bounds the time
}

// maxBody is how much a request may send along, in bytes, unless a rule says more,
// and how much of it is read before it counts as large.
const maxBody = 64 << 10

// engine is what the middlewares of an [Engine] share.
type engine struct {
	Options
	rules map[pattern]Rule
}

type pattern struct{ method, path string }

// Engine returns an engine without routes but for those that are not there:
// unknown addresses are answered with 404 and other methods with 405, both with
// the error page. Nothing that a client says about itself is believed.
func Engine(o Options) *gin.Engine {
	if o.Guard == nil {
		o.Guard = NewGuard(DefaultQuota)
	}
	if o.Refuse == nil {
		o.Refuse = func(w http.ResponseWriter, _ *http.Request, status int) {
			if status == http.StatusRequestTimeout {
				status = http.StatusBadRequest // which has a page
			}
			o.Pages.Refuse(w, status)
		}
	}
	s := &engine{Options: o, rules: map[pattern]Rule{}}
	for name, rule := range o.Rules {
		method, path, _ := strings.Cut(name, " ")
		s.rules[pattern{method, path}] = rule
	}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.SetTrustedProxies(nil) // cannot fail without any
	e.ForwardedByClientIP = false
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.HandleMethodNotAllowed = true
	e.Use(requestLog(o.Log), s.count, securityHeaders(o.HTTPS), s.recovery, s.admit)
	e.NoRoute(func(c *gin.Context) { s.refuse(c, http.StatusNotFound) })
	e.NoMethod(func(c *gin.Context) { s.refuse(c, http.StatusMethodNotAllowed) })
	return e
}

// refuse answers with the status alone, and lets nothing else answer.
func (s *engine) refuse(c *gin.Context, status int) {
	s.Refuse(c.Writer, c.Request, status)
	c.Abort()
}
