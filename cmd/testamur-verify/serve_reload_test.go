package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/testamur/testamur/verifier"
)

// publisher publishes what an office signs, at its address.
type publisher struct {
	office *office
	ln     net.Listener

	mu    sync.Mutex
	lists map[string]string // nil: it is away
	asked int
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{office: newOffice(t, "http://"+ln.Addr().String()), ln: ln}
	server := &http.Server{Handler: p, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	ended := make(chan struct{})
	go func() { server.Serve(ln); close(ended) }()
	t.Cleanup(func() { server.Close(); <-ended })
	return p
}

func (p *publisher) publish(lists map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lists, p.asked = lists, 0
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	text, ok := p.lists[p.office.url+r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	io.WriteString(w, text)
}

// verdict is the verdict on what is presented, at a moment if one is given.
func (s *servedService) verdict(t *testing.T, token, at string) string {
	t.Helper()
	if at != "" {
		at = "?at=" + at
	}
	_, text := s.ask(t, "POST", s.public+"/v1/verify"+at, token)
	var r struct{ Verdict, Reason string }
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return r.Verdict + " " + r.Reason
}

// hangUp has the service read its trust file again, and waits until it says so.
func (s *servedService) hangUp(t *testing.T, want string) {
	t.Helper()
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

// trustIn writes a trust file that names offices.
func trustIn(t *testing.T, path string, offices ...*office) {
	t.Helper()
	var issuers []*verifier.Issuer
	for _, o := range offices {
		issuers = append(issuers, &verifier.Issuer{ID: o.url, Keys: o.ring.Set(), StatusLists: []string{o.url + "/status/"}})
	}
	trust, err := verifier.NewTrust(issuers, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(trust)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Another trust file loses neither the lists that are kept nor what is remembered
// of them: while the issuer is away they serve on, and none older takes their place.
func TestServeKeepsListsOverANewTrustFile(t *testing.T) {
	for _, state := range []string{"", t.TempDir()} {
		p := newPublisher(t)
		o := p.office
		path := o.file(t, "trust.json", "")
		trustIn(t, path, o)
		p.publish(o.lists(t, o.now, 7))
		s := startServe(t, serveOptions{trust: path, state: state, admin: "127.0.0.1:0"})
		good, withdrawn := o.certificate(t, 1), o.certificate(t, 7)
		expect := func(when string) {
			t.Helper()
			if got := s.verdict(t, good, "") + ", " + s.verdict(t, withdrawn, ""); got != "valid , invalid revoked" {
				t.Errorf("state %q, %s: %s", state, when, got)
			}
		}
		expect("at first")
		p.publish(nil)
		s.hangUp(t, "trust file read")
		expect("the same trust file, the issuer away")
		p.mu.Lock()
		if p.asked > 0 {
			t.Errorf("the issuer is asked again %d times for what is kept", p.asked)
		}
		p.mu.Unlock()
		trustIn(t, path, o, newOffice(t, "https://other.example.org"))
		s.hangUp(t, "trust file read")
		expect("one issuer more, the issuer away")
		for why, lists := range map[string]map[string]string{"older": o.lists(t, o.now.Add(-time.Hour)), "forgetful": o.lists(t, o.now.Add(time.Second))} {
			p.publish(lists)
			trustIn(t, path, o, newOffice(t, "https://"+why+".example.org"))
			s.hangUp(t, "trust file read")
			expect(why)
		}
		// Nothing is believed that the keys of now do not bear out.
		p.publish(nil)
		heir := newOffice(t, o.url)
		trustIn(t, path, heir)
		s.hangUp(t, "trust file read")
		if got := s.verdict(t, heir.certificate(t, 1), ""); got != "indeterminate status_unavailable" {
			t.Errorf("other keys: %s", got)
		}
		if !strings.Contains(s.words.String(), "a status list cannot be kept fresh") {
			t.Error("nothing is logged of lists that cannot be had")
		}
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}
}

// That the trust file cannot be read is seen by whoever watches.
func TestServeShowsAFailedReload(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	path := o.trust(t, o.lists(t, o.now))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := startServe(t, serveOptions{trust: path, offline: true, admin: "127.0.0.1:0"})
	shown := func(want int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			_, metrics := s.ask(t, "GET", s.admin+"/metrics", "")
			if strings.Contains(metrics, fmt.Sprintf("testamur_trust_last_reload_successful %d\n", want)) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("not %d", want)
			}
		}
	}
	shown(1)
	for i, content := range []string{"{", string(text)} {
		o.file(t, "trust.json", content)
		s.hangUp(t, []string{"could not be read", "trust file read"}[i])
		shown(i)
	}
}

// One bundle is judged alike, whether by the service or by the command, and whatever
// its age.
func TestServeAndCheckJudgeABundleAlike(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	good, withdrawn := o.certificate(t, 1), o.certificate(t, 2)
	inside, before := o.now.Add(-40*time.Hour).Format(time.RFC3339), o.now.Add(-80*time.Hour).Format(time.RFC3339)
	soon := o.now.Add(12 * time.Hour).Format(time.RFC3339)
	met := map[string]bool{}
	for _, made := range []time.Duration{-3 * time.Hour, -50 * time.Hour, 48 * time.Hour} {
		bundles := []map[string]string{o.lists(t, o.now.Add(made), 2), maps.Clone(o.lists(t, o.now.Add(made), 2)), nil}
		bundles[1][o.url+"/status/1-suspension"] = o.lists(t, o.now.Add(-50*time.Hour))[o.url+"/status/1-suspension"]
		for i, lists := range bundles {
			trust := o.trust(t, lists)
			s := startServe(t, serveOptions{trust: trust, offline: true})
			for name, token := range map[string]string{"good": good, "withdrawn": withdrawn} {
				for _, at := range []string{"", inside, before, soon} {
					args := []string{"check", "--offline", "--trust", trust, "-o", "json"}
					if at != "" {
						args = append(args, "--at", at)
					}
					_, out, errs := execute(t, token, append(args, "-")...)
					var r struct{ Verdict, Reason string }
					if err := json.Unmarshal([]byte(out), &r); err != nil {
						t.Fatalf("%v: %s%s", err, out, errs)
					}
					want := r.Verdict + " " + r.Reason
					met[want] = true
					if got := s.verdict(t, token, at); got != want {
						t.Errorf("bundle %d of %s, %s at %q: the service says %s, the command %s", i, made, name, at, got, want)
					}
				}
			}
			if err := s.stop(); err != nil {
				t.Error(err)
			}
		}
	}
	if len(met) < 3 {
		t.Errorf("only %v were met", met)
	}
}

// A bundle that goes out of date while it serves still tells of withdrawals.
func TestServeABundleThatGoesOutOfDate(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	end := time.Now().Add(2 * time.Second)
	s := startServe(t, serveOptions{trust: o.trust(t, o.lists(t, end.Add(-24*time.Hour), 2)), offline: true, admin: "127.0.0.1:0"})
	good, withdrawn := o.certificate(t, 1), o.certificate(t, 2)
	if got := s.verdict(t, good, "") + ", " + s.verdict(t, withdrawn, ""); got != "valid , invalid revoked" {
		t.Fatal(got)
	}
	if status, text := s.ask(t, "GET", s.admin+"/readyz", ""); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	time.Sleep(time.Until(end) + 50*time.Millisecond)
	if got := s.verdict(t, good, "") + ", " + s.verdict(t, withdrawn, ""); got != "indeterminate status_unavailable, invalid revoked" {
		t.Error(got)
	}
	if status, text := s.ask(t, "GET", s.admin+"/readyz", ""); status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", status, text)
	}
}

// Without lists inside and without a network nothing can be found valid.
func TestServeIsNotReadyWithoutLists(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	s := startServe(t, serveOptions{trust: o.trust(t, nil), offline: true, admin: "127.0.0.1:0"})
	if status, text := s.ask(t, "GET", s.admin+"/readyz", ""); status != http.StatusServiceUnavailable || !strings.Contains(text, "holds no status lists") {
		t.Errorf("%d %s", status, text)
	}
}

// What runs beside a service ends with it, also if the trust file was replaced.
func TestServeLeavesNothingRunning(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := newPublisher(t)
	path := p.office.file(t, "trust.json", "")
	trustIn(t, path, p.office)
	p.publish(p.office.lists(t, p.office.now, 7))
	http.DefaultClient.CloseIdleConnections()
	before := goleak.IgnoreCurrent()
	s := startServe(t, serveOptions{trust: path, admin: "127.0.0.1:0"})
	for i := range 3 {
		s.verdict(t, p.office.certificate(t, 1), "")
		trustIn(t, path, p.office, newOffice(t, fmt.Sprintf("https://%d.example.org", i)))
		s.hangUp(t, "trust file read")
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	keptAlive := goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop") // to the issuer, for half a minute
	written := goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop")
	answered := goleak.IgnoreAnyFunction("net/http.(*conn).serve")
	if err := goleak.Find(before, keptAlive, written, answered); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// While requests are still answered it is seen that it stops, and a batch is
// brought to an end that says so.
func TestServeStopsInTheOpen(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	s := startServe(t, serveOptions{trust: o.trust(t, o.lists(t, o.now)), offline: true, admin: "127.0.0.1:0"})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.public, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))

	// One request that is being answered: its body is not whole yet.
	fmt.Fprintf(conn, "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nx")
	send, rows := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.public+"/v1/verify/batch", send)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	row := `{"credential":"` + o.certificate(t, 1) + `"}` + "\n"
	go io.WriteString(rows, row)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(resp.Body, first); err != nil {
		t.Fatal(err)
	}
	if status, text := s.ask(t, "GET", s.admin+"/readyz", ""); status != http.StatusOK {
		t.Errorf("before: %d %s", status, text)
	}

	stopped := make(chan error, 1)
	began := time.Now()
	go func() { stopped <- s.stop() }()
	rest, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("the batch breaks off: %v", err)
	}
	answers := strings.Split(strings.TrimSpace(string(first)+string(rest)), "\n")
	if len(answers) != 2 || !strings.Contains(answers[0], `"valid"`) || !strings.Contains(answers[1], `"incomplete"`) || !strings.Contains(answers[1], "is being stopped") {
		t.Errorf("%q", answers)
	}
	rows.Close()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the batch ends after %s", took)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		status, text := s.ask(t, "GET", s.admin+"/readyz", "")
		if status == http.StatusServiceUnavailable && strings.Contains(text, `"running","ready":false`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("while it stops: %d %s", status, text)
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("it has stopped amid a request: %v", err)
	default:
	}
	fmt.Fprint(conn, "xx")
	answer := make([]byte, 15)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 200 OK" {
		t.Errorf("%q, %v", answer, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("everything was answered, and yet: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if req, err := http.NewRequestWithContext(ctx, "GET", s.admin+"/healthz", nil); err == nil {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			t.Error("the admin address is still there")
		}
	}
}

// A batch all of which has come is answered to its end.
func TestServeStopsAfterTheLastRow(t *testing.T) {
	p := newPublisher(t)
	path := p.office.file(t, "trust.json", "")
	trustIn(t, path, p.office)
	p.publish(p.office.lists(t, p.office.now))
	s := startServe(t, serveOptions{trust: path})
	p.mu.Lock() // the issuer takes its time
	answer := make(chan string, 1)
	body := `{"credential":"` + p.office.certificate(t, 1) + `"}` + "\n"
	go func() {
		resp, err := http.Post(s.public+"/v1/verify/batch", "application/x-ndjson", strings.NewReader(body))
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		answer <- fmt.Sprint(string(text), err)
	}()
	time.Sleep(200 * time.Millisecond) // until the issuer is asked
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	time.Sleep(200 * time.Millisecond)
	p.mu.Unlock()
	if text := <-answer; !strings.Contains(text, `"valid":true`) || strings.Contains(text, "incomplete") || !strings.HasSuffix(text, "\n<nil>") {
		t.Error(text)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
