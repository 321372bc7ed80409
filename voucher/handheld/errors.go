package handheld

import "github.com/jate-cva/jate/fault"

// Errors about the handheld itself.
var (
	ErrNotEnrolled = fault.New(fault.Conflict, "handheld_not_enrolled",
		"This handheld is not enrolled. Enrol it with the code from the office.",
		"Ce terminal n'est pas enrôlé. Enrôlez-le avec le code donné par le bureau.")
	ErrEnrolled = fault.New(fault.Conflict, "handheld_enrolled",
		"This handheld is enrolled already. Use another state folder for another one.",
		"Ce terminal est déjà enrôlé. Utilisez un autre dossier d'état pour un autre terminal.")
	ErrStorage = fault.New(fault.Unavailable, "handheld_storage",
		"The handheld could not save. Nothing is certain until it is opened again: look whether the sale is listed.",
		"Le terminal n'a pas pu enregistrer. Rien n'est certain avant sa réouverture : vérifiez si la vente y figure.")
	ErrInUse = fault.New(fault.Unavailable, "handheld_in_use",
		"Another program is using this handheld's state.",
		"Un autre programme utilise l'état de ce terminal.")
	ErrJournal = fault.New(fault.Conflict, "handheld_journal",
		"The journal is damaged. Keep the folder and bring it to the office.",
		"Le journal est abîmé. Gardez le dossier et apportez-le au bureau.")
	ErrStateLost = fault.New(fault.Conflict, "handheld_state_lost",
		"The server knows records that this handheld has lost. It must not sell; ask the office for a new one.",
		"Le serveur connaît des enregistrements que ce terminal a perdus. Il ne doit plus vendre ; demandez-en un autre au bureau.")
	ErrQuarantined = fault.New(fault.Denied, "handheld_quarantined",
		"The server has put this handheld in quarantine. Call the office.",
		"Le serveur a mis ce terminal en quarantaine. Appelez le bureau.")
	ErrPurpose = fault.New(fault.Denied, "handheld_purpose",
		"This handheld is not meant for that: one kind sells, the other activates cards.",
		"Ce terminal ne sert pas à cela : les uns vendent, les autres activent les cartes.")
	ErrAnswer = fault.New(fault.Unavailable, "server_answer",
		"The server's answer is not what it should be. Try again; if it stays so, call the office.",
		"La réponse du serveur n'est pas conforme. Réessayez ; si cela persiste, appelez le bureau.")
	ErrStuck = fault.New(fault.Conflict, "sync_stuck",
		"The server does not accept the next record. Call the office.",
		"Le serveur n'accepte pas l'enregistrement suivant. Appelez le bureau.")
	ErrFile = fault.New(fault.Invalid, "carrier_file",
		"This is not a file for or from this handheld.",
		"Ce fichier n'est pas destiné à ce terminal et n'en provient pas.")
)

// Errors about the zone bundle.
var (
	ErrNoBundle = fault.New(fault.Unavailable, "bundle_missing",
		"There is no zone bundle yet. Connect once, or import one.",
		"Il n'y a pas encore de paquet de zone. Connectez-vous une fois, ou importez-en un.")
	ErrBundle = fault.New(fault.Invalid, "bundle_invalid",
		"The zone bundle is damaged or not from this programme. Fetch it again.",
		"Le paquet de zone est abîmé ou n'est pas de ce programme. Récupérez-le de nouveau.")
	ErrBundleOther = fault.New(fault.Invalid, "bundle_other_handheld",
		"This zone bundle is for another handheld.",
		"Ce paquet de zone est destiné à un autre terminal.")
	ErrBundleOlder = fault.New(fault.Conflict, "bundle_older",
		"This zone bundle is older than the one in use.",
		"Ce paquet de zone est plus ancien que celui en service.")
	ErrBundleStale = fault.New(fault.Unavailable, "bundle_too_old",
		"The zone bundle is too old to sell with. Connect, or import a new one.",
		"Le paquet de zone est trop ancien pour vendre. Connectez-vous, ou importez-en un nouveau.")
	ErrBundleDegraded = fault.New(fault.Unavailable, "bundle_degraded",
		"The zone bundle is no longer fresh: only cards of this shop can be sold on without a network.",
		"Le paquet de zone n'est plus récent : sans réseau, seules les cartes de cette boutique sont acceptées.")
)

// Refusals of a card.
var (
	ErrCardNumber = fault.New(fault.Invalid, "card_number_only",
		"A card's number alone cannot be checked. Scan the card; if it cannot be read, the office can type in its stub.",
		"Le numéro seul ne permet aucun contrôle. Scannez la carte ; si elle est illisible, le bureau peut saisir son talon.")
	ErrCardVoid = fault.New(fault.Gone, "card_void",
		"This card was cancelled or replaced.",
		"Cette carte a été annulée ou remplacée.")
	ErrCardSuspended = fault.New(fault.Unavailable, "card_suspended",
		"This card is suspended. The household should ask the office.",
		"Cette carte est suspendue. Le ménage doit s'adresser au bureau.")
	ErrCardRedeemed = fault.New(fault.Gone, "card_redeemed",
		"This card has been used.",
		"Cette carte a déjà été utilisée.")
	ErrCardTag = fault.New(fault.Invalid, "card_tag",
		"This card is not the one that was issued. Keep it and call the office.",
		"Cette carte n'est pas celle qui a été émise. Gardez-la et appelez le bureau.")
	ErrCardSpent = fault.New(fault.Conflict, "card_spent_here",
		"This card was sold on at this shop already.",
		"Cette carte a déjà servi dans cette boutique.")
	ErrZone = fault.New(fault.Denied, "card_zone",
		"This card belongs to another zone. It can be sold on with a network only.",
		"Cette carte est d'une autre zone. Elle n'est acceptée qu'avec le réseau.")
	ErrFloor = fault.New(fault.Denied, "card_not_home",
		"This card belongs to another shop and is worth too much without a network.",
		"Cette carte est rattachée à une autre boutique et sa valeur est trop élevée sans réseau.")
	ErrCountLimit = fault.New(fault.Limited, "limit_count",
		"Too many sales since the last sync. Sync first.",
		"Trop de ventes depuis la dernière synchronisation. Synchronisez d'abord.")
	ErrSumLimit = fault.New(fault.Limited, "limit_sum",
		"Sales since the last sync are worth too much. Sync first.",
		"Le montant des ventes depuis la dernière synchronisation est trop élevé. Synchronisez d'abord.")
)

// Refusals of the goods and of the factor.
var (
	ErrLines = fault.New(fault.Invalid, "goods_missing",
		"Say what is sold: item, quantity and price.",
		"Indiquez ce qui est vendu : article, quantité et prix.")
	ErrItem = fault.New(fault.Invalid, "goods_unknown",
		"This item is not on the price list.",
		"Cet article n'est pas sur la liste de prix.")
	ErrBasket = fault.New(fault.Denied, "goods_not_allowed",
		"This card does not buy this kind of goods.",
		"Cette carte ne permet pas d'acheter ce type d'article.")
	ErrCeiling = fault.New(fault.Invalid, "price_above_ceiling",
		"The price is above the ceiling price.",
		"Le prix dépasse le prix plafond.")
	ErrFraction = fault.New(fault.Invalid, "goods_fraction",
		"Quantity times price is not a whole number of francs.",
		"La quantité multipliée par le prix ne donne pas un nombre entier de francs.")
	ErrTotal = fault.New(fault.Invalid, "goods_total",
		"The goods do not add up to the card's value with the cash or shortfall given.",
		"Le total des articles ne correspond pas à la valeur de la carte, espèces ou manque compris.")
	ErrSecretNeeded = fault.New(fault.Invalid, "secret_needed",
		"Scratch the label and enter its 16 digits.",
		"Grattez l'étiquette et saisissez ses 16 chiffres.")
	ErrPINNeeded = fault.New(fault.Invalid, "pin_needed",
		"Ask for the PIN of 6 digits.",
		"Demandez le PIN à 6 chiffres.")
	ErrFactorWrong = fault.New(fault.Denied, "factor_wrong",
		"The digits are wrong.",
		"Les chiffres sont faux.")
	ErrTries = fault.New(fault.Denied, "factor_tries",
		"Three wrong tries: this card can no longer be used here. The household should ask the office.",
		"Trois essais faux : cette carte ne peut plus servir ici. Le ménage doit s'adresser au bureau.")
)

// Refusals of a cancellation.
var (
	ErrNoReceipt = fault.New(fault.NotFound, "receipt_unknown",
		"There is no sale with this number on this handheld.",
		"Il n'y a pas de vente portant ce numéro sur ce terminal.")
	ErrCancelled = fault.New(fault.Conflict, "receipt_cancelled",
		"This sale was cancelled already.",
		"Cette vente a déjà été annulée.")
	ErrCancelLate = fault.New(fault.Gone, "cancel_late",
		"A sale can be cancelled on its own day only.",
		"Une vente ne peut être annulée que le jour même.")
	ErrCancelState = fault.New(fault.Conflict, "cancel_state",
		"The server has answered this sale in a way that leaves nothing to cancel.",
		"La réponse du serveur à cette vente ne laisse rien à annuler.")
)

// Warnings, for Status.
var (
	WarnUnsynced = fault.New(fault.Unavailable, "warn_unsynced",
		"Sales wait for more than 24 hours to be sent. Sync as soon as you can.",
		"Des ventes attendent depuis plus de 24 heures. Synchronisez dès que possible.")
	WarnLimit = fault.New(fault.Limited, "warn_limit",
		"The limit of sales without a sync is near.",
		"La limite de ventes sans synchronisation est proche.")
)
