package main

import (
	"context"
	"errors"
	"strings"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/finance"
	"github.com/jate-cva/jate/ledger"
	"github.com/jate-cva/jate/ledger/export"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// errShared refuses the whole journal to everybody where it is that of several
// organisations: it names all their funds, rounds and traders.
var errShared = fault.New(fault.Denied, "books_shared",
	"This server keeps the books of several organisations, and nobody sees all of them. Ask for a round, a fund or a trader of your programme.",
	"Ce serveur tient les livres de plusieurs organisations, et personne ne les voit tous. Demandez un cycle, un fonds ou un commerçant de votre programme.")

// apart keeps organisations that share a server from each other's books
// (ASVS 8.4.1). The ledger knows no programme: what is asked for has one.
func (a *app) apart(method string, whole bool) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (any, error) {
			actor, err := access.FromContext(ctx)
			if err != nil {
				return nil, err
			}
			err = a.db.Grant().View(ctx, func(tx grant.Tx) error {
				dtx, ok := tx.(distribution.Tx)
				if !ok {
					return errors.New("a store whose transactions are not one")
				}
				switch q := request.(type) {
				case ledger.StatementQuery:
					return owned(dtx, actor.Programme, method, q)
				case ledger.RoundQuery:
					return ownedRound(dtx, actor.Programme, q.Round)
				}
				if !whole {
					return nil
				}
				return alone(tx, dtx)
			})
			if err != nil {
				return nil, err
			}
			return next(ctx, request)
		}
	}
}

// owned returns ledger.ErrNotFound for what is another programme's, or nobody's.
func owned(tx distribution.Tx, programme, method string, q ledger.StatementQuery) error {
	if method == ledger.MethodHouseholdStatement {
		b, err := tx.Beneficiary(distribution.BeneficiaryID(q.ID))
		return ours(programme, b.Programme, err)
	}
	switch q.Of {
	case ledger.OneVendor:
		v, err := tx.Vendor(vendors.ID(q.ID))
		return ours(programme, v.Programme, err)
	case ledger.OneRound:
		return ownedRound(tx, programme, q.ID)
	default:
		f, err := tx.DonorFund(q.ID)
		return ours(programme, f.Programme, err)
	}
}

func ownedRound(tx distribution.Tx, programme, id string) error {
	r, err := tx.Round(id)
	return ours(programme, r.Programme, err)
}

func ours(programme, of string, err error) error {
	if errors.Is(err, distribution.ErrNotFound) || errors.Is(err, vendors.ErrNotFound) || err == nil && of != programme {
		return ledger.ErrNotFound
	}
	return err
}

// alone returns errShared where programmes of more than one organisation are in
// the server. A programme that nobody leads counts as one of its own.
func alone(tx grant.Tx, dtx distribution.Tx) error {
	leads := map[string]bool{}
	for p, err := range dtx.Programmes() {
		if err != nil {
			return err
		}
		l, err := tx.Lead(p.ID)
		switch {
		case errors.Is(err, grant.ErrNotFound):
			leads["programme:"+p.ID] = true
		case err != nil:
			return err
		default:
			leads[l.Organisation] = true
		}
		if len(leads) > 1 {
			return errShared
		}
	}
	return nil
}

// wholeBooks are the methods of the ledger that show the books of everybody. A
// checkpoint and a proof that the log grew are hashes alone.
var wholeBooks = map[string]bool{ledger.MethodTrialBalance: true, ledger.MethodJournal: true, ledger.MethodLeaves: true,
	ledger.MethodInclusion: true, ledger.MethodLate: true, export.MethodExport: true}

// monthsApart has the months of the books, which are those of everybody, be
// nobody's where organisations share a server.
func (a *app) monthsApart(observe func(string) endpoint.Middleware) func(string) endpoint.Middleware {
	return func(method string) endpoint.Middleware {
		if m := finance.Method(method); !strings.Contains(string(m), "period") {
			return observe(method)
		}
		return endpoint.Chain(observe(method), a.apart(method, true))
	}
}

// codesApart has the code that opens a lot under embargo be read by people who
// were named for its round, and by nobody else: package voucher knows no rounds.
func (a *app) codesApart(observe func(string) endpoint.Middleware) func(string) endpoint.Middleware {
	return func(method string) endpoint.Middleware {
		return endpoint.Chain(observe(method), func(next endpoint.Endpoint) endpoint.Endpoint {
			return func(ctx context.Context, request any) (any, error) {
				if q, ok := request.(voucher.ReadOfficerCode); ok {
					err := a.db.Distribution().View(ctx, func(tx distribution.Tx) error { return distribution.Knows(tx, q.By, q.Lot) })
					if errors.Is(err, distribution.ErrEmbargoed) {
						return nil, err
					}
					if err != nil && !errors.Is(err, distribution.ErrNotFound) {
						return nil, err
					}
				}
				return next(ctx, request)
			}
		})
	}
}
