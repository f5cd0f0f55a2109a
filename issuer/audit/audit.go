// Package audit is the append-only log of what a body did: every act, with who
// did it and when, chained so that a changed, removed, reordered or inserted
// entry is found.
//
// An act and its entry are recorded in one transaction: no entry, no act.
// Entries name certificates and applications by their ids and hold no personal
// data beyond the name of the member of staff who acted.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Act is what was done.
type Act string

// The acts.
const (
	CandidateRenamed      Act = "candidate.renamed"
	BodyCreated           Act = "body.created"
	BodyChanged           Act = "body.changed"
	CertificateReserved   Act = "certificate.reserved" // the intent: everything that will be signed is recorded
	CertificateIssued     Act = "certificate.issued"
	CertificateRevoked    Act = "certificate.revoked"
	CertificateSuspended  Act = "certificate.suspended"
	CertificateReinstated Act = "certificate.reinstated"
	StatusListOpened      Act = "statuslist.opened"
	KeyAdded              Act = "key.added"
)

// Entry is one act. Its hash covers every other member, Previous among them.
type Entry struct {
	Seq      int64             `json:"seq"`      // from 1, without gaps
	Previous string            `json:"previous"` // hash of the entry before; "" for the first
	At       time.Time         `json:"at"`       // never before that of the entry before
	Actor    string            `json:"actor"`    // who did it
	Act      Act               `json:"act"`
	Object   string            `json:"object"` // what it was done to, e.g. a certificate number
	Detail   map[string]string `json:"detail,omitempty"`
	Hash     string            `json:"-"`
}

// Chain returns e as the entry that follows last, which is nil at the beginning
// of the log: with its number, its link and its hash. If the clock has gone back
// since, the entry has the time of the last.
func Chain(last *Entry, e Entry) Entry {
	e.Seq, e.Previous = 1, ""
	e.At = e.At.UTC().Truncate(time.Second)
	if last != nil {
		e.Seq, e.Previous = last.Seq+1, last.Hash
		if e.At.Before(last.At) {
			e.At = last.At
		}
	}
	e.Hash = e.hash()
	return e
}

// Follows reports, as an error, why e cannot be the entry after last.
func (e Entry) Follows(last *Entry) error {
	seq, previous := int64(1), ""
	if last != nil {
		seq, previous = last.Seq+1, last.Hash
	}
	switch {
	case e.Seq != seq:
		return fmt.Errorf("audit log: entry %d stands where entry %d belongs", e.Seq, seq)
	case e.Previous != previous:
		return fmt.Errorf("audit log: entry %d does not link to the entry before it", e.Seq)
	case last != nil && e.At.Before(last.At):
		return fmt.Errorf("audit log: entry %d is dated before the entry before it", e.Seq)
	case e.Hash != e.hash():
		return fmt.Errorf("audit log: entry %d has been changed", e.Seq)
	}
	return nil
}

func (e Entry) hash() string {
	text, err := json.Marshal(e) // members in their order, keys of Detail sorted
	if err != nil {
		panic("audit: an entry of strings does not marshal: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
