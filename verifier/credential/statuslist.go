package credential

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/testamur/testamur/keys/strictjson"
)

// Types of a status list credential (W3C Bitstring Status List §2.2).
const (
	TypeStatusList        = "BitstringStatusListCredential"
	TypeStatusListSubject = "BitstringStatusList"
)

// StatusList is a published list of statuses, itself a credential.
type StatusList struct {
	Context    []string          `json:"@context"`
	ID         string            `json:"id"` // the URL it is published under
	Type       Strings           `json:"type"`
	Issuer     Profile           `json:"issuer"`
	ValidFrom  Time              `json:"validFrom"`
	ValidUntil *Time             `json:"validUntil"`
	Subject    StatusListSubject `json:"credentialSubject"`

	claims
}

// StatusListSubject holds the bits.
type StatusListSubject struct {
	ID      string  `json:"id,omitempty"`
	Type    Strings `json:"type"`
	Purpose Strings `json:"statusPurpose"`
	Encoded string  `json:"encodedList"`
	TTL     int64   `json:"ttl,omitempty"`        // milliseconds; how long a copy may be kept
	Size    *int    `json:"statusSize,omitempty"` // as in [Status]
}

// Encode returns the payload to sign.
func (l *StatusList) Encode() ([]byte, error) { return json.Marshal(l) }

// MarshalJSON writes the one type and the one purpose of a list as the plain
// strings that its specification shows.
func (s StatusListSubject) MarshalJSON() ([]byte, error) {
	type one struct {
		ID      string `json:"id,omitempty"`
		Type    string `json:"type"`
		Purpose any    `json:"statusPurpose"`
		Encoded string `json:"encodedList"`
		TTL     int64  `json:"ttl,omitempty"`
	}
	out := one{ID: s.ID, Type: TypeStatusListSubject, Purpose: []string(s.Purpose), Encoded: s.Encoded, TTL: s.TTL}
	if len(s.Purpose) == 1 {
		out.Purpose = s.Purpose[0]
	}
	return json.Marshal(out)
}

// DecodeStatusList reads the payload of a status list and checks it against the
// data model. A list without validUntil is refused: it could be replayed for
// ever.
func DecodeStatusList(payload []byte) (*StatusList, error) {
	var l StatusList
	if err := strictjson.Decode(payload, &l); err != nil {
		return nil, fmt.Errorf("status list: %w", err)
	}
	if err := l.validate(); err != nil {
		return nil, fmt.Errorf("status list: %w", err)
	}
	return &l, nil
}

func (l *StatusList) validate() error {
	if len(l.Context) == 0 || l.Context[0] != ContextVC {
		return fmt.Errorf("@context must begin with %q", ContextVC)
	}
	switch {
	case !l.Type.Has(TypeVC) || !l.Type.Has(TypeStatusList):
		return fmt.Errorf("type must hold %q and %q", TypeVC, TypeStatusList)
	case l.Type.Has(TypeBadge) || l.Type.Has(TypeAchievement):
		return fmt.Errorf("type %q is that of a certificate, not of a status list", TypeBadge)
	case l.Subject.Size != nil && *l.Subject.Size != 1:
		return fmt.Errorf("statusSize is %d; entries of one bit are read", *l.Subject.Size)
	case !l.Subject.Type.Has(TypeStatusListSubject):
		return fmt.Errorf("credentialSubject must have the type %q", TypeStatusListSubject)
	case len(l.Subject.Purpose) == 0 || l.Subject.Encoded == "":
		return errors.New("statusPurpose and encodedList must be given")
	case l.ValidUntil == nil:
		return errors.New("validUntil is missing")
	}
	if err := absoluteURI("id", l.ID); err != nil {
		return err
	}
	if err := absoluteURI("issuer", l.Issuer.ID); err != nil {
		return err
	}
	if err := period(l.ValidFrom, l.ValidUntil); err != nil {
		return err
	}
	return l.claims.agree(l.Issuer.ID, l.ID, l.Subject.ID, l.ValidFrom, l.ValidUntil)
}
