package httpkit

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses of proxies whose word about a request is believed:
// whom it comes from (X-Forwarded-For) and whether it came over TLS
// (X-Forwarded-Proto). Of anybody else these headers are not looked at, so that
// nobody chooses the address that he is counted under.
type Proxies []netip.Prefix

// ParseProxies reads addresses and prefixes (RFC 4632) with commas between them.
func ParseProxies(text string) (Proxies, error) {
	var p Proxies
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if !strings.Contains(part, "/") {
			a, err := netip.ParseAddr(part)
			if err != nil {
				return nil, err
			}
			p = append(p, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		net, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, err
		}
		p = append(p, net.Masked())
	}
	return p, nil
}

// Has reports whether an address is a proxy's.
func (p Proxies) Has(a netip.Addr) bool {
	for _, net := range p {
		if net.Contains(a) {
			return true
		}
	}
	return false
}

// peer returns whom a request comes from, and whether it came over TLS. A
// request without a readable address has the zero Addr, one client like others.
func (p Proxies) peer(r *http.Request) (from netip.Addr, tls bool) {
	from, tls = addressOf(r.RemoteAddr), r.TLS != nil
	if !p.Has(from) {
		return from, tls
	}
	tls = tls || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	// Each proxy adds, at the end, whom it had the request from: the last that is
	// no proxy of ours is the client, and what stands before it is the client's
	// own invention.
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if from = a.Unmap(); !p.Has(from) {
			break
		}
	}
	return from, tls
}

// Subscriber returns what the client of r is counted under: its address, or the
// /64 of it.
func (p Proxies) Subscriber(r *http.Request) netip.Prefix {
	from, _ := p.peer(r)
	return subscriber(from)
}

// addressOf reads the address of a connection.
func addressOf(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	a, _ := netip.ParseAddr(host)
	return a.Unmap().WithZone("")
}

// subscriber is what an address is counted under: itself, or its /64, as one
// subscriber has 2^64 addresses of IPv6 (RFC 6177).
func subscriber(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	net, _ := a.Prefix(bits) // the zero Prefix of the zero Addr is a client like others
	return net
}
