package httpkit

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
)

// Redacted stands in a log for what must not be there.
const Redacted = "[redacted]"

// NewLogger returns a logger that writes JSON lines through Redact to w.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: Redact}))
}

// sensitive are the words that, in a key or in the name of a group around it,
// say that the value may identify a person or open something.
var sensitive = map[string]bool{
	"address": true, "adresse": true, "authorization": true, "beneficiary": true, "birth": true,
	"body": true, "cookie": true, "credential": true, "email": true, "head": true,
	"household": true, "jwt": true, "key": true, "label": true, "mail": true, "member": true,
	"mobile": true, "name": true, "nina": true, "nom": true, "otp": true, "passphrase": true,
	"password": true, "payload": true, "phone": true, "pin": true, "prenom": true, "private": true,
	"query": true, "scratch": true, "secret": true, "session": true, "surname": true,
	"tel": true, "telephone": true, "token": true, "url": true, "village": true,
}

// Shapes that no log line needs, in a message, a value or an error's text.
var shapes = regexp.MustCompile(strings.Join([]string{
	// Three dot-separated base64url parts: a JWT, or the elided form on a card.
	`[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}`,
	// An unsigned JWT: its header and payload begin with {" in base64url.
	`eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.?`,
	// The 16 digits under a scratch label, in fours or together.
	`\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b`,
	// A telephone number abroad, then one of Mali (8 digits from 5 to 9).
	`(?:\+|\b00)[1-9](?:[ .()-]{0,2}\d){7,14}\b`,
	`\b[5-9]\d(?:[ .-]?\d\d){3}\b`,
}, "|"))

// Redact is a slog.HandlerOptions.ReplaceAttr that keeps people and secrets
// out of the log. It replaces the value under a sensitive key, and within a
// message, a string or an error's text whatever looks like a token, a scratch
// secret or a telephone number. A struct, map or slice is replaced with its
// type, because nobody can say what is in it: log plain values.
func Redact(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Value.Kind() != slog.KindString {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, slog.SourceKey:
			return a // slog's own
		}
	}
	for _, g := range groups {
		if isSensitive(g) {
			return slog.String(a.Key, Redacted)
		}
	}
	if isSensitive(a.Key) {
		return slog.String(a.Key, Redacted)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(scrub(a.Value.String()))
	case slog.KindAny:
		a.Value = slog.StringValue(plain(a.Value.Any()))
	}
	return a
}

func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case error:
		return scrub(v.Error())
	case fmt.Stringer:
		return scrub(v.String())
	}
	return fmt.Sprintf("[%T]", v)
}

func scrub(s string) string { return shapes.ReplaceAllLiteralString(s, Redacted) }

// isSensitive splits a key into its words, at punctuation and at capitals
// after small letters.
func isSensitive(key string) bool {
	var words strings.Builder
	small := false
	for _, r := range key {
		if small && unicode.IsUpper(r) {
			words.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		words.WriteRune(unicode.ToLower(r))
	}
	for _, w := range strings.FieldsFunc(words.String(), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if sensitive[w] || sensitive[strings.TrimSuffix(w, "s")] {
			return true
		}
	}
	return false
}
