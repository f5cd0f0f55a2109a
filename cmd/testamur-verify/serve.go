package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
	"github.com/testamur/testamur/verifier/web"
)

// serveOptions is what the service is started with.
type serveOptions struct {
	trust    string
	addr     string
	admin    string // "": none
	url      string // "": that of addr
	name     string
	state    string // "": status lists are not kept beyond the run
	receipts string // "": none are given
	proxies  []string
	otlp     string
	offline  bool

	words     io.Writer
	listening func(public, admin net.Addr) // may be nil; called once both are
}

func newServe() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve [--trust FILE]",
		Short: "Serve verification: pages for people, an API for programs",
		Long: `Serve verification of the certificates of trusted issuers, until interrupted:

  /                      what is to be checked, typed, scanned or dropped
  /c/{id}                the page of a certificate
  /v1/verify             for programs: what was presented, checked
  /v1/verify/batch       many at once, row by row
  /v1/certificates/{id}  one by its id
  /openapi.yaml          all of this, described for programs

Put a web server that speaks https in front of it, at the address of --url, and
name it with --trusted-proxy: otherwise all its clients count as one, and share the
budget of one. The trust file is read again upon SIGHUP; if it cannot be read, the
one before stays. With --offline nothing is asked of the network.

At --admin-addr, which is for whoever runs the service and not for the public, are
/healthz, /readyz and /metrics. Traces are sent to --otlp or to
$OTEL_EXPORTER_OTLP_ENDPOINT, if either is given.

Every option can be given by the environment also, as TESTAMUR_VERIFY_ADDR,
TESTAMUR_VERIFY_TRUST and so on.`,
		Example: `  testamur-verify serve --trust trust.json
  testamur-verify serve --trust trust.json --url https://verify.example.org --trusted-proxy 127.0.0.1/32 \
      --state /var/lib/testamur-verify --admin-addr 127.0.0.1:9081
  testamur-verify serve --offline --trust bundle.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return err
			}
			o.words = cmd.ErrOrStderr()
			return runServe(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.trust, "trust", "", "trust `file`: the issuers to believe")
	f.StringVar(&o.addr, "addr", "127.0.0.1:8081", "`address` to listen at")
	f.StringVar(&o.admin, "admin-addr", "", "`address` of /healthz, /readyz and /metrics (default none)")
	f.StringVar(&o.url, "url", "", "`URL` at which the service is reached (default that of --addr)")
	f.StringVar(&o.name, "name", "Certificate verification", "`name` of the body that verifies, on its pages")
	f.StringVar(&o.state, "state", "", "`folder` in which the newest status lists are kept")
	f.StringVar(&o.receipts, "receipts", "", "`folder` of the key that signs receipts (see receipt-key)")
	f.StringSliceVar(&o.proxies, "trusted-proxy", nil, "`network` of a proxy that is believed about its clients; may be repeated")
	f.StringVar(&o.otlp, "otlp", "", "`URL` of a collector of traces")
	f.BoolVar(&o.offline, "offline", false, "ask nothing of the network")
	_ = cmd.MarkFlagFilename("trust", "json")
	return cmd
}

// fromEnvironment sets the flags that were not given to what the environment says
// (TESTAMUR_VERIFY_…).
func fromEnvironment(cmd *cobra.Command) error {
	for _, name := range []string{"trust", "addr", "admin-addr", "url", "name", "state", "receipts", "trusted-proxy", "otlp", "offline"} {
		variable := "TESTAMUR_VERIFY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		text, ok := os.LookupEnv(variable)
		if !ok || text == "" || cmd.Flags().Changed(name) {
			continue
		}
		if err := cmd.Flags().Set(name, text); err != nil {
			return fmt.Errorf("$%s: %w", variable, err)
		}
	}
	return nil
}

// runServe serves until ctx is done.
func runServe(ctx context.Context, o serveOptions) (err error) {
	proxies, err := networks(o.proxies)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", o.addr)
	if err != nil {
		return term.Fail(term.No, err, "choose another address with --addr")
	}
	defer ln.Close()
	if o.url == "" {
		o.url = "http://" + ln.Addr().String()
	}
	if o.url, err = serviceURL(o.url); err != nil {
		return err
	}
	if runtime.GOMAXPROCS(0) == 1 {
		// The only one would be kept for ten milliseconds at a time by whatever reads a
		// photograph; the machine's own scheduler gives way to what is short.
		runtime.GOMAXPROCS(2)
	}
	log := slog.New(slog.NewJSONHandler(o.words, nil))
	v := &verification{options: o, proxies: proxies, log: log, guard: server.NewGuard(server.DefaultQuota)}
	v.metrics = server.NewMetrics(v.lists)
	if o.receipts != "" {
		ring, err := keys.Load(o.receipts, o.url)
		if err != nil {
			return term.Fail(term.Usage, err, "make the key with: testamur-verify receipt-key --dir "+o.receipts+" --url "+o.url)
		}
		v.receipts = &receipt.Desk{Body: o.url, Signer: ring}
	}
	if err := v.load(); err != nil {
		return err
	}
	tracer, err := server.NewTracer(ctx, program, o.otlp)
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if stopping := tracer.Stop(ctx); stopping != nil {
			log.Warn("the last traces could not be sent", "error", stopping.Error())
		}
	}()

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	var admin net.Addr
	if o.admin != "" {
		adminListener, err := server.ListenAdmin(o.admin)
		if err != nil {
			return term.Fail(term.No, err, "choose another address with --admin-addr")
		}
		admin = adminListener.Addr()
		handler := server.Admin(server.AdminOptions{Metrics: v.metrics, Needs: []server.Need{{Name: "trust", Ready: v.trusts}, server.FreshLists(v.lists, time.Now)}})
		beside.Go(func() {
			if err := server.Serve(ctx, adminListener, handler, log); err != nil {
				log.Error("the admin address is not served", "error", err.Error())
			}
		})
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	beside.Go(func() { v.reload(ctx, hangups) })

	fmt.Fprintf(o.words, "Verifying at %s, listening at http://%s until interrupted (Ctrl-C).\n", o.url, ln.Addr())
	if strings.HasPrefix(o.url, "https://") && len(proxies) == 0 {
		fmt.Fprintln(o.words, "No --trusted-proxy is named: clients that come through a proxy count as one.")
	}
	if o.listening != nil {
		o.listening(ln.Addr(), admin)
	}
	limits := server.DefaultLimits
	limits.Proxies = proxies
	if err := limits.Serve(ctx, ln, tracer.Handler(v), log); err != nil {
		return term.Fail(term.No, err, "")
	}
	return nil
}

// networks reads the networks of the trusted proxies; an address alone is that one.
func networks(texts []string) (list []netip.Prefix, err error) {
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				return nil, fmt.Errorf("trusted proxy %q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("trusted proxy %q would be everybody", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// serviceURL checks the address of the service and takes its final slash away.
func serviceURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is not the address of a service, such as https://verify.example.org", text)
	}
	return strings.TrimSuffix(text, "/"), nil
}

// verification is a service that can be exchanged for one with another trust file
// while it serves.
type verification struct {
	options  serveOptions
	proxies  []netip.Prefix
	receipts *receipt.Desk
	log      *slog.Logger
	guard    *server.Guard
	metrics  *server.Metrics
	current  atomic.Pointer[serving]
}

// serving is the service for one trust file. It is not changed once made.
type serving struct {
	http.Handler
	trust *verifier.Trust
	lists []*verifier.Lists
}

// ServeHTTP implements [http.Handler] with the current service.
func (v *verification) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.current.Load().ServeHTTP(w, r)
}

// load reads the trust file and makes the service that is served from now on.
func (v *verification) load() error {
	o := v.options
	trust, err := readTrust(o.trust)
	if err != nil {
		return err
	}
	s := &serving{trust: trust.Trust}
	service := &web.Service{Name: o.name, URL: o.url, Trust: trust.Trust, Receipts: v.receipts, Log: v.log, Now: time.Now}
	inside := &verifier.Lists{Source: trust.Trust}
	if o.offline {
		service.Lists, s.lists = inside, []*verifier.Lists{inside}
	} else {
		if o.state != "" {
			o.state += "/lists"
			if err := os.MkdirAll(o.state, 0o700); err != nil {
				return term.Fail(term.No, err, "choose another folder with --state")
			}
		}
		service.Publication = verifier.NewPublication(trust.Trust)
		published := &verifier.Lists{Source: service.Publication, Dir: o.state}
		service.Lists, s.lists = verifier.Sources{published, inside}, []*verifier.Lists{published, inside}
	}
	u, err := url.Parse(o.url)
	if err != nil {
		return err
	}
	if service.Pages, err = templates.NewWeb(templates.Site{Name: o.name, Base: u.Path}); err != nil {
		return term.Fail(term.No, err, "")
	}
	rules := map[string]server.Rule{}
	for route, demand := range service.Demands() {
		rules[route] = server.Rule(demand)
	}
	engine := server.Engine(server.Options{
		Log: v.log, Pages: service.Pages, HTTPS: u.Scheme == "https", Refuse: service.Refuse,
		Rules: rules, TrustedProxies: v.proxies, Guard: v.guard, Metrics: v.metrics,
	})
	service.Mount(engine)
	s.Handler = engine
	v.current.Store(s)
	v.log.Info("trust file read", "issuers", strconv.Itoa(len(trust.Issuers())))
	return nil
}

// reload reads the trust file anew upon each signal.
func (v *verification) reload(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			if err := v.load(); err != nil {
				v.log.Error("the trust file could not be read; the one before stays", "error", err.Error())
			}
		}
	}
}

// trusts is the need for a trust file.
func (v *verification) trusts(context.Context) error {
	if s := v.current.Load(); s == nil || len(s.trust.Issuers()) == 0 {
		return errors.New("no issuer is trusted")
	}
	return nil
}

// lists returns how the status lists fare.
func (v *verification) lists() (all []verifier.ListHealth) {
	if s := v.current.Load(); s != nil {
		for _, l := range s.lists {
			all = append(all, l.Health()...)
		}
	}
	return all
}

func newReceiptKey() *cobra.Command {
	var dir, address, name string
	cmd := &cobra.Command{
		Use:   "receipt-key --dir DIR --url URL",
		Short: "Make the key that signs receipts of verifications",
		Long: `Make a key that signs receipts of verifications, in the name of the service at
--url, and print the trust file by which others check them (testamur-verify
receipt --trust FILE). The folder may hold keys already: the youngest signs, and
the trust file names all of them.`,
		Example: "  testamur-verify receipt-key --dir receipts --url https://verify.example.org --name \"Example Employer\" > receipts.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReceiptKey(cmd.OutOrStdout(), dir, address, name, time.Now())
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", "", "`folder` of the key")
	f.StringVar(&address, "url", "", "`URL` of the service")
	f.StringVar(&name, "name", "", "`name` of the body that verifies")
	_ = cmd.MarkFlagRequired("dir")
	_ = cmd.MarkFlagRequired("url")
	return cmd
}

func runReceiptKey(out io.Writer, dir, address, name string, now time.Time) error {
	address, err := serviceURL(address)
	if err != nil {
		return err
	}
	key, err := keys.Generate(address, keys.ForReceipt, keys.ES256, now)
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	set, err := keys.NewSet(&key.Key)
	if err != nil {
		return err
	}
	entry := verifier.Issuer{ID: address, Name: name, Keys: set, StatusLists: []string{}}
	if _, err := verifier.NewTrust([]*verifier.Issuer{&entry}, nil); err != nil { // before anything is written
		return term.Fail(term.Usage, err, "")
	}
	if err := keys.Save(dir, key); err != nil {
		return term.Fail(term.No, err, "choose another folder with --dir")
	}
	ring, err := keys.Load(dir, address)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	entry.Keys = ring.Set()
	trust, err := verifier.NewTrust([]*verifier.Issuer{&entry}, nil)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	return term.JSON(out, trust)
}
