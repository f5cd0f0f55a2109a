package web

import (
	"context"
	"fmt"
	"strings"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
)

// certificate returns the certificate of the link. The error wraps
// [issuer.ErrNotFound] alike for a link that is malformed, that is unknown, and of
// a certificate that is recorded but not yet issued; each of them costs one look
// into the records.
func (p *Publication) certificate(ctx context.Context, text string) (cert *issuer.Certificate, err error) {
	err = p.Issuer.Store.View(ctx, func(tx issuer.Tx) error {
		cert, err = tx.CertificateByLink(linkID(text))
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look up a certificate: %w", err)
	case cert.Token == "":
		return nil, fmt.Errorf("a certificate not yet issued: %w", issuer.ErrNotFound)
	}
	return cert, nil
}

// linkID reads the id of a certificate in an address as people and mail programs
// write it.
func linkID(text string) string { return verifier.LinkID(strings.Trim(text, " ./")) }
