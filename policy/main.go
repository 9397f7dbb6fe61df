package policy

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// DescriptionSchema names the JSON shape of a Description.
const DescriptionSchema = "trunkline.policies/v1"

// Description is what the program of the policies says about itself.
type Description struct {
	// Schema is DescriptionSchema.
	Schema   string `json:"schema"`
	Policies []Info `json:"policies"`
}

const usage = `This is the program of an estate's policies: it is started by trunkline.

  describe   print the policies as JSON
  police     read what is proposed, as JSON, and print the violations
`

// Main is the main function of the program of an estate's policies: the table of
// what holds. It does not return.
//
// Its first argument chooses what it does: "describe" prints a Description as
// JSON; "police" reads a ReviewInput from standard input and prints a Verdict. A
// table with a mistake ends it with code 2 and one line for each problem.
func Main(policies ...Policy) {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, policies)) //nolint:forbidigo // Main is the main function
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer, policies []Policy) int {
	if problems := Problems(policies...); len(problems) > 0 {
		for _, p := range problems {
			_, _ = fmt.Fprintln(stderr, p)
		}
		return 2
	}
	mode := ""
	if len(args) == 1 {
		mode = args[0]
	}
	var answer any
	switch mode {
	case "describe":
		d := Description{Schema: DescriptionSchema, Policies: []Info{}}
		for _, p := range policies {
			d.Policies = append(d.Policies, p.info)
		}
		answer = d
	case "police":
		in, err := read(stdin)
		if err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			return 1
		}
		answer = Check(in, policies...)
	default:
		_, _ = fmt.Fprint(stderr, usage)
		return 2
	}
	return write(stdout, stderr, answer)
}

// read takes what is proposed, one stack at a time: the whole document is never in
// memory beside what it says.
func read(stdin io.Reader) (ReviewInput, error) {
	var in ReviewInput
	err := decode(json.NewDecoder(stdin), &in)
	switch {
	case err != nil && (in.Schema == "" || in.Schema == InputSchema):
		return in, fmt.Errorf("what is proposed cannot be read: %w", err)
	case in.Schema != InputSchema:
		return in, fmt.Errorf("what is proposed is written as %q, these policies read %s: use the same version of Trunkline in go.mod and on the command line", in.Schema, InputSchema)
	}
	return in, nil
}

// decode reads the document. What comes before the stacks is there also when they
// cannot be read.
func decode(dec *json.Decoder, in *ReviewInput) error {
	if err := expect(dec, json.Delim('{')); err != nil {
		return err
	}
	rest := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if key != "stacks" {
			var value json.RawMessage
			if err := dec.Decode(&value); err != nil {
				return err
			}
			rest[fmt.Sprint(key)] = value
			continue
		}
		if err := assign(in, rest); err != nil {
			return err
		}
		if err := expect(dec, json.Delim('[')); err != nil {
			return err
		}
		for dec.More() {
			var s Stack
			if err := dec.Decode(&s); err != nil {
				return err
			}
			in.Stacks = append(in.Stacks, s)
		}
		if err := expect(dec, json.Delim(']')); err != nil {
			return err
		}
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return err
	}
	return assign(in, rest)
}

// assign fills in what is not the stacks.
func assign(in *ReviewInput, fields map[string]json.RawMessage) error {
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, in)
}

// expect takes one bracket.
func expect(dec *json.Decoder, want json.Delim) error {
	got, err := dec.Token()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err == nil && got != want {
		return fmt.Errorf("there is %v in the place of %v", got, want)
	}
	return err
}

// write prints the answer on a line of its own: a policy may have printed before.
func write(stdout, stderr io.Writer, answer any) int {
	_, err := fmt.Fprintln(stdout)
	if err == nil {
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		err = enc.Encode(answer)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
