package credential

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/testamur/testamur/keys/strictjson"
)

// Decode reads the payload of a certificate and checks it against the data
// models. The error names the first rule that is broken.
func Decode(payload []byte) (*Credential, error) {
	var c Credential
	if err := strictjson.Decode(payload, &c); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	if err := c.claims.agree(c.Issuer.ID, c.ID, c.Subject.ID, c.ValidFrom, c.ValidUntil); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return &c, nil
}

// obContext matches every released context of Open Badges 3.0.
var obContext = regexp.MustCompile(`^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.0\.[0-3])?\.json$`)

// Validate checks the rules of VC 2.0 and Open Badges 3.0 for a certificate.
func (c *Credential) Validate() error {
	// VC 2.0 §4.3: an ordered set, the base context first. Only contexts whose
	// meaning is known here are taken.
	if len(c.Context) < 2 || c.Context[0] != ContextVC || !obContext.MatchString(c.Context[1]) {
		return fmt.Errorf("@context must begin with %q and the Open Badges 3.0 context", ContextVC)
	}
	for _, other := range c.Context[2:] {
		if other != ContextExtensions {
			return fmt.Errorf("@context %q is not one that is known here", other)
		}
	}
	// VC 2.0 §4.5, OB 3.0 §B.1.1
	if !c.Type.Has(TypeVC) || !c.Type.Has(TypeBadge) && !c.Type.Has(TypeAchievement) {
		return fmt.Errorf("type must hold %q and %q", TypeVC, TypeBadge)
	}
	if c.Type.Has(TypeStatusList) {
		return fmt.Errorf("type %q is that of a status list, not of a certificate", TypeStatusList)
	}
	if err := absoluteURI("id", c.ID); err != nil {
		return err
	}
	if err := absoluteURI("issuer.id", c.Issuer.ID); err != nil {
		return err
	}
	if err := period(c.ValidFrom, c.ValidUntil); err != nil {
		return err
	}
	if err := c.Subject.validate(); err != nil {
		return err
	}
	for _, e := range c.Evidence { // OB 3.0 §B.1.9
		if !e.Type.Has("Evidence") {
			return errors.New("evidence must have the type Evidence")
		}
	}
	seen := map[string]bool{}
	for _, r := range c.Related { // VC 2.0 §5.3
		if err := absoluteURI("relatedResource.id", r.ID); err != nil {
			return err
		}
		if seen[r.ID] || r.DigestSRI == "" {
			return fmt.Errorf("relatedResource %q must be named once, with a digest", r.ID)
		}
		seen[r.ID] = true
	}
	for _, s := range c.Schema { // VC 2.0 §4.11
		if s.Type == "" {
			return errors.New("credentialSchema must have a type")
		}
		if err := absoluteURI("credentialSchema.id", s.ID); err != nil {
			return err
		}
	}
	if c.Status != nil {
		return c.Status.validate()
	}
	return nil
}

func (s *Subject) validate() error {
	a := &s.Achievement
	switch { // OB 3.0 §B.1.3, §B.1.1
	case !s.Type.Has("AchievementSubject"):
		return errors.New("credentialSubject must have the type AchievementSubject")
	case s.ID == "" && len(s.Identifier) == 0:
		return errors.New("credentialSubject must have an id or an identifier")
	case !a.Type.Has("Achievement"):
		return errors.New("achievement must have the type Achievement")
	case a.Name == "" || a.Description == "":
		return errors.New("achievement must have a name and a description")
	case a.Criteria == (Criteria{}):
		return errors.New("achievement must have criteria")
	}
	for _, id := range s.Identifier { // OB 3.0 §B.1.14
		if id.Type != "IdentityObject" || id.IdentityHash == "" || id.IdentityType == "" {
			return errors.New("identifier must be an IdentityObject with identityHash and identityType")
		}
	}
	if s.ID != "" {
		if err := absoluteURI("credentialSubject.id", s.ID); err != nil {
			return err
		}
	}
	if a.Criteria.ID != "" {
		if err := absoluteURI("achievement.criteria.id", a.Criteria.ID); err != nil {
			return err
		}
	}
	return absoluteURI("achievement.id", a.ID)
}

func (s *Status) validate() error {
	switch { // W3C Bitstring Status List §2.1
	case s.Type != StatusEntry:
		return fmt.Errorf("credentialStatus of type %q is not %s", s.Type, StatusEntry)
	case s.Purpose != PurposeRevocation:
		return fmt.Errorf("credentialStatus has the purpose %q, not %s", s.Purpose, PurposeRevocation)
	case s.ID != "" && s.ID == s.List:
		return errors.New("credentialStatus.id must differ from the list")
	case s.Size != nil && *s.Size != 1: // the index would count other places
		return fmt.Errorf("credentialStatus.statusSize is %d; entries of one bit are read", *s.Size)
	}
	if _, err := s.Entry(); err != nil {
		return err
	}
	if s.Suspension != "" {
		if err := absoluteURI("credentialStatus.statusReference", s.Suspension); err != nil {
			return err
		}
	}
	return absoluteURI("credentialStatus.statusListCredential", s.List)
}

var plainDecimal = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// Entry returns the place of the credential in its lists. Anything but a plain
// decimal number is an error, never a place.
func (s *Status) Entry() (int, error) {
	if !plainDecimal.MatchString(s.Index) {
		return 0, fmt.Errorf("credentialStatus.statusListIndex %q is not a plain decimal number", s.Index)
	}
	n := 0
	for _, digit := range s.Index {
		n = 10*n + int(digit-'0')
	}
	return n, nil
}

// agree checks the registered claims against the members they repeat.
func (c *claims) agree(issuer, id, subject string, from Time, until *Time) error {
	switch {
	case c.VC != nil || c.VP != nil:
		return errors.New("claims vc and vp must not be present") // VC-JOSE-COSE §3.1.3
	case c.Issuer != "" && c.Issuer != issuer:
		return fmt.Errorf("iss %q differs from issuer %q", c.Issuer, issuer)
	case c.ID != "" && c.ID != id:
		return fmt.Errorf("jti %q differs from id %q", c.ID, id)
	case c.Subject != "" && c.Subject != subject:
		return fmt.Errorf("sub %q differs from credentialSubject.id %q", c.Subject, subject)
	case c.NotBefore != nil && int64(*c.NotBefore) != from.Unix():
		return fmt.Errorf("nbf %d differs from validFrom %s", *c.NotBefore, from)
	case c.Expires != nil && until == nil:
		return errors.New("exp is given without validUntil")
	case c.Expires != nil && int64(*c.Expires) != until.Unix():
		return fmt.Errorf("exp %d differs from validUntil %s", *c.Expires, until)
	}
	return nil
}

func period(from Time, until *Time) error {
	if from.IsZero() {
		return errors.New("validFrom is missing")
	}
	if until != nil && until.Before(from.Time) { // VC 2.0 §4.9
		return fmt.Errorf("validUntil %s comes before validFrom %s", until, from)
	}
	return nil
}

func absoluteURI(member, s string) error {
	u, err := url.Parse(s)
	// RFC 3986 allows none of these anywhere; url.Parse lets some of them pass.
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"{}|\\^`", r) }) {
		return fmt.Errorf("%s %q is not an absolute URI", member, s)
	}
	if err != nil || !u.IsAbs() || u.Opaque == "" && u.Host == "" || u.User != nil {
		return fmt.Errorf("%s %q is not an absolute URI", member, s)
	}
	return nil
}
