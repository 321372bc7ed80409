package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/intake"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/internal/httpkit"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/export"
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher/cards"
)

// quiet is the log of commands that a person runs: only what is wrong.
func (env *environment) quiet() *slog.Logger { return httpkit.NewLogger(env.stderr, slog.LevelWarn) }

// local is the actor of a command that is run on the folder itself. Whoever can
// do that needs no token; the journal says that it was done at the console.
func local(programme, staff string, roles ...access.Role) access.Actor {
	return access.Actor{ID: "console." + staff, Pseudonym: "console." + staff, Programme: programme, Roles: roles, TokenID: "console"}
}

func tokenCommand(_ context.Context, env *environment) error {
	fs := env.flags("token")
	dir := fs.String("data", "", "data folder")
	staff := fs.String("staff", "", "staff id: opaque, never a name")
	programme := fs.String("programme", "", "programme id")
	roles := fs.String("roles", "", "roles, separated by commas: "+roleNames())
	ttl := fs.Duration("ttl", access.TTLDefault, "how long it lives, at most 12h")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	s, err := readSettings(*dir)
	if err != nil {
		return err
	}
	if !s.Development {
		return errDevelopment
	}
	keys, err := openKeyring(*dir, env.passphrases(*pass))
	if err != nil {
		return err
	}
	authority, err := access.NewAuthority(s.Origin, keys.access, time.Now)
	if err != nil {
		return err
	}
	grant := access.Grant{Staff: *staff, Programme: *programme, TTL: *ttl}
	for _, r := range strings.Split(*roles, ",") {
		grant.Roles = append(grant.Roles, access.Role(strings.TrimSpace(r)))
	}
	token, err := authority.Mint(grant)
	if err != nil {
		return err
	}
	fmt.Fprint(env.stderr, loudly)
	_, err = fmt.Fprintln(env.stdout, token)
	return err
}

func roleNames() string {
	var names []string
	for _, r := range access.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func importCommand(ctx context.Context, env *environment) error {
	fs := env.flags("import")
	dir := fs.String("data", "", "data folder; a dry run without one reads the file alone")
	dry := fs.Bool("dry-run", false, "say what would happen and change nothing")
	asJSON := fs.Bool("json", false, "print the report as JSON")
	staff := fs.String("staff", "office", "staff id of the registrar")
	programme := fs.String("programme", "", "programme id")
	edition := fs.String("edition", "", "edition of the list's p-codes")
	sheet := fs.String("sheet", "", "sheet of a workbook")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	if *dir == "" && !*dry {
		return errors.New("import needs --data, or --dry-run to read the file alone")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rows := countRows(env)
	options := intake.Options{Sheet: *sheet, Today: time.Now(), Progress: rows}
	var r distribution.ImportReport
	if *dir == "" {
		r, err = readAlone(ctx, f, info.Size(), options)
	} else {
		var a *app
		a, err = openApp(appConfig{dir: *dir, ask: env.passphrases(*pass), now: time.Now, random: rand.Reader, log: env.quiet()})
		if err != nil {
			return err
		}
		key := rand.Text()
		options.Progress = nil
		r, err = a.distributions.ImportList(ctx, distribution.ImportList{By: local(*programme, *staff, access.RoleRegistrar), Key: key,
			File: f, Size: info.Size(), Options: options, Edition: *edition, DryRun: *dry, Progress: rows})
		err = errors.Join(err, a.close())
	}
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(env.stdout).Encode(r)
	}
	return showImport(env, r)
}

// countRows shows how far a list was read, where a person looks on.
func countRows(env *environment) func(int) {
	if !watched(env.stderr) {
		return nil
	}
	return func(rows int) {
		if rows%500 == 0 {
			fmt.Fprintf(env.stderr, "\r%d rows", rows)
		}
	}
}

// readAlone reports on a list without a store: every record is new.
func readAlone(ctx context.Context, r io.ReaderAt, size int64, o intake.Options) (distribution.ImportReport, error) {
	report := distribution.ImportReport{DryRun: true}
	sum, err := intake.Read(ctx, r, size, o, func(intake.Record) error {
		report.New++
		return nil
	}, func(refused intake.Refused) error {
		if len(report.Refused) >= 10_000 {
			report.RefusedMore++
			return nil
		}
		report.Refused = append(report.Refused, refused)
		return nil
	})
	report.Summary = sum
	return report, err
}

func showImport(env *environment, r distribution.ImportReport) error {
	fr := french(env.getenv)
	for _, x := range r.Refused {
		reason := x.Reason
		if fr {
			reason = x.Raison
		}
		fmt.Fprintf(env.stdout, "%d\t%s\t%s\t%s\n", x.Row, x.Column, x.Value, reason)
	}
	if fr {
		_, err := fmt.Fprintf(env.stdout, "nouveaux %d, modifiés %d, identiques %d, refusés %d, doublons possibles %d\n",
			r.New, r.Changed, r.Same, len(r.Refused)+r.RefusedMore, r.Duplicates)
		return err
	}
	_, err := fmt.Fprintf(env.stdout, "new %d, changed %d, same %d, refused %d, possible duplicates %d\n",
		r.New, r.Changed, r.Same, len(r.Refused)+r.RefusedMore, r.Duplicates)
	return err
}

func issueCommand(ctx context.Context, env *environment) error {
	fs := env.flags("issue")
	dir := fs.String("data", "", "data folder")
	lot := fs.String("lot", "", "an approved lot")
	staff := fs.String("staff", "office", "staff id of the issuer")
	pass := fs.String("passphrases", "", "folder with server.txt and root.txt instead of asking")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	defer leaveGarbage(issueMemory)()
	a, err := openApp(appConfig{dir: *dir, ask: env.passphrases(*pass), root: true, unmap: true, now: time.Now, random: rand.Reader, log: env.quiet()})
	if err != nil {
		return err
	}
	programme, err := programmeOfLot(ctx, a.db, *lot)
	if err != nil {
		return errors.Join(err, a.close())
	}
	out := progress{env.stderr}
	l, err := a.distributions.IssueLot(ctx, distribution.IssueLot{By: local(programme, *staff, access.RoleIssuer),
		Key: "issue-" + *lot, Lot: *lot, Progress: out.bar("signing")})
	if err := errors.Join(err, a.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "lot %s: %d vouchers of %d households are signed; the key is destroyed\n", l.ID, l.Vouchers, l.Households)
	return err
}

func programmeOfLot(ctx context.Context, db *bolt.DB, lot string) (string, error) {
	var l distribution.Lot
	err := db.Distribution().View(ctx, func(tx distribution.Tx) (err error) {
		l, err = tx.Lot(lot)
		return err
	})
	return l.Programme, err
}

func cardsCommand(ctx context.Context, env *environment) error {
	fs := env.flags("cards")
	dir := fs.String("data", "", "data folder")
	round := fs.String("round", "", "round whose issued lots are printed")
	lot := fs.String("lot", "", "one lot of it")
	point := fs.String("point", "", "one distribution point")
	lang := fs.String("lang", "", "fr or en; both without it")
	part := fs.Int("part", 0, "one part of 10,000 cards, from 1, where one document does not hold them all")
	out := fs.String("out", "", "PDF file to write")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *out == "" || *round == "" && *lot == "" {
		return errors.New("cards needs --out and --round or --lot")
	}
	db, s, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	return errors.Join(writeCards(ctx, db, s, distribution.Print{Round: *round, Lot: *lot, Point: *point, Lang: langOf(*lang), Part: *part}, *out), db.Close())
}

func langOf(s string) cards.Lang {
	switch s {
	case "fr":
		return cards.French
	case "en":
		return cards.English
	}
	return cards.FrenchEnglish
}

// writeCards needs no key: tokens are stored, and hold no secret.
func writeCards(ctx context.Context, db *bolt.DB, s settings, p distribution.Print, path string) error {
	var programme string
	err := db.Distribution().View(ctx, func(tx distribution.Tx) error {
		if p.Lot != "" {
			l, err := tx.Lot(p.Lot)
			programme = l.Programme
			return err
		}
		r, err := tx.Round(p.Round)
		programme = r.Programme
		return err
	})
	if err != nil {
		return err
	}
	p.By = local(programme, "office", access.RoleIssuer)
	service := distribution.New(db.Distribution(), distribution.Config{Issuer: s.Issuer})
	doc, err := service.PrintCards(ctx, p)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := doc.Write(&b); err != nil {
		return err
	}
	return durable.Replace(path, b.Bytes())
}

func exportCommand(ctx context.Context, env *environment) error {
	fs := env.flags("export")
	dir := fs.String("data", "", "data folder")
	format := fs.String("format", "hledger", "hledger, ledger, beancount, sycebnl or sycebnl-daily")
	mapping := fs.String("mapping", "", "file with the accounts of a sycebnl journal; sycebnl.csv of the folder, or the program's, without it")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	var m export.Mapping
	out := &httpkit.Spool{}
	defer out.Close()
	h := ledger.HandedOut{Kind: "books", Form: *format}
	read := func(size uint64) { h.Size = size }
	write := func(db *bolt.DB) error {
		return export.Write(ctx, out, db.Ledger(), export.Options{Dialect: export.Dialect(*format), Read: read})
	}
	var err error
	switch *format {
	case "sycebnl", "sycebnl-daily":
		if *mapping != "" {
			m, err = readMapping(*mapping)
		} else {
			m, err = mappingOf(*dir)
		}
		write = func(db *bolt.DB) error {
			return export.WriteJournal(ctx, out, db.Ledger(), export.JournalOptions{Mapping: m, Daily: *format == "sycebnl-daily", Read: read})
		}
	default:
		_, err = export.ParseDialect(*format)
	}
	if err != nil {
		return err
	}
	db, _, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	err = write(db)
	if err == nil {
		err = handOver(ctx, db, local("", "office", access.RoleFinanceApprover), h, out, false)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = io.Copy(env.stdout, out.Reader())
	return err
}

func reconcileCommand(ctx context.Context, env *environment) error {
	fs := env.flags("reconcile")
	dir := fs.String("data", "", "data folder")
	programme := fs.String("programme", "", "programme id; needed where there are several")
	round := fs.String("round", "", "one round; all without it")
	asJSON := fs.Bool("json", false, "print JSON")
	since := fs.String("since", "", "an earlier report in JSON: print what changed since")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	db, _, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	limits, err := limitsOf(*dir)
	if err == nil {
		err = writeReconciliation(ctx, env, db, limits, reconcile.Query{By: access.Actor{Programme: *programme}, Round: *round}, *asJSON, *since)
	}
	return errors.Join(err, db.Close())
}

func writeReconciliation(ctx context.Context, env *environment, db *bolt.DB, limits detect.Thresholds, q reconcile.Query, asJSON bool, since string) error {
	programme, err := onlyProgramme(ctx, db, q.By.Programme)
	if err != nil {
		return err
	}
	prover := noProver{} // it reads
	v, err := vendors.New(vendors.Config{Store: db.Vendors(), Rand: rand.Reader, Prover: prover, Serial: reconcile.CanonicalSerial})
	if err != nil {
		return err
	}
	s, err := reconcile.New(reconcile.Config{Store: db.Reconcile(), Vendors: v, Prover: prover, Limits: limits, Papers: noPapers{}})
	if err != nil {
		return err
	}
	defer lean()()
	q.By, q.Progress = local(programme, "office", access.RoleAuditor), releasing(db, slowBar(env, "reconciling"))
	r, err := s.Run(ctx, q)
	if err != nil {
		return err
	}
	lang := "en"
	if french(env.getenv) {
		lang = "fr"
	}
	if since != "" {
		return writeChanges(ctx, env, db, r, since, asJSON, lang)
	}
	if !asJSON {
		return reconcile.WriteText(env.stdout, r, lang)
	}
	return reconcile.WriteJSON(env.stdout, r)
}

// writeChanges prints what differs from an earlier report.
func writeChanges(ctx context.Context, env *environment, db *bolt.DB, now reconcile.Report, path string, asJSON bool, lang string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var c reconcile.Changes
	err = db.Ledger().View(ctx, func(tx ledger.Tx) (err error) {
		c, err = reconcile.Since(tx, f, now)
		return err
	})
	switch {
	case err != nil:
		return err
	case asJSON:
		return json.NewEncoder(env.stdout).Encode(c)
	}
	return reconcile.WriteChanges(env.stdout, c, lang)
}

// onlyProgramme returns the programme asked for, or the only one there is.
func onlyProgramme(ctx context.Context, db *bolt.DB, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	var ids []string
	err := db.Distribution().View(ctx, func(tx distribution.Tx) error {
		for p, err := range tx.Programmes() {
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		return nil
	})
	if err == nil && len(ids) != 1 {
		err = fmt.Errorf("the folder has %d programmes; name one with --programme", len(ids))
	}
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

func runHandheld(ctx context.Context, env *environment) error {
	return handheldCommand(ctx, env.args, env.getenv, env.stdin, env.stdout, env.stderr)
}
