package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/term"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/staff/provider"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// A data folder:
//
//	jate.json           settings and public keys
//	trust.json          root and beacon keys, for `jate handheld enrol --trust`
//	jate.db             the store
//	checkpoint.json     what the notary last signed
//	keys/server.age     an age identity under the server's passphrase …
//	keys/checkpoint.age … that opens the five below: checkpoint, beacon, seal
//	keys/beacon.age     (what handhelds seal factors to), access (tokens and
//	keys/seal.age       pseudonyms) and data (personal data)
//	keys/access.age
//	keys/data.age
//	keys/root.age       signs manifests, under a passphrase of its own; keep it
//	                    off the server and bring it to issue a lot
//	keys/print.age      opens print jobs, under a passphrase of its own; it
//	                    belongs to the print station
//	print/LOT.age       a lot's secrets and PINs until they are printed

// settings are what a data folder says about itself in the clear.
type settings struct {
	Origin     string // of the log: <domain>/<name>
	Issuer     string // the iss of vouchers, 1 to 8 letters and digits
	Root       []byte // Ed25519 public keys
	Beacon     []byte
	Checkpoint string // note verifier key
	Seal       []byte // X25519
	Print      string // age recipient of print jobs
	Created    time.Time
	// Development has tokens believed that nobody has signed in for: never where
	// money moves.
	Development bool `json:",omitempty"`
	// Witnesses must cosign each checkpoint before it is handed out; at most 8.
	Witnesses []witnessSettings `json:",omitempty"`
	// CheckpointAfter names a file that holds how many entries are copied
	// elsewhere; no checkpoint covers more. Without it all entries are covered.
	CheckpointAfter string `json:",omitempty"`
	Backup          string `json:",omitempty"` // the only age recipient of backups over the API; any where empty
	// Banks are the accounts that pay, by the ids that the ledger gives them;
	// Templates the payment files of banks and operators, in place of our own.
	Banks     map[string]vendors.BankAccount `json:",omitempty"`
	Templates []vendors.Template             `json:",omitempty"`
	Earlier   []epoch                        `json:",omitempty"` // names and keys that checkpoints were signed with before
	// Keys says which keys are in use, and since when. Halves names those whose
	// passphrase two custodians have, half each.
	Keys   map[string]keyMade `json:",omitempty"`
	Halves []string           `json:",omitempty"`
	// Succession is the root key's word on new keys (voucher.Succession), the
	// oldest first. CheckpointNext signs checkpoints too, until it alone does.
	Succession     []string `json:",omitempty"`
	CheckpointNext string   `json:",omitempty"`
	// CoolingHours is how long an approved change of how a trader is paid waits
	// before money goes there; 24 where 0.
	CoolingHours int `json:",omitempty"`
	// ComplaintDays are how many days there are for an answer to complaints, by
	// programme and category, in the place of the usual ones.
	ComplaintDays map[string]feedback.DueDays `json:",omitempty"`
	// Providers are where people may sign in besides; see jate providers.
	Providers []providerSettings `json:",omitempty"`
	// PasskeyHost is the host of --url that people's passkeys are bound to.
	PasskeyHost string `json:",omitempty"`
}

// The names of keys.
const (
	keyRoot          = "root"
	keyBeacon        = "beacon"
	keyCheckpoint    = "checkpoint"
	keyCheckpointNew = "checkpoint-new"
	keySeal          = "seal"
	keyAccess        = "access"
	keyData          = "data"
	keyServer        = "server"
	keyPrint         = "print"
)

// keyring holds the opened keys of a running server.
type keyring struct {
	checkpoint []note.Signer
	beacon     ed25519.PrivateKey
	seal       []hpke.PrivateKey // the first is in use
	access     access.Keys
	data       []byte
	wraps      [][]byte          // wrap households' keys instead of data, the newest first
	providers  []provider.Config // with their secrets
}

// workFactor is age's scrypt cost for passphrases: 2^18, about three seconds.
const workFactor = 18

// passphrases asks for the passphrase of a key file by its name.
type passphrases func(name string) (string, error)

// passphrases reads a systemd credential "jate-NAME", else a file
// DIR/NAME.txt where --passphrases names a folder, else the terminal.
func (env *environment) passphrases(dir string) passphrases {
	return func(name string) (string, error) {
		places := []string{}
		if d := env.getenv("CREDENTIALS_DIRECTORY"); d != "" {
			places = append(places, filepath.Join(d, "jate-"+name))
		}
		if dir != "" {
			places = append(places, filepath.Join(dir, name+".txt"))
		}
		for _, p := range places {
			b, err := os.ReadFile(p)
			if err == nil {
				return strings.TrimRight(string(b), "\r\n"), nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
		f, ok := env.stdin.(*os.File)
		if !ok || !term.IsTerminal(int(f.Fd())) {
			return "", fmt.Errorf("the passphrase %q is in no credential and there is no terminal to ask on", name)
		}
		fmt.Fprintf(env.stderr, "Passphrase of the %s key: ", name)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(env.stderr)
		return string(b), err
	}
}

// makeFolder makes a data folder with fresh keys. It refuses a folder that has
// any already.
func makeFolder(dir string, s settings, ask passphrases, factor int) error {
	for _, d := range []string{dir, filepath.Join(dir, "keys"), filepath.Join(dir, "print")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "jate.json")); err == nil {
		return fmt.Errorf("%s is a data folder already; nothing was changed", dir)
	}
	if s.Created.IsZero() {
		s.Created = time.Now().UTC().Truncate(time.Second)
	}
	server, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	printer, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	s.Print = printer.Recipient().String()
	root, err := newSeed(&s.Root)
	if err != nil {
		return err
	}
	s.Keys = map[string]keyMade{}
	for _, k := range []struct {
		name string
		key  []byte
	}{{keyServer, []byte(server.String())}, {keyRoot, root}, {keyPrint, []byte(printer.String())}} {
		to, err := s.recipient(k.name, k.name, ask, factor)
		if err != nil {
			return err
		}
		if err := s.made(k.name, k.key, s.Created); err != nil {
			return err
		}
		if err := writeKey(dir, k.name, k.key, to); err != nil {
			return err
		}
	}
	if err := serverKeys(dir, &s, server.Recipient()); err != nil {
		return err
	}
	return s.write(dir)
}

// write replaces jate.json and trust.json.
func (s settings) write(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	trust, err := json.Marshal(map[string]voucher.Base64{"root": voucher.Base64(s.Root), "beacon": voucher.Base64(s.Beacon)})
	if err != nil {
		return err
	}
	if err := durable.Replace(filepath.Join(dir, "trust.json"), append(trust, '\n')); err != nil {
		return err
	}
	return durable.Replace(filepath.Join(dir, "jate.json"), append(b, '\n'))
}

// made notes a key that comes into use.
func (s *settings) made(name string, key []byte, at time.Time) error {
	id, err := keyID(name, key)
	if err != nil {
		return err
	}
	keys := maps.Clone(s.Keys)
	if keys == nil {
		keys = map[string]keyMade{}
	}
	keys[name] = keyMade{ID: id, Made: at.UTC().Truncate(time.Second)}
	s.Keys = keys
	return nil
}

// serverKeys makes the five keys that the running server needs.
func serverKeys(dir string, s *settings, to age.Recipient) error {
	beacon, err := newSeed(&s.Beacon)
	if err != nil {
		return err
	}
	signer, verifier, err := note.GenerateKey(rand.Reader, s.Origin)
	if err != nil {
		return err
	}
	s.Checkpoint = verifier
	secrets := make([]byte, 32+ed25519.SeedSize+32+32)
	if _, err := rand.Read(secrets); err != nil {
		return err
	}
	seal, err := voucher.SealKeyFrom(secrets[:32])
	if err != nil {
		return err
	}
	s.Seal = seal.PublicKey().Bytes()
	for name, key := range map[string][]byte{keyCheckpoint: []byte(signer), keyBeacon: beacon,
		keySeal: secrets[:32], keyAccess: secrets[32 : 32+ed25519.SeedSize+32], keyData: secrets[32+ed25519.SeedSize+32:]} {
		if err := s.made(name, key, s.Created); err != nil {
			return err
		}
		if err := writeKey(dir, name, key, to); err != nil {
			return err
		}
	}
	return nil
}

// newSeed draws an Ed25519 key and keeps its public half.
func newSeed(public *[]byte) ([]byte, error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	*public = pub
	return key.Seed(), err
}

// noFolderError names what is no data folder.
type noFolderError string

func (e noFolderError) Error() string { return string(e) + " is no data folder; jate init makes one" }

func (noFolderError) Unwrap() error { return fs.ErrNotExist }

func readSettings(dir string) (settings, error) {
	var s settings
	b, err := os.ReadFile(filepath.Join(dir, "jate.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, noFolderError(dir)
	}
	if err != nil {
		return s, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%s/jate.json: %w", dir, err)
	}
	return s, nil
}

// openServerKey opens the key that opens the others.
func openServerKey(dir string, ask passphrases) (*age.X25519Identity, error) {
	text, err := openByPassphrase(dir, "server", ask)
	if err != nil {
		return nil, err
	}
	server, err := age.ParseX25519Identity(string(text))
	if err != nil {
		return nil, fmt.Errorf("server key: %w", err)
	}
	return server, nil
}

// openKeyring opens the keys of a server.
func openKeyring(dir string, ask passphrases) (keyring, error) {
	var k keyring
	server, err := openServerKey(dir, ask)
	if err != nil {
		return k, err
	}
	set, err := readSettings(dir)
	if err != nil {
		return k, err
	}
	keys := map[string][]byte{}
	for name, size := range map[string]int{keyCheckpoint: 0, keyBeacon: ed25519.SeedSize, keySeal: 0, keyAccess: ed25519.SeedSize + 32, keyData: 0} {
		if keys[name], err = openKey(dir, name, server); err != nil {
			return k, err
		}
		if size != 0 && len(keys[name]) != size {
			return k, fmt.Errorf("the %s key has %d bytes, not %d", name, len(keys[name]), size)
		}
	}
	names := []string{keyCheckpoint}
	if set.CheckpointNext != "" {
		if keys[keyCheckpointNew], err = openKey(dir, keyCheckpointNew, server); err != nil {
			return k, err
		}
		names = append(names, keyCheckpointNew)
	}
	for _, name := range names {
		signer, err := note.NewSigner(string(keys[name]))
		if err != nil {
			return k, fmt.Errorf("%s key: %w", name, err)
		}
		k.checkpoint = append(k.checkpoint, signer)
	}
	if k.seal, err = sealKeys(keys[keySeal]); err != nil {
		return k, err
	}
	k.beacon = ed25519.NewKeyFromSeed(keys[keyBeacon])
	k.access = access.Keys{Access: ed25519.NewKeyFromSeed(keys[keyAccess][:ed25519.SeedSize]), Pseudonym: keys[keyAccess][ed25519.SeedSize:]}
	if len(keys[keyData]) == 0 || len(keys[keyData])%dataKeySize != 0 {
		return k, fmt.Errorf("the data key has %d bytes", len(keys[keyData]))
	}
	k.data = keys[keyData][:dataKeySize]
	k.wraps = slices.Collect(slices.Chunk(keys[keyData][dataKeySize:], dataKeySize))
	k.providers, err = set.openProviders(dir, server)
	return k, err
}

// sealKeys reads a seal file: the key in use, and those before it, which open
// factors of receipts that come late.
func sealKeys(b []byte) ([]hpke.PrivateKey, error) {
	if len(b) == 0 || len(b)%sealKeySize != 0 {
		return nil, fmt.Errorf("the seal key has %d bytes", len(b))
	}
	var keys []hpke.PrivateKey
	for one := range slices.Chunk(b, sealKeySize) {
		k, err := voucher.SealKeyFrom(one)
		if err != nil {
			return nil, fmt.Errorf("seal key: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

var errRoot = fault.New(fault.Unavailable, "root_key_away",
	"The root key is not on this server. Bring it and run jate issue.",
	"La clé racine n'est pas sur ce serveur. Apportez-la et lancez jate issue.")

// rootSigner signs manifests with the root key, which it opens each time and
// keeps nowhere.
func rootSigner(dir string, ask passphrases) func(voucher.Manifest) (string, error) {
	return func(m voucher.Manifest) (string, error) {
		seed, err := openByPassphrase(dir, "root", ask)
		if errors.Is(err, fs.ErrNotExist) {
			return "", errRoot
		}
		if err != nil {
			return "", err
		}
		key := ed25519.NewKeyFromSeed(seed)
		defer clear(key)
		defer clear(seed)
		return voucher.SignManifest(key, m)
	}
}

func initCommand(_ context.Context, env *environment) error {
	fs := env.flags("init")
	dir := fs.String("data", "", "the folder to make")
	origin := fs.String("origin", "", "name of the log, such as ngo.example/mali")
	issuer := fs.String("issuer", "jate", "short name in each voucher: 1 to 8 letters and digits")
	pass := fs.String("passphrases", "", "folder with server.txt, root.txt and print.txt instead of asking; root-1.txt and root-2.txt of two custodians")
	backup := fs.String("backup-recipient", "", "the one age recipient that backups over the API are encrypted to")
	development := fs.Bool("development", false, "believe the tokens of jate token, which nobody signs in for: for trials, never where money moves")
	factor := fs.Int("work-factor", workFactor, "cost of guessing a passphrase, 2^N")
	halves := fs.String("two-custodians", "", "keys, such as root,server, whose passphrases two people have, half each")
	if _, err := env.parse(fs, 0); err != nil {
		return err
	}
	if *dir == "" || *origin == "" {
		return errors.New("init needs --data and --origin")
	}
	if *backup != "" {
		if _, err := parseRecipient(*backup); err != nil {
			return err
		}
	}
	s := settings{Origin: *origin, Issuer: *issuer, Backup: *backup, Development: *development, Created: time.Now().UTC().Truncate(time.Second)}
	if *halves != "" {
		s.Halves = strings.Split(*halves, ",")
	}
	for _, name := range s.Halves {
		if !slices.Contains([]string{keyRoot, keyServer, keyPrint}, name) {
			return fmt.Errorf("--two-custodians: %q has no passphrase; root, server and print do", name)
		}
	}
	if err := makeFolder(*dir, s, env.passphrases(*pass), *factor); err != nil {
		return err
	}
	if *development {
		fmt.Fprint(env.stderr, loudly)
	}
	fmt.Fprintf(env.stdout, "%s is ready. Take keys/root.age and keys/print.age off this machine, each with its passphrase kept apart.\n", *dir)
	return nil
}
