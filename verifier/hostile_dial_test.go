package verifier

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/testamur/testamur/keys"
)

// nameServer answers for any name, each time with the next of its answers, and the
// last for ever.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][]netip.Addr // by name: one answer for each question
	asked   map[string]int
}

// dns is the name server of the tests from their beginning to their end: whoever
// dials reads the resolver of the process at times of its own.
var dns = func() *nameServer {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s := &nameServer{answers: map[string][]netip.Addr{}, asked: map[string]int{}}
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := s.reply(buffer[:n]); err == nil {
				conn.WriteTo(answer, from)
			}
		}
	}()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return s
}()

// says sets the answers for a name.
func (s *nameServer) says(name string, answers ...netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[name], s.asked[name] = answers, 0
}

func (s *nameServer) reply(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil, fmt.Errorf("not a question: %v", err)
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	name := strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.answers[name]
	if len(list) > 0 {
		a := list[min(s.asked[name]/2, len(list)-1)] // A and AAAA are asked for together
		s.asked[name]++
		header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}

// canary counts who connects to this machine.
func canary(t *testing.T) (port string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "in") }))
	server.Listener.Close()
	listener, err := net.Listen("tcp", ":0") // on every address of this machine
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = listener
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return port, connections
}

// trusted is a publication that trusts an issuer at the host, whose lists it may
// ask for.
func trusted(t *testing.T, base string) *Publication {
	t.Helper()
	k, err := keys.Generate(base, keys.ForCredential, keys.EdDSA, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(&k.Key)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := NewTrust([]*Issuer{{ID: base, Keys: set, StatusLists: []string{base + "/status/"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewPublication(trust)
}

// T11: a trusted name that resolves to an address of this machine or of a private
// network is not connected to, whatever is asked for. A canary listens.
func TestNoTrustedNameLeadsInside(t *testing.T) {
	port, connections := canary(t)
	if resp, err := localClient.Get("http://127.0.0.1:" + port); err != nil {
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}
	if connections.Load() != 1 {
		t.Fatal("the canary does not count")
	}
	targets := []string{
		"127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "169.254.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1", "fe80::1", "ff02::1", "::127.0.0.1",
	}
	for i, target := range targets {
		host := fmt.Sprintf("target%d.example", i)
		dns.says(host, netip.MustParseAddr(target))
		p := trusted(t, "https://"+host+":"+port)
		for what, ask := range map[string]func() (string, error){
			"list": func() (string, error) { return p.StatusList(t.Context(), "https://"+host+":"+port+"/status/1") },
			"past list": func() (string, error) {
				return p.StatusListAt(t.Context(), "https://"+host+":"+port+"/status/1", time.Now())
			},
			"certificate": func() (string, error) {
				i, _ := p.trust.Issuer("https://" + host + ":" + port)
				return p.Credential(t.Context(), Link{i, "0123456789"})
			},
		} {
			text, err := ask()
			if err == nil || text != "" || !strings.Contains(err.Error(), "not an address of the public internet") {
				t.Errorf("%s, %s: %q, %v", target, what, text, err)
			}
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections were seen", n-1)
	}
	t.Logf("%d targets", len(targets))
}

// A name that answers with a public address when it is looked at, and with one of
// this machine when it is dialled. The twin that looks first and dials then is led
// inside.
func TestANameThatChangesItsMind(t *testing.T) {
	port, connections := canary(t)
	flips := []netip.Addr{netip.MustParseAddr("192.0.3.1"), netip.MustParseAddr("127.0.0.1")} // seen, then dialled
	look := func(host string) bool {                                                          // is every address of the name public?
		list, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip", host)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if !isPublic(a) {
				return false
			}
		}
		return len(list) > 0
	}
	dns.says("twin.example", flips...)
	dns.says("flip.example", flips...)
	if !look("twin.example") {
		t.Fatal("the first answer is not public")
	}
	resp, err := localClient.Get("http://twin.example:" + port) // looked at, then dialled by its name
	if err != nil {
		t.Fatalf("the twin is not led inside: %v", err)
	}
	resp.Body.Close()
	if connections.Swap(0) != 1 {
		t.Fatal("the canary has not seen the twin")
	}
	if !look("flip.example") {
		t.Fatal("the first answer is not public")
	}
	p := trusted(t, "https://flip.example:"+port)
	for range 3 {
		if text, err := p.StatusList(t.Context(), "https://flip.example:"+port+"/status/1"); err == nil || text != "" || !strings.Contains(Detail(err), "127.0.0.1 is not an address of the public internet") {
			t.Errorf("%q, %v", text, err)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were seen", n)
	}
}

// A chain of redirects is not begun, wherever it leads: to the next, to itself, to
// a name, to the canary.
func TestAChainOfRedirectsIsNotBegun(t *testing.T) {
	port, connections := canary(t)
	var second atomic.Int32
	var address string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, _ := url.QueryUnescape(strings.TrimPrefix(r.URL.Path, "/status/"))
		switch to {
		case "hop":
			second.Add(1)
			http.Redirect(w, r, "http://127.0.0.1:"+port+"/", http.StatusFound)
		case "chain":
			http.Redirect(w, r, address+"/status/hop", http.StatusTemporaryRedirect)
		case "canary":
			http.Redirect(w, r, "http://127.0.0.1:"+port+"/", http.StatusMovedPermanently)
		case "name":
			http.Redirect(w, r, "http://localhost:"+port+"/", http.StatusPermanentRedirect)
		case "scheme":
			http.Redirect(w, r, "file:///etc/hostname", http.StatusSeeOther)
		case "refresh":
			w.Header().Set("Refresh", "0; url=http://127.0.0.1:"+port+"/")
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	address = server.URL
	p := trusted(t, server.URL)
	for _, path := range []string{"chain", "hop", "canary", "name", "scheme", "refresh"} {
		second.Store(0)
		text, err := p.StatusList(t.Context(), server.URL+"/status/"+path)
		if err == nil || text != "" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		if path == "chain" && second.Load() != 0 {
			t.Errorf("the chain was followed to its second link")
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were seen", n)
	}
	// The twin that follows is led to the canary.
	following := *localClient
	following.CheckRedirect = nil
	resp, err := following.Get(server.URL + "/status/chain")
	if err != nil || connections.Load() == 0 {
		t.Fatalf("nothing leads to the canary: %v", err)
	}
	resp.Body.Close()
}
