package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
)

// Pictures draws certificates as pictures with the credential baked in (Open
// Badges 3.0). The painter of issuer/picture is one.
type Pictures interface {
	PNG(ctx context.Context, p issuer.Paper, dpi int) ([]byte, error)
	SVG(ctx context.Context, p issuer.Paper) ([]byte, error)
}

// pictureDPI is how fine a PNG is that is handed out, in pixels to the inch: A4
// fills the width of a large screen, and the QR code scans from it.
const pictureDPI = 150

// A drawing is a document that browsers would carry out. Ours has no script, and
// may run none; nor may it load anything but the pictures within it.
const policyDrawing = "default-src 'none'; img-src data:; frame-ancestors 'none'; sandbox"

// picture answers with the certificate as a picture. It says what the PDF says,
// and is drawn from the same; if it cannot, the page says why.
func (p *Publication) picture(ctx context.Context, c *gin.Context, cert *issuer.Certificate, form string) error {
	if p.Pictures == nil {
		return fmt.Errorf("form %q of a certificate: %w", form, issuer.ErrNotFound)
	}
	signed, err := p.signed(ctx, cert)
	if err != nil {
		return err
	}
	if signed == nil {
		return p.toPage(c, cert)
	}
	var body []byte
	media := "image/png"
	if form == ".svg" {
		media = "image/svg+xml"
		body, err = p.Pictures.SVG(ctx, cert.Paper(signed))
	} else {
		body, err = p.Pictures.PNG(ctx, cert.Paper(signed), pictureDPI)
	}
	if err != nil {
		return fmt.Errorf("draw a certificate: %w", err)
	}
	if form == ".svg" {
		c.Header("Content-Security-Policy", policyDrawing)
	}
	c.Header("Content-Disposition", disposition("inline", cert.Number+form))
	return sendPrivate(c, http.StatusOK, media, body)
}
