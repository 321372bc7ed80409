package vendors_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/fault"
	"github.com/jate-cva/jate/vendors"
)

// registerAs contracts a vendor who is paid by the method.
func (w *world) registerAs(id vendors.ID, method string) {
	w.Helper()
	_, err := w.s.RegisterVendor(w.Context(), vendors.RegisterVendor{By: manager, Key: w.key(), ID: id, Name: "Boutique " + string(id),
		Zone: "mopti", Contract: contract(0, method)})
	w.must(err)
}

// ordered pays what the vendor sold, by the method, up to the order.
func (w *world) ordered(method string, sums map[vendors.ID]int64) vendors.Settlement {
	w.Helper()
	var ids []vendors.ID
	for id, n := range sums {
		w.francs(id, n)
		w.claimed(id, "r1")
		ids = append(ids, id)
	}
	st, err := w.s.PrepareSettlement(w.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: method, Vendors: ids})
	w.must(err)
	return w.approve(st)
}

func (w *world) file(st vendors.Settlement, template string) string {
	w.Helper()
	f, err := w.s.PaymentFile(w.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: template})
	w.must(err)
	return string(f.Content)
}

// What the contract says is how a vendor can be paid, so what no bank could
// take is refused when it is signed and not when it is paid.
func TestPayment_check(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		method string
		change func(*vendors.Payment)
		want   string
	}{
		"an IBAN mistyped":                 {"bank", func(p *vendors.Payment) { p.Alias = "ML14ML0160120102600100668497" }, "contract.payment.alias"},
		"a bank without an account":        {"bank", func(p *vendors.Payment) { p.Alias = "" }, "contract.payment.alias"},
		"a wholesaler without a name":      {"wholesaler", func(p *vendors.Payment) { p.Payee = "" }, "contract.payment.payee"},
		"a wholesaler without consent":     {"wholesaler", func(p *vendors.Payment) { p.Consent = "" }, "contract.payment.consent"},
		"a wholesaler paid in cash":        {"wholesaler", func(p *vendors.Payment) { p.Via = "cash" }, "contract.payment.via"},
		"a wholesaler with no account":     {"wholesaler", func(p *vendors.Payment) { p.Alias = "x" }, "contract.payment.alias"},
		"a shop paid through a wholesaler": {"bank", func(p *vendors.Payment) { p.Via = "cheque" }, "contract.payment.via"},
	} {
		t.Run(name, func(t *testing.T) {
			c := contract(0, tt.method)
			tt.change(&c.Payment)
			_, err := w.s.RegisterVendor(t.Context(), vendors.RegisterVendor{By: manager, Key: w.key(), ID: "v1", Name: "x", Zone: "mopti", Contract: c})
			if !errors.Is(err, vendors.ErrVendor) || fault.Of(err).Fields[0].Location != tt.want {
				t.Errorf("%v, want it at %s", err, tt.want)
			}
		})
	}
}

// A batch to banks leaves as pain.001: the shop by its name, or its wholesaler
// by his.
func TestService_PaymentFile_pain001(t *testing.T) {
	w := newWorld(t)
	w.registerAs("v1", "bank")
	w.registerAs("v2", "wholesaler")
	st := w.ordered("bank", map[vendors.ID]int64{"v1": 5000})
	got := w.file(st, vendors.FilePain001)
	for _, want := range []string{"<MsgId>" + st.ID + "</MsgId>", "<EndToEndId>" + st.ID + "-1</EndToEndId>", `<InstdAmt Ccy="XOF">5000</InstdAmt>`,
		"<Nm>Boutique v1</Nm>", "<Id>ML0160120102600100668497</Id>", "<IBAN>ML13ML0160120102600100668497</IBAN>", "<BIC>BDMAMLBA</BIC>"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %s:\n%s", want, got)
		}
	}
	st = w.ordered("wholesaler", map[vendors.ID]int64{"v2": 700})
	if got := w.file(st, vendors.FilePain001); !strings.Contains(got, "<Nm>Grossiste Toure</Nm>") {
		t.Errorf("the wholesaler is not who is paid:\n%s", got)
	}
	t.Run("not from an account that nobody described", func(t *testing.T) {
		w.francs("v1", 5000)
		w.claimed("v1", "r1")
		st, err := w.s.PrepareSettlement(t.Context(), vendors.PrepareSettlement{By: preparer, Key: w.key(), Method: "bank", Bank: "other"})
		w.must(err)
		st = w.approve(st)
		_, err = w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: vendors.FilePain001})
		if !errors.Is(err, vendors.ErrBankAccount) {
			t.Error(err)
		}
	})
	t.Run("not to telephones", func(t *testing.T) {
		w.registerAs("v3", "mobile-money")
		st := w.ordered("mobile-money", map[vendors.ID]int64{"v3": 700})
		for _, form := range []string{vendors.FilePain001, "bank"} {
			_, err := w.s.PaymentFile(t.Context(), vendors.PaymentFile{By: preparer, Settlement: st.ID, Template: form})
			if !errors.Is(err, vendors.ErrNothingToPay) {
				t.Errorf("%s: %v", form, err)
			}
		}
	})
}

func TestDefaultTemplates(t *testing.T) {
	w := newWorld(t)
	w.registerAs("v1", "mobile-money")
	w.registerAs("v2", "bank")
	mobile := w.ordered("mobile-money", map[vendors.ID]int64{"v1": 12500})
	bank := w.ordered("bank", map[vendors.ID]int64{"v2": 75000})
	w.registerAs("v3", "cheque")
	w.registerAs("v4", "cash")
	paper := map[string]vendors.Settlement{"cheques": w.ordered("cheque", map[vendors.ID]int64{"v3": 800}),
		"cash-receipts": w.ordered("cash", map[vendors.ID]int64{"v4": 900})}
	for form, want := range map[string]string{
		"cheques":         "N°;À l'ordre de;Montant;N° du chèque;Référence\r\n1;Boutique v3;800;;" + paper["cheques"].ID + "-1\r\n",
		"cash-receipts":   "N°;Nom;Commerçant;Montant reçu (FCFA);Date;Signature;Référence\r\n1;Boutique v4;v4;900;;;" + paper["cash-receipts"].ID + "-1\r\n",
		"orange-money-ml": "N°;Numéro bénéficiaire;Nom bénéficiaire;Montant;Motif;Référence externe\r\n1;70000001;Boutique v1;12500;Paiement bons;" + mobile.ID + "-1\r\n",
		"moov-money-ml":   "MSISDN,AMOUNT,CURRENCY,NAME,EXTERNAL_ID\r\n22370000001,12500,XOF,Boutique v1," + mobile.ID + "-1\r\n",
		"bank-rib": "N°;Nom du bénéficiaire;Code banque;RIB;Montant;Devise;Motif;Référence donneur d'ordre\r\n1;Boutique v2;ML016;" + rib +
			";75000;XOF;Remboursement de bons;" + bank.ID + "-1\r\n",
	} {
		st := mobile
		if form == "bank-rib" {
			st = bank
		}
		if p, ok := paper[form]; ok {
			st = p
		}
		if diff := cmp.Diff(want, w.file(st, form)); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
	}
}
