package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/reconcile"
)

// attachCommand keeps a document in a folder that no server has, or sends it to
// a server. It prints the document's hash.
func attachCommand(ctx context.Context, env *environment) error {
	fs := env.flags("attach")
	dir := fs.String("data", "", "data folder that no server has")
	server := fs.String("server", "", "address of a running server, instead of --data")
	token := fs.String("token", "", "file with an access token, for --server")
	to := fs.String("to", "", "what it belongs to: vendor:ID, claim:ID, settlement:ID, advance:ID, period:YYYY-MM or case:ID")
	kind := fs.String("kind", "", "contract, invoice, signed-sheet, payment-receipt, evidence, report or other")
	note := fs.String("note", "", "a line for people")
	programme := fs.String("programme", "", "programme id, with --data; needed where there are several")
	staff := fs.String("staff", "office", "staff id, with --data")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking, with --data")
	args, err := env.parse(fs, 1)
	if err != nil {
		return err
	}
	if (*dir == "") == (*server == "") {
		return errors.New("attach needs either --data or --server")
	}
	subject, id, ok := strings.Cut(*to, ":")
	if !ok {
		return errors.New("attach needs --to, such as vendor:v1")
	}
	content, err := readBounded(args[0], documents.SizeMax)
	if err != nil {
		return err
	}
	if *server != "" {
		q := url.Values{"subject": {subject}, "id": {id}, "kind": {*kind}, "note": {*note}}
		path := "/api/v1/documents"
		if subject == string(documents.OfCase) {
			path = "/api/v1/cases/" + url.PathEscape(id) + "/documents"
			q.Del("subject")
			q.Del("id")
		}
		err = sendDocument(ctx, env, *server, *token, path, q, content)
	} else {
		cmd := finance.Attach{Key: rand.Text(), Subject: documents.Subject{Kind: documents.SubjectKind(subject), ID: id},
			Kind: documents.Kind(*kind), Note: *note, File: content}
		err = attachHere(ctx, env, *dir, *programme, *staff, *pass, cmd)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "ok %s\n", documents.HashOf(content))
	return err
}

// readBounded reads a file of at most so many bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return b, nil
}

func attachHere(ctx context.Context, env *environment, dir, programme, staff, pass string, cmd finance.Attach) error {
	a, err := openApp(appConfig{dir: dir, ask: env.passphrases(pass), now: env.clock(), random: rand.Reader, log: env.quiet()})
	if err != nil {
		return err
	}
	if programme, err = onlyProgramme(ctx, a.db, programme); err == nil {
		cmd.By = local(programme, staff, access.RoleFinancePreparer)
		if err = a.settings.acts(cmd.By); err != nil {
			return errors.Join(err, a.close())
		}
		if cmd.Subject.Kind == documents.OfCase {
			_, err = a.reconciles.AttachToCase(ctx, reconcile.AttachToCase{By: cmd.By, Key: cmd.Key, Case: cmd.Subject.ID, Kind: cmd.Kind, Note: cmd.Note, File: cmd.File})
		} else {
			_, err = a.finances.Attach(ctx, cmd)
		}
	}
	return errors.Join(err, a.close())
}

// sendDocument posts the content. Its key is made of what is sent, so that a
// command that is repeated after a broken line attaches once.
func sendDocument(ctx context.Context, env *environment, server, token, path string, q url.Values, content []byte) error {
	base, err := serverAddress(server)
	if err != nil {
		return err
	}
	secret, err := bearer(ctx, env.getenv, base, token)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path+"?"+q.Encode(), bytes.NewReader(content))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Idempotency-Key", "attach-"+documents.HashOf(append([]byte(path+"?"+q.Encode()+"\n"), content...)).String())
	client := &http.Client{Timeout: 10 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return problemOf(res)
	}
	return nil
}

// documentsCommand reads every document that the store knows of. After a
// restore it says which files are still to be copied.
func documentsCommand(ctx context.Context, env *environment) error {
	fs := env.flags("documents")
	dir := fs.String("data", "", "data folder that no server has")
	pass := fs.String("passphrases", "", "folder with server.txt instead of asking")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	keys, err := openKeyring(*dir, env.passphrases(*pass))
	if err != nil {
		return err
	}
	folder, err := documents.NewFolder(documentsPath(*dir), keys.data, keys.wraps...)
	if err != nil {
		return err
	}
	db, _, err := openStore(*dir, env.quiet())
	if err != nil {
		return err
	}
	good, bad := 0, 0
	err = db.Finance().View(ctx, func(tx finance.Tx) error {
		for d, err := range tx.Documents() {
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			switch _, err := folder.Get(d.Hash); {
			case err == nil:
				good++
				continue
			case errors.Is(err, documents.ErrNotFound):
				fmt.Fprintf(env.stdout, "missing %s\n", d.Hash)
			case errors.Is(err, documents.ErrDamaged):
				fmt.Fprintf(env.stdout, "damaged %s\n", d.Hash)
			default:
				return err
			}
			bad++
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d documents are missing or damaged; copy them from another folder's documents", bad, good+bad)
	}
	_, err = fmt.Fprintf(env.stdout, "ok documents=%d\n", good)
	return err
}
