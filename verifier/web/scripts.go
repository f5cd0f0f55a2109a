package web

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// scripts is the table of what pages refer to: their style sheet and icons, the
// scripts, and the reader of QR codes for browsers that have none. Every page
// works without scripts, but for the camera.
func (s *Service) scripts() []route {
	return []route{
		{reads, "/style.css", func(c *gin.Context) { s.asset(c, "style.css") }},
		{reads, "/icon/:name", func(c *gin.Context) { s.asset(c, "icon/"+c.Param("name")) }},
		{reads, "/script/:name", func(c *gin.Context) { s.asset(c, "script/"+c.Param("name")) }},
		{reads, "/wasm/*name", func(c *gin.Context) { s.asset(c, "wasm"+c.Param("name")) }},
	}
}

// How long others may keep a copy.
const (
	keepForever = "public, max-age=31536000, immutable" // RFC 8246: under this address it never changes
	keepBriefly = "public, max-age=300"
)

// asset answers with a file. Where the address names its content (?…), or its
// version in the path as that of the reader does, it is never asked for again.
func (s *Service) asset(c *gin.Context, name string) {
	f, ok := s.Pages.File(name)
	if !ok {
		s.Pages.RefuseIn(c.Writer, c.Request, http.StatusNotFound)
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", keepBriefly)
	if strings.HasPrefix(name, "wasm/") || c.Request.URL.RawQuery == strings.Trim(f.ETag, `"`) {
		h.Set("Cache-Control", keepForever)
	}
	h.Set("Content-Type", f.Type)
	h.Set("ETag", f.ETag)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(f.Body))
}
