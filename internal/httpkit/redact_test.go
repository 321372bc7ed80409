package httpkit_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jate-cva/jate/internal/httpkit"
)

// Canaries: none may reach the log, whichever way it is logged.
var canaries = []string{
	"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhd2EiLCJleHAiOjF9.c2lnbmF0dXJlLW9mLXNpeHR5LWZvdXItYnl0ZXM",
	"1ab12.eyJhdWQiOiJyZCIsInYiOjUwMDB9.AAAAc2lnbmF0dXJlLW9mLXNpeHR5LWZvdXItYnl0ZXM",
	"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhd2EifQ.",
	"4929118203847756", "4929 1182 0384 7756", "4929-1182-0384-7756",
	"+223 76 12 34 56", "+22376123456", "0022376123456", "76123456", "76 12 34 56", "66.12.34.56", "+33 6 12 34 56 78",
	"+221 (77) 123 45 67",
}

type named string

func (n named) String() string { return string(n) }

func TestRedact_Shapes(t *testing.T) {
	for _, canary := range canaries {
		var out bytes.Buffer
		log := httpkit.NewLogger(&out, slog.LevelDebug)
		log.Info("see "+canary+" there",
			"text", "("+canary+")",
			"error", fmt.Errorf("call: %w", errors.New("dial "+canary)),
			"stringer", named(canary),
			"struct", struct{ Free string }{canary},
			"list", []string{canary},
			slog.Group("inner", "text", canary))
		log.With("held", canary).WithGroup("g").Debug("m", "x", canary)
		if strings.Contains(out.String(), canary) {
			t.Errorf("%q is in the log: %s", canary, &out)
		}
		if !strings.Contains(out.String(), "see "+httpkit.Redacted+" there") {
			t.Errorf("more than %q is gone: %s", canary, &out)
		}
	}
}

func TestRedact_Keys(t *testing.T) {
	for _, key := range []string{"name", "headName", "first_name", "Phone", "phones", "pin", "household.pin", "token",
		"Authorization", "access-token", "idempotency_key", "scratchSecret", "nom", "email"} {
		var out bytes.Buffer
		log := httpkit.NewLogger(&out, slog.LevelInfo)
		log.Info("m", key, "canary")
		log.Info("m", slog.Group(key, "x", "canary", slog.Group("deep", "y", "canary")))
		log.Info("m", key, 987123)
		if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), "987123") {
			t.Errorf("the value of %s is in the log: %s", key, &out)
		}
	}
}

// What a log is for must stay readable.
func TestRedact_Keeps(t *testing.T) {
	var out bytes.Buffer
	httpkit.NewLogger(&out, slog.LevelInfo).Info("round closed at 2026-11-22T08:15:30Z",
		"round", "mopti-2026-3", "route", "POST /vouchers/{serial}/redemptions", "amount", int64(76123456),
		"reference", "k7xq2mwd5tzh3ybn", "pinned", "yes", "entries", 60000,
		"root", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "error", errors.New("open books.db: file exists"))
	for _, want := range []string{"2026-11-22T08:15:30Z", "mopti-2026-3", "POST /vouchers/{serial}/redemptions", "76123456",
		"k7xq2mwd5tzh3ybn", "yes", "60000", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "open books.db: file exists",
		`"level":"INFO"`, `"time":"2`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is lost: %s", want, &out)
		}
	}
}
