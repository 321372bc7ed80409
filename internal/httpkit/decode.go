package httpkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jate-cva/jate/fault"
)

// Errors of a request that does not decode.
var (
	ErrContentType = fault.New(fault.Invalid, "content_type",
		"The body must be application/json.",
		"Le corps doit être en application/json.")
	ErrBodySize = fault.New(fault.Invalid, "body_too_large",
		"The body is larger than this address accepts.",
		"Le corps dépasse la taille acceptée à cette adresse.")
	ErrBody = fault.New(fault.Invalid, "body_malformed",
		"The body is not one well-formed JSON value with the fields of this command.",
		"Le corps n'est pas une valeur JSON bien formée avec les champs de cette commande.")
	ErrIdempotencyKey = fault.New(fault.Invalid, "idempotency_key",
		"A command needs one Idempotency-Key header of 1 to 128 printable ASCII characters without spaces.",
		"Une commande exige un en-tête Idempotency-Key de 1 à 128 caractères ASCII imprimables, sans espace.")
	ErrQuery = fault.New(fault.Invalid, "query_invalid",
		"A parameter of the address is unknown, repeated or out of bounds.",
		"Un paramètre de l'adresse est inconnu, répété ou hors limites.")
)

// Body decodes the JSON body of r, which a Handler has bounded. It is strict:
// the content type must be application/json, the text UTF-8, there must be
// exactly one value, no object may hold a field that T does not have or the same
// field twice, whatever its case, and no array null. A field that is null is not
// there. Errors are ErrContentType, ErrBodySize and ErrBody.
func Body[T any](r *http.Request) (T, error) {
	text, err := Text(r)
	if err != nil {
		var zero T
		return zero, err
	}
	return Decode[T](text)
}

// announcedMax is how much of an announced body there is room for before it has
// come: who only announces must not cost much.
const announcedMax = 64 << 10

// Text reads the body of r, which a Handler has bounded, for a decoder that
// reads the commonest form of its command itself and leaves all others to
// Decode. Errors are ErrContentType and ErrBodySize.
func Text(r *http.Request) ([]byte, error) {
	if t := r.Header.Get("Content-Type"); t != "application/json" {
		media, _, err := mime.ParseMediaType(t)
		if err != nil || media != "application/json" {
			return nil, ErrContentType
		}
	}
	var text bytes.Buffer
	text.Grow(int(min(max(r.ContentLength, 0), announcedMax)) + bytes.MinRead)
	_, err := text.ReadFrom(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, ErrBodySize.At("$", "at most %d bytes", tooLarge.Limit)
	}
	if fault.Of(err) != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("read the body: %w: %w", err, ErrInterrupted)
	}
	return text.Bytes(), nil
}

// Decode is Body of a text that Text has read.
func Decode[T any](text []byte) (T, error) {
	var v, zero T
	if !utf8.Valid(text) {
		return zero, ErrBody.At("$", "not UTF-8")
	}
	if err := checkFields(text); err != nil {
		return zero, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return zero, bodyError(err)
	}
	return v, nil
}

// bodyError says where the body is wrong. The decoder's own words are shown,
// never decided upon.
func bodyError(err error) error {
	if f := fault.Of(err); f != nil {
		return err // a type of ours that checks itself while it decodes
	}
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return ErrBody.At("$."+typed.Field, "a %s cannot be a JSON %s", typed.Type.Kind(), typed.Value)
	}
	return ErrBody.At("$", "%s", strings.TrimPrefix(err.Error(), "json: "))
}

// depthMax bounds the nesting of a body. No command of ours comes near it.
const depthMax = 32

// checkFields refuses a text that is not exactly one JSON value, nests deeper
// than depthMax, names a field of an object twice, or has null in an array.
// encoding/json lets the last of two win, matches names whatever their case, and
// reads a null among numbers as 0; other parsers do otherwise, and what two
// parsers read differently is no command.
func checkFields(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type level struct {
		fields map[string]bool // nil in an array
		name   bool            // the next token is a field's name
	}
	var open []level
	for values := 0; ; {
		token, err := d.Token()
		switch {
		case err == io.EOF && values == 1:
			return nil
		case err == io.EOF:
			return ErrBody.At("$", "no value")
		case err != nil:
			return ErrBody.At("$", "%s", err.Error())
		case values == 1:
			return ErrBody.At("$", "more than one value")
		}
		top := len(open) - 1
		// The decoder puts U+FFFD for half a surrogate pair, where other
		// parsers keep the half or refuse; as text it says that something was lost.
		if text, ok := token.(string); ok && strings.ContainsRune(text, utf8.RuneError) {
			return ErrBody.At("$", "a text holds half a character, or the sign for a lost one")
		}
		if name, ok := token.(string); ok && top >= 0 && open[top].name {
			// Up and down again, as "ſ" is a small letter of its own.
			folded := strings.ToLower(strings.ToUpper(name))
			if open[top].fields[folded] {
				return ErrBody.At("$", "the field %q is given twice", shorten(name))
			}
			open[top].fields[folded], open[top].name = true, false
			continue
		}
		if token == nil && top >= 0 && open[top].fields == nil {
			return ErrBody.At("$", "an array holds null")
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{fields: map[string]bool{}, name: true})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
		}
		if len(open) > depthMax {
			return ErrBody.At("$", "nested deeper than %d", depthMax)
		}
		if opens := token == json.Delim('{') || token == json.Delim('['); opens {
			continue
		}
		// A value has ended: in an object a name follows.
		if len(open) == 0 {
			values++
		} else if last := &open[len(open)-1]; last.fields != nil {
			last.name = true
		}
	}
}

// IdempotencyKey returns the Idempotency-Key header of a command, byte for
// byte: 1 to 128 printable ASCII characters without spaces, exactly once.
// Without it the command is refused with ErrIdempotencyKey
// (draft-ietf-httpapi-idempotency-key-header).
func IdempotencyKey(r *http.Request) (string, error) {
	const keyMax = 128
	values := r.Header.Values("Idempotency-Key")
	if len(values) != 1 || values[0] == "" || len(values[0]) > keyMax {
		return "", ErrIdempotencyKey
	}
	for _, c := range []byte(values[0]) {
		if c <= ' ' || c > '~' {
			return "", ErrIdempotencyKey
		}
	}
	return values[0], nil
}

// PathValue returns the part of the path that the pattern names: 1 to 128
// bytes of UTF-8 without control characters. What cannot be the name of
// anything is ErrPath, as is every name of nothing.
func PathValue(r *http.Request, name string) (string, error) {
	const valueMax = 128
	v := r.PathValue(name)
	if v == "" || len(v) > valueMax || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
		return "", ErrPath
	}
	return v, nil
}

// Query returns the parameters of the address. A name that is not allowed, a
// name given twice, a value over 256 bytes and a malformed query are ErrQuery.
func Query(r *http.Request, allowed ...string) (url.Values, error) {
	const valueMax = 256
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, ErrQuery.At("query", "malformed")
	}
	for name, values := range q {
		switch {
		case !slices.Contains(allowed, name):
			return nil, ErrQuery.At("query."+name, "unknown; use %s", strings.Join(allowed, ", "))
		case len(values) > 1:
			return nil, ErrQuery.At("query."+name, "given twice")
		case len(values[0]) > valueMax || !utf8.ValidString(values[0]):
			return nil, ErrQuery.At("query."+name, "longer than %d bytes, or not UTF-8", valueMax)
		}
	}
	return q, nil
}
