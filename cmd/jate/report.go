package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/store/bolt"
)

// reportCommand writes the report on a round, or what one of its figures is
// made of.
func reportCommand(ctx context.Context, env *environment) error {
	fs := env.flags("report")
	dir := fs.String("data", "", "data folder")
	programme := fs.String("programme", "", "programme id; needed where there are several")
	round := fs.String("round", "", "round that the report is on")
	format := fs.String("format", "json", "json, html, pdf or xlsx")
	lang := fs.String("lang", "", "fr or en; that of the system without it")
	explain := fs.String("explain", "", "say what the figure of this id is made of, as JSON")
	out := fs.String("out", "", "file to write; without it the standard output")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *round == "" {
		return errors.New("report needs --round")
	}
	write, ok := report.Formats[*format]
	if !ok {
		return fmt.Errorf("--format %q: json, html, pdf or xlsx", *format)
	}
	if *lang == "" {
		*lang = "en"
		if french(env.getenv) {
			*lang = "fr"
		}
	}
	db, _, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = func() error {
		s, q, err := roundReports(ctx, db, *dir, *programme, *round)
		if err != nil {
			return err
		}
		began := time.Now()
		bar := (&progress{env.stderr}).bar("counting")
		q.Progress = func(done, of int) {
			if time.Since(began) > time.Second {
				bar(done, of)
			}
		}
		if *explain != "" {
			e, err := s.Explain(ctx, report.Explain{Query: q, Figure: *explain})
			if err != nil {
				return err
			}
			return json.NewEncoder(&b).Encode(e)
		}
		r, err := s.Round(ctx, q)
		if err != nil {
			return err
		}
		if !r.Ties {
			fmt.Fprintln(env.stderr, "the figures do not equal the ledger; the report says where")
		}
		return write(&b, r, *lang)
	}()
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if *out != "" {
		return durable.Replace(*out, b.Bytes())
	}
	_, err = io.Copy(env.stdout, &b)
	return err
}

// writeReport leaves the report on the first round in the folder.
func (d *demo) writeReport(ctx context.Context) error {
	limits, err := limitsOf(d.dir)
	if err != nil {
		return err
	}
	s, err := report.New(report.Config{Store: d.app.db.Reports(), Limits: limits})
	if err != nil {
		return err
	}
	r, err := s.Round(ctx, report.Query{By: d.staff["finance"], Round: "r1"})
	if err != nil {
		return err
	}
	for name, lang := range map[string]string{"report-r1.html": "en", "rapport-r1.html": "fr", "rapport-r1.pdf": "fr", "rapport-r1.xlsx": "fr"} {
		var b bytes.Buffer
		if err := report.Formats[filepath.Ext(name)[1:]](&b, r, lang); err != nil {
			return err
		}
		if err := durable.Replace(filepath.Join(d.dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	d.report.Report = filepath.Join(d.dir, "report-r1.html")
	d.out.step("report on the round: %s, and in French as HTML, PDF and XLSX", d.report.Report)
	return nil
}

// roundReports returns the service over a store, and a query in the name of
// whoever is at the console.
func roundReports(ctx context.Context, db *bolt.DB, dir, programme, round string) (report.Service, report.Query, error) {
	programme, err := onlyProgramme(ctx, db, programme)
	if err != nil {
		return nil, report.Query{}, err
	}
	limits, err := limitsOf(dir)
	if err != nil {
		return nil, report.Query{}, err
	}
	s, err := report.New(report.Config{Store: db.Reports(), Limits: limits})
	return s, report.Query{By: local(programme, "office", access.RoleFinanceApprover), Round: round}, err
}
