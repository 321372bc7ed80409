// Package arch holds tests that read the sources of the whole module and
// keep what no compiler checks: which way imports point, where a dependency
// may appear, that the domain reads no clock and money meets no float, and
// that every exported name there is explained.
//
// The rules are tables in the tests. Each is shown to bite on sources that
// break it before it is applied to the tree.
package arch
