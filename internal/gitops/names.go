package gitops

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestName is how long the name of a branch may be, in bytes. Git's own
// bound is that of a file name with ".lock" behind it.
const longestName = 250

// CheckCommit refuses anything but the full name of an object: 40 or 64
// hexadecimal digits, in lower case as Git writes them. The error is of kind
// Invalid.
func CheckCommit(sha string) error {
	if (len(sha) == 40 || len(sha) == 64) && strings.Trim(sha, "0123456789abcdef") == "" {
		return nil
	}
	return Errorf(Invalid, "%.70q is not a full commit name", sha)
}

// CheckBranch refuses what cannot be the plain name of a branch: what Git
// itself refuses (git-check-ref-format(1)), what could be taken for an option,
// for HEAD or for the full name of something else, and what a person cannot
// read. The error is of kind Invalid.
func CheckBranch(name string) error {
	if why := branchProblem(name); why != "" {
		return Errorf(Invalid, "%.70q cannot be the name of a branch: %s", name, why)
	}
	return nil
}

func branchProblem(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case len(name) > longestName:
		return fmt.Sprintf("it is longer than %d bytes", longestName)
	case !utf8.ValidString(name):
		return "it is not UTF-8"
	case name[0] == '-':
		return "it begins with a dash"
	case name == "HEAD" || name == "@":
		return "it means the current commit"
	case strings.HasPrefix(name, "refs/"):
		return "it begins with refs/, like the full name of something else"
	case strings.Contains(name, ".."):
		return "it has two dots in a row, like a range"
	case strings.Contains(name, "@{"):
		return "it has @{, like an expression"
	case strings.HasSuffix(name, "."):
		return "it ends with a dot"
	}
	if i := strings.IndexFunc(name, Unreadable); i >= 0 {
		c, _ := utf8.DecodeRuneInString(name[i:])
		return fmt.Sprintf("it has the character %U, which cannot be seen or typed", c)
	}
	if i := strings.IndexAny(name, " ~^:?*[\\"); i >= 0 {
		return fmt.Sprintf("it has the character %q", name[i])
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return "it has an empty part between slashes"
		case part[0] == '.':
			return "a part of it begins with a dot"
		case strings.HasSuffix(part, ".lock"):
			return "a part of it ends with .lock"
		}
	}
	return ""
}

// Unreadable tells whether a character cannot be seen, changes how others are
// seen, or does not stand for itself: controls, marks of direction, characters
// without width, and what is left of broken text.
func Unreadable(c rune) bool {
	return unicode.IsControl(c) || c == utf8.RuneError ||
		unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) ||
		unicode.IsSpace(c) && c != ' '
}

// ParseForgeURL reads the address of a forge or of a repository on it, to which a
// token is sent: one that ParsePageURL takes, by https. By http only this machine is
// asked: everybody on the way could read the token.
func ParseForgeURL(raw string) (*url.URL, error) {
	u, err := ParsePageURL(raw)
	if err == nil && u.Scheme == "http" && !isThisMachine(u.Hostname()) {
		return nil, &Error{Kind: Invalid, What: u.Host + " would be asked over http, by which everybody on the way can read the token",
			Next: "give the forge an https address, and use that in the settings of its CI as well"}
	}
	return u, err
}

// isThisMachine tells whether a host is written as this machine.
func isThisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || host == "localhost"
}

// ParsePageURL reads the address of a page of a forge or a CI system: https, or
// http, a host by name or by address, and a path. What could carry a secret
// or lead elsewhere is an error of kind Invalid: user names, queries, fragments,
// addresses in unusual forms, and addresses where clouds keep credentials.
func ParsePageURL(raw string) (*url.URL, error) {
	fail := func(why string) (*url.URL, error) {
		return nil, Errorf(Invalid, "%.100q cannot be the address of a forge: %s", hideUser(raw), why)
	}
	u, err := url.Parse(raw)
	switch {
	case strings.IndexFunc(raw, Unreadable) >= 0 || strings.ContainsAny(raw, " \\"):
		return fail("it has characters that cannot be part of an address")
	case err != nil:
		return fail("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return fail("it is neither https nor http")
	case u.User != nil:
		return fail("it has a user name or password in it; give the token by an environment variable")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return fail("it has a query or a fragment")
	case strings.Contains(u.Path, "..") || strings.Contains(u.Path, "//"):
		return fail("its path is not plain")
	}
	if why := hostProblem(u.Hostname()); why != "" {
		return fail(why)
	}
	return u, nil
}

func hostProblem(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return AddressProblem(addr)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case host == "":
		return "it has no host"
	case host[0] == '-' || strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") != "":
		return "its host is not a plain name"
	case last == "" || net.ParseIP(last) != nil || unicode.IsDigit(rune(last[0])):
		return "its host is a number in an unusual form" // 0xa9fea9fe, 2852039166, 127.1
	}
	return ""
}

// metadata are the addresses, beyond the link-local ones, at which clouds hand
// credentials to whoever asks: AWS over IPv6, Alibaba, Azure.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"),
}

// AddressProblem says why no forge can be at an address: "" when one can.
// Private networks and this machine are fine: forges live there.
func AddressProblem(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	switch {
	case a.IsLinkLocalUnicast():
		return "it is a link-local address, where clouds keep credentials"
	case a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalMulticast():
		return "its address is not that of one machine"
	}
	for _, m := range metadata {
		if a == m {
			return "it is an address where a cloud keeps credentials"
		}
	}
	return ""
}

// hideUser replaces what may be a password in an address that is shown.
func hideUser(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = "…@" + host[i+1:]
	} else if strings.Contains(rest, "@") { // a password with a slash in it
		return scheme + "://…"
	}
	if path == "" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + "/" + path
}
