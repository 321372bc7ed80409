// Package web carries the browser applications and serves them. Each has a
// folder beside this file with its sources, and is built into dist/ by
// "make web"; a program built without that serves 503 in its place.
//
// The office's pages, in office, are plain modules that browsers run as they are
// written: nothing builds them, and tsc checks their types with those of the
// handheld.
//
// What an application may do in a browser is written here and not in its
// pages: each answer has the policy that lets it load and call this server
// alone, run no script that is not a file of the build, and be framed by
// nobody.
//
// Names in assets/ contain a hash of their content: they are kept for ever by
// whoever has fetched them, and are 404 when they are not there. Every other
// file is asked for again each time, with its ETag. Any other path is a
// screen of the application and is answered with index.html.
package web
