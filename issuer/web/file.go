package web

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier/credential"
)

// file answers with a certificate as a file, or leads to its page. How it
// stands makes no difference: that is told by the page and the lists.
func (p *Publication) file(c *gin.Context) error {
	ctx := c.Request.Context()
	name, form := c.Param("file"), ""
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name, form = name[:dot], strings.ToLower(name[dot:])
	}
	cert, _, err := p.certificate(ctx, name)
	if err != nil {
		return err
	}
	switch form {
	case ".jws":
		c.Header("Content-Disposition", disposition("attachment", cert.Number+".jws"))
		return sendPrivate(c, http.StatusOK, credential.MediaType, []byte(cert.Token))
	case ".pdf":
		return p.pdf(ctx, c, cert)
	case "":
		return p.toPage(c, cert)
	}
	return fmt.Errorf("form %q of a certificate: %w", form, issuer.ErrNotFound)
}

// pdf answers with the certificate on paper. It is drawn from what the verifier
// has verified; if it cannot, the page says why.
func (p *Publication) pdf(ctx context.Context, c *gin.Context, cert *issuer.Certificate) error {
	report, err := p.examine(ctx, cert)
	if err != nil {
		return err
	}
	if report.Certificate == nil {
		return p.toPage(c, cert)
	}
	body, err := p.Issuer.Press.Render(ctx, issuer.PaperOf(report.Certificate, cert.Token))
	if err != nil {
		return fmt.Errorf("print a certificate: %w", err)
	}
	c.Header("Content-Disposition", disposition("inline", cert.Number+".pdf"))
	return sendPrivate(c, http.StatusOK, "application/pdf", body)
}

func (p *Publication) toPage(c *gin.Context, cert *issuer.Certificate) error {
	c.Header("Location", base(p.Issuer.Body)+"/c/"+cert.Link)
	return sendPrivate(c, http.StatusSeeOther, html, nil)
}

func disposition(kind, name string) string {
	return mime.FormatMediaType(kind, map[string]string{"filename": name})
}
