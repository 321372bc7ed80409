package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// line is the context of what handhelds send.
func (s *story) line() context.Context { return context.WithValue(s.t.Context(), whoKey{}, "") }

func (s *story) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// cardsOf returns the cards at home on somebody's handheld that are not spent.
func (s *story) cardsOf(who string) []*demoCard {
	home := vendors.HandheldID(s.phones[who].id())
	return slices.DeleteFunc(slices.Clone(s.cards), func(c *demoCard) bool { return c.home != home || c.spent || c.spare })
}

// activate hands all cards over by the officer's handheld.
func (s *story) activate() {
	s.pass(time.Hour)
	p := s.phones["officer"]
	s.must(s.refresh(s.line(), p))
	var cards []string
	for _, c := range s.cards {
		if !c.spare {
			cards = append(cards, c.digits)
		}
	}
	_, err := p.device.Activate(cards, voucher.TakerHead, "")
	s.must(err)
	_, err = p.device.Sync(s.line(), p.client)
	s.must(err)
}

// sell has both shops sell three cards each, one of them online, and cancels a
// sale.
func (s *story) sell() {
	s.pass(time.Hour)
	for _, who := range []string{"v1", "v2"} {
		p := s.phones[who]
		s.must(s.refresh(s.line(), p))
		cards := s.cardsOf(who)
		if len(cards) < 6 {
			s.t.Fatalf("%s has %d cards", who, len(cards))
		}
		for i, c := range cards[:4] {
			p.now = p.now.Add(10 * time.Minute)
			sale := handheld.Sale{Scan: c.digits, Factor: c.factor,
				Lines: []voucher.Line{{Item: "rice", Quantity: fmt.Sprint(c.value.Minor() / 500), Price: 500}}}
			if i == 0 {
				_, err := p.device.SellOnline(s.line(), p.client, sale)
				s.must(err)
				c.spent = true
				continue
			}
			sold, err := p.device.Sell(sale)
			s.must(err)
			if c.spent = i < 3; !c.spent {
				_, err := p.device.Cancel(sold.Seq, voucher.CancelMistake)
				s.must(err)
			}
		}
		s.clock.set(p.now)
		done, err := p.device.Sync(s.line(), p.client)
		s.must(err)
		if done.Pending != 0 {
			s.t.Fatalf("%s: %+v", who, done)
		}
	}
}

// care is for single cards: held and released, void, lost, late.
func (s *story) care() {
	sold := s.spentBy("v1")[0]
	s.get("monitor", "/api/v1/vouchers/"+sold.serial.Printed())
	s.get("monitor", "/api/v1/vouchers/"+string(sold.serial)+"/receipts")
	left := s.cardsOf("v1")
	card := "/api/v1/vouchers/" + string(left[0].serial)
	s.post("issuer", card+"/hold", field{"reason": "complaint"})
	s.post("issuer", card+"/release", field{"reason": "settled"})
	s.post("issuer", card+"/void", field{"reason": "death"})
	lost := s.post("issuer", "/api/v1/proposals", field{"kind": "reissue", "serial": left[1].serial.Printed()})
	s.post("second issuer", "/api/v1/proposals/"+lost.need("id")+"/agreement", nil)

	late := "Nom;Prénom;Téléphone;Région;Cercle;Commune;Village;Taille du ménage\nKone;Adama;76000099;Mopti;Mopti;Konna;Konna;5\n"
	s.post("registrar", "/api/v1/lists", upload{"text/csv", late})
	found := s.post("list-approver", "/api/v1/households/search", field{"phone": "+22376000099", "purpose": "late"})
	bound := s.post("issuer", "/api/v1/lots/"+s.lot+"/inclusions", field{"beneficiary": found.need("items", 0, "id")})
	s.post("second issuer", "/api/v1/proposals/"+bound.need("items", 0, "id")+"/agreement", nil)
}

func (s *story) spentBy(who string) []*demoCard {
	home := vendors.HandheldID(s.phones[who].id())
	return slices.DeleteFunc(slices.Clone(s.cards), func(c *demoCard) bool { return c.home != home || !c.spent })
}

// invoice writes an invoice for the cards, with so many francs too much on each.
func (s *story) invoice(cards []*demoCard, more int64) upload {
	var b strings.Builder
	b.WriteString("N° du coupon;Date;Montant (FCFA)\n")
	for _, c := range cards {
		fmt.Fprintf(&b, "%s;%s;%d\n", c.serial.Printed(), s.clock.Now().Format("02/01/2006"), c.value.Minor()+more)
	}
	return upload{"text/csv", b.String()}
}

// claims: the first trader's is refused, then both bring inflated invoices.
func (s *story) claims() {
	s.pass(time.Hour)
	c := s.post("finance-preparer", "/api/v1/claims", field{"vendor": "v1", "round": "r1"})
	s.get("monitor", "/api/v1/claims/"+c.need("id"))
	s.get("monitor", "/api/v1/claims/"+c.need("id")+"/lines?limit=2")
	s.post("finance-approver", "/api/v1/claims/"+c.need("id")+"/refusal", field{"reason": "he brings an invoice"})
	for _, v := range []string{"v1", "v2"} {
		sold := s.spentBy(v)
		good := s.post("finance-preparer", "/api/v1/vendors/"+v+"/invoices?round=r1&number=FAC-1", s.invoice(sold[:1], 0))
		s.post("monitor", "/api/v1/claims/"+good.need("id")+"/match", nil)
		s.post("finance-approver", "/api/v1/claims/"+good.need("id")+"/acceptance-of-matched", field{})
		s.post("finance-preparer", "/api/v1/vendors/"+v+"/invoices?round=r1&number=FAC-2", s.invoice(sold[1:2], 500))
	}
	s.misread(s.spentBy("v1")[2])
	s.get("monitor", "/api/v1/claims?limit=3")
}

// misread brings a serial with a slip and without its check digits, which a
// person reads.
func (s *story) misread(c *demoCard) {
	wrong := "0" + string(c.serial[1:])
	if c.serial[0] == '0' {
		wrong = "1" + string(c.serial[1:])
	}
	file := upload{"text/csv", fmt.Sprintf("Coupon;Montant\n%s;%d\n", wrong, c.value.Minor())}
	claim := s.post("finance-preparer", "/api/v1/vendors/v1/invoices?round=r1&number=FAC-3", file)
	m := s.post("monitor", "/api/v1/claims/"+claim.need("id")+"/match", nil)
	s.post("finance-preparer", "/api/v1/claims/"+claim.need("id")+"/readings",
		field{"lines": []int{2}, "entries": []string{m.need("lines", 0, "candidates", 0, "entries", 0)}})
	s.post("monitor", "/api/v1/claims/"+claim.need("id")+"/match", nil)
}

// cases: one is cleared and its money let go, one is upheld.
func (s *story) cases() {
	report := s.get("monitor", "/api/v1/reconciliation?round=r1")
	for _, form := range []string{".csv", ".xlsx", ".txt?lang=fr", "?findings=no"} {
		s.get("monitor", "/api/v1/reconciliation"+form)
	}
	accept := s.request("monitor", http.MethodGet, "/api/v1/reconciliation", nil)
	accept.Header.Set("Accept", "text/csv")
	if a := s.send(accept); a.status != http.StatusOK || a.value != nil {
		s.t.Errorf("asked for CSV: %d\n%s", a.status, shortly(a.raw))
	}
	decided := ""
	for _, v := range []string{"v1", "v2"} {
		var findings []string
		for i := range report.list("findings") {
			if report.text("findings", i, "vendor") == v {
				findings = append(findings, report.need("findings", i, "id"))
			}
		}
		c := s.post("monitor", "/api/v1/cases", field{"vendor": v, "round": "r1", "findings": findings, "note": "asks too much"})
		decided = c.need("id")
		path := "/api/v1/cases/" + decided
		frozen := s.post("finance-preparer", path+"/freeze", field{})
		s.post("finance-preparer", path+"/assignment", field{"due": s.now(2)})
		s.post("monitor", path+"/comments", field{"text": "He was not at the market that day."})
		s.post("monitor", path+"/documents?kind=evidence&note=visit", upload{"application/pdf", "%PDF-1.7 the market of " + v})
		if v == "v1" {
			s.post("second finance-approver", path+"/release", field{"note": "a slip of the pen"})
			s.openCase = s.post("monitor", "/api/v1/cases", field{"vendor": v, "round": "r1", "findings": findings}).need("id")
		} else {
			s.post("finance-preparer", path+"/vendor-asked", field{"until": s.now(3)})
			s.post("finance-preparer", path+"/vendor-answer", field{"text": "I have lost the stubs."})
			s.post("second finance-approver", path+"/uphold", field{"digest": frozen.need("digest"), "note": "no receipt was shown"})
		}
		s.get("monitor", path)
		s.get("monitor", path+"/history")
		s.get("monitor", path+"/comments")
	}
	sought := s.post("monitor", "/api/v1/samples/sought", field{"round": "r1", "most": 5}).need("id")
	s.get("meal-officer", "/api/v1/samples/"+sought+"/calls.csv")
	s.get("monitor", "/api/v1/cases/proposals?round=r1")
	s.post("monitor", "/api/v1/cases/proposals", field{"round": "r1", "score_min": 1})
	s.get("monitor", "/api/v1/cases")
	s.get("monitor", "/api/v1/reconciliation")
	s.must(s.app.checkpoint(s.t.Context()))
	s.get("monitor", "/api/v1/cases/"+decided+"/pack.json")
	s.get("monitor", "/api/v1/cases/"+decided+"/pack.pdf?lang=fr")
}

// settle accepts what the first trader has left and pays both.
func (s *story) settle() {
	c := s.post("finance-preparer", "/api/v1/claims", field{"vendor": "v1", "round": "r1"})
	s.post("finance-approver", "/api/v1/claims/"+c.need("id")+"/acceptance", field{"vendor_proof": "signed-pdf:" + hex.EncodeToString(make([]byte, 32))})
	pay := field{"method": "mobile-money", "bank": "bdm"}
	wrong := s.post("finance-preparer", "/api/v1/settlements", pay)
	s.post("finance-approver", "/api/v1/settlements/"+wrong.need("id")+"/refusal", field{"reason": "on the wrong day"})
	s.pass(time.Hour)
	st := s.post("finance-preparer", "/api/v1/settlements", pay)
	path := "/api/v1/settlements/" + st.need("id")
	s.post("finance-approver", path+"/approval", field{"digest": st.need("digest")})
	s.paying["GET /api/v1/settlements/{id}/payments.csv"] = s.get("finance-preparer", path+"/payments.csv?template=mobile-money")
	results := "reference,amount,status,bank reference\n"
	for i := range st.list("payments") {
		results += fmt.Sprintf("%s,%s,%s,OM%d\n", st.need("payments", i, "reference"), st.need("payments", i, "amount", "amount"),
			[]string{"success", "error"}[i%2], i)
	}
	s.pass(time.Hour)
	s.post("finance-preparer", path+"/results", upload{"text/csv", results})
	s.get("monitor", path)
	s.get("monitor", "/api/v1/settlements")
	s.settleByBank()
	s.recover()
}

// settleByBank pays the second trader's wholesaler.
func (s *story) settleByBank() {
	st := s.post("finance-preparer", "/api/v1/settlements", field{"method": "wholesaler", "bank": "bdm"})
	path := "/api/v1/settlements/" + st.need("id")
	s.post("finance-approver", path+"/approval", field{"digest": st.need("digest")})
	s.paying["GET /api/v1/settlements/{id}/payments.xml"] = s.get("finance-preparer", path+"/payments.xml")
	s.bank(st.need("id"), st.need("total", "amount"))
}

// bank brings a statement of the account that pays, says what its lines are,
// and reads what is left of the difference.
func (s *story) bank(settlement, total string) {
	day := s.clock.Now().Format(time.DateOnly)
	out, err := strconv.Atoi(total)
	s.must(err)
	file := fmt.Sprintf("Date;Libellé;Débit;Crédit;Solde\n%s;Solde initial;;500000;500000\n%s;VIR %s;%d;;%d\n%s;Frais;10;;%d\n", day, day, settlement, out, 500000-out, day, 500000-out-10)
	s.post("finance-preparer", "/api/v1/banks/bdm/statements", upload{"text/csv", file})
	s.get("monitor", "/api/v1/banks/bdm/lines?open=true")
	said := s.post("finance-preparer", "/api/v1/banks/bdm/lines/3/explanation", field{"what": "fee", "round": "r1", "note": "as every month"})
	s.post("finance-approver", "/api/v1/banks/bdm/lines/3/answer", field{"digest": said.need("digest")})
	for _, form := range []string{"", ".csv", ".xlsx", ".pdf"} {
		s.get("monitor", "/api/v1/banks/bdm/reconciliation"+form+"?until="+day)
	}
}

// recover makes the first trader pay back what the bank has paid him since, in
// part, and gives the rest up.
func (s *story) recover() {
	s.payByCheque()
	s.payInCash()
	path := "/api/v1/cases/" + s.openCase
	frozen := s.post("finance-preparer", path+"/freeze", field{})
	s.post("finance-preparer", path+"/vendor-asked", field{"until": s.now(3)})
	s.pass(73 * time.Hour)
	s.post("second finance-approver", path+"/uphold", field{"digest": frozen.need("digest"), "permille": 500})
	s.post("finance-preparer", path+"/recovery", field{"bank": "bdm", "amount": field{"amount": "1", "asset": "XOF/0"}, "reference": "a deposit"})
	proposed := s.post("finance-preparer", path+"/give-up", field{})
	s.post("second finance-approver", path+"/give-up-approval", field{"digest": proposed.need("debt", "give_up_digest")})
}

// payByCheque pays again what failed, to the first trader, who wants cheques now.
func (s *story) payByCheque() {
	moved := s.post("vendor-manager", "/api/v1/vendors/v1/payment-change", field{"payment": field{"method": "cheque"}, "reason": "asked for it at the counter"})
	s.post("finance-approver", "/api/v1/vendors/v1/payment-change/answer", field{"digest": moved.need("digest")})
	s.get("monitor", "/api/v1/vendors/v1/payment-change")
	s.pass(vendors.CoolingDefault)
	st := s.post("finance-preparer", "/api/v1/settlements", field{"method": "cheque", "bank": "bdm"})
	s.post("finance-approver", "/api/v1/settlements/"+st.need("id")+"/approval", field{"digest": st.need("digest")})
	const cheques = "/api/v1/banks/bdm/cheques"
	s.post("finance-preparer", "/api/v1/banks/bdm/cheque-books", field{"first": "0000101", "last": "0000150"})
	s.post("finance-preparer", cheques+"/102/spoilt", field{"reason": "ink on it"})
	for i := range st.list("payments") {
		c := s.post("finance-preparer", cheques, field{"number": strconv.Itoa(103 + 2*i), "payment": st.need("payments", i, "reference")})
		path := cheques + "/" + c.need("number")
		said := s.post("finance-preparer", path+"/outcome", field{"is": "void", "reason": "he brought it back"})
		s.post("finance-approver", path+"/answer", field{"digest": said.need("digest")})
	}
	for _, form := range []string{"", ".csv", ".xlsx"} {
		s.get("monitor", cheques+form)
	}
}

// payInCash pays the same once more, as no bank is open where the trader is.
func (s *story) payInCash() {
	moved := s.post("vendor-manager", "/api/v1/vendors/v1/payment-change", field{"payment": field{"method": "cash"}, "reason": "asked for it at the counter"})
	s.post("finance-approver", "/api/v1/vendors/v1/payment-change/answer", field{"digest": moved.need("digest")})
	s.pass(vendors.CoolingDefault)
	st := s.post("finance-preparer", "/api/v1/settlements", field{"method": "cash", "bank": "bdm"})
	id := st.need("id")
	path := "/api/v1/settlements/" + id
	s.post("finance-approver", path+"/approval", field{"digest": st.need("digest")})
	s.paying["GET /api/v1/settlements/{id}/receipts.pdf"] = s.get("finance-preparer", path+"/receipts.pdf?lang=en")
	var full vendors.Settlement
	s.must(s.app.db.Vendors().View(s.t.Context(), func(tx vendors.Tx) (err error) {
		full, err = tx.Settlement(id)
		return err
	}))
	for i := range st.list("payments") {
		pay := fmt.Sprintf("%s/payments/%d", path, i+1)
		s.post("finance-preparer", pay+"/payout", field{})
		signed := s.post("finance-approver", "/api/v1/documents?subject=settlement&id="+id+"&kind=payment-receipt", upload{"application/pdf", fmt.Sprintf("%%PDF-1.7\nsigned %d", i)})
		s.post("finance-approver", pay+"/confirmation", field{"code": full.ReceiptCode(full.Payments[i]), "receipt": signed.need("hash")})
	}
}

// books reads the ledger and its proofs.
func (s *story) books() {
	s.must(s.app.checkpoint(s.t.Context()))
	for _, path := range []string{"vendors/v1/statement?limit=2", "rounds/r1/statement", "rounds/r1/sums", "funds/f1/statement", "trial-balance",
		"journal?from=3&limit=2", "leaves?from=1&to=3", "checkpoint", "entries/3/proof", "proofs/inclusion?entry=3", "proofs/consistency?old=5", "export?format=hledger", "export?format=csv", "export?format=sycebnl"} {
		s.get("monitor", "/api/v1/ledger/"+path)
	}
	s.get("monitor", "/api/v1/rounds/r1/report")
	s.get("issuer", "/api/v1/rounds/r1/report?format=html&lang=fr")
	s.get("finance-preparer", "/api/v1/rounds/r1/report/figure?id=redeemed.value")
	s.get("monitor", "/api/v1/funds/f1/report?format=pdf&lang=fr")
	s.get("donor", "/api/v1/funds/f1/report?lang=fr")
	s.get("monitor", "/api/v1/activities?hxl=true")
	found := s.post("list-approver", "/api/v1/households/search", field{"phone": "+22376000001", "purpose": "statement"})
	s.get("finance-preparer", "/api/v1/ledger/beneficiaries/"+found.need("items", 0, "id")+"/statement")
}
