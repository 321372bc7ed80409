package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/store/bolt"
)

// wanted is what jate report was asked for.
type wanted struct {
	dir, programme, round, fund string
	activities, tags            bool
	format, lang, explain, out  string
	pass                        string
}

// reportCommand writes the report on a round or a fund, the rows of activities,
// or what a figure is made of.
func reportCommand(ctx context.Context, env *environment) error {
	fs := env.flags("report")
	var w wanted
	fs.StringVar(&w.dir, "data", "", "data folder")
	fs.StringVar(&w.programme, "programme", "", "programme id; needed where there are several")
	fs.StringVar(&w.round, "round", "", "round that the report is on")
	fs.StringVar(&w.fund, "fund", "", "fund whose donor the report is for, instead of a round")
	fs.BoolVar(&w.activities, "activities", false, "rows of who does what, where, when and for whom; of all rounds or of --round")
	fs.BoolVar(&w.tags, "hxl", false, "a second row of HXL tags in such rows")
	fs.StringVar(&w.format, "format", "", "json, html, pdf or xlsx of a round; html, pdf or xlsx of a fund; csv or xlsx of activities")
	fs.StringVar(&w.lang, "lang", "", "fr or en; that of the system without it")
	fs.StringVar(&w.explain, "explain", "", "say what the figure of this id is made of, as JSON")
	fs.StringVar(&w.out, "out", "", "file to write; without it the standard output")
	fs.StringVar(&w.pass, "passphrases", "", "folder with server.txt instead of asking; of reports that count who was served")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if w.lang == "" && french(env.getenv) {
		w.lang = "fr"
	}
	write, err := w.writer()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := w.over(ctx, env, func(s report.Service, q report.Query) error { return write(ctx, env, &b, s, q) }); err != nil {
		return err
	}
	if w.out != "" {
		return durable.Replace(w.out, b.Bytes())
	}
	_, err = io.Copy(env.stdout, &b)
	return err
}

// writing writes what was asked for to w.
type writing func(ctx context.Context, env *environment, w io.Writer, s report.Service, q report.Query) error

// writer checks what was asked for, before a folder is opened.
func (w wanted) writer() (writing, error) {
	switch {
	case w.activities:
		write, ok := map[string]func(io.Writer, []report.Activity, []report.Column, string, bool) error{"": report.WriteActivitiesCSV,
			"csv": report.WriteActivitiesCSV, "xlsx": report.WriteActivitiesXLSX}[w.format]
		if !ok {
			return nil, fmt.Errorf("--format %q: csv or xlsx", w.format)
		}
		return func(ctx context.Context, _ *environment, out io.Writer, s report.Service, q report.Query) error {
			columns, err := columnsOf(w.dir)
			if err != nil {
				return err
			}
			rows, err := s.Activities(ctx, q)
			if err != nil {
				return err
			}
			return write(out, rows, columns, w.lang, w.tags)
		}, nil
	case w.fund != "":
		write, ok := report.DonorFormats[cmp.Or(w.format, "html")]
		if !ok {
			return nil, fmt.Errorf("--format %q: html, pdf or xlsx", w.format)
		}
		return func(ctx context.Context, _ *environment, out io.Writer, s report.Service, q report.Query) error {
			d, err := s.Donor(ctx, report.DonorQuery{By: q.By, Fund: w.fund, Progress: q.Progress})
			if err != nil {
				return err
			}
			return write(out, d, w.lang)
		}, nil
	case w.round == "":
		return nil, errors.New("report needs --round, --fund or --activities")
	}
	write, ok := report.Formats[cmp.Or(w.format, "json")]
	if !ok {
		return nil, fmt.Errorf("--format %q: json, html, pdf or xlsx", w.format)
	}
	return func(ctx context.Context, env *environment, out io.Writer, s report.Service, q report.Query) error {
		if w.explain != "" {
			e, err := s.Explain(ctx, report.Explain{Query: q, Figure: w.explain})
			if err != nil {
				return err
			}
			return json.NewEncoder(out).Encode(e)
		}
		r, err := s.Round(ctx, q)
		if err != nil {
			return err
		}
		if !r.Ties {
			fmt.Fprintln(env.stderr, "the figures do not equal the ledger; the report says where")
		}
		return write(out, r, w.lang)
	}, nil
}

// over opens the folder for the report: with its keys where households are
// counted by what their list says, which is sealed.
func (w wanted) over(ctx context.Context, env *environment, fn func(report.Service, report.Query) error) error {
	var db *bolt.DB
	var s report.Service
	end := func() error { return db.Close() }
	if w.activities || w.fund != "" {
		a, err := openApp(appConfig{dir: w.dir, ask: env.passphrases(w.pass), now: time.Now, random: rand.Reader, log: env.quiet()})
		if err != nil {
			return err
		}
		db, s, end = a.db, a.reports, a.close
	} else {
		var err error
		if db, _, err = openStore(w.dir, env.quiet()); err != nil {
			return err
		}
		limits, err := limitsOf(w.dir)
		if err == nil {
			s, err = report.New(report.Config{Store: db.Reports(), Limits: limits})
		}
		if err != nil {
			return errors.Join(err, db.Close())
		}
	}
	programme, err := onlyProgramme(ctx, db, w.programme)
	if err != nil {
		return errors.Join(err, end())
	}
	began := time.Now()
	bar := (&progress{env.stderr}).bar("counting")
	q := report.Query{By: local(programme, "office", access.RoleFinanceApprover), Round: w.round, Progress: func(done, of int) {
		if time.Since(began) > time.Second {
			bar(done, of)
		}
	}}
	return errors.Join(fn(s, q), end())
}

// columnsOf returns the columns of activities: those of the folder's
// activities.csv, or the program's where there is none.
func columnsOf(dir string) ([]report.Column, error) {
	path := filepath.Join(dir, "activities.csv")
	text, err := readAtMost(path, limitsMax)
	if errors.Is(err, iofs.ErrNotExist) {
		return report.DefaultColumns(), nil
	}
	if err != nil {
		return nil, err
	}
	cs, err := report.ParseColumns(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cs, nil
}

// writeReport leaves the report on the first round in the folder.
func (d *demo) writeReport(ctx context.Context) error {
	r, err := d.app.reports.Round(ctx, report.Query{By: d.staff["finance"], Round: "r1"})
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
