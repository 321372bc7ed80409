package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"net/url"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/reconcile/report"
	"github.com/jate-cva/jate/store/bolt"
)

// wanted is what jate report was asked for.
type wanted struct {
	dir, programme, round, fund string
	server, token               string
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
	fs.StringVar(&w.server, "server", "", "address of a server, instead of --data")
	fs.StringVar(&w.token, "token", "", "file with an access token, for --server")
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
	if (w.dir == "") == (w.server == "") {
		return errors.New("report needs --data or --server")
	}
	var file httpkit.Spool
	defer file.Close()
	if w.server != "" {
		err = w.take(ctx, env, &file)
	} else {
		err = w.over(ctx, env, func(db *bolt.DB, s report.Service, q report.Query) error {
			h, err := write(ctx, env, &file, s, q)
			if err != nil || h.Kind == "" {
				return err
			}
			return handOver(ctx, db, q.By, h, &file, false)
		})
	}
	if err != nil {
		return err
	}
	if w.out == "" {
		_, err = io.Copy(env.stdout, file.Reader())
		return err
	}
	b, err := io.ReadAll(file.Reader())
	if err != nil {
		return err
	}
	return durable.Replace(w.out, b)
}

// writing writes what was asked for to w, and says what the journal is to have of
// it: nothing, without a kind.
type writing func(ctx context.Context, env *environment, w io.Writer, s report.Service, q report.Query) (ledger.HandedOut, error)

// take has a server write it.
func (w wanted) take(ctx context.Context, env *environment, to io.Writer) error {
	r, err := newRemote(env.getenv, w.server, w.token)
	if err != nil {
		return err
	}
	q := url.Values{"lang": {cmp.Or(w.lang, "en")}}
	if w.format != "" {
		q.Set("format", w.format)
	}
	path := "/api/v1/rounds/" + url.PathEscape(w.round) + "/report"
	switch {
	case w.activities:
		path = "/api/v1/activities"
		if w.round != "" {
			q.Set("round", w.round)
		}
		if w.tags {
			q.Set("hxl", "true")
		}
	case w.fund != "":
		path = "/api/v1/funds/" + url.PathEscape(w.fund) + "/report"
	case w.explain != "":
		path, q = path+"/figure", url.Values{"id": {w.explain}}
	}
	b, err := r.patient(env).get(ctx, path+"?"+q.Encode())
	if err != nil {
		return err
	}
	_, err = to.Write(b)
	return err
}

// writer checks what was asked for, before a folder is opened.
func (w wanted) writer() (writing, error) {
	switch {
	case w.activities:
		write, ok := map[string]func(io.Writer, []report.Activity, []report.Column, string, bool) error{"": report.WriteActivitiesCSV,
			"csv": report.WriteActivitiesCSV, "xlsx": report.WriteActivitiesXLSX}[w.format]
		if !ok {
			return nil, fmt.Errorf("--format %q: csv or xlsx", w.format)
		}
		return func(ctx context.Context, _ *environment, out io.Writer, s report.Service, q report.Query) (ledger.HandedOut, error) {
			h := w.handed("activities", "", cmp.Or(w.format, "csv"))
			columns, err := columnsOf(w.dir)
			if err != nil {
				return h, err
			}
			rows, err := s.Activities(ctx, q)
			if err != nil {
				return h, err
			}
			return h, write(out, rows, columns, w.lang, w.tags)
		}, nil
	case w.fund != "":
		write, ok := report.DonorFormats[cmp.Or(w.format, "html")]
		if !ok {
			return nil, fmt.Errorf("--format %q: html, pdf or xlsx", w.format)
		}
		return func(ctx context.Context, _ *environment, out io.Writer, s report.Service, q report.Query) (ledger.HandedOut, error) {
			h := w.handed("donor-report", "fund:"+w.fund, cmp.Or(w.format, "html"))
			d, err := s.Donor(ctx, report.DonorQuery{By: q.By, Fund: w.fund, Progress: q.Progress})
			if err != nil {
				return h, err
			}
			h.Size = d.Size
			return h, write(out, d, w.lang)
		}, nil
	case w.round == "":
		return nil, errors.New("report needs --round, --fund or --activities")
	}
	write, ok := report.Formats[cmp.Or(w.format, "json")]
	if !ok {
		return nil, fmt.Errorf("--format %q: json, html, pdf or xlsx", w.format)
	}
	return func(ctx context.Context, env *environment, out io.Writer, s report.Service, q report.Query) (ledger.HandedOut, error) {
		if w.explain != "" {
			e, err := s.Explain(ctx, report.Explain{Query: q, Figure: w.explain})
			if err != nil {
				return ledger.HandedOut{}, err
			}
			return ledger.HandedOut{}, json.NewEncoder(out).Encode(e)
		}
		h := w.handed("round-report", "round:"+w.round, cmp.Or(w.format, "json"))
		r, err := s.Round(ctx, q)
		if err != nil {
			return h, err
		}
		h.Round, h.Size = w.round, r.Size
		if !r.Ties {
			fmt.Fprintln(env.stderr, "the figures do not equal the ledger; the report says where")
		}
		return h, write(out, r, w.lang)
	}, nil
}

// handed is what the journal is to have of a file.
func (w wanted) handed(kind, of, form string) ledger.HandedOut {
	return ledger.HandedOut{Kind: kind, Of: of, Form: form, Lang: cmp.Or(w.lang, "en")}
}

// over opens the folder for the report: with its keys where households are
// counted by what their list says, which is sealed.
func (w wanted) over(ctx context.Context, env *environment, fn func(*bolt.DB, report.Service, report.Query) error) error {
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
	return errors.Join(fn(db, s, q), end())
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
		form := filepath.Ext(name)[1:]
		if err := report.Formats[form](&b, r, lang); err != nil {
			return err
		}
		h := ledger.HandedOut{Kind: "round-report", Of: "round:r1", Round: "r1", Form: form, Lang: lang, SHA256: sha256.Sum256(b.Bytes()), Bytes: int64(b.Len()), Size: r.Size}
		if err := noteHandedOut(ctx, d.app.db, d.staff["finance"], h, false); err != nil {
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
