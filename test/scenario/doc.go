// Package scenario holds pull requests and what people see of them. Each directory
// is one: what is changed, and the comment, the record and the statuses that
// `trunkline ci` leaves on a forge of files.
//
//	before.patch  what main has besides the small estate, deployed as far as nobody must agree
//	change.patch  what the branch proposes
//	main.patch    what main gets meanwhile
//	event.env     further variables of the job, one a line
//	exit          the exit code of the job; 0 without the file
//	comment.md    the comment of the pull request
//	statuses.txt  the statuses of its head
//	record.md     the comment after the merge; without the file nothing is merged
//	again.md      the comment after the same job has run once more
//
// go test with UPDATE_GOLDEN=1 writes what is expected.
package scenario
