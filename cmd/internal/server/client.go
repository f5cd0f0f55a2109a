package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies reads the addresses and networks of proxies that are believed about their
// clients. Those of IPv4 that are written as IPv6 are taken as what they are.
func Proxies(texts []string) (list []netip.Prefix, err error) {
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil || a.Zone() != "" {
				return nil, fmt.Errorf("trusted proxy %q is neither an IP address nor a network such as 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if a := p.Addr(); a.Is4In6() {
			p = netip.PrefixFrom(a.Unmap(), max(0, p.Bits()-96)) // of fewer bits: all of IPv4
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("trusted proxy %q would be everybody", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// clientOf returns whom a request counts for: the address that the connection comes
// from or, if that is a trusted proxy's, the one that it says it serves. Of IPv6
// the network counts, since whoever has one address there has all of it.
func clientOf(r *http.Request, trusted []netip.Prefix) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // all that have none count as one
	}
	client := remote.Addr().Unmap()
	if within(client, trusted) {
		client = forwarded(r.Header["X-Forwarded-For"], client, trusted)
	}
	return network(client)
}

// forwarded follows the addresses that proxies have added, from the last to the
// first that is not one of a trusted proxy: what stands before it the client itself
// may have written. Several headers are one list (RFC 9110 §5.3).
func forwarded(headers []string, client netip.Addr, trusted []netip.Prefix) netip.Addr {
	for i := len(headers) - 1; i >= 0; i-- {
		list := strings.Split(headers[i], ",")
		for j := len(list) - 1; j >= 0; j-- {
			text := strings.TrimSpace(list[j])
			next, err := netip.ParseAddr(text)
			if err != nil {
				port, err := netip.ParseAddrPort(text)
				if err != nil {
					return client // the last that is known
				}
				next = port.Addr()
			}
			client = next.Unmap().WithZone("")
			if !within(client, trusted) {
				return client
			}
		}
	}
	return client
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// network is the address itself or, of IPv6, its /64.
func network(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}
