package reconcile

import "github.com/jate-cva/jate/reconcile/detect"

// DetectFacts returns what detectors see of a round.
func DetectFacts(tx Tx, programme, round string) (*detect.Facts, error) {
	f, err := load(tx, scope{programme: programme, round: round, records: true})
	if err != nil {
		return nil, err
	}
	s := suspectsOf(f, match(f), round)
	return &s.facts, nil
}
