package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/jate-cva/jate/reconcile/detect"
)

// limitsOf returns the thresholds of detectors, with those replaced that the
// folder's detectors.json has.
func limitsOf(dir string) (detect.Thresholds, error) {
	object, err := readAtMost(filepath.Join(dir, "detectors.json"), limitsMax)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return detect.Thresholds{}, err
	}
	return detect.Override(object)
}
