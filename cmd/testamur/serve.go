package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/web"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
)

// defaultAddr is where pages are served unless told otherwise.
const defaultAddr = "127.0.0.1:8080"

// serveOptions is how a body is served.
type serveOptions struct {
	addr, admin string
	proxies     []string
}

func newServe() *cobra.Command {
	var dir string
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Publish the body and verify its certificates: pages, keys, status lists, an API",
		Long: `Publish what others need to check this body's certificates, and check them for
whoever asks, until interrupted:

  /                           where certificates are checked, by people
  /c/{id}                     the verification page that the QR code leads to
  /v1/verify                  the same for programs; /openapi.yaml says how
  /certificates/{id}.jws      the signed certificate; .pdf the paper
  /keys/{kid}                 one public key; /.well-known/jwks.json all of them
  /status/{list}              the signed status lists; ?timestamp= as they were then
  /schemes/{scheme}/{edition} what the certificates ask for
  /trust.json                 the trust file

Status lists are published anew in time, asked for or not, so that later it can be
told how a certificate stood on any day. Verifications are answered with a signed
receipt if one is asked for.

Put a web server that speaks https in front of it, at the issuer address, and name
its address with --trusted-proxy, so that each client is limited by itself. At
--admin-addr, which must not be public, stand /healthz, /readyz and /metrics.`,
		Example: `  testamur serve --addr 127.0.0.1:8080
  testamur serve --addr 10.0.0.5:8080 --trusted-proxy 10.0.0.2 --admin-addr 127.0.0.1:9090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runServe(cmd.Context(), cmd.ErrOrStderr(), dir, o)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&o.addr, "addr", defaultAddr, "`address` to listen at")
	cmd.Flags().StringVar(&o.admin, "admin-addr", "", "`address` for health and metrics, e.g. 127.0.0.1:9090 (default none)")
	cmd.Flags().StringSliceVar(&o.proxies, "trusted-proxy", nil, "`address` or network of a proxy in front that is believed about its clients; may be given again")
	return cmd
}

func runServe(ctx context.Context, words io.Writer, dir string, o serveOptions) error {
	proxies, err := server.Proxies(o.proxies)
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("--trusted-proxy: %w", err), "name the proxy by its address, such as --trusted-proxy 127.0.0.1")
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	b.sealing(words, false) // strangers ask for papers here: no other server is kept busy with that
	ln, err := net.Listen("tcp", o.addr)
	if err != nil {
		return server.NoListener(err, "--addr", defaultAddr)
	}
	defer ln.Close()
	s := site{body: b, words: words, ln: ln, proxies: proxies}
	if o.admin != "" {
		if s.admin, err = server.ListenAdmin(o.admin); err != nil {
			return server.NoListener(err, "--admin-addr", "127.0.0.1:9090")
		}
		defer s.admin.Close()
	}
	fmt.Fprintf(words, "Serving %s at http://%s until interrupted (Ctrl-C).\n", b.Body.URL, ln.Addr())
	return s.serve(ctx)
}

// site is a body that is served.
type site struct {
	*body
	words   io.Writer // for whoever runs it
	ln      net.Listener
	admin   net.Listener // nil: none
	proxies []netip.Prefix
}

// serve publishes the body, and verifies its certificates, until ctx is done.
func (s *site) serve(ctx context.Context) error {
	log := slog.New(slog.NewJSONHandler(s.words, nil))
	if n, err := s.Resume(ctx); err != nil {
		log.Error("what an earlier run left half done could not be finished", "error", err.Error())
	} else if n > 0 {
		log.Info("finished what an earlier run left half done", "certificates", n)
	}
	pages, err := web.Pages(s.Body)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	publication := &web.Publication{Issuer: s.Issuer, Pages: pages, Log: log, Pictures: s.pictures}
	service, err := publication.Service(ctx, s.receipts())
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	if l, err := s.looks(); err == nil {
		service.Designs = l.designs
	} else {
		log.Error("no paper is printed, and papers are compared with the built-in designs alone, until this is mended and the service started again", "error", err.Error())
	}
	rules := map[string]server.Rule{}
	for route, d := range service.Demands() {
		rules[route] = server.Rule{Body: d.Body, Time: d.Time, Heavy: d.Heavy}
	}
	metrics := server.NewMetrics(func() []verifier.ListHealth { return s.lists(ctx) })
	engine := server.Engine(server.Options{
		Log: log, Pages: pages, HTTPS: strings.HasPrefix(s.Body.URL, "https://"),
		Refuse: service.Refuse, Rules: rules, TrustedProxies: s.proxies, Guard: server.NewGuard(quota()), Metrics: metrics,
	})
	publication.Mount(engine)
	service.Mount(engine)

	// Whichever ends first ends the others; none outlives the records. The admin
	// address outlives the public one, so that it can be seen to stop.
	asked := ctx
	observed, unobserve := context.WithCancel(context.WithoutCancel(ctx))
	defer unobserve()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	if s.seals != nil {
		running.Go(func() { s.seals.watch(ctx, log) })
	}
	running.Go(func() {
		s.KeepPublishing(ctx, func(err error) { log.Error("status lists could not be published", "error", err.Error()) })
	})
	var adminErr error
	if s.admin != nil {
		running.Go(func() {
			defer stop()
			adminErr = server.Serve(observed, s.admin, server.Admin(server.AdminOptions{Metrics: metrics, Needs: s.needs(asked)}), log)
		})
	}
	limits := server.DefaultLimits
	limits.Proxies = s.proxies
	err = limits.Serve(ctx, s.ln, engine, log)
	stop()
	unobserve()
	running.Wait()
	if err = errors.Join(err, adminErr); err != nil {
		return term.Fail(term.Undecided, err, "")
	}
	return nil
}

// quota is what one client may take: more than of a service that only verifies,
// because a program that checks certificates itself asks for each of them and for
// its lists.
func quota() server.Quota {
	q := server.DefaultQuota
	q.Rate, q.Burst = 50, 250
	return q
}

// receipts returns the desk that signs receipts of verifications, nil if the body
// was made before bodies had a key for that.
func (s *site) receipts() *receipt.Desk {
	if _, err := s.Ring.Active(keys.ForReceipt); err != nil {
		fmt.Fprintln(s.words, "This body has no receipt key: verifications are answered without receipts. Add one with: testamur keys add receipt")
		return nil
	}
	return &receipt.Desk{Body: s.Body.URL, Signer: s.Ring, Now: s.Now}
}

// needs are what the body cannot be served without, until ctx is done.
func (s *site) needs(ctx context.Context) []server.Need {
	return []server.Need{
		server.Running(ctx),
		{Name: "records", Ready: func(ctx context.Context) error {
			return s.Store.View(ctx, func(tx issuer.Tx) error {
				_, err := tx.Body()
				return err
			})
		}},
		server.FreshLists(func() []verifier.ListHealth { return s.lists(context.Background()) }, s.Now),
	}
}

// lists tells how the body's own status lists fare, as they are published.
func (s *site) lists(ctx context.Context) (all []verifier.ListHealth) {
	last, err := s.Published(ctx)
	if err != nil {
		return nil // the need for the records says so
	}
	for url, p := range last {
		all = append(all, verifier.ListHealth{URL: url, ValidFrom: p.ValidFrom, ValidUntil: p.ValidUntil})
	}
	return all
}
