// Package diy keeps the state of stacks where and how the Pulumi CLI keeps it:
// in a directory (file://) or a bucket (s3://, gs://, azblob://), written by
// Pulumi's own backend. The CLI reads every committed state and its history at
// any time, and each keeps out while the other works.
//
// A checkpoint is written once, by Commit. What happens before it goes into
// objects below .pulumi/trunkline: leases/, journal/ and versions/, each with
// numbered objects per stack that are created and never replaced by others, so
// that a bucket's conditional write is all the exclusion that is needed. An
// Append is one object. Its number is taken: a holder who lost the lease finds
// it in use and is refused.
//
// Credentials of buckets come from the environment of the process and its
// machine, as gocloud.dev/blob reads them (AWS_ACCESS_KEY_ID,
// GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT and so on), and so do
// Pulumi's settings such as PULUMI_DIY_BACKEND_GZIP. file:// and s3:// are
// tested; gs:// and azblob:// go through the same code and have not been run.
package diy
