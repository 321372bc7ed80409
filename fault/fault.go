// Package fault gives errors a kind, a stable code and a sentence for a
// person in English and French. Packages declare their errors with New beside
// the type concerned; transports turn a kind into a status in one table.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is. The zero Kind is Internal, so
// that an error nobody thought about is never shown as the caller's mistake.
type Kind uint8

// The kinds, and who has to act.
const (
	Internal        Kind = iota // ours to mend; the caller sees only a reference
	Invalid                     // the input is malformed or out of bounds
	Unauthenticated             // we do not know who is asking
	Denied                      // we know, and they may not
	NotFound                    // there is no such thing
	Conflict                    // it contradicts what already is
	Gone                        // it was, and is over
	Limited                     // too much or too often; later will do
	Unavailable                 // not now; the same command may be sent again
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "denied",
	"not_found", "conflict", "gone", "limited", "unavailable"}

// String returns the kind's stable name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Final reports whether the same command must be refused again for ever: a
// stored outcome. Limited, Unavailable and Internal may turn out otherwise.
func (k Kind) Final() bool {
	switch k {
	case Invalid, Denied, NotFound, Conflict, Gone:
		return true
	}
	return false
}

// Field says what is wrong where in the input.
type Field struct {
	Location string // a JSON path, or "row[12].phone"
	Message  string // what is wrong and what to do
	Value    string // as given, shortened; empty when it may not be shown
}

// Error is a failure with a kind. Errors with the same code are the same for
// errors.Is, whatever their fields.
type Error struct {
	Kind   Kind
	Code   string // stable, snake_case: part of the API
	EN, FR string // one sentence for a person
	Fields []Field
}

// New declares an error. Code is stable; en and fr are whole sentences that
// say what is wrong and what to do, and hold nothing secret or personal.
func New(k Kind, code, en, fr string) *Error {
	return &Error{Kind: k, Code: code, EN: en, FR: fr}
}

// Error returns the English sentence with the fields concerned.
func (e *Error) Error() string {
	s := e.EN
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s: %s]", f.Location, f.Message)
	}
	return s
}

// Is reports whether target is an *Error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// With returns a copy of e that names the fields concerned.
func (e *Error) With(f ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), f...)
	return &c
}

// At returns a copy of e that names one field and what is wrong with it.
func (e *Error) At(location, format string, args ...any) *Error {
	return e.With(Field{Location: location, Message: fmt.Sprintf(format, args...)})
}

// Sentence returns the sentence in the language, "fr" or else English.
func (e *Error) Sentence(lang string) string {
	if lang == "fr" {
		return e.FR
	}
	return e.EN
}

// Of returns the *Error that err wraps, or nil.
func Of(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return e
}

// KindOf returns the kind of err: Internal if it has none.
func KindOf(err error) Kind {
	if e := Of(err); e != nil {
		return e.Kind
	}
	return Internal
}
