package leaving

import "github.com/jate-cva/jate/fault"

// Errors about leaving.
var (
	ErrSelf = fault.New(fault.Conflict, "leaving_self",
		"Another administrator says that you leave.",
		"C'est un autre administrateur qui déclare votre départ.")
	ErrSuccessor = fault.New(fault.Invalid, "leaving_successor",
		"The successor is another person of the same organisation who can sign in.",
		"Le successeur est une autre personne de la même organisation, qui peut se connecter.")
	ErrShort = fault.New(fault.Conflict, "leaving_short",
		"Without this person a programme has too few people. Have others given the roles first, or say that you know.",
		"Sans cette personne, un programme n'a plus assez de monde. Faites d'abord attribuer ces rôles, ou indiquez que vous le savez.")
)
