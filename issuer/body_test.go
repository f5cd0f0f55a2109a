package issuer_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
)

func TestBodyHasDefaults(t *testing.T) {
	for name, prefix := range map[string]string{
		"Specimen Certification Body": "SCB", "A very long name of a body": "AVLN", "Übungs-Stelle für Zertifikate": "SFZ",
		"Ünal": "CERT", "X": "CERT", "3 Towers": "CERT", "日本": "CERT", "ab-cd": "AC",
	} {
		b, err := issuer.NewBody(issuer.Body{Name: " " + name + " ", URL: " https://certs.example.org/// "})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if b.Name != name || b.Prefix != prefix || b.Zone != "UTC" || b.URL != "https://certs.example.org" {
			t.Errorf("%q became %+v, want the prefix %s", name, b, prefix)
		}
	}
}

func TestBodyIsWhatItSays(t *testing.T) {
	good := issuer.Body{Name: "Specimen Certification Body", URL: "https://certs.example.org", Prefix: "SCB", Zone: "Europe/Berlin"}
	set := func(f func(*issuer.Body)) issuer.Body {
		b := good
		f(&b)
		return b
	}
	url := func(s string) issuer.Body { return set(func(b *issuer.Body) { b.URL = s }) }
	for _, b := range []issuer.Body{
		good, url("https://certs.example.org:8443"), url("https://example.org/certs/a"), url("http://localhost:8080"), url("http://127.0.0.1:1"),
		url("http://[::1]:8080"), url("https://xn--bcher-kva.example"), url("https://example.org/a-b_c.d~e"),
		set(func(b *issuer.Body) { b.Prefix = "A9" }), set(func(b *issuer.Body) { b.Prefix = "ABCDE9" }), set(func(b *issuer.Body) { b.Accreditation = "D-PL-12345-01-00" }),
	} {
		if got, err := issuer.NewBody(b); err != nil || got != b {
			t.Errorf("%+v: %+v, %v", b, got, err)
		}
	}
	for _, c := range []struct {
		body issuer.Body
		says string
	}{
		{set(func(b *issuer.Body) { b.Name = "  " }), "needs a name"},
		{set(func(b *issuer.Body) { b.Name = "Spec\u202eimen" }), "body name"},
		{set(func(b *issuer.Body) { b.Name = "Spec\nimen" }), "body name"},
		{set(func(b *issuer.Body) { b.Name = "Spe\u0301cimen" }), "NFC"},
		{set(func(b *issuer.Body) { b.Name = "\xff" }), "UTF-8"},
		{set(func(b *issuer.Body) { b.Accreditation = "D\tPL" }), "accreditation"},
		{set(func(b *issuer.Body) { b.Prefix = "A" }), "prefix"},
		{set(func(b *issuer.Body) { b.Prefix = "ABCDEFG" }), "prefix"},
		{set(func(b *issuer.Body) { b.Prefix = "scb" }), "prefix"},
		{set(func(b *issuer.Body) { b.Prefix = "9AB" }), "prefix"},
		{set(func(b *issuer.Body) { b.Prefix = "A-B" }), "prefix"},
		{set(func(b *issuer.Body) { b.Prefix = "AB\n" }), "prefix"},
		{set(func(b *issuer.Body) { b.Zone = "Local" }), "time zone"},
		{set(func(b *issuer.Body) { b.Zone = "Europe/Atlantis" }), "time zone"},
		{set(func(b *issuer.Body) { b.Zone = "../UTC" }), "time zone"},
		{url(""), "issuer address"},
		{url("certs.example.org"), "issuer address"},
		{url("//certs.example.org"), "issuer address"},
		{url("https://"), "plain web address"},
		{url("https://:443"), "plain web address"},
		{url("https://certs.example.org:"), "plain web address"},
		{url("https://certs.example.org:http"), "plain web address"},
		{url("https://user@certs.example.org"), "plain web address"},
		{url("https://certs.example.org?x"), "plain web address"},
		{url("https://certs.example.org#x"), "plain web address"},
		{url("https://certs.example.org/a b"), "plain web address"},
		{url("https://certs.example.org/a%20b"), "plain web address"},
		{url("https://certs.example.org/ä"), "plain web address"},
		{url("https://certs.example.org//a"), "plain web address"},
		{url("https://certs.example.org/a/../b"), "plain web address"},
		{url("https://certs.example.org/./b"), "plain web address"},
		{url(`https://certs.example.org\a`), "plain web address"},
		{url("https://certs.example.org\n"), ""}, // the line break goes
		{url("https://bücher.example"), "ASCII"},
		{url("HTTPS://certs.example.org"), "lower case"},
		{url("https://Certs.example.org"), "lower case"},
		{url("https://" + strings.Repeat("a", 80) + ".org"), "80 characters"},
		{url("http://certs.example.org"), "https://"},
		{url("http://127.0.0.1.example.org"), "https://"},
		{url("ftp://certs.example.org"), "https://"},
		{url("javascript:alert(1)"), "issuer address"},
	} {
		b, err := issuer.NewBody(c.body)
		if c.says == "" {
			if err != nil || b != good {
				t.Errorf("%+v: %v", b, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%+v was taken", c.body)
		}
		mustSay(t, err, c.says)
	}
	_, err := issuer.NewBody(issuer.Body{Prefix: "x", Zone: "x", URL: "x"})
	mustSay(t, err, "name", "prefix", "time zone", "issuer address") // all at once
}

func TestBodyIsEstablishedOnce(t *testing.T) {
	d := newDesk(t, "", november)
	d.recordsNothing(t, func() {
		other := d.Body
		other.Name = "Another Body"
		mustSay(t, issuer.Establish(t.Context(), d.Store, other, clerk, november, nil), d.Body.Name)
	})
	d.view(t, func(tx issuer.Tx) error {
		b, err := tx.Body()
		if b != d.Body {
			t.Errorf("on file: %+v", b)
		}
		return err
	})
	errRead := errors.New("read error")
	mustSay(t, issuer.Establish(t.Context(), altered{Store: d.Store, tx: func(tx issuer.Tx) issuer.Tx { return illegible{tx, errRead} }}, d.Body, clerk, november, nil), errRead.Error())
}

// illegible is a transaction that cannot tell whose records these are.
type illegible struct {
	issuer.Tx
	err error
}

func (i illegible) Body() (issuer.Body, error) { return issuer.Body{}, i.err }

func TestWorkEndsWithItsContext(t *testing.T) {
	d := newDesk(t, "", november)
	cert := d.grant(t, foundation(t, "a1", "c1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.recordsNothing(t, func() {
		if _, err := d.Issue(ctx, clerk, foundation(t, "a2", "c2")); !errors.Is(err, context.Canceled) {
			t.Errorf("issued: %v", err)
		}
		if _, err := d.Revoke(ctx, clerk, issuer.Change{Number: cert.Number, Reason: "error"}); !errors.Is(err, context.Canceled) {
			t.Errorf("revoked: %v", err)
		}
	})
}

func TestQRIsInCapitalsWhereThatChangesNothing(t *testing.T) {
	for url, want := range map[string]string{
		"https://certs.example.org":      "HTTPS://CERTS.EXAMPLE.ORG/C/7Q2F9",
		"https://certs.example.org:8443": "HTTPS://CERTS.EXAMPLE.ORG:8443/C/7Q2F9",
		"https://example.org/certs":      "https://example.org/certs/c/7Q2F9",
	} {
		if got := (issuer.Body{URL: url}).QR("7Q2F9"); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}
