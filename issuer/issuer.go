// Package issuer is the life of a certificate at the body that issues it: an
// application is decided by the rules of its scheme, the credential is drafted,
// recorded, signed, read back and handed out; later it may be suspended,
// reinstated or revoked; its status is published.
//
// Issuing goes one way ([Issuer.Issue]):
//
//	application → scheme.Decide → draft → record the intent → sign →
//	read it back with our own verifier → record the credential → hand out
//
// Everything that will be signed, dates included, is recorded before the
// signature. A crash anywhere leaves either nothing or an intent that the next
// run finishes with the same payload ([Issuer.Resume]). Nothing leaves that our
// own verifier would refuse, and every act has its entry in the audit log in
// the same transaction: no entry, no act.
package issuer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
)

// Issuer issues the certificates of one body. Its fields are its dependencies;
// all are required. Its methods may be called from several goroutines and, on
// one store, from several processes.
type Issuer struct {
	Body    Body
	Schemes *scheme.Catalogue
	Store   Store
	Signer  Signer
	Keys    *keys.Set // public keys of the signer, to read back with
	Press   Press
	Now     func() time.Time
	Random  io.Reader
}

// Actor is a member of staff, or a program, that acts.
type Actor struct{ Name string }

// Signer signs with the body's active key of a purpose. [keys.Ring] is one.
type Signer interface {
	// Sign returns the compact JWS of the payload. The same payload and key
	// give the same token.
	Sign(ctx context.Context, purpose keys.Purpose, typ string, payload []byte) (string, error)
}

// Store keeps the records of a body.
type Store interface {
	// View runs fn on one unchanging state of the records. Changes made by fn
	// are an error.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and keeps all of its changes, or, if fn or the commit
	// fails, none. What it has kept survives a power cut. fn may be run again
	// after an error that wraps [ErrTaken], with other random values.
	Update(ctx context.Context, fn func(Tx) error) error
}

// What a [Store] answers.
var (
	ErrNotFound = errors.New("not found")
	ErrTaken    = errors.New("number, link or status index is taken")
)

// Tx is the records inside one transaction. Records are looked up by their
// whole key; ErrNotFound is wrapped when there is none.
type Tx interface {
	Bodies
	Applications
	Certificates
	StatusLists
	Acts
}

// Bodies keeps the one body whose records these are.
type Bodies interface {
	Body() (Body, error)
	PutBody(Body) error
	// SetVerifier changes what the body has as Body.Verifier.
	SetVerifier(address string) error
}

// Applications keeps what certificates rest on.
type Applications interface {
	Application(id string) (*ApplicationRecord, error)
	AddApplication(*ApplicationRecord) error
	Candidate(id string) (Candidate, error)
	AddCandidate(Candidate) error // does nothing if the id is on file
	RenameCandidate(Candidate) error
}

// ApplicationRecord is an application that led to a certificate.
type ApplicationRecord struct {
	Application *Application
	Digest      string          // of its content
	Decision    scheme.Decision // as it was made
	Received    time.Time
}

// Certificates keeps the certificates. A certificate is never removed, so that
// its number, link and status index are never used again.
type Certificates interface {
	// Certificate returns the certificate with the number.
	Certificate(number string) (*Certificate, error)
	CertificateByLink(link string) (*Certificate, error)
	CertificateByApplication(id string) (*Certificate, error)
	CertificatesOf(candidateID string) ([]*Certificate, error)
	// Reserved returns the certificates recorded but not yet signed, oldest first.
	Reserved() ([]*Certificate, error)
	// AddCertificate records a reserved certificate. ErrTaken is wrapped when
	// its number, link or (list, index) is in use: the transaction is as it was
	// before, and goes on. [ErrAlreadyHeld] is wrapped when the candidate holds the
	// same certificate.
	AddCertificate(*Certificate) error
	// CompleteCertificate makes a reserved certificate an issued one. It
	// reports false, and changes nothing, if that has happened already.
	CompleteCertificate(link, token, summary string, at time.Time) (bool, error)
	// ChangeStatus records the change and makes it the certificate's status.
	ChangeStatus(StatusChange) error
	StatusChanges(link string) ([]StatusChange, error)
}

// StatusLists keeps the lists in which certificates have their index, and what
// was published of them.
type StatusLists interface {
	// StatusList returns the list that new certificates go into, or ErrNotFound.
	StatusList() (StatusList, error)
	StatusListByID(id string) (StatusList, error)
	StatusListIDs() ([]string, error)
	// AddStatusList opens a list; certificates go into the youngest.
	AddStatusList(StatusList) error
	// Taken returns how many indexes of the list are in use.
	Taken(list string) (int, error)
	// IndexesWith returns the indexes of the list's certificates of the status.
	IndexesWith(list string, s Status) ([]int, error)
	// LastChange returns the number of the last status change in the list, or 0.
	LastChange(list string) (int64, error)
	// Publication returns the last publication of the list for the purpose.
	Publication(list, purpose string) (*Publication, error)
	// PublicationBefore returns the last one whose ValidFrom is not after the
	// moment.
	PublicationBefore(list, purpose string, at time.Time) (*Publication, error)
	AddPublication(*Publication) error
}

// Acts keeps the audit log.
type Acts interface {
	LastAct() (*audit.Entry, error) // nil at the beginning of the log
	AddAct(audit.Entry) error
	EachAct(fn func(audit.Entry) error) error // in order
}

// Status is how an issued certificate stands, expiry aside.
type Status string

// The statuses. Revoked is final.
const (
	Issued    Status = "issued"
	Suspended Status = "suspended"
	Revoked   Status = "revoked"
)

// Certificate is the record of one certificate. From the moment it is recorded
// only Token, Summary, IssuedAt and Status change, each once but Status.
type Certificate struct {
	Link        string // id in links, 130 random bits
	Number      string
	Application string
	Candidate   string
	Scheme      string
	Edition     string
	Code        string // short code
	ValidFrom   time.Time
	ValidUntil  time.Time // zero: never expires
	List        string    // status list
	Index       int       // its place in the list
	Payload     []byte    // what is signed, fixed before signing
	ReservedAt  time.Time
	Token       string    // the signed credential; "" while only reserved
	Summary     string    // text of the second QR code of its paper; "" for none
	IssuedAt    time.Time // zero while only reserved
	Status      Status
}

// Standing returns how the certificate stands at a moment, expiry included.
func (c *Certificate) Standing(at time.Time) scheme.Standing {
	switch {
	case c.Status == Revoked:
		return scheme.Revoked
	case c.Status == Suspended:
		return scheme.Suspended
	case !c.ValidUntil.IsZero() && at.Truncate(time.Second).After(c.ValidUntil):
		return scheme.Expired
	}
	return scheme.Good
}

// record adds the act to the audit log, inside the transaction of the act.
func (i *Issuer) record(tx Tx, actor Actor, act audit.Act, object string, detail map[string]string) error {
	if actor.Name == "" {
		return errors.New("an act needs an actor")
	}
	last, err := tx.LastAct()
	if err != nil {
		return err
	}
	now := i.Now()
	if last != nil && now.Before(last.At.Add(-maxClockStep)) {
		return fmt.Errorf("the clock says %s, but the last act was at %s: set the clock, then try again", now.UTC().Format(time.RFC3339), last.At.Format(time.RFC3339))
	}
	return tx.AddAct(audit.Chain(last, audit.Entry{At: now, Actor: actor.Name, Act: act, Object: object, Detail: detail}))
}

// maxClockStep is how far the clock may have gone back before acting stops.
const maxClockStep = 5 * time.Minute
