package verifier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/testamur/testamur/keys"
)

// What can come of asking an issuer for a certificate.
var (
	ErrNotTrusted = errors.New("address is not one of a trusted issuer")
	ErrNoSuch     = errors.New("issuer knows no such certificate")
)

// Publication fetches what trusted issuers publish: status lists and
// certificates by their link. It asks nobody else: an address counts only under
// a prefix of the trust file, redirects are not followed, proxies of the
// environment are not used, and no address of this machine or a private network
// is dialled unless the prefix itself names one. It is [Statuses].
type Publication struct {
	trust *Trust
	own   string // issuer whose publication is at hand
	hand  Origin
}

// NewPublication returns the publication of the trusted issuers.
func NewPublication(t *Trust) *Publication { return &Publication{trust: t} }

// Origin is what an issuer publishes, at the issuer itself.
type Origin interface {
	Archive
	// Credential returns the signed certificate of the id as links have it, upper
	// case. The error wraps [ErrNoSuch] if there is none, and says nothing about
	// why otherwise that is not for everybody.
	Credential(ctx context.Context, id string) (string, error)
}

// Own returns a publication that asks the origin for what the issuer publishes,
// and not the network. It is for the issuer's own verification service.
func (p *Publication) Own(issuer string, origin Origin) *Publication {
	return &Publication{p.trust, issuer, origin}
}

// publisher returns the trusted issuer among whose addresses that of the list is.
func (p *Publication) publisher(list string) (*Issuer, bool) {
	for _, i := range p.trust.Issuers() {
		if i.publishes(list) {
			return i, true
		}
	}
	return nil, false
}

// Limits of one fetch.
const (
	fetchTime  = 5 * time.Second
	fetchBytes = keys.MaxListToken
)

// StatusList implements [Statuses] over the network. The URL must be under a
// status list prefix of a trusted issuer.
func (p *Publication) StatusList(ctx context.Context, url string) (string, error) {
	i, ok := p.publisher(url)
	switch {
	case !ok:
		return "", fmt.Errorf("%s: %w", url, ErrNotTrusted)
	case p.hand != nil && i.ID == p.own:
		return p.hand.StatusList(ctx, url)
	}
	return fetch(ctx, url, fetchBytes)
}

// StatusListAt implements [Archive] over the network: the issuer is asked for the
// list as it was (W3C Bitstring Status List §3.4). One that keeps no lists may
// answer with its current one, which the verifier notices.
func (p *Publication) StatusListAt(ctx context.Context, list string, at time.Time) (string, error) {
	i, ok := p.publisher(list)
	switch {
	case !ok:
		return "", fmt.Errorf("%s: %w", list, ErrNotTrusted)
	case p.hand != nil && i.ID == p.own:
		return p.hand.StatusListAt(ctx, list, at)
	}
	return fetch(ctx, list+"?timestamp="+url.QueryEscape(at.UTC().Format(time.RFC3339)), fetchBytes)
}

// Link is a verification address of a trusted issuer, <issuer>/c/<id>.
type Link struct {
	Issuer *Issuer
	ID     string // of the certificate, upper case
}

// Credential returns the id of the credential that the link must lead to.
func (l Link) Credential() string { return l.Issuer.ID + "/certificates/" + l.ID }

// ParseLink reads the address of a certificate as a QR code holds it or as a
// person types it: scheme, host, /C/ and id may be in either case, the id as
// [LinkID] takes it. What a mail program or another site has added behind a
// question mark is left out. The address at which programs find the certificate,
// <issuer>/certificates/<id>, is taken too. The error wraps [ErrNotTrusted] if it
// is not that of a trusted issuer.
func (p *Publication) ParseLink(text string) (Link, error) {
	text = trim(text)
	err := fmt.Errorf("%q: %w", text, ErrNotTrusted)
	for _, i := range p.trust.Issuers() {
		id, ok := i.linked(text)
		if !ok {
			continue
		}
		if id := LinkID(id); id != "" {
			return Link{i, id}, nil
		}
		err = fmt.Errorf("%q is not a verification address of %s: after /c/ come letters and digits only", text, i.title())
	}
	return Link{}, err
}

// linked returns what follows <issuer>/c/ in a link. The issuer's path, if it
// has one, is compared exactly.
func (i *Issuer) linked(text string) (id string, ok bool) {
	for _, between := range []string{"/c/", "/certificates/"} {
		prefix := i.ID + between
		if len(text) <= len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
			continue
		}
		_, address, _ := strings.Cut(i.ID, "://")
		if slash := strings.IndexByte(address, '/'); slash >= 0 && !strings.HasSuffix(text[:len(i.ID)], address[slash:]) {
			continue
		}
		id, _, _ = strings.Cut(text[len(prefix):], "#")
		id, _, _ = strings.Cut(id, "?")
		if between == "/certificates/" {
			id = strings.TrimSuffix(strings.TrimSuffix(id, ".jws"), ".pdf")
		}
		return strings.TrimSuffix(id, "/"), true
	}
	return "", false
}

// LinkID reads the id of a certificate in links as it is scanned or typed: in
// either case, with or without hyphens, with O for 0 and I or L for 1 (Crockford's
// base 32 has none of these). It returns the id as issued, or "" for what cannot
// be one.
func LinkID(text string) string {
	if len(text) > 64 || strings.Trim(text, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
		return "" // before capitals: other alphabets have letters whose capitals are Latin
	}
	return strings.NewReplacer("-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
}

// Credential fetches the certificate that a link leads to. The error wraps
// [ErrNoSuch] if the issuer answers that it knows none; any other error means
// that it cannot be decided.
func (p *Publication) Credential(ctx context.Context, l Link) (string, error) {
	if p.hand != nil && l.Issuer.ID == p.own {
		return p.hand.Credential(ctx, l.ID)
	}
	text, err := fetch(ctx, l.Credential()+".jws", keys.MaxToken)
	if errors.Is(err, errNotThere) {
		return "", fmt.Errorf("%s: %w", l.Credential(), ErrNoSuch)
	}
	if err != nil {
		return "", err
	}
	if _, err := keys.Parse(trim(text), keys.ForCredential); err != nil {
		// A page of a network's gate or of a web server in trouble is no answer
		// of the issuer's.
		return "", &FetchError{"the issuer answered with something that is no certificate", http.StatusOK, fmt.Errorf("%s: %w", l.Credential(), err)}
	}
	return text, nil
}

// errNotThere says that a server has nothing at an address.
var errNotThere = errors.New("nothing is published there")

// FetchError is why something could not be had over the network. Its text is for
// whoever asked about a certificate, and names neither addresses nor machinery. What
// it unwraps to is for whoever runs the program: see [Detail].
type FetchError struct {
	Text   string
	Status int // that was answered with; 0: there was no answer
	Err    error
}

func (e *FetchError) Error() string { return e.Text }

func (e *FetchError) Unwrap() error { return e.Err }

// Detail is the text of an error, for whoever runs the program: with all that is
// known of each [FetchError] in it.
func Detail(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	var look func(error)
	look = func(err error) {
		switch e := err.(type) {
		case nil:
		case *FetchError:
			if e.Err != nil {
				text += " (" + e.Err.Error() + ")"
			}
		case interface{ Unwrap() error }:
			look(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				look(one)
			}
		}
	}
	look(err)
	return text
}

// unanswered is the error of an asking that brought no answer, or not all of one.
func unanswered(err error) error {
	text := "the issuer could not be reached"
	var slow interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		text = "the asking was given up"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		text = "the issuer did not answer in time"
	case errors.Is(err, errNotPublic):
		text = "the issuer's is " + errNotPublic.Error()
	}
	return &FetchError{text, 0, err}
}

func fetch(ctx context.Context, address string, limit int64) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	client := publicClient
	if namesPrivate(u.Hostname()) { // the trust file names this very address
		client = localClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", unanswered(err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return "", &FetchError{fmt.Sprintf("the issuer answered %d: %v", resp.StatusCode, errNotThere), resp.StatusCode, fmt.Errorf("%s: %w", address, errNotThere)}
	default:
		return "", &FetchError{fmt.Sprintf("the issuer answered %d", resp.StatusCode), resp.StatusCode, fmt.Errorf("%s answered %s", address, resp.Status)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return "", unanswered(fmt.Errorf("%s: %w", address, err))
	}
	if int64(len(body)) > limit {
		return "", &FetchError{fmt.Sprintf("the issuer's answer is longer than %d bytes", limit), resp.StatusCode, errors.New(address)}
	}
	return string(body), nil
}

var (
	publicClient = newClient(refusePrivate)
	localClient  = newClient(nil)
)

func newClient(control func(network, address string, _ syscall.RawConn) error) *http.Client {
	return &http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            (&net.Dialer{Timeout: fetchTime, Control: control}).DialContext,
			TLSHandshakeTimeout:    fetchTime,
			ResponseHeaderTimeout:  fetchTime,
			MaxResponseHeaderBytes: 16 << 10,
			DisableCompression:     true,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    4,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refusePrivate is called with the address that a name has resolved to, right
// before it is dialled, so that no answer of a name server leads inside.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !isPublic(ap.Addr()) {
		return fmt.Errorf("%s is %w", ap.Addr(), errNotPublic)
	}
	return nil
}

var errNotPublic = errors.New("not an address of the public internet")

// globalUnicast is all of IPv6 that has been given out (RFC 4291 §2.4, IANA);
// what is outside carries IPv4 addresses, is deprecated, or leads nowhere.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// Networks that are not the public internet beside those package netip knows:
// RFC 6890 and its updates, and those that carry an IPv4 address inside.
var notPublic = func() (list []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}()

func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !globalUnicast.Contains(a) || a.Zone() != "" {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// namesPrivate reports whether a host is written as an address that is not
// public, or as localhost. A name that merely resolves to one is not meant.
func namesPrivate(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return !isPublic(a)
	}
	return isLoopbackHost(host)
}

func isLoopbackHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}
