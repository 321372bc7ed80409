package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/voucher"
)

// commitSample has the monitor commit to a nonce before the lists are fixed.
func (d *demo) commitSample(ctx context.Context) (err error) {
	d.nonce = make([]byte, 32)
	rand.Read(d.nonce)
	d.sample, err = d.app.feedbacks.CommitSample(ctx, feedback.CommitSample{By: d.staff["monitor"], Key: d.key(), Round: "r1", Commitment: sha256.Sum256(d.nonce)})
	return err
}

// voices has a sample of households called after the sales, and people complain:
// one says that he did not receive, one that he is not on the list.
func (d *demo) voices(ctx context.Context) error {
	design := feedback.Design{Confidence: 80, Margin: 10, By: []feedback.Dimension{feedback.ByPoint}, Replacements: 20}
	m, err := d.app.feedbacks.FreezeSample(ctx, feedback.FreezeSample{By: d.staff["monitor"], Key: d.key(), Sample: d.sample.ID, Design: design})
	if err != nil {
		return err
	}
	if err := d.app.checkpoint(ctx); err != nil {
		return err
	}
	if m, err = d.app.feedbacks.DrawSample(ctx, feedback.DrawSample{By: d.staff["monitor"], Key: d.key(), Sample: m.ID, Nonce: d.nonce}); err != nil {
		return err
	}
	calls, err := d.app.feedbacks.CallList(ctx, feedback.SampleByID{By: d.staff["meal"], ID: m.ID})
	if err != nil {
		return err
	}
	denier, err := d.denier(ctx, m)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	rows := [][]string{{"code", "appel", "reçu", "frais demandés", "par qui", "satisfait"}}
	for i, line := range calls.Lines {
		switch {
		case line.Replacement:
		case i+1 == denier:
			rows = append(rows, []string{line.Code, "a répondu", "non", "non", "autre", "non"})
		case i%9 == 4:
			rows = append(rows, []string{line.Code, "injoignable", "", "", "", ""})
		default:
			rows = append(rows, []string{line.Code, "a répondu", "oui", "non", "moi-même", "oui"})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	r, err := d.app.feedbacks.ImportAnswers(ctx, feedback.ImportAnswers{By: d.staff["meal"], Key: d.key(), Sample: m.ID, File: file.Bytes()})
	if err != nil {
		return err
	}
	for _, c := range []feedback.RecordComplaint{
		{Channel: feedback.ByHotline, Category: feedback.Price, Text: "Le riz coûte plus que l'affiche.", Vendor: d.neighbour.id, Round: "r1"},
		{Channel: feedback.ByBox, Category: feedback.Exclusion, Text: "Notre famille n'est pas sur la liste."},
	} {
		c.By, c.Key = d.staff["meal"], d.key()
		if _, err := d.app.feedbacks.RecordComplaint(ctx, c); err != nil {
			return err
		}
	}
	d.out.step("%d of %d households called by a sample that nobody chose, %d answers refused; 2 complaints, each with a code", r.New, m.Households, len(r.Refused))
	return nil
}

// denier returns the call of a household whose card another than the cloned shop
// sold, 0 where none was.
func (d *demo) denier(ctx context.Context, m feedback.Sample) (n int, err error) {
	err = d.app.db.Feedback().View(ctx, func(tx feedback.Tx) error {
		for p, err := range tx.Picks(m.ID) {
			if err != nil {
				return err
			}
			cards, err := feedback.CardsOf(tx, m.Round, p.Household)
			if err != nil {
				return err
			}
			for _, c := range cards {
				if n > 0 || p.Replacement || c.Life() != voucher.Redeemed {
					continue
				}
				r, err := tx.Receipt(c.ReceiptHash)
				if err != nil {
					return err
				}
				if r.Vendor != d.cloned.id { // his case is about his handheld alone
					n = p.N
				}
			}
		}
		return nil
	})
	return n, err
}
