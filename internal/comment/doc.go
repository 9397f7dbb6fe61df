// Package comment keeps one comment on a pull request true: it is there from the
// first second, is edited in place, never goes back to an older result, and
// becomes the record of the deployment after the merge. It also says what the
// statuses of a commit are.
//
// It speaks to a gitops.Forge and to nothing else, takes its clock from the
// caller, and knows nothing about what the comment says. Nothing in it may stop a
// run: every error is for the caller to note.
//
// A comment of ours looks like this; what people wrote before or after it stays
// as it is:
//
//	<!-- trunkline:pr v1 id=main gen=12.1 state=running sha=1a2b3c4 -->
//	### the text
//	<!-- trunkline:end -->
package comment
