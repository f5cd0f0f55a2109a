package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/receipt"
)

type serveWords struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *serveWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *serveWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// servedService is a running service of a test.
type servedService struct {
	public, admin string
	words         *serveWords
	stop          func() error
}

func startServe(t *testing.T, o serveOptions) *servedService {
	t.Helper()
	s := &servedService{words: &serveWords{}}
	o.words = s.words
	if o.addr == "" {
		o.addr = "127.0.0.1:0"
	}
	begun, ended := make(chan struct{}), make(chan error, 1)
	o.listening = func(public, admin net.Addr) {
		s.public = "http://" + public.String()
		if admin != nil {
			s.admin = "http://" + admin.String()
		}
		close(begun)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- runServe(ctx, o) }()
	select {
	case <-begun:
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	s.stop = sync.OnceValue(func() error {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		return <-ended
	})
	t.Cleanup(func() { s.stop() })
	return s
}

// ask returns the status and the answer to a request.
func (s *servedService) ask(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestServeOffline(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	const address = "http://verify.localhost/check"
	var entry bytes.Buffer
	dir := filepath.Join(t.TempDir(), "receipts")
	if err := runReceiptKey(&entry, dir, address+"/", "Example Employer", time.Now()); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, serveOptions{
		trust: o.trust(t, o.lists(t, o.now, 7)), admin: "127.0.0.1:0", url: address, name: "Specimen", receipts: dir, offline: true,
	})
	good := o.certificate(t, 1)
	status, text := s.ask(t, "POST", s.public+"/check/v1/verify?receipt=1", good)
	var answer struct {
		Valid   bool
		Receipt string
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || !answer.Valid {
		t.Fatalf("%d %s", status, text)
	}
	trust, err := verifier.ParseTrust(entry.Bytes()) // as others get it
	if err != nil {
		t.Fatalf("%v: %s", err, &entry)
	}
	if r, err := receipt.Open(trust, answer.Receipt); err != nil || r.Verdict != "valid" || r.Issuer != address {
		t.Errorf("receipt: %+v, %v", r, err)
	}
	if _, text := s.ask(t, "POST", s.public+"/check/v1/verify", o.certificate(t, 7)); !strings.Contains(text, `"reason":"revoked"`) {
		t.Errorf("withdrawn: %s", text)
	}
	if _, text := s.ask(t, "POST", s.public+"/check/v1/verify", `{"link":"https://certs.example.org/c/7Q2F9KXM31PD0001"}`); !strings.Contains(text, `"verdict":"indeterminate"`) {
		t.Errorf("a link without a network: %s", text)
	}
	for path, want := range map[string]int{"/check/": 200, "/check/openapi.yaml": 200, "/check/v1/certificates/0": 503, "/v1/verify": 404, "/check/v1/none": 404} {
		if status, text := s.ask(t, "GET", s.public+path, ""); status != want {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
	}
	// A document is larger than what a request may otherwise send.
	if status, text := s.ask(t, "POST", s.public+"/check/v1/verify", "%PDF-1.7 "+strings.Repeat("x", 1<<20)); status != 200 || !strings.Contains(text, "no_credential") {
		t.Errorf("a large document: %d %s", status, text)
	}
	for path, want := range map[string]string{
		"/healthz": "alive", "/readyz": `{"ready":true,"needs":[{"name":"running","ready":true},{"name":"trust","ready":true},{"name":"status lists","ready":true`,
		"/metrics": `testamur_verdicts_total{reason="revoked",verdict="invalid"} 1`,
	} {
		if status, text := s.ask(t, "GET", s.admin+path, ""); status != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	for _, secret := range []string{"7Q2F9KXM31PD", "Łukasiewicz", good} {
		if strings.Contains(s.words.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}

// The trust file is read again when the service is told to; a broken one changes
// nothing.
func TestServeReadsTheTrustFileAgain(t *testing.T) {
	one, other := newOffice(t, "https://one.example.org"), newOffice(t, "https://other.example.org")
	path := one.trust(t, one.lists(t, one.now))
	s := startServe(t, serveOptions{trust: path, offline: true, admin: "127.0.0.1:0"})
	verdict := func(token string) string {
		_, text := s.ask(t, "POST", s.public+"/v1/verify", token)
		var r struct{ Verdict, Reason string }
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		return r.Verdict + " " + r.Reason
	}
	ours, theirs := one.certificate(t, 1), other.certificate(t, 1)
	if got := verdict(ours) + ", " + verdict(theirs); got != "valid , invalid untrusted_issuer" {
		t.Fatal(got)
	}
	tell := func(text []byte, want string) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		before := strings.Count(s.words.String(), want)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); strings.Count(s.words.String(), want) == before; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it does not say %q: %s", want, s.words)
			}
		}
	}
	tell([]byte("{"), "could not be read")
	if got := verdict(ours); got != "valid " {
		t.Errorf("after a broken trust file: %s", got)
	}
	text, err := os.ReadFile(other.trust(t, other.lists(t, other.now)))
	if err != nil {
		t.Fatal(err)
	}
	tell(text, "trust file read")
	if got := verdict(ours) + ", " + verdict(theirs); got != "invalid untrusted_issuer, valid " {
		t.Errorf("after the other trust file: %s", got)
	}
}

// A status list that the issuer publishes is kept beyond the run.
func TestServeKeepsStatusLists(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, "http://"+ln.Addr().String())
	lists := o.lists(t, o.now, 7)
	publisher := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := lists[o.url+r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		io.WriteString(w, text)
	}), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go publisher.Serve(ln)
	options := serveOptions{trust: o.trust(t, nil), state: filepath.Join(t.TempDir(), "state"), admin: "127.0.0.1:0"}
	s := startServe(t, options)
	if _, text := s.ask(t, "POST", s.public+"/v1/verify", o.certificate(t, 1)); !strings.Contains(text, `{"valid":true`) {
		t.Errorf("%s", text)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	publisher.Close()
	s = startServe(t, options)
	if _, text := s.ask(t, "POST", s.public+"/v1/verify", o.certificate(t, 7)); !strings.Contains(text, `"reason":"revoked"`) {
		t.Errorf("once the issuer is away: %s", text)
	}
	if status, text := s.ask(t, "GET", s.admin+"/readyz", ""); status != 200 {
		t.Errorf("the list kept is in force, and yet: %d %s", status, text)
	}
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := o.file(t, "file", "x")
	for name, c := range map[string]serveOptions{
		"no trust file":    {trust: filepath.Join(t.TempDir(), "none.json")},
		"address taken":    {trust: trust, addr: taken.Addr().String()},
		"admin taken":      {trust: trust, admin: taken.Addr().String()},
		"admin everywhere": {trust: trust, admin: ":0"},
		"odd address":      {trust: trust, url: "verify.example.org"},
		"odd proxy":        {trust: trust, proxies: []string{"proxy.example.org"}},
		"everybody":        {trust: trust, proxies: []string{"0.0.0.0/0"}},
		"no receipt key":   {trust: trust, receipts: t.TempDir()},
		"no state":         {trust: trust, state: file},
	} {
		c.words = io.Discard
		if c.addr == "" {
			c.addr = "127.0.0.1:0"
		}
		c.listening = func(_, _ net.Addr) { t.Errorf("%s: it serves", name) }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := runServe(ctx, c); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

func TestServeTakesItsOptionsFromTheEnvironment(t *testing.T) {
	t.Setenv("TESTAMUR_VERIFY_ADDR", "127.0.0.1:7")
	t.Setenv("TESTAMUR_VERIFY_ADMIN_ADDR", "127.0.0.1:8")
	t.Setenv("TESTAMUR_VERIFY_TRUSTED_PROXY", "10.0.0.0/8,192.0.2.1")
	t.Setenv("TESTAMUR_VERIFY_OFFLINE", "true")
	cmd := newServe()
	var got []string
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if _, err := fromEnvironment(cmd); err != nil {
			return err
		}
		for _, name := range []string{"addr", "admin-addr", "trusted-proxy", "offline", "url"} {
			got = append(got, cmd.Flags().Lookup(name).Value.String())
		}
		return nil
	}
	cmd.SetArgs([]string{"--addr", "127.0.0.1:9"})
	if err := cmd.Execute(); err != nil || strings.Join(got, " ") != "127.0.0.1:9 127.0.0.1:8 [10.0.0.0/8,192.0.2.1] true " {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("TESTAMUR_VERIFY_OFFLINE", "perhaps")
	cmd = newServe()
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { _, err := fromEnvironment(cmd); return err }
	cmd.SetArgs([]string{})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "TESTAMUR_VERIFY_OFFLINE") {
		t.Errorf("%v", err)
	}
}

func TestReceiptKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	now := time.Now()
	var first, second bytes.Buffer
	if err := runReceiptKey(&first, dir, "https://verify.example.org", "Example", now); err != nil {
		t.Fatal(err)
	}
	if err := runReceiptKey(&second, dir, "https://verify.example.org/", "Example", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.ParseTrust(second.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	body, ok := trust.Issuer("https://verify.example.org")
	if !ok || body.Name != "Example" || len(body.Keys.Keys()) != 2 || !strings.Contains(second.String(), `"statusLists": []`) {
		t.Errorf("%s", &second)
	}
	for _, k := range body.Keys.Keys() {
		if k.Purpose != keys.ForReceipt {
			t.Errorf("a %s key", k.Purpose)
		}
	}
	for _, private := range []string{`"d":`, `"d": `} {
		if strings.Contains(second.String(), private) {
			t.Error("the private key is printed")
		}
	}
	for name, address := range map[string]string{"no scheme": "verify.example.org", "http": "http://verify.example.org", "query": "https://verify.example.org/?x"} {
		dir := filepath.Join(t.TempDir(), "keys")
		if err := runReceiptKey(io.Discard, dir, address, "", now); err == nil {
			t.Errorf("%s: a key is made", name)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder is made", name)
		}
	}
	var usage *term.Error
	if err := runReceiptKey(io.Discard, dir, "http://verify.example.org", "", now); !errors.As(err, &usage) || usage.Code != term.Usage {
		t.Errorf("%v", err)
	}
}
