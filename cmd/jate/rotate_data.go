package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"

	"filippo.io/age"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/documents"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/store/bolt"
)

// wrapsMax is how many keys that wrap are kept beside the newest, for backups
// from before.
const wrapsMax = 4

// rewrapChunk is how many households one transaction wraps anew.
const rewrapChunk = 1000

// data adds a key that wraps households' keys from now on. What is derived from
// the data key besides, digests above all, stays as it is: nobody could be found
// any more.
func (r *rotation) data() error {
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	keys, err := openKey(r.dir, keyData, server)
	if err != nil {
		return err
	}
	wrap := make([]byte, dataKeySize)
	if _, err := rand.Read(wrap); err != nil {
		return err
	}
	former := keys[dataKeySize:]
	former = former[:min(len(former), wrapsMax*dataKeySize)]
	next := append(append(append([]byte{}, keys[:dataKeySize]...), wrap...), former...)
	r.note = "Every household's, trader's, lot's, complaint's and document's key is wrapped by it. When no backup from before is needed any more, run jate keys retire data."
	return r.add(keyData, next, server.Recipient())
}

// print makes a new key of the print station, once nothing waits for it.
func (r *rotation) print() error {
	waiting, err := filepath.Glob(filepath.Join(r.dir, "print", "*.age"))
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		return fmt.Errorf("%d print jobs are sealed to the key in use; print them and delete them first", len(waiting))
	}
	printer, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	to, err := r.s.recipient(keyPrint, "print-new", r.ask, r.factor)
	if err != nil {
		return err
	}
	r.s.Print = printer.Recipient().String()
	r.note = "Take keys/print.age to the print station, and off this machine."
	return r.add(keyPrint, []byte(printer.String()), to)
}

// rewrap wraps every household's key, every complaint's, every document's and those
// of the store's boxes by the newest. It may be stopped, and the next one does what is left.
func (r *rotation) rewrap(ctx context.Context, env *environment, db *bolt.DB) error {
	keys, err := openKeyring(r.dir, r.ask)
	if err != nil {
		return err
	}
	sealer, err := distribution.NewSealer(keys.data, keys.wraps...)
	if err != nil {
		return err
	}
	var programmes []string
	err = db.Distribution().View(ctx, func(tx distribution.Tx) error {
		for p, err := range tx.Programmes() {
			if err != nil {
				return err
			}
			programmes = append(programmes, p.ID)
		}
		return nil
	})
	households, complaints := 0, 0
	for _, p := range programmes {
		after := distribution.BeneficiaryID("")
		for more := true; more && err == nil; {
			err = db.Distribution().Update(ctx, func(tx distribution.Tx) (err error) {
				more, after, err = rewrapHouseholds(tx, sealer, p, after, &households)
				return err
			})
			if watched(env.stderr) {
				fmt.Fprintf(env.stderr, "\r%d households\r", households)
			}
		}
		if err == nil {
			err = db.Feedback().Update(ctx, func(tx feedback.Tx) error { return rewrapComplaints(tx, sealer, p, &complaints) })
		}
	}
	if err != nil {
		return err
	}
	boxes := 0
	err = db.Update(ctx, func(tx *bolt.Tx) (err error) {
		boxes, err = tx.RewrapKeys(sealer)
		return err
	})
	if err != nil {
		return err
	}
	secrets := 0
	err = db.Staff().Update(ctx, func(tx staff.Tx) (err error) {
		secrets, err = staff.Reseal(tx, keys.data, keys.wraps...)
		return err
	})
	if err != nil {
		return err
	}
	folder, err := documents.NewFolder(documentsPath(r.dir), keys.data, keys.wraps...)
	if err != nil {
		return err
	}
	papers, err := folder.Rewrap(ctx)
	fmt.Fprintf(env.stderr, "%d households, %d complaints, %d documents, %d names and factors of staff, and %d traders, lots and others are wrapped anew.\n", households, complaints, papers, secrets, boxes)
	return err
}

// rewrapHouseholds does the next chunk, and says where it ended and whether
// there may be more.
func rewrapHouseholds(tx distribution.Tx, sealer *distribution.Sealer, programme string, after distribution.BeneficiaryID, done *int) (bool, distribution.BeneficiaryID, error) {
	type row struct {
		id      distribution.BeneficiaryID
		wrapped []byte
	}
	var rows []row
	seen := 0
	for b, err := range tx.Beneficiaries(programme, after) {
		if err != nil {
			return false, after, err
		}
		var again []byte
		wrapped, err := tx.WrappedKey(b.ID)
		if err == nil {
			again, err = sealer.Rewrap(string(b.ID), wrapped)
		}
		if errors.Is(err, distribution.ErrNotFound) {
			err = nil // forgotten
		}
		if err != nil {
			return false, after, fmt.Errorf("household %s: %w", b.ID, err)
		}
		if again != nil {
			rows = append(rows, row{b.ID, again})
		}
		after = b.ID
		if seen++; seen == rewrapChunk {
			break
		}
	}
	for _, w := range rows {
		if err := tx.PutWrappedKey(w.id, w.wrapped); err != nil {
			return false, after, err
		}
	}
	*done += len(rows)
	return seen == rewrapChunk, after, nil
}

// rewrapComplaints does all of a programme: they are few.
func rewrapComplaints(tx feedback.Tx, sealer *distribution.Sealer, programme string, done *int) error {
	texts := map[string]feedback.SealedText{}
	for c, err := range tx.Complaints(programme, "") {
		if err != nil {
			return err
		}
		t, err := tx.ComplaintText(c.ID)
		if errors.Is(err, feedback.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		again, changed, err := t.Rewrap(c.ID, sealer)
		if err != nil {
			return fmt.Errorf("complaint %s: %w", c.ID, err)
		}
		if changed {
			texts[c.ID] = again
		}
	}
	for id, t := range texts {
		if err := tx.PutComplaintText(id, t); err != nil {
			return err
		}
	}
	*done += len(texts)
	return nil
}

// retireData forgets the keys that wrapped before, once nothing in the store is
// under them.
func (r *rotation) retireData(ctx context.Context, env *environment, db *bolt.DB) error {
	if err := r.rewrap(ctx, env, db); err != nil {
		return err
	}
	server, err := openServerKey(r.dir, r.ask)
	if err != nil {
		return err
	}
	keys, err := openKey(r.dir, keyData, server)
	if err != nil {
		return err
	}
	former := max(0, len(keys)/dataKeySize-2)
	r.note = fmt.Sprintf("%d former keys are gone: what they wrapped in backups cannot be opened any more.", former)
	if former == 0 {
		return nil
	}
	made := r.s.Keys[keyData].Made
	if err := r.add(keyData, keys[:2*dataKeySize], server.Recipient()); err != nil {
		return err
	}
	r.s.Keys[keyData] = keyMade{ID: r.s.Keys[keyData].ID, Made: made}
	return nil
}
