package issuer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// StatusList is a list in which certificates have an index. The list has two
// publications: revocation at <issuer>/status/<id> and suspension, by the same
// index, at <issuer>/status/<id>-suspension.
type StatusList struct {
	ID      string
	Entries int
	Opened  time.Time
}

// Publication is a status list as it was published. Publications are kept, so
// that a status in the past can be told.
type Publication struct {
	List       string
	Purpose    string    // credential.PurposeRevocation or PurposeSuspension
	ValidFrom  time.Time // of the millisecond
	ValidUntil time.Time
	Through    int64  // the last status change that is in it
	Token      string // the signed list
}

const (
	listValidity = 24 * time.Hour  // how long verifiers may use a list
	maxListAge   = 12 * time.Hour  // when it is published anew
	listTTL      = 5 * time.Minute // how long a copy may be kept while a fresh one can be had
)

// place draws a random index in a list: neighbours in a list mean nothing.
func (i *Issuer) place(list StatusList) (int, error) {
	n, err := rand.Int(i.Random, big.NewInt(int64(list.Entries)))
	if err != nil {
		return 0, fmt.Errorf("draw a status index: %w", err)
	}
	return int(n.Int64()), nil
}

// openLists is what one transaction knows of the lists that certificates go into.
type openLists struct {
	youngest StatusList
	counted  bool
}

// open looks the youngest list up, opening the first if there is none.
func (l *openLists) open(i *Issuer, tx Tx, actor Actor) (err error) {
	if l.youngest.ID != "" {
		return nil
	}
	if l.youngest, err = tx.StatusList(); errors.Is(err, ErrNotFound) {
		l.youngest, err = i.openList(tx, actor, 1)
	}
	return err
}

// relieve opens the next list if half of the open one is taken, so that drawing
// stays quick. It is called after a draw has hit a taken index: once half are
// taken that is every second draw, and before it is hardly ever. Counting takes
// longer than drawing anew, and is done once in a transaction.
func (l *openLists) relieve(i *Issuer, tx Tx, actor Actor) error {
	if l.counted {
		return nil
	}
	l.counted = true
	taken, err := tx.Taken(l.youngest.ID)
	if err != nil || 2*taken < l.youngest.Entries {
		return err
	}
	ids, err := tx.StatusListIDs()
	if err != nil {
		return err
	}
	l.youngest, err = i.openList(tx, actor, len(ids)+1)
	return err
}

func (i *Issuer) openList(tx Tx, actor Actor, number int) (StatusList, error) {
	list := StatusList{ID: fmt.Sprint(number), Entries: statuslist.MinEntries, Opened: i.Now().UTC().Truncate(time.Second)}
	if err := tx.AddStatusList(list); err != nil {
		return list, err
	}
	return list, i.record(tx, actor, audit.StatusListOpened, list.ID, nil)
}

// purposes pairs each publication of a list with the status it shows.
var purposes = []struct {
	name   string
	status Status
}{{credential.PurposeRevocation, Revoked}, {credential.PurposeSuspension, Suspended}}

func (b Body) publicationURL(list, purpose string) string {
	if purpose == credential.PurposeSuspension {
		return b.suspensionURL(list)
	}
	return b.listURL(list)
}

// Publication returns the current publication of a list for a purpose, made
// anew if the last is older than maxAge (and in any case than half its
// validity) or a status has changed since. The error wraps [ErrNotFound] if
// there is no such list.
func (i *Issuer) Publication(ctx context.Context, list, purpose string, maxAge time.Duration) (*Publication, error) {
	for _, p := range purposes {
		if p.name == purpose {
			return i.publication(ctx, list, p.name, p.status, min(maxAge, maxListAge))
		}
	}
	return nil, fmt.Errorf("status purpose %q: %w", purpose, ErrNotFound)
}

// Publications returns the current publications of every list, by their URL.
func (i *Issuer) Publications(ctx context.Context, maxAge time.Duration) (map[string]string, error) {
	var ids []string
	err := i.Store.View(ctx, func(tx Tx) (err error) {
		ids, err = tx.StatusListIDs()
		return err
	})
	if err != nil {
		return nil, err
	}
	lists := map[string]string{}
	for _, id := range ids {
		for _, p := range purposes {
			pub, err := i.Publication(ctx, id, p.name, maxAge)
			if err != nil {
				return nil, err
			}
			lists[i.Body.publicationURL(id, p.name)] = pub.Token
		}
	}
	return lists, nil
}

// publish publishes the list for each purpose for which it is due.
func (i *Issuer) publish(ctx context.Context, list string, maxAge time.Duration) error {
	var errs []error
	for _, p := range purposes {
		_, err := i.publication(ctx, list, p.name, p.status, maxAge)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (i *Issuer) publication(ctx context.Context, list, purpose string, status Status, maxAge time.Duration) (*Publication, error) {
	var current *Publication
	stale := false
	look := func(tx Tx) error {
		last, err := tx.Publication(list, purpose)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if last == nil {
			stale = true
			_, err := tx.StatusListByID(list) // an unknown list is not published
			return err
		}
		through, err := tx.LastChange(list)
		current = last
		stale = last.Through != through || i.Now().Sub(last.ValidFrom) > maxAge
		return err
	}
	if err := i.Store.View(ctx, look); err != nil || !stale {
		return current, err
	}
	err := i.Store.Update(ctx, func(tx Tx) error {
		if err := look(tx); err != nil || !stale { // another process may have published meanwhile
			return err
		}
		next, err := i.draftPublication(ctx, tx, list, purpose, status, current)
		if err != nil {
			return err
		}
		current = next
		return tx.AddPublication(next)
	})
	if err != nil {
		return nil, fmt.Errorf("publish status list %s: %w", list, err)
	}
	return current, nil
}

// draftPublication builds the list from the records and signs it. Its validFrom
// is later than that of the last one, whatever the clock says: of two lists
// verifiers take the later. It is of the millisecond, so that a hundred changes
// within a second do not date the list into the future.
func (i *Issuer) draftPublication(ctx context.Context, tx Tx, id, purpose string, status Status, last *Publication) (*Publication, error) {
	list, err := tx.StatusListByID(id)
	if err != nil {
		return nil, err
	}
	indexes, err := tx.IndexesWith(id, status)
	if err != nil {
		return nil, err
	}
	through, err := tx.LastChange(id)
	if err != nil {
		return nil, err
	}
	bits, err := statuslist.New(list.Entries)
	if err != nil {
		return nil, err
	}
	for _, n := range indexes {
		bits.Set(n)
	}
	if err := keepsRevoked(last, bits); err != nil {
		return nil, err
	}
	now := i.Now().UTC().Truncate(time.Millisecond)
	from := now
	if last != nil && !from.After(last.ValidFrom) {
		if last.ValidFrom.Sub(now) > maxClockStep {
			return nil, fmt.Errorf("the clock says %s, but the last list is of %s: set the clock, then try again", now.Format(time.RFC3339), last.ValidFrom.Format(time.RFC3339))
		}
		from = last.ValidFrom.Add(time.Millisecond)
	}
	until := credential.Time{Time: from.Add(listValidity)}
	url := i.Body.publicationURL(id, purpose)
	payload, err := (&credential.StatusList{
		Context:    []string{credential.ContextVC},
		ID:         url,
		Type:       credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer:     credential.Profile{ID: i.Body.URL, Name: i.Body.Name},
		ValidFrom:  credential.Time{Time: from},
		ValidUntil: &until,
		Subject: credential.StatusListSubject{
			ID: url + "#list", Type: credential.Strings{credential.TypeStatusListSubject},
			Purpose: credential.Strings{purpose}, Encoded: bits.Encode(), TTL: listTTL.Milliseconds(),
		},
	}).Encode()
	if err != nil {
		return nil, err
	}
	token, err := i.Signer.Sign(ctx, keys.ForStatusList, keys.TypeVC, payload)
	if err != nil {
		return nil, err
	}
	return &Publication{List: id, Purpose: purpose, ValidFrom: from, ValidUntil: until.Time, Through: through, Token: token}, nil
}

// keepsRevoked refuses a list in which a certificate is no longer revoked that
// was so in the last one published: the records are older than what is known
// outside, or somebody has changed them.
func keepsRevoked(last *Publication, next statuslist.Bits) error {
	if last == nil || last.Purpose != credential.PurposeRevocation {
		return nil
	}
	signed, err := keys.Parse(last.Token, keys.ForStatusList)
	if err != nil {
		return fmt.Errorf("last publication: %w", err)
	}
	list, err := credential.DecodeStatusList(signed.Claimed) // our own record
	if err != nil {
		return fmt.Errorf("last publication: %w", err)
	}
	before, err := statuslist.Decode(list.Subject.Encoded)
	if err != nil {
		return fmt.Errorf("last publication: %w", err)
	}
	for n := range min(len(before), len(next)) {
		if before[n]&^next[n] != 0 {
			return errors.New("the records have lost a revocation that was published; restore them from a newer backup, and publish nothing before")
		}
	}
	return nil
}
