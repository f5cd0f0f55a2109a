package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
)

// refused starts a service that is to refuse, and returns why it does.
func refused(t *testing.T, o serveOptions) *term.Error {
	t.Helper()
	o.words = io.Discard
	if o.addr == "" {
		o.addr = "127.0.0.1:0"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	o.listening = func(_, _ net.Addr) { cancel() }
	err := runServe(ctx, o)
	if err == nil {
		return &term.Error{Err: errors.New("it serves")}
	}
	var e *term.Error
	if !errors.As(err, &e) {
		return &term.Error{Code: term.Usage, Err: err}
	}
	return e
}

// What is given wrongly ends with 2 and says what to try; what only cannot be had
// now ends with 3.
func TestServeTellsMistakesFromTrouble(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	state := filepath.Join(t.TempDir(), "state") // a folder that is there, and in which nothing can be made
	if err := os.MkdirAll(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/self/fdinfo", filepath.Join(state, "lists")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options serveOptions
		code    int
		says    string
	}{
		"no address":         {serveOptions{addr: "foo"}, term.Usage, "--addr"},
		"no port":            {serveOptions{addr: "127.0.0.1:99999"}, term.Usage, "--addr"},
		"busy":               {serveOptions{addr: taken.Addr().String()}, term.Undecided, "--addr"},
		"admin no address":   {serveOptions{admin: "foo"}, term.Usage, "--admin-addr"},
		"admin no port":      {serveOptions{admin: "127.0.0.1:99999"}, term.Usage, "--admin-addr"},
		"admin everywhere":   {serveOptions{admin: ":0"}, term.Usage, "--admin-addr"},
		"admin busy":         {serveOptions{admin: taken.Addr().String()}, term.Undecided, "--admin-addr"},
		"everywhere":         {serveOptions{addr: ":0"}, term.Usage, "every address"},
		"everywhere of IPv4": {serveOptions{addr: "0.0.0.0:0"}, term.Usage, "every address"},
		"state is a file":    {serveOptions{state: o.file(t, "file", "x")}, term.Usage, "--state"},
		"state is no place":  {serveOptions{state: state}, term.Usage, "--state"},
		"collector":          {serveOptions{otlp: "foo"}, term.Usage, "--otlp"},
		"proxy":              {serveOptions{proxies: []string{"::/0"}}, term.Usage, "--trusted-proxy"},
		"url":                {serveOptions{url: "http://h/a*b"}, term.Usage, "--url"},
	} {
		c.options.trust = trust
		e := refused(t, c.options)
		if e.Code != c.code || e.Hint == "" || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%s: exit %d, %v (%s)", name, e.Code, e.Err, e.Hint)
		}
		given := c.options
		given.given = map[string]bool{"addr": true, "admin-addr": true, "state": true, "otlp": true, "trusted-proxy": true, "url": true}
		if e := refused(t, given); strings.HasPrefix(c.says, "--") && !strings.Contains(e.Error(), "$"+variable(strings.TrimPrefix(c.says, "--"))) {
			t.Errorf("%s: the variable is not named: %v", name, e.Err)
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "foo")
	if e := refused(t, serveOptions{trust: trust}); e.Code != term.Usage || !strings.Contains(e.Error(), "$OTEL_EXPORTER_OTLP_ENDPOINT") {
		t.Errorf("exit %d, %v", e.Code, e.Err)
	}
}

func TestServeNamesTheVariablesOfTheTrustFile(t *testing.T) {
	t.Setenv("TESTAMUR_TRUST", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	if e := refused(t, serveOptions{}); e.Code != term.Usage || !strings.Contains(e.Error(), "--trust FILE, $TESTAMUR_VERIFY_TRUST or $TESTAMUR_TRUST, or put it at ") {
		t.Errorf("exit %d, %v", e.Code, e.Err)
	}
	if _, err := readTrust(""); err == nil || !strings.Contains(err.Error(), "--trust FILE or $TESTAMUR_TRUST") {
		t.Errorf("%v", err)
	}
	none := filepath.Join(t.TempDir(), "none.json")
	if e := refused(t, serveOptions{trust: none, given: map[string]bool{"trust": true}}); !strings.Contains(e.Error(), "$TESTAMUR_VERIFY_TRUST") {
		t.Errorf("%v", e.Err)
	}
	t.Setenv("TESTAMUR_TRUST", none)
	if e := refused(t, serveOptions{}); !strings.Contains(e.Error(), "$TESTAMUR_TRUST") {
		t.Errorf("%v", e.Err)
	}
}

func TestServiceURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://verify.example.org": true, "https://verify.example.org/": true, "http://h:8081/a/b-c_d.e~f": true, "http://127.0.0.1:8081": true, "http://[::1]:8081/x": true,
		"http://h/a*b": false, "http://h/a:b": false, "http://h/:a": false, "http://h/a//b": false, "http://h//": false, "http://h/a%2fb": false, "http://h/ä": false, "http://h/../a": false, "http://h/.": false,
		"http://x:99999": false, "http://x:0": false, "http://x:": false, "http://:80": false, "http://": false, "http:/x": false, "HTTP://x": false, "http://x?": false, "http://x#": false, "http://x?a": false,
		"http://u@x": false, "http://0.0.0.0:8081": false, "http://[::]:8081": false, "http://[fe80::1%25eth0]": false, "http://a<b": false, "ftp://x": false, "verify.example.org": false, "": false,
	} {
		got, err := serviceURL(text)
		if (err == nil) != ok || ok && got != strings.TrimSuffix(text, "/") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// The keys of a body are left as they are by whoever takes their folder for another.
func TestReceiptKeyLeavesOtherKeysAlone(t *testing.T) {
	const body, service = "https://certs.example.org", "https://verify.example.org"
	dir := filepath.Join(t.TempDir(), "keys")
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(body, p, keys.ES256, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.Save(dir, k); err != nil {
			t.Fatal(err)
		}
	}
	names := func() string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return strings.Join(all, " ")
	}
	before := names()
	for _, address := range []string{service, body} {
		var e *term.Error
		if err := runReceiptKey(io.Discard, dir, address, "", time.Now()); !errors.As(err, &e) || e.Code != term.Usage || e.Hint == "" {
			t.Errorf("%s: %v", address, err)
		}
	}
	if now := names(); now != before {
		t.Errorf("a key was put there: %s", now)
	}
	if _, err := keys.Load(dir, body); err != nil {
		t.Errorf("the body is lost: %v", err)
	}

	o := newOffice(t, body)
	trust := o.trust(t, nil)
	for name, c := range map[string]struct {
		dir, url string
		making   bool // whether making a key there is what to try
	}{
		"of another":     {dir, service, false},
		"no receipt key": {dir, body, false},
		"empty":          {t.TempDir(), service, true},
		"none":           {filepath.Join(t.TempDir(), "none"), service, true},
		"something else": {o.dir, service, false},
	} {
		e := refused(t, serveOptions{trust: trust, receipts: c.dir, url: c.url})
		if e.Code != term.Usage || e.Hint == "" || strings.Contains(e.Hint, "receipt-key --dir") != c.making || !strings.Contains(e.Error(), "--receipts") {
			t.Errorf("%s: exit %d, %v (%s)", name, e.Code, e.Err, e.Hint)
		}
	}
	var out bytes.Buffer
	if err := runReceiptKey(&out, t.TempDir(), service, "", time.Now()); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}
