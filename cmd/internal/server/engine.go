// Package server is the HTTP side that both programs have in common: an engine
// with limits, security headers, a request log that names nobody and one error
// page, and the serving itself, which stops without cutting anybody short.
//
//	engine := server.Engine(server.Options{Log: log, Pages: pages, HTTPS: true})
//	publication.Mount(engine)
//	err := server.Serve(ctx, listener, engine, log)
package server

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

// Options is what an [Engine] needs.
type Options struct {
	Log   *slog.Logger
	Pages *templates.Web // for the error page
	// HTTPS says that the public address begins with https://. Browsers are
	// then told to use no other (RFC 6797).
	HTTPS bool
}

// maxBody is how much a request may send along, in bytes.
const maxBody = 64 << 10

// Engine returns an engine without routes but for those that are not there:
// unknown addresses are answered with 404 and other methods with 405, both with
// the error page. Nothing that a client says about itself or about proxies on
// its way is believed.
func Engine(o Options) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.SetTrustedProxies(nil) // cannot fail without any
	e.ForwardedByClientIP = false
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.HandleMethodNotAllowed = true
	e.Use(requestLog(o.Log), securityHeaders(o.HTTPS), recovery(o.Log, o.Pages), limitBody(o.Pages))
	e.NoRoute(func(c *gin.Context) { o.Pages.Refuse(c.Writer, http.StatusNotFound) })
	e.NoMethod(func(c *gin.Context) { o.Pages.Refuse(c.Writer, http.StatusMethodNotAllowed) })
	return e
}

// limitBody refuses a request that announces too much, and cuts off one that
// sends it unannounced: reading it is an error.
func limitBody(pages *templates.Web) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.ContentLength > maxBody {
			c.Header("Connection", "close") // what it sends is not read
			pages.Refuse(c.Writer, http.StatusRequestEntityTooLarge)
			c.Abort()
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	}
}
