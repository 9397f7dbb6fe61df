// Package settings is the contract between a stack's typed settings and the
// text that people write: a tagged Go struct on one side, a block of an
// environment file on the other.
//
// A schema is read from a struct type once (Of), travels as JSON, and then
// checks values (Check), explains them (Resolve) and describes them to editors
// (JSONSchema) without the struct at hand. Inside the program the same schema
// fills the struct (Decode).
//
// The tags of a field:
//
//	estate:"backupDays"     the key in the environment file; required on every exported field
//	default:"7"             the value when the key is absent; comma-separated for a list
//	min:"1" max:"35"        bounds: of a number or duration itself, of the length of a text,
//	                        list or map, of the prefix length of a CIDR
//	required:"true"         the key must be there
//	enum:"gp2,gp3"          the only values allowed
//	pattern:"[a-z]+"        a regular expression that the whole text matches
//	format:"a lower-case word"  what to call the pattern in an error
//	doc:"..."               one sentence for people
package settings
