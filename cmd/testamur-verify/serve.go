package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
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
	given    map[string]bool // options by their environment variable

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
one before stays, and the metrics say so. With --offline nothing is asked of the
network.

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
			var err error
			if o.given, err = fromEnvironment(cmd); err != nil {
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
// (TESTAMUR_VERIFY_…), and returns which.
func fromEnvironment(cmd *cobra.Command) (given map[string]bool, err error) {
	given = map[string]bool{}
	for _, name := range []string{"trust", "addr", "admin-addr", "url", "name", "state", "receipts", "trusted-proxy", "otlp", "offline"} {
		text, ok := os.LookupEnv(variable(name))
		if !ok || text == "" || cmd.Flags().Changed(name) {
			continue
		}
		if err := cmd.Flags().Set(name, text); err != nil {
			return nil, fmt.Errorf("$%s: %w", variable(name), err)
		}
		given[name] = true
	}
	return given, nil
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "TESTAMUR_VERIFY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// option is how the value of a flag was given, for whoever has to mend it.
func (o *serveOptions) option(flag string) string {
	if o.given[flag] {
		return "$" + variable(flag)
	}
	return "--" + flag
}

// runServe serves until ctx is done.
func runServe(ctx context.Context, o serveOptions) (err error) {
	proxies, err := server.Proxies(o.proxies)
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("%s: %w", o.option("trusted-proxy"), err), "name the proxy by its address, such as --trusted-proxy 127.0.0.1")
	}
	if o.url != "" {
		if o.url, err = serviceURL(o.url); err != nil {
			return term.Fail(term.Usage, fmt.Errorf("%s: %w", o.option("url"), err), urlHint)
		}
	}
	ln, err := net.Listen("tcp", o.addr)
	if err != nil {
		return server.NoListener(err, o.option("addr"), "127.0.0.1:8081")
	}
	defer ln.Close()
	if o.url == "" {
		if at, ok := ln.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() {
			return term.Fail(term.Usage, fmt.Errorf("%s %s is every address of this machine, and none that pages and receipts could name", o.option("addr"), o.addr),
				"say where the service is reached, such as --url https://verify.example.org, or listen at one address, such as --addr 127.0.0.1:8081")
		}
		o.url = "http://" + ln.Addr().String()
	}
	if runtime.GOMAXPROCS(0) == 1 {
		// The only one would be kept for ten milliseconds at a time by whatever reads a
		// photograph; the machine's own scheduler gives way to what is short.
		runtime.GOMAXPROCS(2)
	}
	log := slog.New(slog.NewJSONHandler(o.words, nil))
	v := &verification{options: o, proxies: proxies, log: log, guard: server.NewGuard(server.DefaultQuota)}
	v.metrics = server.NewMetrics(v.lists)
	v.metrics.Reloads(func() bool { return !v.stale.Load() })
	if v.receipts, err = receiptDesk(o); err != nil {
		return err
	}
	forget, err := v.keepLists()
	if err != nil {
		return err
	}
	defer forget()
	tracer, err := server.NewTracer(ctx, program, o.otlp)
	if err != nil {
		if o.otlp != "" {
			err = fmt.Errorf("%s: %w", o.option("otlp"), err)
		}
		return term.Fail(term.Usage, err, "give the URL of the collector, such as --otlp http://127.0.0.1:4318, or none")
	}
	tracer.LogTo(log)
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if stopping := tracer.Stop(ctx); stopping != nil {
			log.Warn("the last traces could not be sent", "error", stopping.Error())
		}
	}()

	// The admin address outlives the public one, so that it can be seen to stop.
	asked := ctx
	observed, unobserve := context.WithCancel(context.WithoutCancel(ctx))
	var observing sync.WaitGroup
	defer observing.Wait()
	defer unobserve()
	ctx, stop := context.WithCancel(ctx)
	defer v.beside.Wait()
	defer stop()
	if err := v.load(ctx); err != nil {
		return err
	}
	var admin net.Addr
	if o.admin != "" {
		adminListener, err := server.ListenAdmin(o.admin)
		if err != nil {
			return server.NoListener(err, o.option("admin-addr"), "127.0.0.1:9081")
		}
		admin = adminListener.Addr()
		handler := server.Admin(server.AdminOptions{Metrics: v.metrics, Needs: []server.Need{
			server.Running(asked), {Name: "trust", Ready: v.trusts}, server.FreshLists(v.lists, time.Now),
		}})
		observing.Go(func() {
			if err := server.Serve(observed, adminListener, handler, log); err != nil {
				log.Error("the admin address is not served", "error", err.Error())
			}
		})
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	v.beside.Go(func() { v.reload(ctx, hangups) })

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
		return term.Fail(term.Undecided, err, "")
	}
	return nil
}

// receiptDesk returns the desk that signs receipts, nil if none are to be given.
func receiptDesk(o serveOptions) (*receipt.Desk, error) {
	if o.receipts == "" {
		return nil, nil
	}
	ring, err := keys.Load(o.receipts, o.url)
	if err == nil {
		if _, err = ring.Active(keys.ForReceipt); err == nil {
			return &receipt.Desk{Body: o.url, Signer: ring}, nil
		}
	}
	try := "name the folder that testamur-verify receipt-key has made for this --url"
	if entries, reading := os.ReadDir(o.receipts); errors.Is(reading, fs.ErrNotExist) || reading == nil && len(entries) == 0 {
		try = "make the key with: testamur-verify receipt-key --dir " + o.receipts + " --url " + o.url
	}
	return nil, term.Fail(term.Usage, fmt.Errorf("%s: %w", o.option("receipts"), err), try)
}

var (
	urlPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*$`)
	urlHost = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

const urlHint = "give the address as it stands before the pages, such as --url https://verify.example.org"

// serviceURL checks the address of the service and takes its final slash away. Its
// path is of letters, digits and the marks that mean nothing to whoever routes.
func serviceURL(text string) (string, error) {
	wrong := fmt.Errorf("%q is not the address of a service, such as https://verify.example.org", text)
	text = strings.TrimSuffix(text, "/")
	rest, ok := strings.CutPrefix(text, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(text, "http://")
	}
	u, err := url.Parse(text)
	if err != nil || !ok || u.User != nil || strings.ContainsAny(rest, "?#") || strings.HasSuffix(u.Host, ":") {
		return "", wrong
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		ok = !ip.IsUnspecified() && ip.Zone() == ""
	} else {
		ok = urlHost.MatchString(u.Hostname())
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) {
		return "", fmt.Errorf("%q: %s is no port", text, u.Port())
	}
	if !ok || !urlPath.MatchString(u.EscapedPath()) {
		return "", wrong
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return "", wrong
		}
	}
	return text, nil
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

func newReceiptKey() *cobra.Command {
	var dir, address, name string
	cmd := &cobra.Command{
		Use:   "receipt-key --dir DIR --url URL",
		Short: "Make the key that signs receipts of verifications",
		Long: `Make a key that signs receipts of verifications, in the name of the service at
--url, and print the trust file by which others check them (testamur-verify
receipt --trust FILE). The folder may hold receipt keys of the service already: the
youngest signs, and the trust file names all of them. A folder with other keys, such
as that of a body, is left as it is.`,
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
		return term.Fail(term.Usage, fmt.Errorf("--url: %w", err), urlHint)
	}
	// All that can be wrong is found before anything is written: among the keys of
	// somebody else, one more would keep theirs from being loaded.
	if err := receiptKeysOnly(dir, address); err != nil {
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
	if _, err := verifier.NewTrust([]*verifier.Issuer{&entry}, nil); err != nil {
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

// receiptKeysOnly refuses a folder of keys that are not for receipts of the service.
// One that is not there, or holds no keys, is none.
func receiptKeysOnly(dir, address string) error {
	ring, err := keys.Load(dir, address)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("--dir: %w", err), "choose another folder with --dir; this one is left as it is")
	}
	for _, k := range ring.Keys() {
		if k.Purpose != keys.ForReceipt {
			return term.Fail(term.Usage, fmt.Errorf("--dir: %s holds keys of a body, of which one is for %s", dir, k.Purpose),
				"add a receipt key to a body with: testamur keys add receipt; or choose another folder with --dir")
		}
	}
	return nil
}
