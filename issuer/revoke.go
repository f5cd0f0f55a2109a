package issuer

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
)

// StatusChange is one change of a certificate's status (ISO/IEC 17024 9.5).
type StatusChange struct {
	Seq       int64 // from 1, over all certificates
	Link      string
	From, To  Status
	Reason    string      // code
	Note      string      // for the files of the body; not published
	Effective scheme.Date // the day from which it holds
	Actor     string
	At        time.Time
}

// Reason is a reason code that has words of its own. The words are public: they
// stand on the page of the certificate.
type Reason struct {
	Words string
	For   []Status // the changes it is a reason for
}

// Reasons are the reason codes with words of their own. A body may use others,
// of lower-case letters, digits and hyphens: the public is told "another
// reason" then.
var Reasons = map[string]Reason{
	"error":         {"issued in error", []Status{Revoked}},
	"fraud":         {"obtained by false statements", []Status{Revoked}},
	"misuse":        {"misuse of the certificate or mark", []Status{Revoked, Suspended}},
	"misconduct":    {"breach of the code of conduct", []Status{Revoked, Suspended}},
	"obligations":   {"obligations of certified persons not met", []Status{Revoked, Suspended}},
	"investigation": {"a complaint or doubt is being looked into", []Status{Suspended}},
	"request":       {"at the request of the certified person", []Status{Revoked, Suspended, Issued}},
	"superseded":    {"replaced by another certificate", []Status{Revoked}},
	"resolved":      {"the reason for the suspension is settled", []Status{Issued}},
	"appeal":        {"upheld on appeal", []Status{Issued}},
	"other":         {"another reason, known to the body", []Status{Revoked, Suspended, Issued}},
}

// PublicReason returns the code that the public is told of a change: its own if
// that has words for such a change, and otherwise "other".
func PublicReason(c StatusChange) string {
	if r, ok := Reasons[c.Reason]; ok && slices.Contains(r.For, c.To) {
		return c.Reason
	}
	return "other"
}

var reasonForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`)

// What can stand against a change of status.
var (
	ErrRevoked = errors.New("certificate is revoked, which is final")
	ErrReason  = errors.New("reason code")
)

// Change asks for a change of status.
type Change struct {
	Number    string
	Reason    string      // code
	Note      string      // "": none
	Effective scheme.Date // zero: today; not in the future
}

// Revoke withdraws a certificate for good.
func (i *Issuer) Revoke(ctx context.Context, actor Actor, c Change) (*Certificate, error) {
	return i.change(ctx, actor, c, Revoked, audit.CertificateRevoked)
}

// Suspend withdraws a certificate until it is reinstated.
func (i *Issuer) Suspend(ctx context.Context, actor Actor, c Change) (*Certificate, error) {
	return i.change(ctx, actor, c, Suspended, audit.CertificateSuspended)
}

// Reinstate lifts a suspension.
func (i *Issuer) Reinstate(ctx context.Context, actor Actor, c Change) (*Certificate, error) {
	return i.change(ctx, actor, c, Issued, audit.CertificateReinstated)
}

// change records the change and its audit entry, and then publishes the lists. A
// certificate that has the status already is left as it is, with the reason it
// has. If publishing fails the change stands nevertheless, and the error says
// so: the lists are published anew whenever they are next asked for.
func (i *Issuer) change(ctx context.Context, actor Actor, c Change, to Status, act audit.Act) (*Certificate, error) {
	number, err := ParseNumber(c.Number, i.Body.Prefix)
	if err != nil {
		return nil, err
	}
	c.Reason = strings.ToLower(c.Reason)
	if !reasonForm.MatchString(c.Reason) {
		return nil, fmt.Errorf("%w %q: give one such as error, fraud, misuse, investigation, request, resolved", ErrReason, c.Reason)
	}
	if c.Note != "" {
		if err := plainText("note", c.Note); err != nil {
			return nil, err
		}
	}
	now := i.Now()
	today := i.Body.today(now)
	if c.Effective.IsZero() {
		c.Effective = today
	}
	if c.Effective.After(today) {
		return nil, fmt.Errorf("effective date %s is in the future; the change holds at once", c.Effective)
	}
	var cert *Certificate
	err = i.Store.Update(ctx, func(tx Tx) error {
		if cert, err = tx.Certificate(number); err != nil {
			return err
		}
		if first := scheme.DateOf(cert.ValidFrom); c.Effective.Before(first) {
			c.Effective = first // before its first day there was nothing to change
		}
		switch {
		case cert.Token == "":
			return fmt.Errorf("certificate %s is not issued yet", number)
		case cert.Status == to:
			return nil
		case cert.Status == Revoked:
			return fmt.Errorf("%s: %w", number, ErrRevoked)
		}
		change := StatusChange{
			Link: cert.Link, From: cert.Status, To: to, Reason: c.Reason, Note: c.Note,
			Effective: c.Effective, Actor: actor.Name, At: now.UTC().Truncate(time.Second),
		}
		if err := tx.ChangeStatus(change); err != nil {
			return err
		}
		cert.Status = to
		return i.record(tx, actor, act, number, map[string]string{"reason": c.Reason, "effective": c.Effective.String()})
	})
	if err != nil {
		return nil, fmt.Errorf("change the status of %s: %w", number, err)
	}
	if err := i.publish(ctx, cert.List, maxListAge); err != nil {
		return cert, fmt.Errorf("%s is now %s, but its status list could not be published: %w", number, to, err)
	}
	return cert, nil
}
