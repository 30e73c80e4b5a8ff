package serve

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// hosts are the names by which clients may call the server. A page of another site, whose name was made to mean this
// machine, is same-origin to itself and to a browser; the Host header is what gives it away.
type hosts map[string]bool

// CheckHosts says what is wrong with [Options.Hosts].
func CheckHosts(names []string) error {
	_, err := newHosts(names)
	return err
}

// newHosts takes names and addresses, without ports.
func newHosts(names []string) (hosts, error) {
	h := hosts{}
	for _, name := range names {
		header := name
		if ip, err := netip.ParseAddr(name); err == nil && ip.Is6() {
			header = "[" + name + "]"
		}
		plain, port, ok := splitHost(header)
		if !ok || port != "" {
			return nil, fmt.Errorf("host %q: want a name or an address, without a port", name)
		}
		h[plain] = true
	}
	return h, nil
}

// allow says whether a request with that Host header is for this server. Clients without the header are no browsers.
func (h hosts) allow(header string) bool {
	if header == "" {
		return true
	}
	name, _, ok := splitHost(header)
	if !ok {
		return false
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.IsLoopback() {
		return true
	}
	return name == "localhost" || h[name]
}

// splitHost is the name or address in a Host header, in one spelling, and the port with its colon; ok is false for what
// is no such header.
func splitHost(header string) (name, port string, ok bool) {
	name = header
	if end := strings.IndexByte(header, ']'); strings.HasPrefix(header, "[") && end > 0 {
		name, port = header[1:end], header[end+1:]
		if ip, err := netip.ParseAddr(name); err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", "", false
		}
	} else if colon := strings.IndexByte(header, ':'); colon >= 0 {
		name, port = header[:colon], header[colon:]
	}
	if port != "" && (port[0] != ':' || strings.Trim(port[1:], "0123456789") != "") {
		return "", "", false
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if ip, err := netip.ParseAddr(name); err == nil {
		name = ip.Unmap().String()
	}
	return name, port, name != "" && !strings.ContainsAny(name, "[]/@ ")
}

// onLoopback says whether a listener's address is one that only this machine reaches.
func onLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
