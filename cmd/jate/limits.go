package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/jate-cva/jate/ledger/export"
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

// mappingOf returns the accounts of the SYCEBNL in which an accountant finds
// ours: those of the folder's sycebnl.csv, or the program's where there is none.
func mappingOf(dir string) (export.Mapping, error) {
	m, err := readMapping(filepath.Join(dir, "sycebnl.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return export.DefaultMapping(), nil
	}
	return m, err
}

func readMapping(path string) (export.Mapping, error) {
	text, err := readAtMost(path, limitsMax)
	if err != nil {
		return nil, err
	}
	m, err := export.ParseMapping(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
