package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/receipt"
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
