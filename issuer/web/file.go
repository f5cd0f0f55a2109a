package web

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
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
	cert, err := p.certificate(ctx, name)
	if err != nil {
		return err
	}
	switch form {
	case ".jws":
		c.Header("Content-Disposition", disposition("attachment", cert.Number+".jws"))
		return sendPrivate(c, http.StatusOK, credential.MediaType, []byte(cert.Token))
	case ".pdf":
		return p.pdf(ctx, c, cert)
	case ".png", ".svg":
		return p.picture(ctx, c, cert, form)
	case "":
		return p.toPage(c, cert)
	}
	return fmt.Errorf("form %q of a certificate: %w", form, issuer.ErrNotFound)
}

// pdf answers with the certificate on paper. It is drawn from what the verifier
// has verified; if it cannot, the page says why.
func (p *Publication) pdf(ctx context.Context, c *gin.Context, cert *issuer.Certificate) error {
	signed, err := p.signed(ctx, cert)
	if err != nil {
		return err
	}
	if signed == nil {
		return p.toPage(c, cert)
	}
	body, err := p.Issuer.Press.Render(ctx, cert.Paper(signed))
	if err != nil {
		return fmt.Errorf("print a certificate: %w", err)
	}
	c.Header("Content-Disposition", disposition("inline", cert.Number+".pdf"))
	return sendPrivate(c, http.StatusOK, "application/pdf", body)
}

// signed returns what the body has signed for the certificate, nil if that is not
// what is on record. What a record says about itself counts for nothing; and a
// certificate that stands in the place of another would print one person's
// certificate for another person.
func (p *Publication) signed(ctx context.Context, cert *issuer.Certificate) (*credential.Credential, error) {
	trust, err := p.Issuer.Trust(ctx, false)
	if err != nil {
		return nil, err
	}
	v := verifier.Verifier{Issuers: trust, Now: p.Issuer.Now}
	opened, _ := v.Open(cert.Token)
	own, _ := trust.Issuer(p.Issuer.Body.URL)
	if opened == nil || opened.Certificate().ID != (verifier.Link{Issuer: own, ID: cert.Link}).Credential() {
		return nil, nil
	}
	return opened.Certificate(), nil
}

func (p *Publication) toPage(c *gin.Context, cert *issuer.Certificate) error {
	c.Header("Location", base(p.Issuer.Body)+"/c/"+cert.Link)
	return sendPrivate(c, http.StatusSeeOther, html, nil)
}

func disposition(kind, name string) string {
	return mime.FormatMediaType(kind, map[string]string{"filename": name})
}
