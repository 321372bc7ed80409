package reconcile

import (
	"strings"
	"time"

	"github.com/jate-cva/jate/vendors"
)

// word is one text in English and French.
type word struct{ en, fr string }

// in returns the word in the language: "fr", or else English.
func (w word) in(lang string) string {
	if lang == "fr" {
		return w.fr
	}
	return w.en
}

// classMatched stands beside the exceptions where reports class lines.
const classMatched = "matched"

// classes are the words for what a line is. Reports for spreadsheets keep the
// stable code beside them.
var classes = map[string]word{
	classMatched:               {"matched", "rapproché"},
	string(ClaimedNotRedeemed): {"claimed, not redeemed", "réclamé, pas échangé"},
	string(RedeemedNotClaimed): {"redeemed, not claimed", "échangé, pas réclamé"},
	string(AmountDiffers):      {"amount differs", "montant différent"},
	string(ClaimedTwice):       {"claimed twice", "réclamé deux fois"},
	string(AnotherVendors):     {"another trader's", "d'un autre commerçant"},
	string(OutsideWindow):      {"outside the sales window", "hors de la période de vente"},
	string(VoidBefore):         {"void before the sale", "annulé avant la vente"},
	string(UnknownSerial):      {"unknown serial", "numéro inconnu"},
	string(NotPayable):         {"receipt not payable", "reçu non payable"},
	string(Ambiguous):          {"a person must say which", "à préciser par une personne"},
	string(ReadTogether):       {"read with another line", "lu avec une autre ligne"},
	string(PaymentFailed):      {"payment failed", "paiement non effectué"},
	string(PaymentUnconfirmed): {"payment not confirmed", "paiement non confirmé"},
	string(ClaimedBefore):      {"claimed before", "déjà réclamé"},
}

// In returns what the exception is called in "fr" or else English.
func (e Exception) In(lang string) string { return classes[string(e)].in(lang) }

// details are the French words for what a line's detail begins with.
var details = map[string]string{
	detailCheck:     "les chiffres de contrôle ne concordent pas",
	detailForm:      "ce n'est pas un numéro de carte",
	detailUnknown:   "aucun coupon de ce numéro",
	detailRound:     "coupon d'un autre cycle",
	detailFrozen:    "gelé par le dossier",
	detailReceipt:   "son reçu est",
	detailUndone:    "son échange a été annulé",
	detailTwice:     "déjà réclamé dans",
	detailElsewhere: "échangé chez",
	detailDate:      "daté autrement que son reçu",
	detailVoid:      "annulé depuis",
	detailTyped:     "saisi avec une erreur",
	detailNone:      "une personne n'a trouvé aucun échange correspondant",
	detailTogether:  "ce qu'elle demande figure sur une autre ligne",
	detailSlips:     "le numéro est proche de celui de",
	detailSplit:     "avec d'autres lignes, elle demande",
	detailMerged:    "elle demande autant que",
	detailBank:      "la banque n'a pas payé",
	detailSilent:    "la banque n'a pas répondu pour",
	detailAnew:      "retiré de cette demande ; peut être réclamé à nouveau",
}

// detail returns the line's detail in the language. What follows the colon are
// ids and stable codes, which are the same in both.
func (l Line) detail(lang string) string {
	head, rest, more := strings.Cut(l.Detail, ": ")
	fr, known := details[head]
	if lang != "fr" || !known {
		return l.Detail
	}
	if more {
		return fr + " : " + rest
	}
	return fr
}

// class returns the line's stable code.
func (l Line) class() string {
	if l.Matched {
		return classMatched
	}
	return string(l.Exception)
}

// kinds are the words for who wrote a claim.
var kinds = map[vendors.ClaimKind]word{
	vendors.SelfBilled:  {"self-billed", "établie par nous"},
	vendors.Independent: {"independent", "facture du commerçant"},
	"":                  {"", ""},
}

// The titles of tables.
var (
	titleVendor      = word{"Trader", "Commerçant"}
	titleRound       = word{"Round", "Cycle"}
	titlePoint       = word{"Point", "Site"}
	titleDay         = word{"Day", "Jour"}
	titleSales       = word{"Sales", "Échanges"}
	titleClaim       = word{"Claim", "Demande"}
	titleKind        = word{"Kind", "Nature"}
	titleLine        = word{"Line", "Ligne"}
	titleSerial      = word{"Serial", "Numéro"}
	titleClass       = word{"Class", "Classe"}
	titleResult      = word{"Result", "Résultat"}
	titleClaimed     = word{"Claimed (XOF)", "Réclamé (XOF)"}
	titleRedeemed    = word{"Redeemed (XOF)", "Échangé (XOF)"}
	titleEntry       = word{"Entry", "Écriture"}
	titleReceipt     = word{"Receipt", "Reçu"}
	titleFrom        = word{"Sold from", "Vendu de"}
	titleTo          = word{"Sold to", "Vendu à"}
	titleSettlement  = word{"Settlement", "Règlement"}
	titleDetail      = word{"Detail", "Détail"}
	titleQuantity    = word{"Quantity", "Quantité"}
	titleSelfBilled  = word{"Self-billed (XOF)", "Établi par nous (XOF)"}
	titleIndependent = word{"Independent (XOF)", "Factures du commerçant (XOF)"}
	titleMatched     = word{"Matched (XOF)", "Rapproché (XOF)"}
	titleBefore      = word{"Claimed before (XOF)", "Déjà réclamé (XOF)"}
	titleUnclaimed   = word{"Unclaimed (XOF)", "Non réclamé (XOF)"}
	titleFrozen      = word{"Frozen (XOF)", "Gelé (XOF)"}
	titleOwed        = word{"Owed (XOF)", "Dû (XOF)"}
	titleTransit     = word{"In transit (XOF)", "En cours (XOF)"}
	titleSettled     = word{"Settled (XOF)", "Réglé (XOF)"}
	titleScore       = word{"Score", "Score"}
	titleDetector    = word{"Detector", "Détecteur"}
	titleHandheld    = word{"Handheld", "Terminal"}
	titleValue       = word{"Value (XOF)", "Valeur (XOF)"}
	titleFinding     = word{"Finding", "Constat"}
	titleClears      = word{"What would clear it", "Ce qui le lèverait"}
	titleEvidence    = word{"Evidence", "Preuves"}
	titleID          = word{"Id", "Identifiant"}
)

func titles(lang string, ws ...word) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = w.in(lang)
	}
	return out
}

// stamp writes an instant for people and spreadsheets, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}
