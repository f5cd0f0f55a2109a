package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

type doctorOptions struct {
	trust, format, color string
	offline              bool
}

func newDoctor() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor [--trust FILE] [--offline]",
		Short: "Find out what is wrong with a set-up",
		Long: `Look at everything that checking certificates needs, and say of each whether it
is ok, needs attention or is broken, and what to try next: the trust file, its
issuers, keys and status lists, the clock, the way to each issuer, and the tools
of this machine.

The issuers are asked as "check" asks them: no address of a private network is
gone to, and no proxy of the environment is used. With --offline nobody is asked.

Exit codes: 0 nothing is broken, 1 something is, 3 something could not be told.`,
		Example: `  testamur-verify doctor
  testamur-verify doctor --trust trust.json
  testamur-verify doctor --offline --trust bundle.json -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().StringVar(&o.trust, "trust", "", "trust `file`: the issuers to believe")
	cmd.Flags().BoolVar(&o.offline, "offline", false, "ask nothing of the network")
	term.OutputFlag(cmd, &o.format, "text", "json")
	term.ColorFlag(cmd, &o.color)
	_ = cmd.MarkFlagFilename("trust", "json")
	return cmd
}

// Conditions of one finding.
const (
	fine      = "ok"
	attention = "attention"
	broken    = "broken"
	untold    = "unknown"
)

// finding is what was seen of one part of the set-up.
type finding struct {
	Part      string `json:"part"`
	Condition string `json:"condition"`
	Detail    string `json:"detail"`
	Try       string `json:"try,omitempty"` // what to do next
}

func runDoctor(ctx context.Context, out io.Writer, o doctorOptions) error {
	paint, err := term.NewPaint(o.color, out)
	if err != nil {
		return err
	}
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("output format %q is not one of text, json", o.format)
	}
	d := &doctor{ctx: ctx, offline: o.offline, now: time.Now}
	if o.format == "text" {
		d.seen = func(f finding) { _, err = io.WriteString(out, f.text(paint)) }
	}
	d.examine(o.trust, out)
	code := d.code()
	summary := map[int]string{term.OK: "Nothing is broken.", term.No: "Something is broken.", term.Undecided: "Something could not be told."}[code]
	if o.format == "json" {
		err = term.JSON(out, map[string]any{"summary": summary, "findings": d.findings})
	} else {
		fmt.Fprintf(out, "\n%s\n", summary)
	}
	if err == nil && code != term.OK {
		err = term.Silent(code)
	}
	return err
}

func (f finding) text(paint term.Paint) string {
	in := map[string]func(string) string{fine: paint.Good, attention: paint.Open, broken: paint.Bad, untold: paint.Open}[f.Condition]
	s := in(f.Condition) + strings.Repeat(" ", max(0, 10-len(f.Condition))) + term.Plain(oneLine(f.Part+": "+f.Detail)) + "\n"
	if f.Try != "" {
		s += strings.Repeat(" ", 10) + term.Plain(oneLine("→ "+f.Try)) + "\n"
	}
	return s
}

// doctor looks at a set-up.
type doctor struct {
	ctx      context.Context
	offline  bool
	now      func() time.Time
	seen     func(finding) // is told each finding at once; may be nil
	findings []finding
}

func (d *doctor) say(part, condition, detail, try string) {
	f := finding{part, condition, strings.TrimSuffix(detail, ".") + ".", try}
	d.findings = append(d.findings, f)
	if d.seen != nil {
		d.seen(f)
	}
}

func (d *doctor) code() int {
	code := term.OK
	for _, f := range d.findings {
		switch f.Condition {
		case broken:
			return term.No
		case untold:
			code = term.Undecided
		}
	}
	return code
}

func (d *doctor) examine(trustPath string, out io.Writer) {
	d.say("program", fine, fmt.Sprintf("%s %s", program, term.Version()), "")
	if t := d.trust(trustPath); t != nil {
		inside := d.inside(t)
		if d.offline {
			d.say("network", fine, "not asked, because of --offline", "")
		} else {
			d.issuers(t, inside)
		}
	}
	d.machine(out)
	if d.ctx.Err() != nil {
		d.say("run", untold, "it was interrupted", "run it again")
	}
}

// trust looks at the trust file, its issuers and their keys.
func (d *doctor) trust(path string) *trusted {
	path, how, err := findTrust(path)
	if err != nil {
		d.say("trust file", broken, err.Error(), trustHint)
		return nil
	}
	text, err := term.ReadInput(nil, path, maxTrust)
	if err != nil {
		d.say("trust file", broken, err.Error(), trustHint)
		return nil
	}
	d.say("trust file", fine, fmt.Sprintf("found at %s (by %s)", path, how), "")
	t, err := parseTrust(path, text)
	if err != nil {
		d.say("trust file", broken, err.Error(), "do not mend it by hand: get it again from the body that issues the certificates")
		return nil
	}
	for _, i := range t.Issuers() {
		count := map[keys.Purpose]int{}
		for _, k := range i.Keys.Keys() {
			for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt, keys.ForSeal} {
				if k.May(p) {
					count[p]++
				}
			}
		}
		words := fmt.Sprintf("%s has %d keys: %d for certificates, %d for status lists, %d for receipts, %d for seals",
			title(i), len(i.Keys.Keys()), count[keys.ForCredential], count[keys.ForStatusList], count[keys.ForReceipt], count[keys.ForSeal])
		const again = "get the issuer's present trust file"
		switch {
		case count[keys.ForCredential] == 0 && count[keys.ForReceipt] > 0:
			d.say("issuer", fine, words+"; it gives receipts only", "")
		case count[keys.ForCredential] == 0:
			d.say("issuer", broken, words+". None of its certificates can be believed", again)
		case count[keys.ForStatusList] == 0 || len(i.StatusLists) == 0:
			d.say("issuer", broken, words+", and publishes status lists at "+either(strings.Join(i.StatusLists, ", "), "no address")+". Whether a certificate was withdrawn cannot be told", again)
		default:
			d.say("issuer", fine, words+"; status lists at "+strings.Join(i.StatusLists, ", "), "")
		}
		for _, k := range i.Keys.Idle() {
			d.say("key", attention, fmt.Sprintf("%s has the key %s for %q, which this release does not know; nothing is checked with it", title(i), k.ID, k.Purpose),
				"if the issuer says that there is such a purpose, get a later release of "+program)
		}
	}
	return t
}

// inside looks at the lists inside the trust file.
func (d *doctor) inside(t *trusted) []listState {
	all := t.bundled()
	const again = "get a new bundle: testamur trust --bundle > bundle.json"
	if len(all) == 0 {
		if d.offline {
			d.say("bundle", broken, "the trust file holds no status lists, so that offline nothing can be found valid", again)
		} else {
			d.say("bundle", fine, "the trust file holds no status lists; they come from the issuers", "")
		}
	}
	for _, l := range all {
		d.list("bundle", l, again)
	}
	return all
}

// list looks at one list. A bundled one that serves beside the issuer's own may
// be out of date.
func (d *doctor) list(part string, l listState, try string) {
	now := d.now()
	words := fmt.Sprintf("status list %s for %s is of %s, %s", l.url, l.purposes, verifier.Minute(l.from), age(now.Sub(l.from)))
	switch {
	case l.err != nil:
		d.say(part, broken, fmt.Sprintf("status list %s cannot be used: %v", l.url, l.err), try)
	case now.Add(time.Minute).Before(l.from):
		d.say(part, broken, words, "set the clock of this machine: it says "+verifier.Minute(now).String())
	case now.Before(l.until):
		d.say(part, fine, fmt.Sprintf("%s, good until %s", words, verifier.Minute(l.until)), "")
	case part == "bundle" && !d.offline:
		d.say(part, attention, fmt.Sprintf("%s, and out of date since %s. Only what it says of withdrawals still counts", words, verifier.Minute(l.until)), try)
	default:
		d.say(part, broken, fmt.Sprintf("%s, and out of date since %s", words, verifier.Minute(l.until)), try)
	}
}

// issuers goes to each issuer the way a check does, and compares the clocks.
func (d *doctor) issuers(t *trusted, inside []listState) {
	publication := verifier.NewPublication(t.Trust)
	compared, asked := false, false
	for _, i := range t.Issuers() {
		for _, prefix := range i.StatusLists {
			asked = true
			reached, date := d.reach(publication, prefix)
			if reached && !date.IsZero() {
				compared = true
				d.clock(prefix, date)
			}
			if !reached {
				continue
			}
			known := 0
			for _, l := range inside {
				if !strings.HasPrefix(l.url, prefix) {
					continue
				}
				known++
				text, err := publication.StatusList(d.ctx, l.url)
				if err != nil {
					d.say("status list", broken, verifier.Detail(err), "the issuer no longer publishes it there: tell the issuer, and get its present trust file")
					continue
				}
				d.list("status list", t.inspect(l.url, text), "the issuer does not keep its lists up to date, or something between here and there changes them: tell the issuer")
			}
			if known == 0 {
				if text, err := publication.StatusList(d.ctx, prefix); err == nil {
					d.list("status list", t.inspect(prefix, text), "tell the issuer")
				} else {
					d.say("status list", fine, fmt.Sprintf("none is known by name under %s: a certificate says which is its own", prefix), "check a certificate to try")
				}
			}
		}
	}
	if asked && !compared {
		d.say("clock", untold, "no issuer answered, so that the clock of this machine could not be compared", "compare it with another: it says "+verifier.Minute(d.now()).String())
	}
}

// steps is how far a request came.
type steps struct {
	host      string
	addresses []net.IPAddr
	dns       error
	remote    string // address that was connected to
	dial      error
	tls       error
	answered  bool
}

// reach asks for an address and says what came of it. Anything that a web server
// answers shows the way to be open.
func (d *doctor) reach(p *verifier.Publication, address string) (reached bool, date time.Time) {
	u, err := url.Parse(address)
	if err != nil {
		d.say("way", broken, err.Error(), "get the issuer's present trust file")
		return false, date
	}
	s := &steps{host: u.Hostname()}
	_, err = p.StatusList(httptrace.WithClientTrace(d.ctx, &httptrace.ClientTrace{
		DNSDone: func(i httptrace.DNSDoneInfo) { s.addresses, s.dns = i.Addrs, i.Err },
		ConnectDone: func(_, _ string, err error) {
			if err != nil {
				s.dial = err
			}
		},
		GotConn:              func(i httptrace.GotConnInfo) { s.remote = i.Conn.RemoteAddr().String() },
		TLSHandshakeDone:     func(_ tls.ConnectionState, err error) { s.tls = err },
		GotFirstResponseByte: func() { s.answered = true },
	}), address)
	f := s.finding(u, err)
	if s.answered {
		date = serverDate(d.ctx, u, s.remote)
	}
	d.say(f.Part, f.Condition, f.Detail, f.Try)
	return s.answered, date
}

// finding explains how far the request came. It is apart from asking so that
// every case can be tried.
func (s *steps) finding(u *url.URL, err error) finding {
	part := "way to " + u.Host
	where := make([]string, 0, len(s.addresses))
	for _, a := range s.addresses {
		where = append(where, a.String())
	}
	addresses := strings.Join(where, ", ")
	switch {
	case s.answered:
		said := "answered"
		if u.Scheme == "https" {
			said = "answered over TLS"
		}
		return finding{part, fine, fmt.Sprintf("%s %s", either(s.remote, u.Host), said), ""}
	case errors.Is(err, context.Canceled):
		return finding{part, untold, "it was not asked to the end", "run it again"}
	case s.dns != nil:
		return finding{part, broken, fmt.Sprintf("the name %s is not found: %v", s.host, s.dns), "look whether this machine has a network and a name server, and whether the name in the trust file is right"}
	case err != nil && strings.Contains(verifier.Detail(err), "not an address of the public internet"):
		return finding{part, broken, fmt.Sprintf("%s leads to %s, which is in a private network and therefore refused: whoever answers for a name could otherwise send this program inside", s.host, either(addresses, "an address")),
			"reach the issuer by a public address; for one on this machine or in this network its trust file must name the address itself"}
	case s.tls != nil:
		return finding{part, broken, fmt.Sprintf("no trustworthy connection to %s: %v", s.host, s.tls), "if the certificate of the web server is not yet or no longer valid, look at the clock; if it is signed by somebody unknown, a gateway in between opens connections: ask who runs the network"}
	case s.dial != nil:
		return finding{part, broken, fmt.Sprintf("%s does not take the connection: %v", u.Host, s.dial), "look whether a firewall is in between; a proxy of the environment is not used. To check without a network: testamur trust --bundle and --offline"}
	case err != nil:
		return finding{part, broken, verifier.Detail(err), "try again; if it lasts, tell the issuer"}
	}
	return finding{part, fine, "answered", ""}
}

// serverDate is what a web server says the time is, asked at the very address
// that the guarded connection was allowed to reach. Zero if it does not say.
func serverDate(ctx context.Context, u *url.URL, remote string) time.Time {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return time.Time{}
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: patience}).DialContext(ctx, network, remote)
		},
		DisableKeepAlives: true, TLSHandshakeTimeout: patience, MaxResponseHeaderBytes: 16 << 10,
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return time.Time{}
	}
	defer resp.Body.Close()
	date, _ := http.ParseTime(resp.Header.Get("Date"))
	return date
}

// clock compares the clock of this machine with that of a web server.
func (d *doctor) clock(address string, date time.Time) {
	off := d.now().Sub(date)
	host := address
	if u, err := url.Parse(address); err == nil {
		host = u.Host
	}
	switch {
	case off > time.Minute:
		d.say("clock", attention, fmt.Sprintf("this machine is %s ahead of %s", off.Round(time.Second), host), "set the clock, or let it be set over the network: certificates and lists are judged by it")
	case off < -time.Minute:
		d.say("clock", attention, fmt.Sprintf("this machine is %s behind %s", (-off).Round(time.Second), host), "set the clock, or let it be set over the network: certificates and lists are judged by it")
	default:
		d.say("clock", fine, fmt.Sprintf("agrees with %s, %s", host, verifier.Minute(d.now())), "")
	}
}

// machine looks at what this machine provides.
func (d *doctor) machine(out io.Writer) {
	if path, err := exec.LookPath("pdftoppm"); err == nil {
		d.say("scanned PDFs", fine, "pdftoppm is at "+path, "")
	} else {
		d.say("scanned PDFs", attention, "pdftoppm is not installed: a QR code drawn on a page, as of a scan, cannot be read. PDFs as they were issued can", "install poppler-utils")
	}
	if f, err := os.CreateTemp("", "testamur-verify-*"); err == nil {
		f.Close()
		os.Remove(f.Name())
		d.say("temporary files", fine, "can be written to "+os.TempDir(), "")
	} else {
		d.say("temporary files", attention, err.Error(), "set $TMPDIR to a folder that can be written to")
	}
	locale := either(os.Getenv("LC_ALL"), either(os.Getenv("LC_CTYPE"), os.Getenv("LANG")))
	lower := strings.ToLower(locale)
	where := "standard output is no terminal"
	if term.IsTerminal(out) {
		where = "standard output is a terminal"
	}
	if locale == "" || slices.ContainsFunc([]string{"utf-8", "utf8"}, func(s string) bool { return strings.Contains(lower, s) }) {
		d.say("terminal", fine, fmt.Sprintf("%s, locale %s; names are printed as UTF-8", where, either(locale, "not set")), "")
	} else {
		d.say("terminal", attention, fmt.Sprintf("%s, locale %s; names are printed as UTF-8, which it may not show", where, locale), "set LC_ALL to one that ends in UTF-8")
	}
}

func title(i *verifier.Issuer) string {
	if i.Name == "" {
		return i.ID
	}
	return fmt.Sprintf("%s (%s)", i.Name, i.ID)
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
