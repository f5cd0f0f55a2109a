package verifier

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/keys/strictjson"
	"github.com/testamur/testamur/verifier/credential"
)

// trim removes what a file or a mail puts around a token.
func trim(token string) string { return strings.Trim(token, " \t\r\n\ufeff") }

// claimed is the little that is read before the signature is checked: whose
// keys to look in.
type claimed struct {
	Iss    string             `json:"iss"`
	Issuer credential.Profile `json:"issuer"`
}

func (c claimed) issuer() string {
	if c.Iss != "" {
		return c.Iss
	}
	return c.Issuer.ID
}

// What is found at the first two gates.
const (
	formOK     = "It has the form of a signed certificate."
	untrusted  = "It names %q as its issuer, which is not among the issuers trusted here."
	foreignKey = "It names %s as its issuer but is signed with a key that is not among that issuer's. It is forged, or the trust file is older than the key: get the issuer's present trust file and check again."
	keyOK      = "The issuer %s is trusted, and the key is one of its own."
)

// parse is the first gate: the token is well formed.
func (e *examination) parse(token string) (*keys.Token, bool) {
	t, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		e.report.fail(Format, Malformed, "This is not a certificate in the accepted form: %v.", err)
		return nil, false
	}
	e.report.pass(Format, formOK)
	return t, true
}

// key is the second gate: the claimed issuer is trusted and has the named key.
func (e *examination) key(t *keys.Token) (*Issuer, bool) {
	// Nearly always the first look finds both. What it says is only claimed: once
	// the signature has been checked, all of it is read strictly.
	if id, err := credential.ClaimedIssuer(t.Claimed); err == nil && e.Issuers != nil {
		if issuer, ok := e.Issuers.Issuer(id); ok {
			if _, ok := issuer.Keys.Key(t.KeyID); ok {
				e.report.pass(IssuerKey, keyOK, issuer.title())
				return issuer, true
			}
		}
	}
	if !json.Valid(t.Claimed) {
		e.report.fail(Format, Malformed, "This is not a certificate in the accepted form: its content is not JSON.")
		return nil, false
	}
	var c claimed
	if err := strictjson.Decode(t.Claimed, &c); err != nil {
		e.report.fail(Format, Malformed, "This is not a certificate in the accepted form: %v.", err)
		return nil, false
	}
	if c.issuer() == "" {
		e.report.fail(Format, Malformed, "It does not say who issued it.")
		return nil, false
	}
	var issuer *Issuer
	ok := e.Issuers != nil // nil: nobody is trusted
	if ok {
		issuer, ok = e.Issuers.Issuer(c.issuer())
	}
	if !ok {
		e.report.fail(IssuerKey, UntrustedIssuer, untrusted, c.issuer())
		return nil, false
	}
	if _, ok := issuer.Keys.Key(t.KeyID); !ok {
		e.report.fail(IssuerKey, UntrustedIssuer, foreignKey, issuer.title())
		return nil, false
	}
	e.report.pass(IssuerKey, keyOK, issuer.title())
	return issuer, true
}

func (i *Issuer) title() string {
	if i.Name == "" {
		return i.ID
	}
	return fmt.Sprintf("%s (%s)", i.Name, i.ID)
}
