// Package forge is what the adapters of GitHub, GitLab and Gitea share: how a
// request reaches a forge, is repeated and gives up, and how an answer becomes an
// error that says what to do. An adapter itself only translates.
package forge
