package web

import (
	"embed"
	"io/fs"
)

// all: takes files whose names begin with a dot or an underscore too. The
// folder is never empty: README.md is committed, and no build wipes it.
//
//go:embed all:dist
var dist embed.FS

// office is written as browsers run it: nothing builds it.
//
//go:embed office/*.html office/*.css office/*.svg office/*.js office/screens/*.js
var office embed.FS

// Office returns the files of the office's pages.
func Office() fs.FS {
	sub, err := fs.Sub(office, "office")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// Built returns the files of the named application as the program carries
// them. Where it was built without them, there is no index.html among them.
func Built(app string) fs.FS {
	sub, err := fs.Sub(dist, "dist/"+app)
	if err != nil {
		panic(err) // the name is a constant of the caller
	}
	return sub
}
