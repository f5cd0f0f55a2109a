package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

const html = "text/html; charset=utf-8"

// sendPrivate answers with what belongs to one certificate: kept by no cache,
// listed by no search engine.
func sendPrivate(c *gin.Context, status int, mediaType string, body []byte) error {
	templates.Private(c.Writer.Header())
	return send(c, status, mediaType, body)
}

// send answers with the body. Its length is given for HEAD also.
func send(c *gin.Context, status int, mediaType string, body []byte) error {
	h := c.Writer.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Writer.WriteHeader(status)
	c.Writer.Write(body) // whoever has gone away does not read it
	return nil
}

// How long others may keep a copy of what is public, in seconds.
const (
	keepLists = "public, max-age=300" // RFC 9111; the ttl of the status lists
	keepStyle = "public, max-age=86400"
	// RFC 8246: it never changes again.
	keepForEver = "public, max-age=31536000, immutable"
)

// sendPublic answers with what is the same for everybody. A copy of the same
// content is not sent again (RFC 9110 §13.1.2).
func sendPublic(c *gin.Context, keep, mediaType string, body []byte) error {
	sum := sha256.Sum256(body)
	return sendTagged(c, keep, mediaType, `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`, body)
}

func sendTagged(c *gin.Context, keep, mediaType, etag string, body []byte) error {
	h := c.Writer.Header()
	h.Set("Cache-Control", keep)
	h.Set("Content-Type", mediaType)
	h.Set("ETag", etag)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(body))
	return nil
}

// forEveryone lets programs that run in the pages of others read the answer
// (Fetch §3.3). It is for what is public and names nobody.
func forEveryone(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cross-Origin-Resource-Policy", "cross-origin")
}
