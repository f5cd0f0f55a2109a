package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

// base is the path of a URL, "" or as "/certs".
func base(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// hostOf is the host of a URL.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// sendPage answers with a page about one certificate: kept by no cache, listed by
// no search engine.
func sendPage(c *gin.Context, l *templates.Language, status int, body []byte) {
	h := c.Writer.Header()
	templates.Private(h)
	Scripted(h)
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "60")
	}
	send(c, l, status, body)
}

// send answers with a page. Its length is given for HEAD also.
func send(c *gin.Context, l *templates.Language, status int, body []byte) {
	h := c.Writer.Header()
	templates.Spoken(h, l)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Writer.WriteHeader(status)
	c.Writer.Write(body) // whoever has gone away does not read it
}
