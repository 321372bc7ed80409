package main

import (
	"os"
	"runtime/debug"
)

// What lives of a command's memory is small, mostly the store's changes of the
// last seconds, and each thing that is done leaves kilobytes behind; collected as
// usual, that would be many times a second for little. So it is collected a
// quarter as often, but as often as it takes to stay within a limit.
const (
	garbagePercent = 400

	// serveMemory leaves the rest of 4 GiB, which the smallest machine has that a
	// server is meant for, to the pages of the store's file.
	serveMemory = 1 << 30
	// issueMemory and the pages that a flush of the store touches are less than
	// half a gigabyte for a lot of a million.
	issueMemory = 400 << 20
	// passEntry is room for a voucher of each entry, of which a pass over a
	// journal keeps about 110 bytes: 2.2 GiB for ten million. Where entries issue
	// so many vouchers that more is kept, the collector takes up to half of the
	// time, and the memory stays.
	passEntry = 128
	passMost  = 1 << 32 // entries; nobody has more, and a log may say anything
)

// leaveGarbage lets the process leave garbage within a limit, and returns what
// ends that. GOGC and GOMEMLIMIT override the one and the other.
func leaveGarbage(limit int64) (end func()) {
	percent, before := debug.SetGCPercent(garbagePercent), debug.SetMemoryLimit(-1)
	if os.Getenv("GOGC") != "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(before)
	}
}

// passMemory is the limit of a pass over a journal of so many entries.
func passMemory(entries uint64) int64 { return serveMemory + passEntry*int64(min(entries, passMost)) }
