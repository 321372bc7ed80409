//go:build race

package main

// raced programs take five times as long, and nothing here runs at once.
const raced = true
