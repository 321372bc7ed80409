package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/store/bolt"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// field is a data folder that jate init made, with 50 vendors, 64 handhelds
// and an officer's, and what they know. The store is filled through the real
// services; only the people who would have registered them are left out.
type field struct {
	jate   string // the program
	dir    string
	pass   string
	root   ed25519.PrivateKey
	beacon ed25519.PublicKey
	log    string // the verifier key of its journal
	seal   hpke.PublicKey

	phones  []*phone
	officer *phone
	cards   []card
	server  *server // nil while it does not run
}

// phone is a handheld: its key, and where its chain stands.
type phone struct {
	id     vendors.HandheldID
	key    ed25519.PrivateKey
	seq    uint64
	prev   voucher.Hash
	bundle uint64
	cards  []card // still to be sold
}

// card is what a household holds: a serial and a PIN.
type card struct {
	serial voucher.Serial
	pin    string
}

// buildJate builds the program that is measured.
func buildJate(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "jate")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/jate-cva/jate/cmd/jate")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// newField makes a folder with so many vouchers, none handed over.
func newField(ctx context.Context, jate, dir string, vouchers int) (*field, error) {
	f := &field{jate: jate, dir: dir, pass: dir + "-passphrases"}
	if err := f.init(ctx); err != nil {
		return nil, err
	}
	err := f.open(func(db *bolt.DB) error {
		err := db.Vouchers().Update(ctx, func(tx voucher.Tx) error {
			return errors.Join(f.people(tx), allocate(tx, money.Francs(1_000_000_000_000)))
		})
		if err != nil {
			return err
		}
		return f.issue(ctx, db, "l1", vouchers)
	})
	return f, err
}

// init runs jate init with passphrases that cost nothing to try, and reads the
// keys that an office would have.
func (f *field) init(ctx context.Context) error {
	if err := os.MkdirAll(f.pass, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"server", "root", "print"} {
		if err := os.WriteFile(filepath.Join(f.pass, name+".txt"), []byte(rand.Text()+"\n"), 0o600); err != nil {
			return err
		}
	}
	if _, _, err := f.run(ctx, "init", "--origin", "bench.example/log", "--issuer", "bench", "--passphrases", f.pass, "--work-factor", "10", "--development"); err != nil {
		return err
	}
	var settings struct {
		Beacon, Seal []byte
		Checkpoint   string
	}
	b, err := os.ReadFile(filepath.Join(f.dir, "jate.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &settings); err != nil {
		return err
	}
	f.beacon, f.log = settings.Beacon, settings.Checkpoint
	if f.seal, err = voucher.SealPublic(settings.Seal); err != nil {
		return err
	}
	f.root, err = f.rootKey()
	return err
}

// rootKey opens keys/root.age as jate issue would.
func (f *field) rootKey() (ed25519.PrivateKey, error) {
	pass, err := os.ReadFile(filepath.Join(f.pass, "root.txt"))
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(strings.TrimSpace(string(pass)))
	if err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(f.dir, "keys", "root.age"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := age.Decrypt(file, id)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("root key of %d bytes: %w", len(seed), err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// run runs a command of the program on the folder and returns its process,
// which has ended well, and what it printed.
func (f *field) run(ctx context.Context, command string, args ...string) (*os.ProcessState, string, error) {
	return f.jateDoes(ctx, command, append([]string{"--data", f.dir}, args...)...)
}

// monitor lets the program recompute the journal of the server, which must run,
// in the name of a monitor.
func (f *field) monitor(ctx context.Context) (*os.ProcessState, string, error) {
	_, token, err := f.run(ctx, "token", "--staff", "bench", "--programme", programme, "--roles", string(access.RoleMonitor), "--passphrases", f.pass)
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(f.pass, "monitor-token.txt")
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		return nil, "", err
	}
	return f.jateDoes(ctx, "monitor", "--server", "http://"+f.server.address, "--token", path, "--programme", programme, "--development", "--log", f.log)
}

func (f *field) jateDoes(ctx context.Context, command string, args ...string) (*os.ProcessState, string, error) {
	cmd := exec.CommandContext(ctx, f.jate, append([]string{command}, args...)...)
	var out, wrong strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &wrong
	if err := cmd.Run(); err != nil {
		return nil, "", fmt.Errorf("jate %s: %w\n%s", command, err, wrong.String())
	}
	return cmd.ProcessState, out.String(), nil
}

// open opens the store for us while no server has it.
func (f *field) open(fn func(*bolt.DB) error) error {
	db, err := bolt.Open(filepath.Join(f.dir, "jate.db"), bolt.Options{})
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// people stores the zone, vendors and handhelds, each handheld with a bundle of
// today.
func (f *field) people(tx voucher.Tx) error {
	now := tx.Now()
	if err := tx.PutZone(vendors.Zone{Code: zone, Programme: programme}); err != nil {
		return err
	}
	for i := range shops {
		err := tx.PutVendor(vendors.Vendor{ID: shopID(i), Programme: programme, Name: fmt.Sprintf("Shop %d", i+1), Zone: zone, Created: now,
			Contract: vendors.Contract{From: now.AddDate(-1, 0, 0), Until: now.AddDate(1, 0, 0), Categories: []string{"food"}}})
		if err != nil {
			return err
		}
	}
	enrol := func(id vendors.HandheldID, of vendors.ID, p vendors.Purpose) (*phone, error) {
		public, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		bundle := uint64(now.Unix())
		return &phone{id: id, key: key, bundle: bundle}, tx.PutHandheld(vendors.Handheld{ID: id, Programme: programme, Vendor: of, Zone: zone,
			Purpose: p, State: vendors.Active, Key: public, Created: now.Add(-time.Hour), Snapshot: bundle, Nonce: "first"})
	}
	f.phones = nil // the function may run more than once
	for i := range together {
		p, err := enrol(phoneID(i), shopID(i), vendors.ForSales)
		if err != nil {
			return err
		}
		f.phones = append(f.phones, p)
	}
	var err error
	f.officer, err = enrol("officer", "", vendors.ForDistribution)
	return err
}

func shopID(i int) vendors.ID { return vendors.ID(fmt.Sprintf("v%d", i%shops+1)) }

// issue issues a lot through the real service and hands each card to the
// household whose home handheld will be asked to take it.
func (f *field) issue(ctx context.Context, db *bolt.DB, id string, count int) error {
	room, err := newPrintRoom(filepath.Join(f.dir, "print"), func(l voucher.PrintLine) {
		f.cards = append(f.cards, card{l.Serial, l.PIN})
	})
	if err != nil {
		return err
	}
	s := voucher.New(db.Vouchers(), voucher.Config{Rand: rand.Reader, PrintRoom: room, RootPublic: f.root.Public().(ed25519.PublicKey),
		SignManifest: func(m voucher.Manifest) (string, error) { return voucher.SignManifest(f.root, m) }})
	f.cards = f.cards[:0]
	cmd := lot(id, count, voucher.ModePIN)
	cmd.Progress = progress(count)
	if _, err := s.IssueLot(ctx, cmd); err != nil {
		return err
	}
	for i, c := range f.cards {
		p := f.phones[i%together]
		p.cards = append(p.cards, c)
	}
	return nil
}

// record signs a phone's next record.
func (p *phone) record(body voucher.Body) (string, error) {
	jws, err := voucher.SignRecord(voucher.Record{Head: voucher.Head{Handheld: p.id, Seq: p.seq + 1, Prev: p.prev,
		Time: voucher.UnixOf(time.Now()), Bundle: p.bundle}, Body: body}, p.key)
	if err != nil {
		return "", err
	}
	p.seq, p.prev = p.seq+1, voucher.HashOf(jws)
	return jws, nil
}

// sale signs the receipt of the phone's next card, its PIN sealed.
func (p *phone) sale(to hpke.PublicKey) (string, error) {
	if len(p.cards) == 0 {
		return "", fmt.Errorf("handheld %s has no card left to sell", p.id)
	}
	c := p.cards[0]
	p.cards = p.cards[1:]
	sealed, err := voucher.SealFactor(to, voucher.Factor{PIN: c.pin}, p.id, c.serial, p.seq+1)
	if err != nil {
		return "", err
	}
	return p.record(voucher.Receipt{Serial: c.serial, Amount: face, Factor: sealed,
		Lines: []voucher.Line{{Item: "rice", Quantity: "2", Price: face / 2}}})
}

// bytes returns what the folder takes, without the print jobs: what files say,
// and what they occupy.
func (f *field) bytes() (said int64, err error) {
	err = filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "print" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err == nil && info.Mode().IsRegular() {
			said += info.Size()
		}
		return err
	})
	return said, err
}

// counted is how many entries of a kind there are, and postings in them.
type counted struct{ entries, postings int }

// kinds counts what the journal holds by its kind.
func (f *field) kinds(ctx context.Context) (map[ledger.Kind]counted, error) {
	kinds := map[ledger.Kind]counted{}
	err := f.open(func(db *bolt.DB) error {
		return db.Ledger().View(ctx, func(tx ledger.Tx) error {
			clear(kinds)
			size, err := tx.Size()
			for seq := uint64(0); seq < size && err == nil; seq++ {
				var e ledger.Entry
				e, err = tx.Entry(seq)
				n := kinds[e.Kind]
				kinds[e.Kind] = counted{n.entries + 1, n.postings + len(e.Postings)}
			}
			return err
		})
	})
	return kinds, err
}
