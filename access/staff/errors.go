package staff

import "github.com/jate-cva/jate/fault"

// Errors about signing in. What is presented in vain is always ErrSignIn: who
// tries names learns nothing (ASVS 6.3.8).
var (
	ErrSignIn = fault.New(fault.Unauthenticated, "sign_in_refused",
		"The sign-in name, the password, the code or the passkey is not right. Try again; if you have lost one, ask two administrators.",
		"L'identifiant, le mot de passe, le code ou la clé d'accès n'est pas le bon. Réessayez ; si vous en avez perdu un, adressez-vous à deux administrateurs.")
	ErrUnlinked = fault.New(fault.Denied, "identity_unlinked",
		"Your organisation knows you, but no account here is linked to you. Use your invitation, or sign in here and link it in your account.",
		"Votre organisation vous connaît, mais aucun compte d'ici n'est lié à vous. Utilisez votre invitation, ou connectez-vous ici et liez-la dans votre compte.")
	ErrIdentityTaken = fault.New(fault.Conflict, "identity_taken",
		"Another account is linked to this identity.",
		"Un autre compte est lié à cette identité.")
	ErrWait = fault.New(fault.Limited, "sign_in_wait",
		"Too many attempts. Wait a while and try again; the account is not locked.",
		"Trop de tentatives. Patientez un moment et réessayez ; le compte n'est pas bloqué.")
	ErrSession = fault.New(fault.Unauthenticated, "session_over",
		"Your session is over. Sign in again.",
		"Votre session est terminée. Reconnectez-vous.")
	ErrStepUp = fault.New(fault.Denied, "step_up_required",
		"Present a factor again: this needs a proof of who you are that is at most five minutes old.",
		"Présentez de nouveau un facteur : cette action exige une preuve d'identité de moins de cinq minutes.")
	ErrPasskey = fault.New(fault.Denied, "passkey_required",
		"Sign in with your passkey for this.",
		"Connectez-vous avec votre clé d'accès pour cette action.")
	ErrCode = fault.New(fault.Gone, "code_over",
		"This code is not known, was used, or is too old. Ask for a new one.",
		"Ce code est inconnu, déjà utilisé ou trop ancien. Demandez-en un nouveau.")
	ErrPending = fault.New(fault.Conflict, "authorization_pending",
		"Nobody has typed the code yet. Ask again in a few seconds.",
		"Personne n'a encore saisi le code. Redemandez dans quelques secondes.")
	ErrFactor = fault.New(fault.Invalid, "factor_refused",
		"The new factor does not work: the code or the passkey's answer is not right. Begin again.",
		"Le nouveau facteur ne fonctionne pas : le code ou la réponse de la clé d'accès n'est pas correct. Recommencez.")
	ErrFactors = fault.New(fault.Invalid, "factors_missing",
		"A passkey is needed, or a password together with the code of an authenticator application.",
		"Il faut une clé d'accès, ou un mot de passe accompagné du code d'une application d'authentification.")
	ErrLastFactor = fault.New(fault.Conflict, "factor_last",
		"Without this factor you could not sign in any more. Add another one first.",
		"Sans ce facteur vous ne pourriez plus vous connecter. Ajoutez-en d'abord un autre.")
	ErrName = fault.New(fault.Invalid, "name_unsuitable",
		"Choose a sign-in name of 3 to 64 letters, digits and . _ @ + -",
		"Choisissez un identifiant de 3 à 64 lettres, chiffres et . _ @ + -")
	ErrNameTaken = fault.New(fault.Conflict, "name_taken",
		"Somebody has this sign-in name. Choose another one.",
		"Cet identifiant est déjà pris. Choisissez-en un autre.")
	ErrMember = fault.New(fault.Invalid, "member_invalid",
		"The organisation, the language, the programme or the state is not as it must be.",
		"L'organisation, la langue, le programme ou l'état n'est pas conforme.")
	ErrMemberState = fault.New(fault.Conflict, "member_state",
		"In this state of the account that cannot be done.",
		"Ce n'est pas possible dans l'état actuel du compte.")
	ErrRecovery = fault.New(fault.Conflict, "recovery_waits",
		"Two administrators must agree, neither of them the person concerned, and a day must pass.",
		"Deux administrateurs doivent donner leur accord, aucun n'étant la personne concernée, et un jour doit s'écouler.")
)
