package credential

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/testamur/testamur/keys/strictjson"
)

// ClaimedIssuer returns the issuer that a payload names before anything about it
// is verified: the first that is not empty of its members iss and issuer, or of
// the latter's id. It is for choosing whose keys to try, and reads no further
// than that: the rest may be broken, and the two may differ, which [Decode] finds
// once the signature has been verified. It takes time linear in the payload. An
// error means that the payload names nobody in that way.
func ClaimedIssuer(payload []byte) (string, error) {
	for name, value := range strictjson.Members(payload) {
		if name != "iss" && name != "issuer" {
			continue
		}
		if name == "issuer" && value[0] == '{' {
			profile := value
			value = nil
			for name, inner := range strictjson.Members(profile) {
				if name == "id" {
					value = inner
					break
				}
			}
			if value == nil {
				continue
			}
		}
		var id string
		if err := strictjson.Decode(value, &id); err != nil {
			return "", fmt.Errorf("credential: %s: %w", name, err)
		}
		if id != "" {
			return id, nil
		}
	}
	return "", errors.New("credential: no member iss or issuer that can be read")
}

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

// obContext reports whether s is a released context of Open Badges 3.0.
func obContext(s string) bool {
	const base = "https://purl.imsglobal.org/spec/ob/v3p0/context"
	switch s {
	case base + ".json", base + "-3.0.0.json", base + "-3.0.1.json", base + "-3.0.2.json", base + "-3.0.3.json":
		return true
	}
	return false
}

// Validate checks the rules of VC 2.0 and Open Badges 3.0 for a certificate.
func (c *Credential) Validate() error {
	// VC 2.0 §4.3: an ordered set, the base context first. Only contexts whose
	// meaning is known here are taken.
	if len(c.Context) < 2 || c.Context[0] != ContextVC || !obContext(c.Context[1]) {
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
	if err := s.readable(); err != nil {
		return err
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

// readable refuses a certificate whose name or number shows something else than it
// says: a signature does not make it readable. There is one name of the person.
func (s *Subject) readable() error {
	names := 0
	for _, id := range s.Identifier {
		if id.IdentityType != "name" || id.Hashed {
			continue
		}
		if names++; names > 1 {
			return errors.New("credentialSubject has more than one name")
		}
		if strings.TrimSpace(id.IdentityHash) == "" {
			return errors.New("the name of credentialSubject is blank")
		}
		if err := plain("the name of credentialSubject", id.IdentityHash); err != nil {
			return err
		}
	}
	for _, text := range [...]struct{ member, value string }{
		{"achievement.name", s.Achievement.Name}, {"achievement.humanCode", s.Achievement.HumanCode},
		{"achievement.version", s.Achievement.Version}, {"licenseNumber", s.LicenseNumber},
	} {
		if err := plain(text.member, text.value); err != nil {
			return err
		}
	}
	return nil
}

// plain refuses controls, line breaks, noncharacters and all that is invisible or
// turns the order of reading around, but for the two joiners that some scripts need.
func plain(member, s string) error {
	for _, r := range s {
		switch {
		case ' ' <= r && r <= '~', r == 0x200c, r == 0x200d:
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp), r&0xfffe == 0xfffe, 0xfdd0 <= r && r <= 0xfdef:
			return fmt.Errorf("%s holds the character U+%04X, which cannot be shown", member, r)
		}
	}
	return nil
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

// Entry returns the place of the credential in its lists. Anything but a plain
// decimal number of one to nine digits is an error, never a place.
func (s *Status) Entry() (int, error) {
	n, ok := 0, 0 < len(s.Index) && len(s.Index) <= 9 && (s.Index[0] != '0' || len(s.Index) == 1)
	for i := 0; ok && i < len(s.Index); i++ {
		ok = isDigit(s.Index[i])
		n = 10*n + int(s.Index[i]-'0')
	}
	if !ok {
		return 0, fmt.Errorf("credentialStatus.statusListIndex %q is not a plain decimal number", s.Index)
	}
	return n, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

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

// absoluteURI refuses what is not an absolute URI (RFC 3986 §4.3) of a place or
// a name, and what names a user.
func absoluteURI(member, s string) error {
	if plainURI(s) {
		return nil
	}
	u, err := url.Parse(s)
	// RFC 3986 allows none of these anywhere; url.Parse lets some of them pass.
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"{}|\\^`", r) }) {
		return fmt.Errorf("%s %q is not an absolute URI", member, s)
	}
	if err != nil || !u.IsAbs() || u.Opaque == "" && u.Host == "" || u.User != nil ||
		u.Host == "" && (u.Scheme == "http" || u.Scheme == "https") {
		return fmt.Errorf("%s %q is not an absolute URI", member, s)
	}
	return nil
}

// plainURI reports whether s is of the forms that nearly all URIs have, for which
// nothing needs parsing: a URN, or a web address of a bare host name with a path.
func plainURI(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "urn:")
	}
	host := 0
	for host < len(rest) && (isDigit(rest[host]) || 'a' <= rest[host]|0x20 && rest[host]|0x20 <= 'z' || rest[host] == '.' || rest[host] == '-') {
		host++
	}
	if !ok || host == 0 || s[0] == 'h' && host < len(rest) && rest[host] != '/' {
		return false
	}
	for i := host; i < len(rest); i++ {
		if !uriByte[rest[i]] {
			return false
		}
	}
	return true
}

// uriByte holds the characters of RFC 3986 §2 but the per cent sign.
var uriByte = func() (t [256]bool) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-0x20] = true, true
	}
	for _, c := range []byte("0123456789-._~:/?#[]@!$&'()*+,;=") {
		t[c] = true
	}
	return t
}()
