package report

import (
	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/detect"
)

// word is one text in English and French.
type word struct{ en, fr string }

func (w word) in(lang string) string {
	if lang == "fr" {
		return w.fr
	}
	return w.en
}

// codes are the words for what figures are parts by. A code that is not here
// is shown as it is.
var codes = map[string]map[string]word{
	"part": {
		"vouchers":    {"for vouchers", "pour les coupons"},
		"contingency": {"contingency for offline losses", "réserve pour pertes hors ligne"},
		"fees":        {"commissions and fees", "commissions et frais"},
	},
	"arrival": {
		"online": {"on line, within 15 minutes", "en ligne, en 15 minutes"},
		"later":  {"off line, sent later", "hors ligne, envoyé après"},
		"file":   {"off line, carried as a file", "hors ligne, porté en fichier"},
		"stub":   {"paper stub typed by two", "souche saisie par deux"},
	},
	"factor": {
		"S":    {"scratched secret", "code gratté"},
		"P":    {"PIN", "code PIN"},
		"SP":   {"scratched secret and PIN", "code gratté et code PIN"},
		"card": {"card without its full factor", "carte sans facteur complet"},
	},
	"modality": {
		"value":     {"value voucher", "coupon valeur"},
		"commodity": {"commodity voucher", "coupon produits"},
	},
	"delay": {
		"0": {"the same day", "le jour même"}, "1": {"1 day", "1 jour"}, "2-3": {"2 to 3 days", "2 à 3 jours"},
		"4-7": {"4 to 7 days", "4 à 7 jours"}, "8-14": {"8 to 14 days", "8 à 14 jours"}, "15-30": {"15 to 30 days", "15 à 30 jours"},
		"31+": {"31 days and more", "31 jours et plus"}, "unknown": {"hand-over not recorded", "remise non enregistrée"},
	},
	"claim": {
		"proposed": {"proposed", "proposée"}, "accepted": {"accepted, to be paid", "acceptée, à payer"}, "ordered": {"payment ordered", "paiement ordonné"},
		"settled": {"paid", "payée"}, "refused": {"refused", "refusée"},
	},
	"kind": {
		"self-billed": {"self-billed", "établie par nous"},
		"independent": {"the trader's invoice", "facture du commerçant"},
	},
	"payment": {
		"prepared": {"prepared", "préparé"}, "transit": {"in transit", "en cours"},
		"success": {"confirmed by the bank", "confirmé par la banque"}, "error": {"refused by the bank", "refusé par la banque"},
		"returned": {"paid, and came back", "payé, puis revenu"},
	},
	"case": {
		"open": {"open", "ouvert"}, "frozen": {"money frozen", "montant gelé"}, "cleared": {"cleared", "levé"},
		"upheld": {"upheld, in whole or in part", "confirmé, en tout ou en partie"},
	},
	"outcome": {
		"undecided": {"not decided yet", "pas encore décidé"}, "released": {"released to the trader", "rendu au commerçant"},
		"written-off": {"undone", "annulé"}, "charged": {"paid before, to be paid back", "déjà payé, à rembourser"},
	},
	"receipt": {
		"payable": {"payable", "payable"}, "waiting": {"waiting for the hand-over record", "en attente de la remise"}, "contested": {"contested", "contesté"},
		"rejected": {"rejected", "rejeté"}, "quarantined": {"in quarantine", "en quarantaine"}, "cancelled": {"cancelled by the trader", "annulé par le commerçant"},
	},
}

// code returns the words for a code of a set.
func code(set, of, lang string) string {
	switch set {
	case "class":
		return reconcile.Exception(of).In(lang)
	case "detector":
		for _, d := range detect.Detectors() {
			if d.Name == of {
				return word{d.Looks.EN, d.Looks.FR}.in(lang)
			}
		}
		return of
	}
	if w, ok := codes[set][of]; ok {
		return w.in(lang)
	}
	return of
}
