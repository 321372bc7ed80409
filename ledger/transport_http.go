package ledger

import (
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/jate-cva/jate/internal/httpkit"
)

// Routes adds the service's routes to mux. All stand behind staff, which puts
// the caller into the request's context; actor reads the caller from there.
func Routes(mux *http.ServeMux, e Endpoints, staff func(http.Handler) http.Handler, actor func(context.Context) (Actor, error), opts ...httpkit.Option) {
	d := decoders{actor}
	for pattern, h := range map[string]http.Handler{
		"GET /api/v1/ledger/vendors/{id}/statement":       httpkit.Shown(e.Statement, wireOfStatement, d.statement(OneVendor), http.StatusOK, opts),
		"GET /api/v1/ledger/rounds/{id}/statement":        httpkit.Shown(e.Statement, wireOfStatement, d.statement(OneRound), http.StatusOK, opts),
		"GET /api/v1/ledger/funds/{id}/statement":         httpkit.Shown(e.Statement, wireOfStatement, d.statement(OneFund), http.StatusOK, opts),
		"GET /api/v1/ledger/beneficiaries/{id}/statement": httpkit.Shown(e.HouseholdStatement, wireOfStatement, d.statement(""), http.StatusOK, opts),
		"GET /api/v1/ledger/rounds/{id}/sums":             httpkit.Shown(e.RoundSums, wireOfSums, decodeRound, http.StatusOK, opts),
		"GET /api/v1/ledger/trial-balance":                httpkit.Shown(e.TrialBalance, wireOfTrial, decodeNothing[TrialQuery], http.StatusOK, opts),
		"GET /api/v1/ledger/journal":                      httpkit.Shown(e.Journal, wireOfJournal, decodeJournal, http.StatusOK, opts),
		"GET /api/v1/ledger/leaves":                       httpkit.Shown(e.Leaves, wireOfLeaves, decodeLeaves, http.StatusOK, opts),
		"GET /api/v1/ledger/checkpoint":                   httpkit.Shown(e.Checkpoint, wireOfCheckpoint, decodeNothing[CheckpointQuery], http.StatusOK, opts),
		"GET /api/v1/ledger/proofs/inclusion":             httpkit.Shown(e.Inclusion, wireOfInclusion, decodeInclusion, http.StatusOK, opts),
		"GET /api/v1/ledger/entries/{seq}/proof":          httpkit.Shown(e.Inclusion, wireOfProof, decodeProof, http.StatusOK, opts),
		"GET /api/v1/ledger/proofs/consistency":           httpkit.Shown(e.Consistency, wireOfConsistency, decodeConsistency, http.StatusOK, opts),
		"GET /api/v1/ledger/late":                         httpkit.Shown(e.Late, wireOfLate, decodeLate, http.StatusOK, opts),
	} {
		mux.Handle(pattern, staff(h))
	}
}

// handle serves an endpoint whose result is shown in its wire form. A repeated
// command is answered as the first one, so none says 201.
type decoders struct {
	actor func(context.Context) (Actor, error)
}

func (d decoders) statement(of Subject) func(context.Context, *http.Request) (StatementQuery, error) {
	return func(ctx context.Context, r *http.Request) (StatementQuery, error) {
		by, err := d.actor(ctx)
		if err != nil {
			return StatementQuery{}, err
		}
		id, err := httpkit.PathValue(r, "id")
		if err != nil {
			return StatementQuery{}, err
		}
		from, limit, err := pageOf(r)
		return StatementQuery{Of: of, ID: id, From: from, Limit: limit, By: by}, err
	}
}

// pageOf reads the sequence to go on from and the limit of a list.
func pageOf(r *http.Request, allowed ...string) (from uint64, limit int, err error) {
	after, limit, err := httpkit.PageQuery(r, allowed...)
	if err != nil || after == "" {
		return 0, limit, err
	}
	if from, err = strconv.ParseUint(after, 10, 63); err != nil {
		return 0, 0, httpkit.ErrQuery.At("query.cursor", "not a cursor of this list")
	}
	return from, limit, nil
}

func decodeRound(_ context.Context, r *http.Request) (RoundQuery, error) {
	if _, err := httpkit.Query(r); err != nil {
		return RoundQuery{}, err
	}
	id, err := httpkit.PathValue(r, "id")
	return RoundQuery{Round: id}, err
}

func decodeNothing[C any](_ context.Context, r *http.Request) (C, error) {
	var c C
	_, err := httpkit.Query(r)
	return c, err
}

// decodeJournal reads "from" besides the cursor, so that a witness may begin
// where it stopped.
func decodeJournal(_ context.Context, r *http.Request) (JournalQuery, error) {
	from, limit, err := pageOf(r, "from")
	if err != nil {
		return JournalQuery{}, err
	}
	if from == 0 {
		n, err := numbers(r, []string{"cursor", "limit"}, "from")
		return JournalQuery{From: n[0], Limit: limit}, err
	}
	return JournalQuery{From: from, Limit: limit}, nil
}

func decodeLeaves(_ context.Context, r *http.Request) (LeavesQuery, error) {
	n, err := numbers(r, nil, "from", "to")
	if err == nil && !r.URL.Query().Has("to") {
		n[1] = math.MaxUint64
	}
	return LeavesQuery{From: n[0], To: n[1]}, err
}

func decodeLate(_ context.Context, r *http.Request) (LateQuery, error) {
	from, limit, err := pageOf(r)
	return LateQuery{From: from, Limit: limit}, err
}

func decodeInclusion(_ context.Context, r *http.Request) (InclusionQuery, error) {
	n, err := numbers(r, nil, "entry", "size")
	return InclusionQuery{Entry: n[0], Size: n[1]}, err
}

// decodeProof asks for a proof in the log of the latest checkpoint, which the
// proof carries.
func decodeProof(_ context.Context, r *http.Request) (InclusionQuery, error) {
	if _, err := httpkit.Query(r); err != nil {
		return InclusionQuery{}, err
	}
	text, err := httpkit.PathValue(r, "seq")
	if err != nil {
		return InclusionQuery{}, err
	}
	seq, err := strconv.ParseUint(text, 10, 63)
	if err != nil || strconv.FormatUint(seq, 10) != text {
		return InclusionQuery{}, ErrNotFound.At("seq", "not a sequence number")
	}
	return InclusionQuery{Entry: seq}, nil
}

func decodeConsistency(_ context.Context, r *http.Request) (ConsistencyQuery, error) {
	n, err := numbers(r, nil, "old", "new")
	return ConsistencyQuery{Old: n[0], New: n[1]}, err
}

// numbers reads whole numbers from the query, 0 where absent; others are
// parameters that the caller reads itself.
func numbers(r *http.Request, others []string, names ...string) ([]uint64, error) {
	out := make([]uint64, len(names))
	q, err := httpkit.Query(r, append(others, names...)...)
	if err != nil {
		return out, err
	}
	for i, name := range names {
		s := q.Get(name)
		if s == "" {
			continue
		}
		if out[i], err = strconv.ParseUint(s, 10, 63); err != nil {
			return out, httpkit.ErrQuery.At("query."+name, "not a whole number")
		}
	}
	return out, nil
}
