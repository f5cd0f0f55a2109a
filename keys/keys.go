// Package keys holds the only JOSE code of Testamur: it signs, and it opens
// what others signed.
//
// A token is a JWS in compact form with the protected header {alg, kid, typ}
// and nothing else but, from other issuers, cty. It is opened in two steps that
// have two types, so that the claimed cannot be taken for the verified:
//
//	token, err := keys.Parse(text, keys.ForCredential)     // a *Token: what it claims
//	signed, err := set.Open(token, keys.TypeVC)            // a *Signed: what a key vouches for
//
// A [Set] is the keys of one issuer. The key decides the algorithm and the
// purpose, never the token; a key id is looked up whole and used for nothing
// else; nothing is fetched. Keys enter a Set through one admission function,
// whatever their origin ([ParseSet]).
//
// A [Ring] is a body's own private keys, one purpose each. Signing the same
// payload with the same key gives the same token, so that an interrupted act
// can be finished as it was begun.
package keys

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Purpose is what a key may sign, and nothing else.
type Purpose string

// The purposes. A published key without one may sign credentials and their
// status lists, as other issuers' keys do.
const (
	ForCredential Purpose = "credential"
	ForStatusList Purpose = "statusList"
	ForReceipt    Purpose = "receipt"
	ForLog        Purpose = "log"
	ForManifest   Purpose = "manifest"
	ForSeal       Purpose = "seal" // seals documents ([Private.Sealer]), never tokens
)

// Values of the header member typ.
const (
	TypeVC  = "vc+jwt" // W3C VC-JOSE-COSE §3.1.1
	TypeJWT = "JWT"    // Open Badges 3.0 §8.2.2, accepted only where the trust entry says so
	// TypeSummary is that of the summary in the second QR code of a paper, which a
	// key for credentials signs. It is never a certificate (package summary).
	TypeSummary = "certificate-summary"
)

// Limits on what is read.
const (
	MaxToken      = 16 << 10 // bytes of a token of any purpose but ForStatusList
	MaxListToken  = 8 << 20  // bytes of a status list token
	MaxKeyID      = 256      // characters of a kid
	maxHeader     = 4 << 10  // bytes of an encoded header, also of a list token
	minRSABits    = 2048     // accepted from others
	minOwnRSABits = 3072     // made by us
)

// What can be wrong with a token. Errors wrap one of these and say more.
var (
	ErrMalformed  = errors.New("not a well-formed token")
	ErrUnknownKey = errors.New("key is not one of the issuer's")
	ErrPurpose    = errors.New("key may not sign this kind of document")
	ErrSignature  = errors.New("signature does not fit")
)

var purposes = []Purpose{ForCredential, ForStatusList, ForReceipt, ForLog, ForManifest, ForSeal}

func (p Purpose) known() bool { return slices.Contains(purposes, p) }

// later reports whether p may be a purpose that a later release has: it is spelled
// like one, and is no known one in another case, which is a mistake.
func (p Purpose) later() bool {
	alike := func(known Purpose) bool { return strings.EqualFold(string(known), string(p)) }
	return purposePattern.MatchString(string(p)) && !slices.ContainsFunc(purposes, alike)
}

var purposePattern = regexp.MustCompile(`^[a-z][A-Za-z]{0,39}$`)

func (p Purpose) maxToken() int {
	if p == ForStatusList {
		return MaxListToken
	}
	return MaxToken
}
