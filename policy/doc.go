// Package policy lets an estate say in Go what must not be deployed. A policy is
// a function over what is proposed: one resource at a time, or everything at once,
// all stacks in all environments.
//
//	var NoPublicBuckets = policy.Resource("no-public-buckets", policy.Mandatory,
//		func(c policy.Change, r policy.Reporter) {
//			switch acl := c.New("acl"); acl.Is("public-read", "public-read-write") {
//			case policy.Yes:
//				r.Report("anybody can read the bucket")
//			case policy.Unclear:
//				r.Unclear(acl, "anybody can read the bucket")
//			}
//		}, policy.Types("aws:s3/*"), policy.Unchanged())
//
// The program of the policies is the package main in policies/, beside stacks/.
// Its main function is the table of what holds:
//
//	func main() { policy.Main(NoPublicBuckets, builtin.Encrypted(policy.Mandatory)) }
//
// A pull request is judged by the policies of the revision that it is proposed
// to, never by its own. A policy gets values and hands back words: it reads no
// files, asks no cloud and has no clock but the time in ReviewInput.
package policy
