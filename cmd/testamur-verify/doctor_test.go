package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
)

func TestDoctorOffline(t *testing.T) {
	t.Setenv("TESTAMUR_TRUST", "")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	o := newOffice(t, "https://certs.example.org")
	for name, c := range map[string]struct {
		trust string
		code  int
		want  []string
	}{
		"all well":    {o.trust(t, o.lists(t, o.now.Add(-2*time.Hour))), term.OK, []string{"3 keys: 1 for certificates, 1 for status lists, 1 for receipts", "2 h old, good until", "Nothing is broken."}},
		"no file":     {"", term.No, []string{"broken    trust file: no trust file: name it with --trust", "→ the body that issues"}},
		"missing":     {"missing.json", term.No, []string{"broken    trust file: open missing.json"}},
		"no JSON":     {o.file(t, "broken.json", "{"), term.No, []string{"ok        trust file: found at", "broken    trust file: read trust file", "→ do not mend it by hand"}},
		"no issuers":  {o.file(t, "empty.json", `{"issuers":[]}`), term.No, []string{"names no issuers"}},
		"old bundle":  {o.copied(t, "old.json", o.trust(t, o.lists(t, o.now.Add(-50*time.Hour)))), term.No, []string{"2 days old, and out of date since", "→ get a new bundle"}},
		"clock":       {o.copied(t, "clock.json", o.trust(t, o.lists(t, o.now.Add(5*time.Minute)))), term.No, []string{"dated in the future", "→ set the clock"}},
		"no lists":    {o.copied(t, "none.json", o.trust(t, nil)), term.No, []string{"broken    bundle: the trust file holds no status lists"}},
		"forged list": {o.copied(t, "forged.json", o.trust(t, forged(o.lists(t, o.now)))), term.No, []string{"cannot be used: signature does not fit"}},
		"moved list":  {o.copied(t, "moved.json", o.trust(t, map[string]string{o.url + "/status/2": o.lists(t, o.now)[o.url+"/status/1"]})), term.No, []string{"it calls itself https://certs.example.org/status/1"}},
		"later purpose": {o.renamed(t, "later.json", o.copied(t, "known.json", o.trust(t, o.lists(t, o.now))), `"purpose":"receipt"`, `"purpose":"translog"`), term.OK,
			[]string{"attention key: ", `for "translog", which this release does not know; nothing is checked with it`, "→ if the issuer says", "2 keys: 1 for certificates, 1 for status lists, 0 for receipts"}},
		"other's list": {o.copied(t, "others.json", o.trust(t, map[string]string{"https://evil.example/status/1": o.lists(t, o.now)[o.url+"/status/1"]})), term.No,
			[]string{"no trusted issuer publishes under this address"}},
	} {
		if name == "all well" {
			c.trust = o.copied(t, "well.json", o.trust(t, o.lists(t, o.now.Add(-2*time.Hour))))
		}
		args := []string{"doctor", "--offline"}
		if c.trust != "" {
			args = append(args, "--trust", c.trust)
		}
		code, out, errs := execute(t, "", args...)
		if code != c.code || errs != "" {
			t.Errorf("%s: exit %d, %s: %s", name, code, errs, out)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, out)
			}
		}
		code, out, _ = execute(t, "", append(args, "-o", "json")...)
		var told struct {
			Summary  string
			Findings []finding
		}
		if err := json.Unmarshal([]byte(out), &told); err != nil || code != c.code || told.Summary == "" || len(told.Findings) < 4 {
			t.Errorf("%s: %v, exit %d: %s", name, err, code, out)
		}
	}
}

// renamed is a trust file in which something reads otherwise.
func (o *office) renamed(t testing.TB, name, path, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s does not say %s: %s", path, from, text)
	}
	return o.file(t, name, strings.ReplaceAll(string(text), from, to))
}

// copied keeps a trust file before the next one takes its place.
func (o *office) copied(t testing.TB, name, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return o.file(t, name, string(text))
}

func forged(lists map[string]string) map[string]string {
	for url, text := range lists {
		lists[url] = damaged(text)
	}
	return lists
}

func TestDoctorFindsTheTrustFileInItsPlace(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	o.copied(t, "testamur/trust.json", o.trust(t, o.lists(t, o.now)))
	t.Setenv("TESTAMUR_TRUST", "")
	t.Setenv("XDG_CONFIG_HOME", o.dir)
	code, out, _ := execute(t, "", "doctor", "--offline")
	if code != term.OK || !strings.Contains(out, filepath.Join(o.dir, "testamur", "trust.json")+" (by the configuration folder)") {
		t.Errorf("exit %d: %s", code, out)
	}
	t.Setenv("PATH", "")
	t.Setenv("LC_ALL", "C")
	t.Setenv("TMPDIR", filepath.Join(o.dir, "nowhere"))
	code, out, _ = execute(t, "", "doctor", "--offline")
	for _, want := range []string{"attention scanned PDFs: pdftoppm is not installed", "→ install poppler-utils", "attention temporary files", "attention terminal"} {
		if code != term.OK || !strings.Contains(out, want) {
			t.Errorf("exit %d, lacks %q: %s", code, want, out)
		}
	}
}

// site is where an issuer publishes its lists, with a clock of its own.
type site struct {
	lists map[string]string
	clock time.Duration
	asked atomic.Int64
}

func (w *site) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("Date", time.Now().Add(w.clock).UTC().Format(http.TimeFormat))
	text, ok := w.lists[r.URL.Path]
	w.asked.Add(1)
	if !ok {
		http.NotFound(out, r)
		return
	}
	_, _ = out.Write([]byte(text))
}

func (w *site) publish(lists map[string]string) {
	w.lists = map[string]string{}
	for address, text := range lists {
		u, _ := url.Parse(address)
		w.lists[u.Path] = text
	}
}

func TestDoctorAsksTheIssuer(t *testing.T) {
	w := &site{}
	server := httptest.NewServer(w)
	defer server.Close()
	o := newOffice(t, server.URL)
	lists := o.lists(t, o.now.Add(-time.Hour))
	w.publish(lists)
	trust := o.trust(t, lists)
	look := func(name string, code int, wants ...string) {
		t.Helper()
		got, out, _ := execute(t, "", "doctor", "--trust", trust)
		for _, want := range wants {
			if got != code || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d, want %d with %q:\n%s", name, got, code, want, out)
			}
		}
	}
	look("well", term.OK, "ok        way to 127.0.0.1", "ok        clock: agrees with", "ok        status list: status list "+o.url+"/status/1 for revocation is of", "Nothing is broken.")
	w.clock = 7 * time.Minute
	look("clock behind", term.OK, "attention clock: this machine is", "behind 127.0.0.1", "→ set the clock")
	w.clock = -7 * time.Minute
	look("clock ahead", term.OK, "attention clock: this machine is", "ahead of 127.0.0.1")
	w.clock = 0
	w.lists["/status/1"] = o.lists(t, o.now.Add(-50*time.Hour))[o.url+"/status/1"]
	look("issuer's list is old", term.No, "broken    status list: ", "does not keep its lists up to date")
	delete(w.lists, "/status/1")
	look("list is gone", term.No, "nothing is published there")
	trust = o.trust(t, nil)
	look("no list is known", term.OK, "ok        status list: none is known by name")
	server.Close()
	look("nobody there", term.No, "does not take the connection", "→ look whether a firewall", "unknown   clock")

	secure := httptest.NewTLSServer(w)
	defer secure.Close()
	o = newOffice(t, secure.URL)
	trust = o.trust(t, nil)
	look("strange certificate", term.No, "no trustworthy connection", "a gateway in between")
}

func TestDoctorExplainsTheWay(t *testing.T) {
	u, _ := url.Parse("https://certs.example.org/status/")
	for name, c := range map[string]struct {
		steps     steps
		err       error
		condition string
		want      string
	}{
		"no such name": {steps{dns: &net.DNSError{Err: "no such host", IsNotFound: true}}, errors.New("x"), broken, "is not found"},
		"private": {steps{addresses: []net.IPAddr{{IP: net.IPv4(10, 0, 0, 7)}}, dial: errors.New("10.0.0.7 is not an address of the public internet")},
			errors.New("dial: 10.0.0.7 is not an address of the public internet"), broken, "leads to 10.0.0.7, which is in a private network and therefore refused"},
		"interrupted": {steps{dial: context.Canceled}, context.Canceled, untold, "not asked to the end"},
		"silent":      {steps{}, context.DeadlineExceeded, broken, "deadline exceeded"},
		"answers":     {steps{answered: true, remote: "192.0.2.1:443"}, errors.New("404"), fine, "192.0.2.1:443 answered over TLS"},
	} {
		c.steps.host = u.Hostname()
		if f := c.steps.finding(u, c.err); f.Condition != c.condition || !strings.Contains(f.Detail, c.want) || (f.Condition != fine && f.Try == "") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestDoctorThatIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := newOffice(t, "https://certs.example.invalid")
	d := &doctor{ctx: ctx, now: time.Now}
	d.examine(o.trust(t, nil), nil)
	if d.code() != term.Undecided {
		t.Errorf("exit %d: %+v", d.code(), d.findings)
	}
}
