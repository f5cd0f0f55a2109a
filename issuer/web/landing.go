package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
)

// landing answers with the page that tells how certificates of the body are
// checked, and where. It is the only one that search engines may list.
func (p *Publication) landing(c *gin.Context) error {
	b := p.Issuer.Body
	body, err := p.Pages.Page("landing", struct {
		Body, Host, URL, Accreditation string
		Specimen                       bool
	}{b.Name, host(b), b.URL, b.Accreditation, b.Specimen})
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Del("X-Robots-Tag")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", keepLists)
	return send(c, http.StatusOK, html, body)
}

// static answers with a file that the pages refer to.
func (p *Publication) static(name string) answer {
	return func(c *gin.Context) error {
		f, ok := p.Pages.File(name)
		if !ok {
			return fmt.Errorf("file: %w", issuer.ErrNotFound)
		}
		return sendTagged(c, keepStyle, f.Type, f.ETag, f.Body)
	}
}

func (p *Publication) icon(c *gin.Context) error { return p.static("icon/" + c.Param("name"))(c) }
