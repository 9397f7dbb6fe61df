package estate

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/place"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

// running is one stack while its program runs. It travels in the context,
// because Use has no other way to know which stack calls it.
type running struct {
	def *definition
	env Environment
	at  settings.Pos // what to name for a setting that is missing
	// projects are the names of the definitions that were Pulumi projects.
	projects map[string]string

	mu         sync.Mutex
	references map[string]*pulumi.StackReference
}

type runningKey struct{}

// Use returns the outputs of a stack that the caller's definition Needs. In a
// preview they are the outputs that the stack would have.
func Use[O any](ctx *pulumi.Context, stack *Stack[O]) (*O, error) {
	r, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return nil, fmt.Errorf("estate.Use works only inside the build function of a stack made by estate.Define")
	}
	up := stack.definition()
	if up == nil {
		return nil, fmt.Errorf("stack %q (%s) uses a nil stack", r.def.name, r.def.source())
	}
	if !slices.ContainsFunc(r.def.needs, func(n AnyStack) bool { return n.definition() == up }) {
		return nil, fmt.Errorf("stack %q uses %q without declaring it; add estate.Needs(%s.Stack) to its definition at %s",
			r.def.name, up.name, place.Last(up.pkg), r.def.source())
	}
	ref, err := r.reference(ctx, up)
	if err != nil {
		return nil, err
	}
	out := new(O)
	dst := reflect.ValueOf(out).Elem()
	for _, f := range outputFields(dst.Type()) {
		value := readOutput(ref, up.name, r.env.Name, f)
		if !value.Type().AssignableTo(f.Type) {
			return nil, fmt.Errorf("%s.%s: an output of type %s cannot be read back; use %s",
				dst.Type(), f.Name, f.Type, value.Type())
		}
		dst.FieldByIndex(f.Index).Set(value)
	}
	return out, nil
}

// reference returns the one StackReference to an upstream stack.
func (r *running) reference(ctx *pulumi.Context, up *definition) (*pulumi.StackReference, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ref := r.references[up.name]; ref != nil {
		return ref, nil
	}
	full := fmt.Sprintf("%s/%s/%s.%s", ctx.Organization(), ctx.Project(), up.name, r.env.Name)
	ref, err := pulumi.NewStackReference(ctx, up.name, &pulumi.StackReferenceArgs{Name: pulumi.String(full)})
	if err != nil {
		return nil, fmt.Errorf("read the outputs of stack %q in %s: %w", up.name, r.env.Name, err)
	}
	r.references[up.name] = ref
	return ref, nil
}

// readOutput returns an output whose settled value is the upstream output that
// the field is tagged with.
func readOutput(ref *pulumi.StackReference, stack, env string, f reflect.StructField) reflect.Value {
	name := f.Tag.Get("pulumi")
	want := elementType(f.Type)
	convert := reflect.FuncOf([]reflect.Type{reflect.TypeFor[any]()}, []reflect.Type{want, reflect.TypeFor[error]()}, false)
	fn := reflect.MakeFunc(convert, func(args []reflect.Value) []reflect.Value {
		result, problem := reflect.New(want).Elem(), reflect.New(reflect.TypeFor[error]()).Elem()
		given := args[0].Interface()
		switch {
		case given == nil:
			problem.Set(reflect.ValueOf(fmt.Errorf("stack %q in %s has no output %q yet; run trunkline up -e %s -s %s first",
				stack, env, name, env, stack)))
		default:
			if err := convertInto(result, given); err != nil {
				problem.Set(reflect.ValueOf(fmt.Errorf("output %q of stack %q in %s: %w", name, stack, env, err)))
			}
		}
		return []reflect.Value{result, problem}
	})
	return reflect.ValueOf(ref.GetOutput(pulumi.String(name)).ApplyT(fn.Interface()))
}
