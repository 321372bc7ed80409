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

// RingOf is what findings with signals are about.
var RingOf = ringOf

// Ring has the service find that findings with the score, or more, are about a team.
func Ring(s Service, about Subject, least int) {
	s.(*service).ring = func(_ Tx, f Finding, _ []string) (Subject, error) {
		if f.Score < least {
			return "", nil
		}
		return about, nil
	}
}

// WorthOf is what the findings of a case are worth.
var WorthOf = worthOf
