package vendors

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jate-cva/jate/access"
)

// paymentIn returns the reference of the payment that a path names.
func paymentIn(r *http.Request, settlement string) (string, error) {
	n, err := lineNumber(r)
	return fmt.Sprintf("%s-%d", settlement, n), err
}

func decodePayOut(ctx context.Context, r *http.Request) (PayOut, error) {
	o, b, err := access.Command[struct {
		Day string `json:"day"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return PayOut{}, err
	}
	day, err := dayIn(b.Day, "day")
	if err != nil {
		return PayOut{}, err
	}
	ref, err := paymentIn(r, o.ID)
	return PayOut{o.By, o.Key, ref, day}, err
}

func decodeConfirmCash(ctx context.Context, r *http.Request) (ConfirmCash, error) {
	o, b, err := access.Command[struct {
		Code    string `json:"code"`
		Receipt string `json:"receipt"`
		NotPaid string `json:"not_paid"`
	}](ctx, r, access.OrderOn)
	if err != nil {
		return ConfirmCash{}, err
	}
	cmd := ConfirmCash{By: o.By, Key: o.Key, Code: b.Code, NotPaid: b.NotPaid}
	if b.NotPaid == "" {
		if cmd.Receipt, err = readDigest(b.Receipt); err != nil {
			return ConfirmCash{}, err
		}
	}
	cmd.Payment, err = paymentIn(r, o.ID)
	return cmd, err
}

type payoutWire struct {
	Payment string    `json:"payment"`
	Day     string    `json:"day"`
	At      time.Time `json:"recorded"`
}

func wireOfPayout(o Payout) payoutWire {
	return payoutWire{o.Payment, o.Day.Format(time.DateOnly), o.Recorded}
}
