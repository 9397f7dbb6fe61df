// Package policytest tests policies: what is proposed in a few lines, and the
// violations as lines of text.
//
//	rev := policytest.Review(policytest.Stack("site", "dev",
//		policytest.Create("aws:s3/bucketV2:BucketV2", "assets", policytest.Inputs{"acl": "public-read"}),
//	))
//	policytest.Want(t, rev, NoPublicBuckets, "dev/site assets: anybody can read the bucket")
package policytest
