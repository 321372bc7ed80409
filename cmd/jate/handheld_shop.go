package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// What a handheld does in the shop: sell, cancel, say how it stands.

// goodsLines reads --line ITEM=QUANTITY@PRICE, any number of times.
type goodsLines []voucher.Line

// String returns the lines as they are given.
func (g *goodsLines) String() string {
	var parts []string
	for _, l := range *g {
		parts = append(parts, fmt.Sprintf("%s=%s@%d", l.Item, l.Quantity, l.Price))
	}
	return strings.Join(parts, " ")
}

// Set adds one line.
func (g *goodsLines) Set(s string) error {
	item, rest, ok := strings.Cut(s, "=")
	quantity, price, at := strings.Cut(rest, "@")
	n, err := strconv.ParseInt(price, 10, 64)
	if !ok || !at || err != nil {
		return fmt.Errorf("want ITEM=QUANTITY@PRICE, such as rice-local=2.5@500")
	}
	*g = append(*g, voucher.Line{Item: item, Quantity: quantity, Price: n})
	return nil
}

// readFactor tells secret and PIN apart by their length; they may be typed in
// groups.
func readFactor(typed string) (voucher.Factor, error) {
	var f voucher.Factor
	for l := range strings.Lines(typed) {
		digits := strings.NewReplacer(" ", "", "-", "", "\r", "", "\n", "").Replace(l)
		switch {
		case digits == "":
		case strings.Trim(digits, "0123456789") != "":
			return voucher.Factor{}, voucher.ErrFactorForm
		case len(digits) == 16 && f.Secret == "":
			f.Secret = digits
		case len(digits) == 6 && f.PIN == "":
			f.PIN = digits
		default:
			return voucher.Factor{}, voucher.ErrFactorForm
		}
	}
	return f, nil
}

func (c *handheldCLI) sell(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var s handheld.Sale
	fs.StringVar(&s.Scan, "card", "", "digits of the card's code")
	fs.Var((*goodsLines)(&s.Lines), "line", "ITEM=QUANTITY@PRICE; may be given several times")
	fs.Int64Var(&s.Cash, "cash", 0, "francs that the household adds")
	fs.Int64Var(&s.Shortfall, "shortfall", 0, "francs that the goods are worth less than the card")
	factor := fs.String("factor", "", "file with the secret and the PIN, a line each; the input where empty")
	online := fs.Bool("online", false, "reserve the card at the server first: for another shop's card")
	if err := c.parse(fs, args, "state", "card", "line"); err != nil {
		return err
	}
	typed, err := c.input(*factor)
	if err != nil {
		return err
	}
	if s.Factor, err = readFactor(typed); err != nil {
		return err
	}
	if !*online {
		return c.with(func(h *handheld.Handheld) error { return c.saySold(h.Sell(s)) })
	}
	return c.online(func(h *handheld.Handheld, client *handheld.Client) error {
		return c.saySold(h.SellOnline(ctx, client, s))
	})
}

func (c *handheldCLI) saySold(s handheld.Sold, err error) error {
	if err != nil {
		return err
	}
	c.say(text{"Sold: %s. Receipt %d of %s; pending until the server has accepted it.",
		"Vendu : %s. Reçu %d du %s ; en attente jusqu'à l'accord du serveur."}, s.Value.Format(c.lang), s.Seq, c.date(s.At))
	if len(s.Risk) > 0 {
		c.say(text{"Noted on the receipt: %s.", "Noté sur le reçu : %s."}, joinRisks(s.Risk))
	}
	return nil
}

func joinRisks(list []voucher.Risk) string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

func (c *handheldCLI) cancel(_ context.Context, fs *flag.FlagSet, args []string) error {
	receipt := fs.Uint64("receipt", 0, "number of the receipt")
	reason := fs.String("reason", "", "mistake, goods-returned or goods-missing")
	if err := c.parse(fs, args, "state", "reason"); err != nil {
		return err
	}
	return c.with(func(h *handheld.Handheld) error {
		if _, err := h.Cancel(*receipt, voucher.CancelReason(*reason)); err != nil {
			return err
		}
		c.say(text{"Cancelled: receipt %d. The card can be used again.", "Annulé : reçu %d. La carte peut resservir."}, *receipt)
		return nil
	})
}

func (c *handheldCLI) status(_ context.Context, fs *flag.FlagSet, args []string) error {
	asJSON := fs.Bool("json", false, "for programs")
	if err := c.parse(fs, args, "state"); err != nil {
		return err
	}
	return c.with(func(h *handheld.Handheld) error {
		if *asJSON {
			return json.NewEncoder(c.stdout).Encode(c.statusJSON(h.Status()))
		}
		c.sayStatus(h.Status())
		return nil
	})
}

// handheldStatus is a Status for programs.
type handheldStatus struct {
	Handheld  string                    `json:"handheld"`
	Purpose   string                    `json:"purpose"`
	Time      time.Time                 `json:"time"`
	Records   uint64                    `json:"records"`
	Unsynced  int                       `json:"unsynced"`
	Since     *time.Time                `json:"unsynced_since,omitempty"`
	Snapshot  *time.Time                `json:"bundle,omitempty"`
	Freshness handheld.Freshness        `json:"freshness"`
	Totals    map[string][]money.Amount `json:"totals"`
	Locked    []voucher.Serial          `json:"locked"`
	Warnings  []handheldWarning         `json:"warnings"`
}

type handheldWarning struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
}

func (c *handheldCLI) statusJSON(s handheld.Status) handheldStatus {
	w := handheldStatus{Handheld: string(s.Identity.Handheld), Purpose: string(s.Identity.Purpose), Time: s.Time, Records: s.Records,
		Unsynced: s.Unsynced, Freshness: s.Freshness, Totals: map[string][]money.Amount{},
		Locked: append([]voucher.Serial{}, s.Locked...), Warnings: []handheldWarning{}}
	if !s.UnsyncedSince.IsZero() {
		w.Since = &s.UnsyncedSince
	}
	if !s.Snapshot.IsZero() {
		w.Snapshot = &s.Snapshot
	}
	for state, list := range s.Totals {
		w.Totals[string(state)] = list
	}
	for _, f := range s.Warnings {
		w.Warnings = append(w.Warnings, handheldWarning{f.Code, f.Sentence(c.lang)})
	}
	return w
}

func (c *handheldCLI) sayStatus(s handheld.Status) {
	c.say(text{"Handheld %s, records %d.", "Terminal %s, enregistrements %d."}, s.Identity.Handheld, s.Records)
	if s.Snapshot.IsZero() {
		c.say(text{"Zone bundle: %s.", "Paquet de zone : %s."}, c.freshness(s.Freshness))
	} else {
		c.sayBundle(s)
	}
	if s.Unsynced > 0 {
		c.say(text{"Not sent: %d since %s.", "Non envoyés : %d depuis le %s."}, s.Unsynced, c.date(s.UnsyncedSince))
	}
	for _, state := range slices.Sorted(maps.Keys(s.Totals)) {
		for _, a := range s.Totals[state] {
			c.say(text{"%s: %s", "%s : %s"}, stateNames[state].in(c.lang), a.Format(c.lang))
		}
	}
	for _, serial := range s.Locked {
		c.say(text{"Locked card: %s", "Carte bloquée : %s"}, serial.Printed())
	}
	for _, f := range s.Warnings {
		fmt.Fprintln(c.stdout, "! "+f.Sentence(c.lang))
	}
}

var stateNames = map[voucher.ReceiptState]text{
	handheld.Pending:     {"Not answered yet", "Sans réponse"},
	voucher.Payable:      {"Accepted", "Accepté"},
	voucher.Waiting:      {"Waiting for the hand-over of the card", "En attente de la remise de la carte"},
	voucher.Contested:    {"Contested", "Contesté"},
	voucher.Rejected:     {"Refused", "Refusé"},
	voucher.InQuarantine: {"In quarantine", "En quarantaine"},
	voucher.Cancelled:    {"Cancelled", "Annulé"},
}

func (c *handheldCLI) freshness(f handheld.Freshness) string {
	return map[handheld.Freshness]text{
		handheld.Fresh:    {"fresh", "récent"},
		handheld.Degraded: {"no longer fresh", "plus très récent"},
		handheld.Stale:    {"too old", "trop ancien"},
		handheld.Missing:  {"missing", "absent"},
	}[f].in(c.lang)
}

// date writes an instant as people of the language do, in UTC, which is the
// time of Mali.
func (c *handheldCLI) date(t time.Time) string {
	if c.lang == "fr" {
		return t.Format("02/01/2006 15:04")
	}
	return t.Format("2006-01-02 15:04")
}
