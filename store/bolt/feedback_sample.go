package bolt

import (
	"iter"
	"slices"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/vendors"
)

var (
	samplesTable = newOwned[string, sampleRecord]("sample")
	framesTable  = table[numbered[string], []unitRecord]{newBucket("sample-frame"), 1, numberedKey[string]()}
	picksTable   = table[numbered[string], pickRecord]{newBucket("sample-pick"), 1, numberedKey[string]()}
	answersTable = table[numbered[string], answerRecord]{newBucket("sample-answer"), 1, numberedKey[string]()}
)

// framePart is how many households of a frame are in one record.
const framePart = 1000

// Sample returns a sample.
func (tx *Tx) Sample(id string) (feedback.Sample, error) {
	return read(tx, samplesTable.rows, id, feedback.ErrNotFound, sampleRecord.sample)
}

// PutSample stores a sample.
func (tx *Tx) PutSample(m feedback.Sample) error {
	return samplesTable.put(tx, m.Programme, m.ID, sampleRecordOf(m))
}

// Samples yields a programme's samples in order.
func (tx *Tx) Samples(programme string) iter.Seq2[feedback.Sample, error] {
	return convert(samplesTable.of(tx, programme, ""), sampleRecord.sample)
}

// PutFrame stores the households of a frame in parts.
func (tx *Tx) PutFrame(sample string, units []feedback.FrameUnit) error {
	n := uint64(0)
	for part := range slices.Chunk(units, framePart) {
		if err := framesTable.put(tx, numbered[string]{sample, n}, each(part, unitRecordOf)); err != nil {
			return err
		}
		n++
	}
	return nil
}

// Frame returns the households of a frame.
func (tx *Tx) Frame(sample string) ([]feedback.FrameUnit, error) {
	var units []feedback.FrameUnit
	for r, err := range framesTable.scan(tx, under(key{}.str(sample))) {
		if err != nil {
			return nil, err
		}
		units = append(units, each(r.value, unitRecord.unit)...)
	}
	if units == nil {
		return nil, feedback.ErrNotFound
	}
	return units, nil
}

// PutPick stores who was drawn.
func (tx *Tx) PutPick(sample string, p feedback.Pick) error {
	return picksTable.put(tx, numbered[string]{sample, uint64(p.N)}, pickRecord{Unit: unitRecordOf(p.FrameUnit), N: p.N, Replacement: p.Replacement})
}

// Pick returns who was drawn as the n-th.
func (tx *Tx) Pick(sample string, n int) (feedback.Pick, error) {
	return read(tx, picksTable, numbered[string]{sample, uint64(n)}, feedback.ErrNotFound, pickRecord.pick)
}

// Picks yields who was drawn in order.
func (tx *Tx) Picks(sample string) iter.Seq2[feedback.Pick, error] {
	return convert(values(picksTable.scan(tx, under(key{}.str(sample)))), pickRecord.pick)
}

// Answer returns the answer to a call.
func (tx *Tx) Answer(sample string, n int) (feedback.Answer, error) {
	return read(tx, answersTable, numbered[string]{sample, uint64(n)}, feedback.ErrNotFound, answerRecord.answer)
}

// PutAnswer stores the answer to a call.
func (tx *Tx) PutAnswer(a feedback.Answer) error {
	return answersTable.put(tx, numbered[string]{a.Sample, uint64(a.N)}, answerRecord{a.Sample, a.N, string(a.Reached), string(a.Received),
		amountOf(a.Amount), string(a.Extra), string(a.Fee), string(a.By), string(a.Satisfied), instantOf(a.At)})
}

// Answers yields a sample's answers in order.
func (tx *Tx) Answers(sample string) iter.Seq2[feedback.Answer, error] {
	return convert(values(answersTable.scan(tx, under(key{}.str(sample)))), answerRecord.answer)
}

// values yields rows without their keys.
func values[K, V any](rows iter.Seq2[row[K, V], error]) iter.Seq2[V, error] {
	return convert(rows, func(r row[K, V]) V { return r.value })
}

// answerRecord is in "sample-answer" by sample and number.
type answerRecord struct {
	Sample    string
	N         int
	Reached   string
	Received  string
	Amount    amount
	Extra     string
	Fee       string
	By        string
	Satisfied string
	At        instant
}

func (r answerRecord) answer() feedback.Answer {
	return feedback.Answer{Sample: r.Sample, N: r.N, Reached: feedback.Reached(r.Reached), Received: feedback.Reply(r.Received),
		Amount: r.Amount.amount(), Extra: feedback.Reply(r.Extra), Fee: feedback.Reply(r.Fee), By: feedback.Shopper(r.By),
		Satisfied: feedback.Reply(r.Satisfied), At: r.At.time()}
}

// unitRecord is a household of a frame; a thousand are a record of
// "sample-frame" by sample and part.
type unitRecord struct {
	_         struct{} `cbor:",toarray"`
	Unit      string
	Stratum   string
	Household string
}

func unitRecordOf(u feedback.FrameUnit) unitRecord {
	return unitRecord{Unit: u.Unit, Stratum: u.Stratum, Household: string(u.Household)}
}

func (r unitRecord) unit() feedback.FrameUnit {
	return feedback.FrameUnit{Unit: r.Unit, Stratum: r.Stratum, Household: distribution.BeneficiaryID(r.Household)}
}

// pickRecord is in "sample-pick" by sample and number.
type pickRecord struct {
	Unit        unitRecord
	N           int
	Replacement bool
}

func (r pickRecord) pick() feedback.Pick {
	return feedback.Pick{FrameUnit: r.Unit.unit(), N: r.N, Replacement: r.Replacement}
}

// sampleRecord is in "sample" by id.
type sampleRecord struct {
	ID           string
	Programme    string
	Round        string
	Commitment   sum32
	CommittedBy  string
	Committed    instant
	CommitEntry  uint64
	Confidence   int
	Margin       int
	By           []string
	Minimum      int
	Replacements int
	Frame        sum32
	Households   int
	FrozenBy     string
	Frozen       instant
	FrameEntry   uint64
	Strata       []stratumRecord
	Root         sum32
	Nonce        []byte
	DrawnBy      string
	Drawn        instant
	DrawEntry    uint64
	Vendors      []vendors.ID
	Sought       bool
}

func sampleRecordOf(m feedback.Sample) sampleRecord {
	d := m.Design
	return sampleRecord{m.ID, m.Programme, m.Round, m.Commitment, m.CommittedBy, instantOf(m.Committed), m.CommitEntry, d.Confidence, d.Margin,
		texts[string](d.By), d.Minimum, d.Replacements, m.Frame, m.Households, m.FrozenBy, instantOf(m.Frozen), m.FrameEntry, each(m.Strata, stratumRecordOf),
		m.Root, m.Nonce, m.DrawnBy, instantOf(m.Drawn), m.DrawEntry, d.Vendors, m.Sought}
}

func (r sampleRecord) sample() feedback.Sample {
	return feedback.Sample{ID: r.ID, Programme: r.Programme, Round: r.Round, Commitment: r.Commitment, CommittedBy: r.CommittedBy,
		Committed: r.Committed.time(), CommitEntry: r.CommitEntry,
		Design: feedback.Design{Confidence: r.Confidence, Margin: r.Margin, By: texts[feedback.Dimension](r.By), Minimum: r.Minimum, Replacements: r.Replacements,
			Vendors: r.Vendors},
		Frame: r.Frame, Households: r.Households, FrozenBy: r.FrozenBy, Frozen: r.Frozen.time(), FrameEntry: r.FrameEntry,
		Sought: r.Sought, Strata: each(r.Strata, stratumRecord.stratum), Root: r.Root, Nonce: r.Nonce, DrawnBy: r.DrawnBy, Drawn: r.Drawn.time(), DrawEntry: r.DrawEntry}
}

type stratumRecord struct {
	Name         string
	Households   int
	Size         int
	Replacements int
}

func stratumRecordOf(x feedback.Stratum) stratumRecord { return stratumRecord(x) }

func (r stratumRecord) stratum() feedback.Stratum { return feedback.Stratum(r) }
