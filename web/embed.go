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

// Built returns the files of the named application as the program carries
// them. Where it was built without them, there is no index.html among them.
func Built(app string) fs.FS {
	sub, err := fs.Sub(dist, "dist/"+app)
	if err != nil {
		panic(err) // the name is a constant of the caller
	}
	return sub
}
