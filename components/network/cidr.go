package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// maxZones is how many zones a layout has room for.
const maxZones = 6

// The layout cuts the VPC's block into eight equal parts. Parts 0 to 5 are the
// private subnets of zones 0 to 5, part 6 stays free, and part 7 is cut into
// eight again: its parts 0 to 5 are the public subnets. No subnet moves when
// zones are added. In a /16 a private subnet has 8187 usable addresses, a
// public one 1019.
const (
	partBits   = 3 // eight parts
	publicPart = 7
)

// The sizes of a VPC: AWS allows no block wider than /16 and no subnet narrower
// than /28.
const (
	widest    = 16
	narrowest = 28 - 2*partBits
)

// parseCIDR reads a VPC's block and refuses what AWS, or the layout, refuses.
func parseCIDR(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is not an address block such as 10.0.0.0/16", s)
	case !p.Addr().Is4():
		return netip.Prefix{}, fmt.Errorf("%s is not an IPv4 block", s)
	case p.Bits() < widest || p.Bits() > narrowest:
		return netip.Prefix{}, fmt.Errorf("%s is not between /%d and /%d", s, widest, narrowest)
	case p.Masked() != p:
		return netip.Prefix{}, fmt.Errorf("%s has bits set behind /%d: did you mean %s?", s, p.Bits(), p.Masked())
	}
	return p, nil
}

// subnets returns the public and private blocks of the first n zones.
func subnets(vpc netip.Prefix, n int) (public, private []netip.Prefix) {
	shared := part(vpc, publicPart)
	for zone := range n {
		public = append(public, part(shared, zone))
		private = append(private, part(vpc, zone))
	}
	return public, private
}

// part returns the i-th of the eight equal parts of a block.
func part(p netip.Prefix, i int) netip.Prefix {
	bits := p.Bits() + partBits
	addr := p.Addr().As4()
	n := binary.BigEndian.Uint32(addr[:]) | uint32(i)<<(32-bits)
	binary.BigEndian.PutUint32(addr[:], n)
	return netip.PrefixFrom(netip.AddrFrom4(addr), bits)
}
