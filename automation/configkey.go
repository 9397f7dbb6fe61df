package automation

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// parseKey reads a configuration key. One without a namespace belongs to the
// project. With path, only the part before the first "." or "[" is a key; what
// follows leads into its value.
func parseKey(key, project string, path bool) (config.Key, error) {
	rest := ""
	if path {
		if i := strings.IndexAny(key, "[."); i > 0 {
			key, rest = key[:i], key[i:]
		}
	}
	if !strings.Contains(key, ":") {
		key = project + ":" + key
	}
	k, err := config.ParseKey(key)
	if err != nil {
		return config.Key{}, usage("configuration key %q: %v", key, err)
	}
	if k.Namespace() == "" || k.Name() == "" {
		return config.Key{}, usage("configuration key %q: namespace or name is empty", key)
	}
	return config.MustMakeKey(k.Namespace(), k.Name()+rest), nil
}

// parsePair reads "key=value". With path, the key may hold "=" in quotes and
// brackets: ["a=b"].c=value.
func parsePair(pair string, path bool) (key, value string, err error) {
	quoted := false
	for i, r := range pair {
		switch {
		case path && r == '"':
			quoted = !quoted
		case r == '=' && !quoted:
			return pair[:i], pair[i+1:], nil
		}
	}
	return "", "", usage("a configuration setting must have the form key=value")
}
