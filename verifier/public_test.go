package verifier

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var forbidden = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.1.1", "169.254.169.254",
	"172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
	"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
	"64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1",
	"5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "8000::1", "1::1",
}

var public = []string{"1.1.1.1", "9.9.9.9", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.3.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2003::1", "::ffff:9.9.9.9"}

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	for _, s := range forbidden {
		a := netip.MustParseAddr(s)
		if isPublic(a) {
			t.Errorf("%s is taken for public", s)
		}
		if err := refusePrivate("tcp", net.JoinHostPort(s, "443"), nil); err == nil {
			t.Errorf("%s would be dialled", s)
		}
	}
	for _, s := range public {
		if !isPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s is taken for private", s)
		}
		if err := refusePrivate("tcp", net.JoinHostPort(s, "443"), nil); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "certs.example.org:443", "1.1.1.1", "127.1:443", "2130706433:443", "0x7f.1:443", "[::1]", "@:443"} {
		if err := refusePrivate("tcp", s, nil); err == nil {
			t.Errorf("%q would be dialled", s)
		}
	}
	t.Logf("%d forbidden forms", len(forbidden))
}

// Only an address that is itself written in the trust file may be private; a
// name that resolves to one may not.
func TestANameNeverLeadsInside(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	if resp, err := localClient.Get(server.URL); err != nil {
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}
	if connections.Load() != 1 {
		t.Fatal("the server does not count")
	}
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} { // names are resolved before they are refused
		resp, err := publicClient.Get("http://" + host + port)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s was dialled", host)
		} else if !strings.Contains(err.Error(), "not an address of the public internet") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections were seen", n-1)
	}
	for host, private := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.0.0.5": true, "192.168.1.7": true, "localhost": true, "LOCALHOST": true, "certs.localhost": true,
		"certs.example.org": false, "1.1.1.1": false, "localhost.example.org": false, "10.0.0.5.example.org": false, "127.1": false, "2130706433": false, "0x7f.0.0.1": false, "": false,
	} {
		if namesPrivate(host) != private {
			t.Errorf("%q: %v, want %v", host, !private, private)
		}
	}
}

func TestLimitsOfAFetch(t *testing.T) {
	for name, c := range map[string]*http.Client{"public": publicClient, "local": localClient} {
		transport := c.Transport.(*http.Transport)
		if c.Timeout <= 0 || c.Timeout > 5*time.Second || fetchTime > 5*time.Second {
			t.Errorf("%s: waits %v", name, c.Timeout)
		}
		if transport.Proxy != nil {
			t.Errorf("%s: asks the environment for a proxy", name)
		}
		if !transport.DisableCompression {
			t.Errorf("%s: unpacks what it is sent", name)
		}
		req := &http.Request{URL: &url.URL{Scheme: "https", Host: "certs.example.org"}}
		if c.CheckRedirect == nil || c.CheckRedirect(req, []*http.Request{req}) != http.ErrUseLastResponse {
			t.Errorf("%s: follows redirects", name)
		}
	}
	if fetchBytes > 8<<20 {
		t.Errorf("takes %d bytes", fetchBytes)
	}
}
