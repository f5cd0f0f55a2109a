package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
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

// FreshLists is the need for status lists that are in force. A list that nobody has
// asked for yet is not missed, and of two sources of one list one is enough.
func FreshLists(lists func() []verifier.ListHealth, now func() time.Time) Need {
	return Need{"status lists", func(context.Context) error {
		fresh, why := map[string]bool{}, map[string]error{}
		var order []string
		for _, h := range lists() {
			if _, ok := fresh[h.URL]; !ok {
				order = append(order, h.URL)
			}
			switch {
			case now().Before(h.ValidUntil):
				fresh[h.URL] = true
			default:
				fresh[h.URL] = fresh[h.URL] || false
				err := h.Err
				if err == nil {
					err = errors.New("none is in force")
				}
				why[h.URL] = errors.Join(why[h.URL], err)
			}
		}
		var errs []error
		for _, url := range order {
			if !fresh[url] {
				errs = append(errs, fmt.Errorf("%s: %w", url, why[url]))
			}
		}
		return errors.Join(errs...)
	}}
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
