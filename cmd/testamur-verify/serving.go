package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
	"github.com/testamur/testamur/verifier/web"
)

// verification is a service that can be exchanged for one with another trust file
// while it serves.
type verification struct {
	options  serveOptions
	proxies  []netip.Prefix
	receipts *receipt.Desk
	log      *slog.Logger
	guard    *server.Guard
	metrics  *server.Metrics
	folder   string         // of the lists that are kept, or ""
	beside   sync.WaitGroup // of what runs beside the service
	current  atomic.Pointer[serving]
	stale    atomic.Bool // the trust file could not be read when that was last tried
}

// serving is the service for one trust file. It is not changed once made.
type serving struct {
	http.Handler
	trust     *trusted
	published *published // nil: the network is not asked
	inside    []listState
	kept      *verifier.Lists // those inside the trust file; nil if they are not all in force
	// Until is when the first of the lists inside is no longer in force; zero if that
	// is so already. Afterwards is the service from then on.
	until      time.Time
	afterwards func() http.Handler
}

// published is what is kept of the lists that issuers publish.
type published struct {
	issuers string // of the trust file
	lists   *verifier.Lists
	stop    context.CancelFunc // ends keeping them fresh
}

// ServeHTTP implements [http.Handler] with the current service.
func (v *verification) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := v.current.Load()
	h := s.Handler
	if !s.until.IsZero() && !time.Now().Before(s.until) {
		h = s.afterwards()
	}
	h.ServeHTTP(w, r)
}

// keepLists prepares the folder in which lists are kept: that of --state or, for the
// run alone, so that they survive a new trust file, one that forget removes.
func (v *verification) keepLists() (forget func(), err error) {
	o := v.options
	if o.offline {
		return func() {}, nil
	}
	if o.state == "" {
		if v.folder, err = os.MkdirTemp("", program+"-*"); err != nil {
			v.log.Warn("status lists cannot be kept for when another trust file is read", "error", err.Error())
			return func() {}, nil
		}
		return func() { os.RemoveAll(v.folder) }, nil
	}
	v.folder = filepath.Join(o.state, "lists")
	if err = os.MkdirAll(v.folder, 0o700); err == nil {
		err = probe(v.folder)
	}
	if err != nil {
		return nil, term.Fail(term.Usage, fmt.Errorf("%s: %w", o.option("state"), err),
			"name a folder with --state that whoever runs this may write to, on a disk that is not full")
	}
	return func() {}, nil
}

// probe finds out whether something can be kept in a folder.
func probe(folder string) error {
	f, err := os.CreateTemp(folder, "probe-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 64<<10)) // as much as a list may well be
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// load reads the trust file and makes the service that is served from now on, until
// ctx is done.
func (v *verification) load(ctx context.Context) error {
	o := v.options
	trust, err := readTrust(o.trust, "$"+variable("trust"))
	if err != nil {
		var e *term.Error
		if o.given["trust"] && errors.As(err, &e) {
			err = term.Fail(e.Code, fmt.Errorf("%s: %w", o.option("trust"), e.Err), e.Hint)
		}
		return err
	}
	u, err := url.Parse(o.url)
	if err != nil {
		return err
	}
	pages, err := templates.NewWeb(templates.Site{Name: o.name, Base: u.Path})
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	old := v.current.Load()
	s := &serving{trust: trust, inside: trust.bundled()}
	service := web.Service{Name: o.name, URL: o.url, Trust: trust.Trust, Receipts: v.receipts, Pages: pages, Log: v.log, Now: time.Now}
	var lists verifier.Statuses
	if !o.offline {
		if s.published, err = v.publish(ctx, old, trust.Trust); err != nil {
			return err
		}
		service.Publication = verifier.NewPublication(trust.Trust)
		lists = s.published.lists
	}
	service.Lists, s.kept = trust.statuses(lists, s.inside, time.Now())
	if s.kept != nil {
		s.until = slices.MinFunc(s.inside, func(a, b listState) int { return a.until.Compare(b.until) }).until
		s.afterwards = sync.OnceValue(func() http.Handler {
			later := service
			later.Lists, _ = trust.statuses(lists, s.inside, s.until)
			return v.engine(&later)
		})
	}
	s.Handler = v.engine(&service)
	v.current.Store(s)
	if old != nil && old.published != nil && old.published != s.published {
		old.published.stop()
	}
	v.log.Info("trust file read", "issuers", strconv.Itoa(len(trust.Issuers())))
	return nil
}

// publish returns what is kept of the lists of the issuers: what was kept before if
// they and their keys are the same. Otherwise it begins anew with what is in the
// folder, each list of which is verified again with the keys of now, and neither
// its age nor a withdrawal in it is forgotten.
func (v *verification) publish(ctx context.Context, old *serving, trust *verifier.Trust) (*published, error) {
	bare, err := verifier.NewTrust(trust.Issuers(), nil)
	if err != nil {
		return nil, err
	}
	issuers, err := json.Marshal(bare)
	if err != nil {
		return nil, err
	}
	if old != nil && old.published != nil && old.published.issuers == string(issuers) {
		return old.published, nil
	}
	p := &published{issuers: string(issuers), lists: &verifier.Lists{Source: verifier.NewPublication(trust), Dir: v.folder, Trouble: v.trouble}}
	ctx, p.stop = context.WithCancel(ctx)
	v.beside.Go(func() { p.lists.Keep(ctx) })
	return p, nil
}

// trouble logs what is wrong with a status list, and that nothing is any more.
func (v *verification) trouble(url string, err error) {
	if err != nil {
		v.log.Warn("a status list cannot be kept fresh", "list", url, "error", verifier.Detail(err))
	} else {
		v.log.Info("a status list is kept fresh again", "list", url)
	}
}

// engine returns what answers for a service.
func (v *verification) engine(service *web.Service) http.Handler {
	rules := map[string]server.Rule{}
	for route, demand := range service.Demands() {
		rules[route] = server.Rule(demand)
	}
	engine := server.Engine(server.Options{
		Log: v.log, Pages: service.Pages, HTTPS: strings.HasPrefix(service.URL, "https://"), Refuse: service.Refuse,
		Rules: rules, TrustedProxies: v.proxies, Guard: v.guard, Metrics: v.metrics,
	})
	service.Mount(engine)
	return engine
}

// reload reads the trust file anew upon each signal.
func (v *verification) reload(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			err := v.load(ctx)
			v.stale.Store(err != nil)
			if err != nil {
				v.log.Error("the trust file could not be read; the one before stays", "error", err.Error())
			}
		}
	}
}

// trusts is the need for a trust file by which something can be found valid.
func (v *verification) trusts(context.Context) error {
	switch s := v.current.Load(); {
	case s == nil || len(s.trust.Issuers()) == 0:
		return errors.New("no issuer is trusted")
	case s.published == nil && len(s.inside) == 0:
		return errors.New("the trust file holds no status lists, and nothing else is asked")
	}
	return nil
}

// lists returns how the status lists fare. Where issuers are asked as well, lists
// inside the trust file that are not in force are not missed.
func (v *verification) lists() (all []verifier.ListHealth) {
	s := v.current.Load()
	if s == nil {
		return nil
	}
	if s.published != nil {
		all = s.published.lists.Health()
	}
	if s.kept != nil {
		all = append(all, s.kept.Health()...) // also those that were asked for in vain
	}
	now := time.Now()
	for _, l := range s.inside {
		if l.issuer != "" && (s.published == nil || l.current(now)) {
			all = append(all, verifier.ListHealth{Issuer: l.issuer, URL: l.url, Bundle: true, ValidFrom: l.from, ValidUntil: l.until, Err: l.err, Refused: l.err != nil})
		}
	}
	return all
}
