package distribution

import (
	"context"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/ledger"
)

// CreateProgramme begins the programme that the actor speaks for.
type CreateProgramme struct {
	By   access.Actor `json:"-"`
	Key  string       `json:"-"`
	Name string
}

// CreateProgramme is documented at Service.
func (s *service) CreateProgramme(ctx context.Context, cmd CreateProgramme) (Programme, error) {
	return once(ctx, s, MethodCreateProgramme, cmd.By, cmd.Key, cmd, func(tx Tx, actor ledger.Actor) (Programme, error) {
		if err := checkText("name", cmd.Name, 1); err != nil {
			return Programme{}, err
		}
		_, err := tx.Programme(cmd.By.Programme)
		if err := free("programme", err); err != nil {
			return Programme{}, err
		}
		p := Programme{ID: cmd.By.Programme, Name: cmd.Name, Created: tx.Now()}
		if _, err := ledger.Decide(tx, actor, "", "create-programme", p.ID, nil); err != nil {
			return Programme{}, err
		}
		return p, tx.PutProgramme(p)
	})
}

// Programme is documented at Service.
func (s *service) Programme(ctx context.Context, q Query) (Programme, error) {
	return read(ctx, s, MethodProgramme, q.By, func(tx Tx) (Programme, error) {
		return tx.Programme(q.By.Programme)
	})
}
