package verifier

import (
	"sort"
	"time"
)

// ListHealth is how one address fares.
type ListHealth struct {
	Issuer                string    // id
	URL                   string    // "": none of the lists of the issuer is known yet
	Bundle                bool      // the source is a trust file and not the issuer
	ValidFrom, ValidUntil time.Time // of the list kept; zero if there is none
	Asked                 time.Time // when the source was last asked
	Err                   error     // of that time
	Refused               bool      // Err is why a list that came was not taken
	Saving                error     // why the list is not kept for later runs
}

// Health returns how each address fares that is known. An issuer that publishes
// lists of which none is known stands there without an address.
func (s *Lists) Health() []ListHealth {
	_, bundle := s.Source.(*Trust)
	var all []ListHealth
	known := map[string]bool{}
	for _, k := range s.entries() {
		k.mu.RLock()
		h := ListHealth{Issuer: k.issuer.ID, URL: k.url, Bundle: bundle, Asked: k.asked, Err: k.err, Refused: k.refused, Saving: k.saving}
		if k.list != nil {
			h.ValidFrom, h.ValidUntil = k.list.validFrom, k.list.validUntil
		}
		k.mu.RUnlock()
		all = append(all, h)
		known[h.Issuer] = true
	}
	if p, ok := s.Source.(*Publication); ok {
		for _, i := range p.trust.Issuers() {
			if len(i.StatusLists) > 0 && !known[i.ID] {
				all = append(all, ListHealth{Issuer: i.ID})
			}
		}
	}
	sort.Slice(all, func(a, b int) bool {
		if all[a].URL != all[b].URL {
			return all[a].URL < all[b].URL
		}
		return all[a].Issuer < all[b].Issuer
	})
	return all
}
