// Command bench measures Jate against the limits of the machine and against
// what people would use instead, and says whether it is as fast as it must be.
//
//	go run ./test/bench [--quick] [--only PART,…] [--out DIR] [--no-gate]
//
// Everything is measured in one run on one machine. Each repetition runs the
// peer and ours one after the other, and the ratio of a line is the median of
// the ratios of its repetitions: on a machine that others use too, only what
// was measured within one repetition can be compared. docs/benchmarks.md says
// what each line measures and against what.
//
// It ends with 1 where a bar is missed. PostgreSQL's programs must be there;
// the program runs a server of its own on a socket in a folder of its own, and
// takes it down again.
package main
