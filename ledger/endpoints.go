package ledger

import (
	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/internal/httpkit"
)

// The methods' names, as middleware, metrics and logs know them.
const (
	MethodStatement          = "statement"
	MethodHouseholdStatement = "household-statement"
	MethodRoundSums          = "round-sums"
	MethodTrialBalance       = "trial-balance"
	MethodJournal            = "journal"
	MethodLeaves             = "leaves"
	MethodCheckpoint         = "checkpoint"
	MethodInclusion          = "inclusion"
	MethodConsistency        = "consistency"
	MethodLate               = "late"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	Statement          httpkit.Endpoint[StatementQuery, Statement]
	HouseholdStatement httpkit.Endpoint[StatementQuery, Statement]
	RoundSums          httpkit.Endpoint[RoundQuery, []RoundSum]
	TrialBalance       httpkit.Endpoint[TrialQuery, []TrialLine]
	Journal            httpkit.Endpoint[JournalQuery, JournalPage]
	Leaves             httpkit.Endpoint[LeavesQuery, Leaves]
	Checkpoint         httpkit.Endpoint[CheckpointQuery, Checkpoint]
	Inclusion          httpkit.Endpoint[InclusionQuery, Inclusion]
	Consistency        httpkit.Endpoint[ConsistencyQuery, Consistency]
	Late               httpkit.Endpoint[LateQuery, LatePage]
}

// NewEndpoints puts each method behind the middleware that guard returns for
// it. guard must refuse callers without a right to the method: package access
// stands above this one, so that it cannot be asked here.
func NewEndpoints(s Service, guard func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		Statement:          httpkit.Wrap(s.Statement, guard(MethodStatement)),
		HouseholdStatement: httpkit.Wrap(s.HouseholdStatement, guard(MethodHouseholdStatement)),
		RoundSums:          httpkit.Wrap(s.RoundSums, guard(MethodRoundSums)),
		TrialBalance:       httpkit.Wrap(s.TrialBalance, guard(MethodTrialBalance)),
		Journal:            httpkit.Wrap(s.Journal, guard(MethodJournal)),
		Leaves:             httpkit.Wrap(s.Leaves, guard(MethodLeaves)),
		Checkpoint:         httpkit.Wrap(s.Checkpoint, guard(MethodCheckpoint)),
		Inclusion:          httpkit.Wrap(s.Inclusion, guard(MethodInclusion)),
		Consistency:        httpkit.Wrap(s.Consistency, guard(MethodConsistency)),
		Late:               httpkit.Wrap(s.Late, guard(MethodLate)),
	}
}
