package web

import (
	"context"
	"fmt"
	"strings"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
)

// certificate returns the certificate of the link with the changes of its
// status. The error wraps [issuer.ErrNotFound] alike for a link that is
// malformed, that is unknown, and of a certificate that is recorded but not yet
// issued; each of them costs one look into the records.
func (p *Publication) certificate(ctx context.Context, text string) (cert *issuer.Certificate, changes []issuer.StatusChange, err error) {
	link := verifier.LinkID(strings.Trim(text, " ./"))
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
