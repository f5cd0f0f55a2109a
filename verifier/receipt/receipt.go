// Package receipt is the record of a verification, signed by whoever made it.
//
// An employer that has checked a certificate can keep the receipt and show years
// later what was checked, when, against which status lists and with which result.
// A receipt says how a certificate stood at that time, never how it stands now. It
// is a compact JWS of a type and a key of its own, so that it can never pass for a
// certificate or a status list, nor these for it.
package receipt

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/keys/strictjson"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// Type is the header member typ of a receipt (RFC 8725 §3.11).
const Type = "verification-receipt+jwt"

// MediaType is that of a receipt as a file.
const MediaType = "application/" + Type

// Receipt is the payload of a receipt. Its verdict is one of "valid", "invalid"
// and "indeterminate"; the other words are those of [verifier.Report].
type Receipt struct {
	Issuer   string                 `json:"iss"` // the verifying body, by its URL
	ID       string                 `json:"jti"` // urn:uuid:…
	IssuedAt credential.NumericDate `json:"iat"`
	// Presented is the digest of the document that was checked, byte for byte as it
	// was presented; "" if it was asked for by its id.
	Presented   string       `json:"presented,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"` // nil unless the signature was good

	Verdict     string              `json:"verdict"`
	Reason      verifier.Reason     `json:"reason"`
	CheckedAt   time.Time           `json:"checkedAt"`
	At          *time.Time          `json:"at,omitempty"`
	StatusAsOf  *time.Time          `json:"statusAsOf,omitempty"`
	StatusLists []verifier.ListUsed `json:"statusLists,omitempty"`
	NameMatches *bool               `json:"nameMatches,omitempty"`
	Checks      []verifier.Check    `json:"checks"`
}

// Certificate names the certificate that was checked, not its holder.
type Certificate struct {
	ID     string `json:"id"`
	Issuer string `json:"issuer"`
	Number string `json:"number"`
	Title  string `json:"title"`
	Digest string `json:"digest"` // of the signed content, as W3C SRI writes it
}

// Of returns the receipt of a report that the verifying body made on what was
// presented; nil if nothing was. random gives it its id.
func Of(report *verifier.Report, presented []byte, body string, now time.Time, random io.Reader) (*Receipt, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(random, id); err != nil {
		return nil, fmt.Errorf("draw the id of a receipt: %w", err)
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562 §5.4
	r := &Receipt{
		Issuer: body, ID: fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
		IssuedAt: credential.NumericDate(now.Unix()),
		Verdict:  report.Verdict.String(), Reason: report.Reason, CheckedAt: report.CheckedAt, At: report.At,
		StatusAsOf: report.StatusAsOf, StatusLists: report.StatusLists, NameMatches: report.NameMatches, Checks: report.Checks,
	}
	if presented != nil {
		r.Presented = credential.Digest(presented)
	}
	if c := report.Certificate; c != nil {
		digest := report.SummaryDigest
		if digest == "" {
			digest = credential.Digest(report.Payload)
		}
		r.Certificate = &Certificate{c.ID, c.Issuer.ID, c.Subject.LicenseNumber, c.Subject.Achievement.Name, digest}
	}
	return r, nil
}

// Signer signs as the verifying body; [keys.Ring] is one.
type Signer interface {
	Sign(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error)
}

// Desk gives receipts in the name of a verifying body.
type Desk struct {
	Body   string // URL of the verifying body
	Signer Signer
	Now    func() time.Time // time.Now if nil
	Random io.Reader        // crypto/rand if nil
}

// Give returns the signed receipt of a report on what was presented, which is nil
// if the certificate was asked for by its id.
func (d *Desk) Give(ctx context.Context, report *verifier.Report, presented []byte) (string, error) {
	now, random := time.Now, rand.Reader
	if d.Now != nil {
		now = d.Now
	}
	if d.Random != nil {
		random = d.Random
	}
	r, err := Of(report, presented, d.Body, now(), random)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	text, err := d.Signer.Sign(ctx, keys.ForReceipt, Type, payload)
	if err != nil {
		return "", err
	}
	if len(text) > keys.MaxToken { // nobody could open it
		return "", fmt.Errorf("receipt would be longer than %d bytes", keys.MaxToken)
	}
	return text, nil
}

// What can be wrong with a receipt, beside the errors of package keys.
var (
	ErrNotTrusted = errors.New("receipt is not of a body that is trusted here")
	ErrMalformed  = errors.New("not a well-formed receipt")
)

// Is reports whether a text claims to be a receipt: a compact JWS of its type.
// Nothing is verified.
func Is(text string) bool {
	t, err := keys.Parse(strings.TrimSpace(text), keys.ForReceipt)
	return err == nil && t.Type == Type
}

// Open verifies a receipt with the keys of the trusted body that it names. Errors
// wrap [ErrNotTrusted], [ErrMalformed] or one of package keys.
func Open(issuers verifier.Issuers, text string) (*Receipt, error) {
	t, err := keys.Parse(strings.TrimSpace(text), keys.ForReceipt)
	if err != nil {
		return nil, err
	}
	var claimed Receipt
	if err := strictjson.Decode(t.Claimed, &claimed); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	body, ok := issuers.Issuer(claimed.Issuer)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNotTrusted, claimed.Issuer)
	}
	signed, err := body.Keys.Open(t, Type)
	if err != nil {
		return nil, err
	}
	var r Receipt
	if err := strictjson.Decode(signed.Payload, &r); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	switch {
	case r.Issuer != body.ID:
		return nil, fmt.Errorf("%w: it names another body", ErrMalformed)
	case r.Verdict != verifier.Valid.String() && r.Verdict != verifier.Invalid.String() && r.Verdict != verifier.Indeterminate.String():
		return nil, fmt.Errorf("%w: verdict %q", ErrMalformed, r.Verdict)
	case r.ID == "" || r.IssuedAt == 0 || r.CheckedAt.IsZero():
		return nil, fmt.Errorf("%w: it lacks its id or one of its times", ErrMalformed)
	}
	return &r, nil
}
