package distribution

import (
	"context"
	"errors"
	"slices"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// readersMax bounds how many of a donor's people may take a fund's reports.
const readersMax = 20

// NameReader lets a person of the donor take the reports on a fund, or no
// longer. Whoever is named needs the donor's role too, to which two
// administrators agree: neither of the two shows anything alone.
type NameReader struct {
	By     access.Actor `json:"-"`
	Key    string       `json:"-"`
	Fund   string
	Person string // staff identifier
	Remove bool   // no longer
}

// NameReader is documented at Service.
func (s *service) NameReader(ctx context.Context, cmd NameReader) (Fund, error) {
	return once(ctx, s, MethodNameReader, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Fund, error) {
		if err := checkCode("person", cmd.Person, 2*purposeMax); err != nil {
			return Fund{}, err
		}
		f, err := fundOf(tx, cmd.By, cmd.Fund)
		if err != nil {
			return Fund{}, err
		}
		named, err := tx.Named(f.readers())
		if err != nil {
			return Fund{}, err
		}
		at := slices.Index(named, cmd.Person)
		switch {
		case (at < 0) == cmd.Remove:
			return f, nil
		case cmd.Remove:
			named = slices.Delete(slices.Clone(named), at, at+1)
		case len(named) >= readersMax:
			return Fund{}, ErrCommand.At("person", "%d were named already", readersMax)
		default:
			named = append(slices.Clone(named), cmd.Person)
		}
		// As of a round, the staff identifier stays out of the journal.
		_, err = ledger.Decide(tx, actor, "", "name-reader", f.ID, map[string]string{"named": number(len(named))})
		return f, errors.Join(err, tx.PutNamed(f.readers(), named))
	})
}

// readers is what people are named for who take the fund's reports; no round is
// called so.
func (f Fund) readers() string { return "fund:" + f.ID }

// Reads reports whether the actor was named to take the fund's reports.
func Reads(tx Tx, f Fund, by access.Actor) (bool, error) {
	named, err := tx.Named(f.readers())
	return by.ID != "" && slices.Contains(named, by.ID), err
}
