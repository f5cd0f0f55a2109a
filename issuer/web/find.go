package web

import (
	"context"
	"fmt"
	"strings"

	"github.com/testamur/testamur/issuer"
)

// linkLength is how long the link of a certificate is.
const linkLength = 26

// alphabet of links: Crockford's base 32.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// parseLink reads the link of a certificate as it is scanned or typed: in any
// case, with O for 0, I or L for 1, and hyphens between (Crockford). It returns
// "" for what cannot be one.
func parseLink(text string) string {
	link := strings.Map(func(r rune) rune {
		switch r {
		case '-':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(text))
	if len(link) != linkLength || strings.Trim(link, alphabet) != "" {
		return ""
	}
	return link
}

// certificate returns the certificate of the link with the changes of its
// status. The error wraps [issuer.ErrNotFound] alike for a link that is
// malformed, that is unknown, and of a certificate that is recorded but not yet
// issued; each of them costs one look into the records.
func (p *Publication) certificate(ctx context.Context, text string) (cert *issuer.Certificate, changes []issuer.StatusChange, err error) {
	link := parseLink(text)
	err = p.Issuer.Store.View(ctx, func(tx issuer.Tx) error {
		if cert, err = tx.CertificateByLink(link); err != nil {
			return err
		}
		changes, err = tx.StatusChanges(link)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("look up a certificate: %w", err)
	case cert.Token == "":
		return nil, nil, fmt.Errorf("a certificate not yet issued: %w", issuer.ErrNotFound)
	}
	return cert, changes, nil
}
