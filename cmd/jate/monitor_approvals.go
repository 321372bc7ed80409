package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/watch"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/ledger/monitor"
)

// errAlarm is how a monitor ends that saw something wrong; the process exits with
// 3. It remains: the folder's alarms.txt has to be taken away by a person.
var errAlarm = errors.New("something is wrong with this server; see the lines above")

// serverAnswer is an answer of a server that is not 200.
type serverAnswer struct {
	path   string
	status int
	code   string
}

func (a *serverAnswer) Error() string {
	return fmt.Sprintf("%s: the server serverAnswer %d %.80q", a.path, a.status, a.code)
}

// approvals is how a monitor obtains what entries name.
type approvals struct{ *remote }

// withheld is watch.ErrWithheld for what the server says it does not have, or does
// not show.
func withheld(err error) error {
	var a *serverAnswer
	if errors.As(err, &a) && (a.status == http.StatusNotFound || a.status == http.StatusGone || a.status == http.StatusForbidden) {
		return errors.Join(watch.ErrWithheld, err)
	}
	return err
}

func (a approvals) Record(ctx context.Context, hash string) (grant.Record, error) {
	if !digestForm.MatchString(hash) {
		return grant.Record{}, watch.ErrWithheld
	}
	b, err := a.get(ctx, "/api/v1/approvals/records/"+hash)
	if err != nil {
		return grant.Record{}, withheld(err)
	}
	var w grant.RecordWire
	if err := json.Unmarshal(b, &w); err != nil {
		return grant.Record{}, errors.Join(watch.ErrWithheld, err)
	}
	r, err := w.Record()
	if err != nil {
		return grant.Record{}, errors.Join(watch.ErrWithheld, err)
	}
	return r, nil
}

func (a approvals) Content(ctx context.Context, digest string) ([]byte, error) {
	if !digestForm.MatchString(digest) {
		return nil, watch.ErrWithheld
	}
	b, err := a.get(ctx, "/api/v1/approvals/contents/"+digest)
	if err != nil {
		return nil, withheld(err)
	}
	var w grant.ContentWire
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, errors.Join(watch.ErrWithheld, err)
	}
	return []byte(w.Text), nil
}

func (a approvals) Keys(ctx context.Context) ([]grant.Keys, error) {
	b, err := a.get(ctx, "/api/v1/approvals/keys")
	if err != nil {
		return nil, withheld(err)
	}
	var w grant.KeysWire
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, errors.Join(watch.ErrWithheld, err)
	}
	var all []grant.Keys
	for _, k := range w.Items {
		all = append(all, grant.Keys{Programme: "", Person: k.Person, Salt: k.Salt, Keys: k.Keys, Entry: k.Entry})
	}
	return all, nil
}

func (f monitorFlags) watchPath() string  { return filepath.Join(f.data, "approvals.state") }
func (f monitorFlags) alarmsPath() string { return filepath.Join(f.data, "alarms.txt") }

// watcher returns the watch of approvals that goes with a monitor; nil where
// approvals cannot be verified. Without a state that goes with the monitor's, both
// begin at the first entry.
func (f monitorFlags) watcher(ctx context.Context, m *monitor.Monitor, from source) (*watch.Watch, *monitor.Monitor, error) {
	if f.server == "" {
		return nil, m, nil
	}
	roots, err := f.roots(ctx, from)
	if err != nil {
		return nil, m, err
	}
	cfg := watch.Config{Programme: f.programme, Besides: f.besides, Origin: f.origin, Development: f.development, Log: f.log.Origin, Roots: roots}
	if m.Size() > 0 {
		b, err := os.ReadFile(f.watchPath())
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, m, err
		}
		if err == nil {
			w, err := watch.Resume(cfg, b)
			if err != nil {
				return nil, m, err
			}
			if w.Size() == m.Size() {
				return w, m, nil
			}
		}
	}
	return watch.New(cfg), monitor.New(f.log), nil
}

// tell says what is wrong, and keeps it.
func (f monitorFlags) tell(out io.Writer, alarms []watch.Alarm) error {
	had, err := f.alarmsBefore()
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, a := range alarms { // some have what the server said in them
		if line := "ALARM " + onOneLine(a.String()) + "\n"; !strings.Contains(had+b.String(), line) {
			b.WriteString(line)
		}
	}
	if had+b.String() == "" {
		return nil
	}
	fmt.Fprint(out, had, b.String())
	if f.data != "" && b.Len() > 0 {
		if err := durable.Replace(f.alarmsPath(), []byte(had+b.String())); err != nil {
			return err
		}
	}
	return errAlarm
}

// alarmsBefore returns what earlier runs found.
func (f monitorFlags) alarmsBefore() (string, error) {
	if f.data == "" {
		return "", nil
	}
	b, err := os.ReadFile(f.alarmsPath())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}

// contradicted keeps in alarms.txt that the journal itself is not what it was.
func (f monitorFlags) contradicted(why error) error {
	if f.data == "" || !errors.Is(why, monitor.ErrRewritten) && !errors.Is(why, monitor.ErrRolledBack) && !errors.Is(why, monitor.ErrManifest) {
		return nil
	}
	had, err := f.alarmsBefore()
	line := fmt.Sprintf("ALARM %v\n", why)
	if err != nil || strings.Contains(had, line) {
		return err
	}
	return durable.Replace(f.alarmsPath(), []byte(had+line))
}

// notice says what was not verified, and what all approvals rest on.
func (f monitorFlags) notice(w io.Writer, seen *watch.Watch) {
	switch {
	case seen == nil:
		fmt.Fprintln(w, "Approvals were not verified: files do not have them; there is no --server.")
		return
	case f.development:
		fmt.Fprintln(w, "Approvals without a passkey were believed: --development.")
	}
	if person, keys := seen.FirstAdministrator(); person != "" {
		fmt.Fprintf(w, "All approvals rest on the passkeys of the first administrator %s, whose hash is %s: compare it with the person.\n", person, keys)
	}
	if n := seen.Others(); n > 0 {
		fmt.Fprintf(w, "%d approvals are of other programmes, and their monitors verify them.\n", n)
	}
}
