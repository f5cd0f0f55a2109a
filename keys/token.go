package keys

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/testamur/testamur/keys/strictjson"
)

// Token is a well-formed token. Everything in it is only claimed: nothing has
// been verified.
type Token struct {
	KeyID   string  // header kid
	Type    string  // header typ
	Purpose Purpose // what the reader takes it for
	Claimed []byte  // the payload, as claimed

	algorithm Algorithm
	input     string // what is signed: header and payload as they are spelled
	payload   string // as Claimed, which a caller may change
	signature []byte
}

// header is the whole of an accepted protected header (standards: alg, kid and
// typ; cty from others). Any other member, crit and b64 and jwk among them,
// makes the token malformed.
type header struct {
	Algorithm Algorithm `json:"alg"`
	KeyID     string    `json:"kid"`
	Type      string    `json:"typ"`
	Content   string    `json:"cty"`
}

// Parse reads a compact JWS that should serve the given purpose. It is strict
// where JOSE libraries are lax: one encoding per token, without line breaks,
// padding or stray bits; a size limit before anything is decoded; a header of
// known members only, each once. Errors wrap [ErrMalformed].
func Parse(text string, purpose Purpose) (*Token, error) {
	if len(text) > purpose.maxToken() {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, purpose.maxToken())
	}
	if strings.Count(text, ".") != 2 {
		return nil, fmt.Errorf("%w: not three parts joined by dots", ErrMalformed)
	}
	rawHeader, rest, _ := strings.Cut(text, ".")
	rawPayload, rawSignature, _ := strings.Cut(rest, ".")
	if len(rawHeader) > maxHeader {
		return nil, fmt.Errorf("%w: header longer than %d bytes", ErrMalformed, maxHeader)
	}

	headerJSON, err := decodePart("header", rawHeader)
	if err != nil {
		return nil, err
	}
	payload, err := decodePart("payload", rawPayload)
	if err != nil {
		return nil, err
	}
	signature, err := decodePart("signature", rawSignature)
	if err != nil {
		return nil, err
	}

	var h header
	if err := strictjson.DecodeKnown(headerJSON, &h); err != nil {
		return nil, fmt.Errorf("%w: header: %v", ErrMalformed, err)
	}
	switch {
	case h.Algorithm == "" || h.KeyID == "" || h.Type == "":
		return nil, fmt.Errorf("%w: header lacks alg, kid or typ", ErrMalformed)
	case len(h.KeyID) > MaxKeyID:
		return nil, fmt.Errorf("%w: kid longer than %d characters", ErrMalformed, MaxKeyID)
	case h.Content != "" && h.Content != "vc":
		return nil, fmt.Errorf("%w: cty is %q", ErrMalformed, h.Content)
	}
	return &Token{
		KeyID:     h.KeyID,
		Type:      h.Type,
		Purpose:   purpose,
		Claimed:   payload,
		algorithm: h.Algorithm,
		input:     text[:len(text)-len(rawSignature)-1],
		payload:   string(payload),
		signature: signature,
	}, nil
}

var strictBase64 = base64.RawURLEncoding.Strict()

// decodePart refuses what encoding/base64 skips even in strict mode: CR and LF.
func decodePart(name, s string) ([]byte, error) {
	if s == "" {
		return nil, fmt.Errorf("%w: empty %s", ErrMalformed, name)
	}
	if strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, '\n') >= 0 {
		return nil, fmt.Errorf("%w: line break in the %s", ErrMalformed, name)
	}
	b, err := strictBase64.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not canonical base64url", ErrMalformed, name)
	}
	return b, nil
}
