package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/verifier"
)

// AdminOptions is what [Admin] needs.
type AdminOptions struct {
	Metrics *Metrics // nil: there are none
	// Needs are what the service cannot do without.
	Needs []Need
}

// Need is something that a service cannot do without.
type Need struct {
	Name string
	// Ready returns why it cannot be relied upon, nil if it can. It is given little
	// time.
	Ready func(context.Context) error
	// Detail, if not nil, returns what else is to be said, as JSON.
	Detail func() any
}

// readyTime is how long all needs may take together.
const readyTime = 2 * time.Second

// Admin answers whoever runs the service, at an address that is not public:
//
//	/healthz  the process runs
//	/readyz   it can do its work; otherwise 503, and what is missing
//	/metrics  for Prometheus
func Admin(o AdminOptions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]bool{"alive": true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		status := readiness{Ready: true, Needs: []readyNeed{}}
		for _, need := range o.Needs {
			one := readyNeed{Name: need.Name, Ready: true}
			if err := need.Ready(ctx); err != nil {
				one.Ready, one.Error, status.Ready = false, err.Error(), false
			}
			if need.Detail != nil {
				one.Detail = need.Detail()
			}
			status.Needs = append(status.Needs, one)
		}
		code := http.StatusOK
		if !status.Ready {
			code = http.StatusServiceUnavailable
		}
		answer(w, code, status)
	})
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics.Handler())
	}
	return mux
}

// readiness is the JSON of /readyz.
type readiness struct {
	Ready bool        `json:"ready"`
	Needs []readyNeed `json:"needs"`
}

type readyNeed struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`

	Detail any `json:"detail,omitempty"`
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // whoever has gone away does not read it
}

// FreshLists is the need for status lists that are in force. It fails only if no
// certificate could be verified now: as long as a list of one issuer is in force, or
// nobody knows yet what another's are, there is work that can be done. Of two sources
// of one list one is enough. The detail tells of every issuer and list.
func FreshLists(lists func() []verifier.ListHealth, now func() time.Time) Need {
	return Need{
		Name: "status lists",
		Ready: func(context.Context) error {
			issuers := issuersOf(lists(), now())
			var errs []error
			for _, i := range issuers {
				if i.Ready {
					return nil
				}
				for _, l := range i.Lists {
					errs = append(errs, fmt.Errorf("%s: %s", l.URL, l.Error))
				}
			}
			return errors.Join(errs...)
		},
		Detail: func() any { return issuersOf(lists(), now()) },
	}
}

// issuerReady is the JSON of one issuer in /readyz.
type issuerReady struct {
	Issuer string      `json:"issuer,omitempty"` // "": there is but one
	Ready  bool        `json:"ready"`            // a list is in force, or none is known
	Note   string      `json:"note,omitempty"`
	Lists  []listReady `json:"lists,omitempty"`
}

type listReady struct {
	URL        string     `json:"url"`
	Ready      bool       `json:"ready"`
	ValidUntil *time.Time `json:"validUntil,omitempty"` // of the list kept
	Error      string     `json:"error,omitempty"`      // also of one that is still in force
}

// issuersOf sorts out how the lists fare.
func issuersOf(lists []verifier.ListHealth, now time.Time) []issuerReady {
	found := map[[2]string]*listReady{}
	var issuers []issuerReady
	for _, h := range lists {
		if !slices.ContainsFunc(issuers, func(i issuerReady) bool { return i.Issuer == h.Issuer }) {
			issuers = append(issuers, issuerReady{Issuer: h.Issuer})
		}
		if h.URL == "" {
			continue
		}
		key := [2]string{h.Issuer, h.URL}
		l := found[key]
		if l == nil {
			l = &listReady{URL: h.URL}
			found[key] = l
		}
		if !h.ValidUntil.IsZero() && (l.ValidUntil == nil || h.ValidUntil.After(*l.ValidUntil)) {
			until := h.ValidUntil.UTC()
			l.ValidUntil, l.Ready = &until, now.Before(until)
		}
		for _, err := range []error{h.Err, h.Saving} {
			// That a trust file holds no copy of a list is no fault.
			if err != nil && (!h.Bundle || h.Refused) {
				l.Error = strings.TrimPrefix(l.Error+"; "+strings.ReplaceAll(verifier.Detail(err), "\n", "; "), "; ")
			}
		}
	}
	for n := range issuers {
		i := &issuers[n]
		for _, h := range lists {
			if l := found[[2]string{i.Issuer, h.URL}]; h.Issuer == i.Issuer && l != nil {
				if !l.Ready && l.Error == "" {
					l.Error = "none is in force"
				}
				i.Lists, i.Ready = append(i.Lists, *l), i.Ready || l.Ready
				delete(found, [2]string{i.Issuer, h.URL})
			}
		}
		if len(i.Lists) == 0 {
			i.Ready, i.Note = true, "no list asked for yet"
		}
	}
	if len(issuers) == 0 {
		return []issuerReady{{Ready: true, Note: "no list asked for yet"}}
	}
	return issuers
}

// ListenAdmin listens for [Admin]. It refuses an address that others could reach
// without having been meant: the port alone, which is that of every network, and
// names other than localhost.
func ListenAdmin(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("admin address %q: %w", address, err)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		return nil, fmt.Errorf("admin address %q must name an IP address, such as 127.0.0.1", address)
	}
	return net.Listen("tcp", address)
}
