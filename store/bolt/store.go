package bolt

import "context"

// store is a package's Store over the database, T being the package's Tx.
type store[T any] struct {
	db *DB
	as func(*Tx) T
}

// View is DB.View for the package's Tx.
func (s store[T]) View(ctx context.Context, fn func(T) error) error {
	return s.db.View(ctx, func(tx *Tx) error { return fn(s.as(tx)) })
}

// Update is DB.Update for the package's Tx.
func (s store[T]) Update(ctx context.Context, fn func(T) error) error {
	return s.db.Update(ctx, func(tx *Tx) error { return fn(s.as(tx)) })
}
