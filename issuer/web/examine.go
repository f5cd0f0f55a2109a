package web

import (
	"context"
	"errors"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
)

// examine puts the token of a record through the verifier that everybody else
// uses, with the keys and lists that everybody else is given. What a record
// says about itself counts for nothing.
func (p *Publication) examine(ctx context.Context, cert *issuer.Certificate) (*verifier.Report, error) {
	trust, err := p.Issuer.Trust(ctx, false)
	if err != nil {
		return nil, err
	}
	v := verifier.Verifier{Issuers: trust, Statuses: lists{p}, Now: p.Issuer.Now}
	report := v.Examine(ctx, cert.Token)

	// A certificate that verifies but stands in the place of another would let
	// one person's paper lead to another person's certificate.
	own, _ := trust.Issuer(p.Issuer.Body.URL)
	if c := report.Certificate; c != nil && c.ID != (verifier.Link{Issuer: own, ID: cert.Link}).Credential() {
		return verifier.NewReport(p.Issuer.Now(), verifier.Invalid, verifier.Altered,
			"The record at this address holds a certificate of another address."), nil
	}
	return report, nil
}

// lists gives the verifier the lists that the body publishes.
type lists struct{ *Publication }

var errLists = errors.New("the status list of the body is not available at the moment")

// StatusList implements [verifier.Statuses]. Why a list cannot be had is for
// the log; the report is read by everybody.
func (l lists) StatusList(ctx context.Context, url string) (string, error) {
	pub, err := l.Issuer.PublicationAt(ctx, url)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			l.Log.ErrorContext(ctx, "status list not available", "list", url, "error", err.Error())
		}
		return "", errLists
	}
	return pub.Token, nil
}
