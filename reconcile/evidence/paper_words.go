package evidence

import "strings"

// french has what the pack's codes are called.
var french = map[string]string{
	"open": "ouvert", "frozen": "bloqué", "cleared": "classé", "upheld": "retenu", "redeemed": "échangé", "claimed": "réclamé", "ordered": "paiement ordonné",
	"settled": "payé", "undone": "annulé", "released": "libéré", "written-off": "passé en perte", "charged": "à rembourser", "proposed": "proposée",
	"accepted": "acceptée", "refused": "refusée", "freeze": "blocage", "release": "déblocage", "reverse": "contre-passation", "expire": "expiration",
	"owe": "mise à sa charge", "recover": "recouvrement", "repay": "remboursement", "write-off": "passage en perte",
	"case-opened": "dossier ouvert", "case-joined": "constats ajoutés", "case-assigned": "dossier confié", "case-commented": "commentaire",
	"case-vendor-asked": "commerçant interrogé", "case-vendor-answered": "réponse du commerçant", "case-frozen": "montants bloqués",
	"case-cleared": "dossier classé", "case-cleared-in-part": "libéré en partie", "case-upheld": "dossier retenu", "case-upheld-in-part": "retenu en partie",
	"contract": "contrat", "invoice": "facture", "signed-sheet": "liste signée", "payment-receipt": "reçu de paiement", "evidence": "preuve",
	"claimed-not-redeemed": "réclamé, pas échangé", "amount-differs": "montant différent", "claimed-twice": "réclamé deux fois",
	"another-vendors": "d'un autre commerçant", "outside-window": "hors de la période de vente", "void-before": "annulé avant la vente",
	"unknown-serial": "numéro inconnu", "not-payable": "reçu non payable", "ambiguous": "à préciser par une personne",
	"report": "rapport", "other": "autre", "document-attached": "pièce jointe",
	"case-recovered": "montant recouvré", "case-give-up-proposed": "abandon proposé", "case-given-up": "reste abandonné",
}

// word returns what a code is called.
func (s sheet) word(code string) string {
	if fr, ok := french[code]; ok && s.lang == "fr" {
		return fr
	}
	return strings.ReplaceAll(code, "-", " ")
}

// roles are what the journal's roles are called in French.
var roles = map[string]string{
	"registrar": "agent d'enregistrement", "list-approver": "approbateur des listes", "issuer": "émetteur", "distribution-officer": "agent de distribution",
	"vendor-manager": "gestionnaire des commerçants", "handheld-manager": "gestionnaire des terminaux", "finance-preparer": "préparateur financier",
	"finance-approver": "approbateur financier", "monitor": "suivi externe", "meal-officer": "responsable du suivi et de la redevabilité",
	"safeguarding": "référent pour la protection contre les abus", "dpo": "délégué à la protection des données", "auditor": "auditeur",
	"administrator": "administrateur", "donor": "bailleur", "server": "serveur", "handheld": "terminal",
}

// role returns what a role is called.
func (s sheet) role(code string) string {
	if fr, ok := roles[code]; ok && s.lang == "fr" {
		return fr
	}
	return strings.ReplaceAll(code, "-", " ")
}
