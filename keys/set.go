package keys

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/testamur/testamur/keys/strictjson"
)

// Set is the public keys of one issuer. It is not changed once made, and may be
// used from several goroutines.
type Set struct {
	byID map[string]*Key
	idle []Idle
}

// Idle is a published key whose purpose this release does not know, as one of a
// later release may. It opens nothing, seals nothing and is in no other way one of
// the keys of its set: what it was published for is checked by whoever knows it.
type Idle struct {
	ID      string // kid
	Purpose string // as it was published
}

// Signed is the content of a token whose signature a key of the issuer made.
type Signed struct {
	Key     *Key
	Type    string // header typ
	Payload []byte
}

// NewSet returns the set of the keys given. Two keys of one id are an error.
func NewSet(list ...*Key) (*Set, error) {
	s := &Set{byID: make(map[string]*Key, len(list))}
	for _, k := range list {
		if s.byID[k.ID] != nil {
			return nil, fmt.Errorf("two keys with the id %q", k.ID)
		}
		s.byID[k.ID] = k
	}
	return s, nil
}

// ParseSet reads a JWK set (RFC 7517 §5) and admits each of its keys, or none. A key
// of an unknown purpose is held for nothing ([Set.Idle]), so that a set to which a
// later release has added one can still be read.
func ParseSet(jwks []byte) (*Set, error) {
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := strictjson.Decode(jwks, &doc); err != nil {
		return nil, fmt.Errorf("read JWK set: %w", err)
	}
	if doc.Keys == nil {
		return nil, errors.New("read JWK set: it has no member keys")
	}
	list := make([]*Key, 0, len(doc.Keys))
	var idle []Idle
	for i, raw := range doc.Keys {
		k, other, err := admit(raw)
		if err != nil {
			return nil, fmt.Errorf("read JWK set: key %d %w", i+1, err)
		}
		if k != nil {
			list = append(list, k)
		} else {
			idle = append(idle, *other)
		}
	}
	s, err := NewSet(list...)
	if err != nil {
		return nil, err
	}
	for _, k := range idle {
		if s.byID[k.ID] != nil || slices.ContainsFunc(s.idle, func(o Idle) bool { return o.ID == k.ID }) {
			return nil, fmt.Errorf("two keys with the id %q", k.ID)
		}
		s.idle = append(s.idle, k)
	}
	return s, nil
}

// Open verifies the token with the key it names, if that key is in the set, may
// serve the token's purpose and the token is of one of the types. It is the
// only way to a verified payload. Errors wrap [ErrUnknownKey], [ErrPurpose],
// [ErrMalformed] or [ErrSignature].
func (s *Set) Open(t *Token, types ...string) (*Signed, error) {
	k, ok := s.byID[t.KeyID]
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: %q", ErrUnknownKey, t.KeyID)
	case t.Purpose == ForSeal || k.Purpose == ForSeal:
		return nil, fmt.Errorf("%w: a seal is on a document, not on a token", ErrPurpose)
	case !k.May(t.Purpose):
		return nil, fmt.Errorf("%w: it is a %s key", ErrPurpose, k.Purpose)
	case t.algorithm != k.Algorithm: // the key decides, RFC 8725 §3.1
		return nil, fmt.Errorf("%w: alg is %q, the key signs %s", ErrMalformed, t.algorithm, k.Algorithm)
	case !slices.Contains(types, t.Type): // RFC 8725 §3.11
		return nil, fmt.Errorf("%w: typ is %q, not %s", ErrMalformed, t.Type, strings.Join(types, " or "))
	}
	if !k.fits(t.input, t.signature) {
		return nil, ErrSignature
	}
	return &Signed{Key: k, Type: t.Type, Payload: []byte(t.payload)}, nil
}

// Key returns the key of the id, if the set holds it.
func (s *Set) Key(id string) (*Key, bool) {
	k, ok := s.byID[id]
	return k, ok
}

// Holder returns the key of the set that is this public key and may serve the
// purpose. It is for what names its key by showing it, as the certificate in the
// seal of a document does.
func (s *Set) Holder(public crypto.PublicKey, p Purpose) (*Key, bool) {
	for _, k := range s.Keys() {
		if known, ok := k.jwk.Key.(interface{ Equal(crypto.PublicKey) bool }); ok && k.May(p) && known.Equal(public) {
			return k, true
		}
	}
	return nil, false
}

// Idle returns the keys that were read with the set and are held for nothing, in
// the order in which they stood there.
func (s *Set) Idle() []Idle { return slices.Clone(s.idle) }

// Keys returns the keys, ordered by id.
func (s *Set) Keys() []*Key {
	list := make([]*Key, 0, len(s.byID))
	for _, k := range s.byID {
		list = append(list, k)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

// MarshalJSON writes the JWK set; the same set always gives the same text. Idle keys
// are left out: they were never admitted.
func (s *Set) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Keys []*Key `json:"keys"`
	}{s.Keys()})
}
