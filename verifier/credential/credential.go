// Package credential is the format of a certificate: W3C Verifiable Credentials
// 2.0 in the shape of Open Badges 3.0, as Go types with their JSON.
//
// What this package accepts is the definition of the format; the issuer writes
// the same types. [Decode] and [DecodeStatusList] read a payload whose
// signature has been verified, strictly, and check every rule of the two
// standards that can be checked without the network: contexts are compared
// with known ones instead of being fetched, which VC 2.0 §6.3 allows.
package credential

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// The contexts a credential may name, in this order (VC 2.0 §4.3, OB 3.0 §B.1.1).
const (
	ContextVC         = "https://www.w3.org/ns/credentials/v2"
	ContextOB         = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	ContextExtensions = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json" // for SchemaType1EdTech
)

// Types and terms of the vocabularies.
const (
	TypeVC          = "VerifiableCredential"
	TypeBadge       = "OpenBadgeCredential"
	TypeAchievement = "AchievementCredential" // the other name of TypeBadge, OB 3.0 §B.1.1

	AchievementCertificate   = "Certificate"   // a passed exam: never expires
	AchievementCertification = "Certification" // time-limited and renewable: must expire

	StatusEntry       = "BitstringStatusListEntry"
	PurposeRevocation = "revocation" // final
	PurposeSuspension = "suspension" // may be lifted

	SchemaType1EdTech = "1EdTechJsonSchemaValidator2019"
	SchemaID          = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"

	MediaType = "application/vc+jwt"
)

// Genres of [Evidence] in our certificates.
const (
	GenreDecision     = "Decision"     // Description is the decision maker
	GenreExamination  = "Examination"  // passed
	GenreExemption    = "Exemption"    // not passed: waived by an assessor
	GenrePrerequisite = "Prerequisite" // ID is the certificate it rests on
)

// TagSpecimen among the tags of an achievement marks a certificate of a
// throw-away body.
const TagSpecimen = "SPECIMEN"

// Credential is one certificate of one person.
type Credential struct {
	Context     []string          `json:"@context"`
	ID          string            `json:"id"`
	Type        Strings           `json:"type"`
	Name        string            `json:"name,omitempty"`
	Description string            `json:"description,omitempty"` // the scope
	Issuer      Profile           `json:"issuer"`
	ValidFrom   Time              `json:"validFrom"`
	ValidUntil  *Time             `json:"validUntil,omitempty"`  // last second of validity; nil: never expires
	AwardedDate *Time             `json:"awardedDate,omitempty"` // day of the certification decision
	Subject     Subject           `json:"credentialSubject"`
	Evidence    []Evidence        `json:"evidence,omitempty"`
	Related     []RelatedResource `json:"relatedResource,omitempty"`
	Schema      Schemas           `json:"credentialSchema,omitempty"`
	Status      *Status           `json:"credentialStatus,omitempty"`

	claims
}

// claims are the registered JWT claims beside the credential. Open Badges 3.0
// §8.2.4 wants them equal to the members they repeat; they are compared where
// present. VC-JOSE-COSE §3.1.3 forbids vc and vp.
type claims struct {
	Issuer    string          `json:"iss,omitempty"` // = issuer.id
	ID        string          `json:"jti,omitempty"` // = id
	Subject   string          `json:"sub,omitempty"` // = credentialSubject.id
	NotBefore *NumericDate    `json:"nbf,omitempty"` // = validFrom
	Expires   *NumericDate    `json:"exp,omitempty"` // = validUntil
	VC        json.RawMessage `json:"vc,omitempty"`
	VP        json.RawMessage `json:"vp,omitempty"`
}

// Profile is an issuer (OB 3.0 §B.1.15). A bare id is read as a Profile that
// has an ID only.
type Profile struct {
	ID              string            `json:"id"`
	Type            Strings           `json:"type,omitempty"`
	Name            string            `json:"name,omitempty"`
	URL             string            `json:"url,omitempty"`
	OtherIdentifier []IdentifierEntry `json:"otherIdentifier,omitempty"`
}

// IdentifierEntry is a further identifier of an issuer, such as the number of
// its accreditation (OB 3.0 §B.1.13).
type IdentifierEntry struct {
	Type           string `json:"type"`
	Identifier     string `json:"identifier"`
	IdentifierType string `json:"identifierType"`
}

// Subject is the certified person and what was achieved (OB 3.0 §B.1.3).
type Subject struct {
	ID            string           `json:"id,omitempty"` // a fresh urn:uuid per certificate
	Type          Strings          `json:"type"`
	Identifier    []IdentityObject `json:"identifier,omitempty"`
	LicenseNumber string           `json:"licenseNumber,omitempty"` // the certificate number
	Achievement   Achievement      `json:"achievement"`
	Result        []Result         `json:"result,omitempty"`
}

// IdentityObject names the person (OB 3.0 §B.1.14).
type IdentityObject struct {
	Type         string `json:"type"`
	Hashed       bool   `json:"hashed"`
	IdentityHash string `json:"identityHash"` // the name itself while Hashed is false
	IdentityType string `json:"identityType"`
}

// Achievement is the certificate as the scheme defines it (OB 3.0 §B.1.1).
type Achievement struct {
	ID                string              `json:"id"`
	Type              Strings             `json:"type"`
	AchievementType   string              `json:"achievementType,omitempty"`
	Name              string              `json:"name"`
	Description       string              `json:"description"`
	Criteria          Criteria            `json:"criteria"`
	Version           string              `json:"version,omitempty"`   // edition of the scheme
	HumanCode         string              `json:"humanCode,omitempty"` // short code
	InLanguage        string              `json:"inLanguage,omitempty"`
	Alignment         []Alignment         `json:"alignment,omitempty"`
	ResultDescription []ResultDescription `json:"resultDescription,omitempty"`
	Tag               []string            `json:"tag,omitempty"`
}

// Criteria says what was asked of the person (OB 3.0 §B.1.6).
type Criteria struct {
	ID        string `json:"id,omitempty"`
	Narrative string `json:"narrative,omitempty"`
}

// Alignment ties an achievement to a standard or scheme (OB 3.0 §B.1.4).
type Alignment struct {
	Type            Strings `json:"type"`
	TargetName      string  `json:"targetName"`
	TargetURL       string  `json:"targetUrl"`
	TargetCode      string  `json:"targetCode,omitempty"`
	TargetFramework string  `json:"targetFramework,omitempty"`
	TargetType      string  `json:"targetType,omitempty"`
}

// AlignmentScheme is the TargetType of the alignment that names the scheme.
const AlignmentScheme = "ext:CertificationScheme"

// ResultDescription says how a result is to be read (OB 3.0 §B.1.19).
type ResultDescription struct {
	ID            string  `json:"id"`
	Type          Strings `json:"type"`
	Name          string  `json:"name"`
	ResultType    string  `json:"resultType"`
	RequiredValue string  `json:"requiredValue,omitempty"`
}

// Result is a result of the person (OB 3.0 §B.1.18). Scores are not published.
type Result struct {
	Type              Strings `json:"type"`
	ResultDescription string  `json:"resultDescription,omitempty"`
	Value             string  `json:"value,omitempty"`
	Status            string  `json:"status,omitempty"`
}

// Evidence is something the certificate rests on (OB 3.0 §B.1.9).
type Evidence struct {
	ID          string  `json:"id,omitempty"`
	Type        Strings `json:"type"`
	Name        string  `json:"name,omitempty"`
	Description string  `json:"description,omitempty"`
	Narrative   string  `json:"narrative,omitempty"`
	Genre       string  `json:"genre,omitempty"`
}

// RelatedResource fixes the content of another document (VC 2.0 §5.3).
type RelatedResource struct {
	ID        string `json:"id"`
	DigestSRI string `json:"digestSRI,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
}

// Schema names a schema that the credential follows (VC 2.0 §4.11).
type Schema struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Status says where the credential's status is published (W3C Bitstring Status
// List §2.1). Open Badges allows one entry, so the revocation entry also names,
// as its statusReference, the list that holds suspension at the same index.
type Status struct {
	ID         string `json:"id,omitempty"`
	Type       string `json:"type"`
	Purpose    string `json:"statusPurpose"`
	Index      string `json:"statusListIndex"` // a decimal number, as text
	List       string `json:"statusListCredential"`
	Suspension string `json:"statusReference,omitempty"`
	Size       *int   `json:"statusSize,omitempty"` // bits of an entry; nil: one, and no other number is read
}

// Holder returns the name of the certified person, or "".
func (c *Credential) Holder() string {
	for _, id := range c.Subject.Identifier {
		if id.IdentityType == "name" && !id.Hashed {
			return id.IdentityHash
		}
	}
	return ""
}

// Decider returns the decision maker named in the credential, or "".
func (c *Credential) Decider() string {
	for _, e := range c.Evidence {
		if e.Genre == GenreDecision {
			return e.Description
		}
	}
	return ""
}

// Scheme returns the alignment that names the certification scheme, if any.
func (c *Credential) Scheme() (Alignment, bool) {
	for _, a := range c.Subject.Achievement.Alignment {
		if a.TargetType == AlignmentScheme {
			return a, true
		}
	}
	return Alignment{}, false
}

// Specimen reports whether the certificate is of a throw-away body.
func (c *Credential) Specimen() bool {
	for _, tag := range c.Subject.Achievement.Tag {
		if tag == TagSpecimen {
			return true
		}
	}
	return false
}

// Digest returns the digestSRI of a document (W3C SRI §3.1).
func Digest(document []byte) string {
	sum := sha256.Sum256(document)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Encode returns the payload to sign: the credential with its registered claims
// set from the members they repeat.
func (c *Credential) Encode() ([]byte, error) {
	out := *c
	nbf := NumericDate(c.ValidFrom.Unix())
	out.claims = claims{Issuer: c.Issuer.ID, ID: c.ID, Subject: c.Subject.ID, NotBefore: &nbf}
	if c.ValidUntil != nil {
		exp := NumericDate(c.ValidUntil.Unix())
		out.claims.Expires = &exp
	}
	return json.Marshal(&out)
}
