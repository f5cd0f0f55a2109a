package verifier

import (
	"encoding/json"
	"errors"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
)

const signatureOK = "The signature fits: nothing has been changed since it was issued."

// signature is the third gate: the issuer's key signed exactly this.
func (e *examination) signature(t *keys.Token, issuer *Issuer) (*keys.Signed, bool) {
	signed, err := issuer.Keys.Open(t, issuer.types()...)
	switch {
	case err == nil:
		e.report.pass(Signature, signatureOK)
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

// reopen asks of a certificate opened before what can have changed since: the
// issuer and its key must still be trusted.
func (e *examination) reopen(o *Opened) bool {
	var issuer *Issuer
	ok := e.Issuers != nil
	if ok {
		issuer, ok = e.Issuers.Issuer(o.issuer)
	}
	if !ok {
		e.report.fail(IssuerKey, UntrustedIssuer, untrusted, o.issuer)
		return false
	}
	k, ok := issuer.Keys.Key(o.key.ID)
	if !ok || k != o.key && (k.Thumbprint() != o.key.Thumbprint() || !k.May(keys.ForCredential)) {
		e.report.fail(IssuerKey, UntrustedIssuer, foreignKey, issuer.title())
		return false
	}
	e.report.pass(Format, formOK)
	e.report.pass(IssuerKey, keyOK, issuer.title())
	e.report.pass(Signature, signatureOK)
	e.report.Payload, e.report.Certificate = o.payload, o.certificate
	return true
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
