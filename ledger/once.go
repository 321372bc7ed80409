package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jate-cva/jate/fault"
)

// CommandKey names one command of one actor, for ever.
type CommandKey struct {
	Actor string // who gave the command: keys of different actors never meet
	Key   string // the Idempotency-Key, 1 to 128 characters
}

// Outcome is what a command led to: a result, or a refusal that stays one.
type Outcome struct {
	Request [32]byte // SHA-256 of the command's content
	Result  []byte   // JSON of the result; nil for a refusal
	Refusal []byte   // JSON of the refusal; nil for a result
	At      time.Time
}

// Errors of commands' keys.
var (
	ErrKeyMissing = fault.New(fault.Invalid, "idempotency_key_missing",
		"Send an Idempotency-Key of 1 to 128 characters, the same one when you repeat the command.",
		"Envoyez une Idempotency-Key de 1 à 128 caractères, la même si vous répétez la commande.")
	ErrKeyReused = fault.New(fault.Conflict, "idempotency_key_reused",
		"This key was used for another command. Use a new key for a new command.",
		"Cette clé a servi à une autre commande. Prenez une nouvelle clé pour une nouvelle commande.")
	// ErrOutcomeLost answers a repeated command whose outcome cannot be read any
	// more, as where a backup was restored without its key file.
	ErrOutcomeLost = fault.New(fault.Gone, "outcome_lost",
		"This command was carried out before, and its answer cannot be read any more. Look at what it was about.",
		"Cette commande a déjà été exécutée, et sa réponse n'est plus lisible. Regardez ce qu'elle concernait.")
)

type refusalJSON struct {
	Kind   fault.Kind
	Code   string
	EN, FR string
	Fields []fault.Field
}

// Once runs a command in one transaction, at most once per key. A repeated
// command with the same content is answered with the first result or the first
// refusal; other content under the same key is ErrKeyReused, and ErrOutcomeLost where it
// was answered and nobody can read what. Refusals whose
// kind is final are stored, in a transaction of their own because the refused
// one leaves nothing; others may be tried again with the same key.
func Once[T Tx, R any](ctx context.Context, update func(context.Context, func(T) error) error, key CommandKey, request any, fn func(T) (R, error)) (R, error) {
	var zero R
	if len(key.Key) < 1 || len(key.Key) > 128 {
		return zero, ErrKeyMissing
	}
	content, err := json.Marshal(request)
	if err != nil {
		return zero, fmt.Errorf("encode the command: %w", err)
	}
	digest := sha256.Sum256(content)
	result, _, err := attempt(ctx, update, key, digest, func(tx T) (R, error) {
		r, err := fn(tx)
		if err != nil {
			return zero, err
		}
		return r, putResult(tx, key, digest, r)
	})
	refusal := fault.Of(err)
	if refusal != nil && refusal.Kind.Final() && !errors.Is(err, ErrKeyReused) {
		// Had the same command an outcome meanwhile, that one stands.
		refused, answered := err, false
		result, answered, err = attempt(ctx, update, key, digest, func(tx T) (R, error) {
			return zero, putRefusal(tx, key, digest, refusal)
		})
		if err == nil && !answered {
			err = refused
		}
	}
	if stored, ok := errors.AsType[storedRefusal](err); ok {
		err = stored.refusal
	}
	if err != nil {
		return zero, err
	}
	return result, nil
}

// Known returns the outcome of a command that was given before under its key,
// and whether it was: with it a caller need not prepare anew what a repetition
// does not use. A refusal that was stored is returned as the error, and other
// content under the key is ErrKeyReused.
func Known[R any](tx Tx, key CommandKey, request any) (result R, known bool, err error) {
	content, err := json.Marshal(request)
	if err != nil {
		return result, false, fmt.Errorf("encode the command: %w", err)
	}
	result, known, err = replay[R](tx, key, sha256.Sum256(content))
	if stored, ok := errors.AsType[storedRefusal](err); ok {
		return result, true, stored.refusal
	}
	return result, known || err != nil, err
}

// attempt answers with the stored outcome, and says so, or else with do's.
func attempt[T Tx, R any](ctx context.Context, update func(context.Context, func(T) error) error, key CommandKey, digest [32]byte, do func(T) (R, error)) (result R, answered bool, err error) {
	err = update(ctx, func(tx T) error {
		r, known, err := replay[R](tx, key, digest)
		if !known && err == nil {
			r, err = do(tx)
		}
		result, answered = r, known
		return err
	})
	return result, answered, err
}

// storedRefusal marks a refusal that was read back, not made.
type storedRefusal struct{ refusal *fault.Error }

func (storedRefusal) Error() string { return "refused before" }

// replay returns the stored result, if there is one, or a storedRefusal.
func replay[R any](tx Tx, key CommandKey, digest [32]byte) (result R, known bool, err error) {
	o, err := tx.Outcome(key)
	if errors.Is(err, ErrNotFound) {
		return result, false, nil
	}
	if err != nil {
		return result, false, err
	}
	if o.Request != digest {
		return result, false, ErrKeyReused
	}
	if o.Refusal == nil && o.Result == nil {
		return result, false, ErrOutcomeLost
	}
	if o.Refusal == nil {
		err = json.Unmarshal(o.Result, &result)
		return result, true, err
	}
	var r refusalJSON
	if err := json.Unmarshal(o.Refusal, &r); err != nil {
		return result, false, fmt.Errorf("stored refusal: %w", err)
	}
	return result, false, storedRefusal{&fault.Error{Kind: r.Kind, Code: r.Code, EN: r.EN, FR: r.FR, Fields: r.Fields}}
}

func putResult(tx Tx, key CommandKey, digest [32]byte, result any) error {
	b, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	return tx.PutOutcome(key, Outcome{Request: digest, Result: b, At: tx.Now()})
}

func putRefusal(tx Tx, key CommandKey, digest [32]byte, r *fault.Error) error {
	b, err := json.Marshal(refusalJSON{r.Kind, r.Code, r.EN, r.FR, r.Fields})
	if err != nil {
		return err
	}
	return tx.PutOutcome(key, Outcome{Request: digest, Refusal: b, At: tx.Now()})
}
