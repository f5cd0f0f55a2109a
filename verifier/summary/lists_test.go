package summary_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
	"github.com/testamur/testamur/verifier/summary"
)

// lists are what the issuer has published of its certificates.
type lists struct{ revoked, suspended []int }

// kept are signed lists by their address.
type kept map[string]string

func (k kept) StatusList(_ context.Context, url string) (string, error) {
	if list, ok := k[url]; ok {
		return list, nil
	}
	return "", fmt.Errorf("no list %s", url)
}

// of signs the lists for the day. The key may sign credentials only, so that another
// of the same body signs them.
func (l lists) of(t testing.TB, h house, s *summary.Summary, at time.Time) verifier.Statuses {
	t.Helper()
	k := kept{}
	for url, of := range map[string]struct {
		purpose string
		set     []int
	}{
		s.Issuer + "/status/" + s.List:                 {credential.PurposeRevocation, l.revoked},
		s.Issuer + "/status/" + s.List + "-suspension": {credential.PurposeSuspension, l.suspended},
	} {
		bits, err := statuslist.New(statuslist.MinEntries)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range of.set {
			bits.Set(i)
		}
		payload, err := (&credential.StatusList{
			Context: []string{credential.ContextVC}, ID: url, Type: credential.Strings{credential.TypeVC, credential.TypeStatusList},
			Issuer: credential.Profile{ID: s.Issuer}, ValidFrom: credential.Time{Time: at.Add(-time.Hour)}, ValidUntil: &credential.Time{Time: at.Add(time.Hour)},
			Subject: credential.StatusListSubject{
				Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{of.purpose}, Encoded: bits.Encode(),
			},
		}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if k[url], err = listRing().Sign(t.Context(), keys.ForStatusList, keys.TypeVC, payload); err != nil {
			t.Fatal(err)
		}
	}
	return k
}
