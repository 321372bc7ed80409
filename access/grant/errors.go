package grant

import "github.com/jate-cva/jate/fault"

// Errors about grants.
var (
	ErrNotFound = fault.New(fault.NotFound, "grant_unknown",
		"There is no such person, proposal or role.",
		"Cette personne, cette proposition ou ce rôle n'existe pas.")
	ErrGrant = fault.New(fault.Invalid, "grant_refused",
		"A role cannot be given like this.",
		"Un rôle ne peut pas être attribué ainsi.")
	ErrState = fault.New(fault.Conflict, "grant_state",
		"This proposal is decided, or older than 72 hours. Propose it again if it is needed.",
		"Cette proposition est déjà tranchée, ou a plus de 72 heures. Proposez-la de nouveau si nécessaire.")
	ErrChanged = fault.New(fault.Conflict, "grant_changed",
		"What you agree to is not what is proposed, or the person's passkeys have changed since. Look at it again.",
		"Ce que vous approuvez n'est pas ce qui est proposé, ou les clés d'accès de la personne ont changé depuis. Vérifiez à nouveau.")
	ErrLead = fault.New(fault.Invalid, "grant_lead",
		"Administrators, list approvers and finance approvers belong to the organisation that leads the programme.",
		"Les administrateurs, les approbateurs de listes et les approbateurs financiers appartiennent à l'organisation chef de file du programme.")
	ErrMonitor = fault.New(fault.Denied, "grant_monitor",
		"A monitor belongs to another organisation, whose first member alone agrees to the role and takes it away.",
		"Un contrôleur appartient à une autre organisation, dont le premier membre est seul à accepter ce rôle et à le retirer.")
	ErrDonor = fault.New(fault.Invalid, "grant_donor",
		"A donor's person belongs to another organisation than the one that leads the programme.",
		"Une personne du bailleur appartient à une autre organisation que celle qui dirige le programme.")
	ErrKeys = fault.New(fault.Invalid, "grant_passkey_missing",
		"This role needs a passkey. The person adds one first.",
		"Ce rôle exige une clé d'accès. La personne doit d'abord en ajouter une.")
	ErrLast = fault.New(fault.Conflict, "grant_last",
		"This is the programme's last administrator. Grant the role to somebody else first.",
		"C'est le dernier administrateur du programme. Attribuez d'abord ce rôle à quelqu'un d'autre.")
	ErrConsole = fault.New(fault.Denied, "grant_console",
		"The console's code is only for a programme that never had a second administrator, and for the proposal that it was made for. Who is left alone needs jate staff rescue first.",
		"Le code de la console ne vaut que pour un programme qui n'a jamais eu de second administrateur, et pour la proposition pour laquelle il a été calculé. Qui reste seul passe d'abord par jate staff rescue.")
	ErrKeyUnnamed = fault.New(fault.Denied, "passkey_not_named",
		"No grant of yours has named this passkey. Two administrators grant your role again, and it counts.",
		"Aucune attribution de vos rôles n'a désigné cette clé d'accès. Deux administrateurs attribuent de nouveau votre rôle, et elle comptera.")
	ErrProofMissing = fault.New(fault.Denied, "approval_proof_missing",
		"Approve this content with your passkey first; the approval counts for five minutes.",
		"Approuvez d'abord ce contenu avec votre clé d'accès ; l'approbation compte pendant cinq minutes.")
)
