// Package recorder runs a stack of an estate program against a monitor of its
// own: it answers the program as Pulumi's engine would and writes down what the
// program asks for. There is no engine, no state, no provider and no cloud.
package recorder
