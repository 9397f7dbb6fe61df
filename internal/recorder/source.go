package recorder

import (
	"net/url"
	"path"
	"strconv"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// mostFrames is how much of a stack trace is looked at.
const mostFrames = 256

// source is the "file:line" in the repository that led to a request: the
// innermost call in the stack's own package, else the innermost in the module.
func (m *monitor) source(at *pulumirpc.SourcePosition, trace *pulumirpc.StackTrace) string {
	places := []*pulumirpc.SourcePosition{at}
	for i, f := range trace.GetFrames() {
		if i == mostFrames {
			break
		}
		places = append(places, f.GetPc())
	}
	inModule := ""
	for _, p := range places {
		rel, ok := m.inModule(p.GetUri())
		if !ok {
			continue
		}
		found := path.Join(m.req.ModuleDir, rel) + ":" + strconv.Itoa(int(p.GetLine()))
		if path.Dir(rel) == m.req.Package {
			return found
		}
		if inModule == "" {
			inModule = found
		}
	}
	return inModule
}

// inModule returns the path of a file in the module. The compiler recorded import
// paths, which programs send as "file:///example.com/estate/stacks/app/app.go".
func (m *monitor) inModule(uri string) (string, bool) {
	u, err := url.Parse(uri)
	if uri == "" || err != nil {
		return "", false
	}
	rel, ok := strings.CutPrefix(strings.TrimLeft(u.Path, "/"), m.req.Module+"/")
	return path.Clean(rel), ok && m.req.Module != ""
}
