package network

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// block draws any VPC block that parseCIDR accepts.
func block(t *rapid.T) netip.Prefix {
	addr := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
	return netip.PrefixFrom(addr, rapid.IntRange(widest, narrowest).Draw(t, "bits")).Masked()
}

func TestSubnetsAreInsideTheVPCAndNeverOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		vpc := block(t)
		public, private := subnets(vpc, rapid.IntRange(1, maxZones).Draw(t, "zones"))
		all := append(slices.Clone(public), private...)
		for i, a := range all {
			if !vpc.Contains(a.Addr()) || a.Bits() < vpc.Bits() || a.Bits() > 28 || a.Masked() != a {
				t.Fatalf("%s is not a subnet of %s that AWS accepts", a, vpc)
			}
			for _, b := range all[i+1:] {
				if a.Overlaps(b) {
					t.Fatalf("%s and %s of %s overlap", a, b, vpc)
				}
			}
		}
	})
}

// A subnet that moved would be replaced, with everything in it.
func TestSubnetsStayWhereTheyAreWhenZonesAreAdded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		vpc := block(t)
		few := rapid.IntRange(1, maxZones).Draw(t, "few")
		more := rapid.IntRange(few, maxZones).Draw(t, "more")
		public, private := subnets(vpc, few)
		morePublic, morePrivate := subnets(vpc, more)
		if !slices.Equal(public, morePublic[:few]) || !slices.Equal(private, morePrivate[:few]) {
			t.Fatalf("%s: %v %v became %v %v", vpc, public, private, morePublic, morePrivate)
		}
	})
}

func TestSubnetsOfTheDefaultBlock(t *testing.T) {
	t.Parallel()
	public, private := subnets(netip.MustParsePrefix("10.0.0.0/16"), 2)
	const want = "[10.0.224.0/22 10.0.228.0/22] [10.0.0.0/19 10.0.32.0/19]"
	if got := fmt.Sprint(public, private); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseCIDRRefusesWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"10.0.0.0/16":   "",
		"172.16.4.0/22": "",
		"10.0.0.0/15":   "10.0.0.0/15 is not between /16 and /22",
		"10.0.0.0/23":   "10.0.0.0/23 is not between /16 and /22",
		"10.0.0.1/16":   "10.0.0.1/16 has bits set behind /16: did you mean 10.0.0.0/16?",
		"fd00::/16":     "fd00::/16 is not an IPv4 block",
		"10.0.0.0":      `"10.0.0.0" is not an address block such as 10.0.0.0/16`,
		"":              `"" is not an address block such as 10.0.0.0/16`,
		"10.0.0.256/16": `"10.0.0.256/16" is not an address block such as 10.0.0.0/16`,
	}
	for in, want := range tests {
		got := ""
		if _, err := parseCIDR(in); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("parseCIDR(%q):\n got %s\nwant %s", in, got, want)
		}
	}
}

func FuzzParseCIDR(f *testing.F) {
	for _, s := range []string{"10.0.0.0/16", "10.0.0.1/16", "::/0", "10.0.0.0/33", "0.0.0.0/16"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		vpc, err := parseCIDR(s)
		if err != nil {
			return
		}
		public, private := subnets(vpc, maxZones)
		for _, p := range append(public, private...) {
			if !vpc.Contains(p.Addr()) {
				t.Fatalf("%s is outside of %s", p, vpc)
			}
		}
	})
}
