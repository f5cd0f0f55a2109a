package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// openAPI describes every route of the service (OpenAPI 3.1).
//
//go:embed openapi.yaml
var openAPI []byte

// description answers with the description of the service.
func (a *api) description(text []byte) gin.HandlerFunc {
	sum := sha256.Sum256(text)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Content-Type", "application/yaml") // RFC 9512
		h.Set("ETag", etag)
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(text))
	}
}
