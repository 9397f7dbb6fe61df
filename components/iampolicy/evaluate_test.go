package iampolicy

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	provider = "arn:aws:iam::123456789012:oidc-provider/ci.example"
	worker   = "arn:aws:iam::123456789012:role/worker"
)

// one is a statement that allows one thing to whoever holds it.
func one(change func(*Statement)) Document {
	s := Statement{Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::files/*"}}
	change(&s)
	return Document{s}
}

func TestADocumentAllowsWhatItSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	get := Request{Kind: "AWS", Name: worker, Action: "s3:GetObject", Resource: "arn:aws:s3:::files/a/b",
		Context: map[string]string{"aws:SecureTransport": "true", "ci.example:sub": "repo:o/r:ref:main"}}
	same := func(*Statement) {}
	condition := func(operator, key, value string) Document {
		return one(func(s *Statement) { s.Condition = Conditions{operator: {key: value}} })
	}
	principal := func(kind, name string) Document {
		return one(func(s *Statement) { s.Principal = Principal{kind: {name}} })
	}
	for name, tt := range map[string]struct {
		doc  Document
		want bool
	}{
		"nothing":                        {nil, false},
		"the action on the resource":     {one(same), true},
		"another action":                 {one(func(s *Statement) { s.Actions = []string{"s3:PutObject"} }), false},
		"actions have no case":           {one(func(s *Statement) { s.Actions = []string{"S3:getobject"} }), true},
		"an action by its beginning":     {one(func(s *Statement) { s.Actions = []string{"s3:Get*"} }), true},
		"another resource":               {one(func(s *Statement) { s.Resources = []string{"arn:aws:s3:::other/*"} }), false},
		"resources have case":            {one(func(s *Statement) { s.Resources = []string{"arn:aws:s3:::FILES/*"} }), false},
		"all resources but others":       {one(func(s *Statement) { s.Resources, s.NotResources = nil, []string{"arn:aws:s3:::other/*"} }), true},
		"all resources but this":         {one(func(s *Statement) { s.Resources, s.NotResources = nil, []string{"arn:aws:s3:::files/*"} }), false},
		"a denial wins":                  {append(one(same), Statement{Effect: Deny, Actions: []string{"*"}}), false},
		"a denial wins when it is first": {append(Document{{Effect: Deny, Actions: []string{"s3:*"}}}, one(same)...), false},
		"a denial of something else":     {append(one(same), Statement{Effect: Deny, Actions: []string{"sqs:*"}}), true},
		"to the role":                    {principal("AWS", worker), true},
		"to another role":                {principal("AWS", worker+"2"), false},
		"to the account":                 {principal("AWS", "arn:aws:iam::123456789012:root"), true},
		"to the account by its number":   {principal("AWS", "123456789012"), true},
		"to another account":             {principal("AWS", "arn:aws:iam::210987654321:root"), false},
		"to another kind":                {principal("Federated", worker), false},
		"to everyone":                    {principal("AWS", "*"), true},
		"a name is no pattern":           {principal("AWS", "arn:aws:iam::123456789012:role/*"), false},
		"equal":                          {condition("StringEquals", "ci.example:sub", "repo:o/r:ref:main"), true},
		"keys have no case":              {condition("StringEquals", "CI.example:SUB", "repo:o/r:ref:main"), true},
		"values have case":               {condition("StringEquals", "ci.example:sub", "repo:O/r:ref:main"), false},
		"equal does not know *":          {condition("StringEquals", "ci.example:sub", "repo:o/r:*"), false},
		"like does":                      {condition("StringLike", "ci.example:sub", "repo:o/?:*"), true},
		"like is about the whole value":  {condition("StringLike", "ci.example:sub", "repo:o"), false},
		"a key that is absent":           {condition("StringLike", "ci.example:aud", "*"), false},
		"not equal":                      {condition("StringNotEquals", "ci.example:sub", "x"), true},
		"not equal to what is absent":    {condition("StringNotEquals", "ci.example:aud", "x"), true},
		"not like":                       {condition("StringNotLike", "ci.example:sub", "repo:*"), false},
		"a flag":                         {condition("Bool", "aws:SecureTransport", "true"), true},
		"another flag":                   {condition("Bool", "aws:SecureTransport", "false"), false},
		"all conditions, and one is not": {one(func(s *Statement) { s.Condition = Conditions{"Bool": {"aws:SecureTransport": "true", "x": "true"}} }), false},
		"all operators, and one is not": {one(func(s *Statement) {
			s.Condition = Conditions{"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"ci.example:sub": "x"}}
		}), false},
		"one of two statements is enough": {append(condition("StringEquals", "ci.example:sub", "x"), one(same)...), true},
	} {
		got, err := Evaluate(tt.doc, get)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
		}
	}
}

func TestAFederatedUserIsTheProviderThatVouches(t *testing.T) {
	t.Parallel()
	doc := Document{{Effect: Allow, Principal: Principal{"Federated": {provider}}, Actions: []string{"sts:AssumeRoleWithWebIdentity"}}}
	for name, want := range map[string]bool{provider: true, provider + ".evil": false, "": false} {
		got, err := Evaluate(doc, Request{Kind: "Federated", Name: name, Action: "sts:AssumeRoleWithWebIdentity"})
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
}

func TestWhatIsNotEvaluatedIsAnErrorEvenWhereItWouldNotMatter(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Statement){
		`the operator "NumericLessThan" is not evaluated`: func(s *Statement) { s.Condition = Conditions{"NumericLessThan": {"x": "1"}} },
		`the operator "StringEqualsIfExists"`:             func(s *Statement) { s.Condition = Conditions{"StringEqualsIfExists": {"x": "1"}} },
		`the policy variable in "${aws:username}"`:        func(s *Statement) { s.Condition = Conditions{"StringLike": {"x": "${aws:username}"}} },
		`the policy variable in "arn:aws:s3:::${x}"`:      func(s *Statement) { s.Resources = []string{"arn:aws:s3:::${x}"} },
		`the effect "Permit" is neither Allow nor Deny`:   func(s *Statement) { s.Effect = "Permit" },
		`it has no Action`:                                func(s *Statement) { s.Actions = nil },
		`it has both Resource and NotResource`:            func(s *Statement) { s.NotResources = []string{"*"} },
	} {
		allowed, err := Evaluate(one(change), Request{Action: "sqs:SendMessage"})
		if allowed || err == nil || !strings.Contains(err.Error(), "statement 0: "+want) {
			t.Errorf("%s: %v, %v", want, allowed, err)
		}
	}
}

// Without slashes, brackets and backslashes a pattern means the same to
// path.Match.
func TestPatternsMatchAsTheyDoInTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*?:ü")), 0, 8, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab:ü")), 0, 10, -1).Draw(t, "text")
		want, err := path.Match(pattern, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := like(pattern, text); got != want {
			t.Fatalf("like(%q, %q) = %v", pattern, text, got)
		}
	})
}

func TestADenialOfEverythingAlwaysWins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z:*?]{1,6}`)
		doc := Document{}
		for range rapid.IntRange(0, 4).Draw(t, "statements") {
			doc = append(doc, Statement{Effect: Allow, Actions: rapid.SliceOfN(text, 1, 3).Draw(t, "actions"),
				Resources: rapid.SliceOfN(text, 0, 3).Draw(t, "resources")})
		}
		at := rapid.IntRange(0, len(doc)).Draw(t, "at")
		doc = append(doc[:at:at], append(Document{{Effect: Deny, Actions: []string{"*"}}}, doc[at:]...)...)
		allowed, err := Evaluate(doc, Request{Action: text.Draw(t, "action"), Resource: text.Draw(t, "resource")})
		if allowed || err != nil {
			t.Fatalf("%v, %v", allowed, err)
		}
	})
}
