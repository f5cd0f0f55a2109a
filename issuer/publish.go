package issuer

import (
	"context"
	"errors"
	"time"
)

// publishEvery is how often [Issuer.KeepPublishing] looks whether a list is due.
// It is short beside maxListAge, because clocks jump and machines sleep.
const publishEvery = time.Minute

// KeepPublishing publishes each list whenever it is due, asked for or not, until
// ctx is done: from one publication to the next there is no moment of which
// nobody could tell later how a certificate stood. What cannot be published is
// told to failed, and tried again.
func (i *Issuer) KeepPublishing(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for {
		if err := i.publishAll(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Published returns the last publications of every list, by their URL, as they are:
// none is made. A purpose for which there is none yet is left out.
func (i *Issuer) Published(ctx context.Context) (map[string]*Publication, error) {
	last := map[string]*Publication{}
	err := i.Store.View(ctx, func(tx Tx) error {
		ids, err := tx.StatusListIDs()
		if err != nil {
			return err
		}
		for _, id := range ids {
			for _, p := range purposes {
				pub, err := tx.Publication(id, p.name)
				switch {
				case err == nil:
					last[i.Body.publicationURL(id, p.name)] = pub
				case !errors.Is(err, ErrNotFound):
					return err
				}
			}
		}
		return nil
	})
	return last, err
}

// publishAll publishes each list that is due. One that cannot be published does
// not keep the others from it.
func (i *Issuer) publishAll(ctx context.Context) error {
	var ids []string
	err := i.Store.View(ctx, func(tx Tx) (err error) {
		ids, err = tx.StatusListIDs()
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, i.publish(ctx, id, maxListAge))
	}
	return errors.Join(errs...)
}
