package verifier

import (
	"encoding/json"
	"errors"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
)

// signature is the third gate: the issuer's key signed exactly this.
func (e *examination) signature(t *keys.Token, issuer *Issuer) (*keys.Signed, bool) {
	signed, err := issuer.Keys.Open(t, issuer.types()...)
	switch {
	case err == nil:
		e.report.pass(Signature, "The signature fits: nothing has been changed since it was issued.")
		return signed, true
	case errors.Is(err, keys.ErrSignature):
		e.report.fail(Signature, Altered, "The signature does not fit: this was altered, or not signed by the issuer.")
	case errors.Is(err, keys.ErrPurpose):
		e.report.fail(Signature, Altered, "The issuer's key that signed this may not sign certificates.")
	case errors.Is(err, keys.ErrUnknownKey):
		e.report.fail(IssuerKey, UntrustedIssuer, "The key that signed this is not one of the issuer's.")
	default:
		e.report.fail(Signature, Malformed, "The signature cannot be accepted: %v.", err)
	}
	return nil, false
}

// types returns the accepted values of the header member typ.
func (i *Issuer) types() []string {
	if i.OpenBadgesStrict {
		return []string{keys.TypeVC, keys.TypeJWT}
	}
	return []string{keys.TypeVC}
}

// content reads the verified payload, which must still be a certificate, and
// one of this issuer: a trusted key can sign nonsense.
func (e *examination) content(signed *keys.Signed, issuer *Issuer) (*credential.Credential, bool) {
	e.report.Payload = json.RawMessage(signed.Payload)
	c, err := credential.Decode(signed.Payload)
	if err != nil {
		e.report.fail(Format, Malformed, "It is signed, but its content is not a well-formed certificate: %v.", err)
		return nil, false
	}
	if c.Issuer.ID != issuer.ID {
		e.report.fail(Format, Malformed, "It is signed, but names two issuers: %q and %q.", issuer.ID, c.Issuer.ID)
		return nil, false
	}
	e.report.Certificate = c
	return c, true
}
