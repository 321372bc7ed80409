package bolt

import (
	"iter"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
)

var (
	approvalTable = table[hashOf, provedRecord]{newBucket("approval"), 1, hashOfKey}
	latestTable   = table[personHash, sum32]{newBucket("approval-latest"), 1, personHashKey}
)

// hashOf is a programme and a hash in it.
type hashOf struct {
	programme string
	hash      [32]byte
}

var hashOfKey = keyCodec[hashOf]{
	encode: func(to key, k hashOf) key { return to.str(k.programme).fixed(k.hash[:]) },
	decode: func(r *keyReader) hashOf { return hashOf{r.str(), [32]byte(r.take(32))} },
}

// personHash is a programme, a person in it and a digest.
type personHash struct {
	programme, person string
	digest            [32]byte
}

var personHashKey = keyCodec[personHash]{
	encode: func(to key, k personHash) key { return to.str(k.programme).str(k.person).fixed(k.digest[:]) },
	decode: func(r *keyReader) personHash { return personHash{r.str(), r.str(), [32]byte(r.take(32))} },
}

// provedRecord is in "approval" by programme and hash.
type provedRecord struct {
	Programme         string
	Person            string
	Digest            sum32
	Nonce             sum32
	PublicKey         []byte
	AuthenticatorData []byte
	ClientData        []byte
	Signature         []byte
	At                instant
}

func (r provedRecord) record() grant.Record {
	return grant.Record{Programme: r.Programme, Person: r.Person, Digest: r.Digest, Nonce: r.Nonce, PublicKey: r.PublicKey,
		AuthenticatorData: r.AuthenticatorData, ClientData: r.ClientData, Signature: r.Signature, At: r.At.time()}
}

// PutRecord stores a record.
func (tx *Tx) PutRecord(r grant.Record) error {
	hash := r.Hash()
	if err := latestTable.put(tx, personHash{r.Programme, r.Person, r.Digest}, hash); err != nil {
		return err
	}
	return approvalTable.put(tx, hashOf{r.Programme, hash}, provedRecord{r.Programme, r.Person, r.Digest, r.Nonce, r.PublicKey,
		r.AuthenticatorData, r.ClientData, r.Signature, instantOf(r.At)})
}

// Record returns the record with a hash.
func (tx *Tx) Record(programme string, hash [32]byte) (grant.Record, error) {
	return read(tx, approvalTable, hashOf{programme, hash}, grant.ErrNotFound, provedRecord.record)
}

// LatestRecord returns a person's latest record for a digest.
func (tx *Tx) LatestRecord(programme, person string, digest [32]byte) (grant.Record, error) {
	hash, err := latestTable.get(tx, personHash{programme, person, digest}, grant.ErrNotFound)
	if err != nil {
		return grant.Record{}, err
	}
	return tx.Record(programme, hash)
}

var contentTable = table[hashOf, contentRecord]{newBucket("content"), 2, hashOfKey}

// contentRecord is in "content" by programme and digest. Version 2 added the box.
type contentRecord struct {
	Text, Closed  []byte
	By, Pseudonym string
	Roles         []string
	Lot           string
	Sealed        []byte `cbor:",omitempty"`
}

func (contentRecord) oldest() byte { return 1 }

func (r *contentRecord) boxes(k hashOf) []box {
	return []box{{owner: ownerContent + k.programme, bytes: []*[]byte{&r.Closed}, to: &r.Sealed}}
}

// PutPrepared stores content that people are to agree to.
func (tx *Tx) PutPrepared(p access.Prepared) error {
	roles := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = string(r)
	}
	return contentTable.put(tx, hashOf{p.Programme, p.Digest}, contentRecord{Text: p.Text, Closed: p.Closed, By: p.By,
		Pseudonym: p.Pseudonym, Roles: roles, Lot: p.Lot})
}

// PreparedContent returns the content with a digest.
func (tx *Tx) PreparedContent(programme string, digest [32]byte) (access.Prepared, error) {
	k := hashOf{programme, digest}
	return read(tx, contentTable, k, access.ErrContent, func(r contentRecord) access.Prepared { return r.prepared(k) })
}

func (r contentRecord) prepared(k hashOf) access.Prepared {
	p := access.Prepared{Programme: k.programme, Digest: k.hash, Text: r.Text, Closed: r.Closed, By: r.By, Pseudonym: r.Pseudonym, Lot: r.Lot}
	for _, role := range r.Roles {
		p.Roles = append(p.Roles, access.Role(role))
	}
	return p
}

// PreparedContents yields what was prepared in a programme, by digest.
func (tx *Tx) PreparedContents(programme string) iter.Seq2[access.Prepared, error] {
	return func(yield func(access.Prepared, error) bool) {
		for r, err := range contentTable.scan(tx, under(key{}.str(programme))) {
			if !yield(r.value.prepared(r.key), err) || err != nil {
				return
			}
		}
	}
}

var handedTable = table[hashOf, handedRecord]{newBucket("content-handed"), 1, hashOfKey}

// handedRecord is in "content-handed" by programme and digest.
type handedRecord struct {
	From, To string
	Entry    uint64
}

// PutHanded stores what became of content whose preparer left.
func (tx *Tx) PutHanded(h grant.Handed) error {
	return handedTable.put(tx, hashOf{h.Programme, h.Digest}, handedRecord{h.From, h.To, h.Entry})
}

// Handed returns it.
func (tx *Tx) Handed(programme string, digest [32]byte) (grant.Handed, error) {
	return read(tx, handedTable, hashOf{programme, digest}, grant.ErrNotFound, func(r handedRecord) grant.Handed {
		return grant.Handed{Programme: programme, Digest: digest, From: r.From, To: r.To, Entry: r.Entry}
	})
}
