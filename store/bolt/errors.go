package bolt

import "github.com/jate-cva/jate/fault"

// Errors that a person or a client may see.
var (
	// ErrInUse says that another process has the file open.
	ErrInUse = fault.New(fault.Unavailable, "store_in_use",
		"The data is in use by a running server: ask the server, or stop it first.",
		"Les données sont utilisées par un serveur en marche : passez par le serveur, ou arrêtez-le d'abord.")

	// ErrNotStore says that the file is not a store of this program, is of
	// another format, or is damaged from its first pages on.
	ErrNotStore = fault.New(fault.Invalid, "store_not_recognised",
		"The data file is not one that this version can read.",
		"Cette version ne peut pas lire ce fichier de données.")

	// ErrDamaged says that the WAL does not continue what the bbolt file holds, or
	// is broken before its end: something that was acknowledged may be missing.
	ErrDamaged = fault.New(fault.Internal, "store_damaged",
		"The data folder is damaged: a file of it is broken, missing or from another time. Keep a copy, and restore the last backup.",
		"Le dossier de données est endommagé : un de ses fichiers est abîmé, absent ou d'un autre moment. Gardez-en une copie et restaurez la dernière sauvegarde.")

	// ErrClosed says that the store was closed.
	ErrClosed = fault.New(fault.Unavailable, "store_closed",
		"The server is stopping: send the same command again later.",
		"Le serveur s'arrête : renvoyez la même commande plus tard.")

	// ErrOutcomeUnknown says that the commit of the command failed, so that
	// only the file, opened again, knows whether the command took effect.
	ErrOutcomeUnknown = fault.New(fault.Unavailable, "store_outcome_unknown",
		"The disk failed while the command was being stored, so its outcome is unknown: send the same command again with the same key.",
		"Le disque a échoué pendant l'enregistrement, le résultat est donc inconnu : renvoyez la même commande avec la même clé.")

	// ErrFailed says that an earlier commit failed and nothing more is served.
	ErrFailed = fault.New(fault.Unavailable, "store_failed",
		"The disk failed, so the server serves nothing until it is started again.",
		"Le disque a échoué : le serveur ne répond plus jusqu'à son redémarrage.")

	// ErrAborted says that the command was given up before its commit, since its
	// function ended its goroutine or the disk had failed: nothing of it was stored.
	ErrAborted = fault.New(fault.Unavailable, "store_aborted",
		"The command was not stored: send it again.",
		"La commande n'a pas été enregistrée : renvoyez-la.")

	// ErrTooLarge says that one command writes more than the store takes at once.
	ErrTooLarge = fault.New(fault.Limited, "store_too_large",
		"The command is too large to be stored at once: send it in parts.",
		"La commande est trop grande pour être enregistrée d'un coup : envoyez-la en plusieurs parties.")

	// ErrKey says that a text cannot be part of a key: it is too long, or it
	// holds a zero byte, which ends texts in keys.
	ErrKey = fault.New(fault.Invalid, "store_key",
		"A name or an identifier is empty, too long, or holds a zero byte.",
		"Un nom ou un identifiant est vide, trop long ou contient un octet nul.")

	// ErrNested says that View or Update was called inside a function that the
	// store is running, on its goroutine. It is a mistake in the program: a writer
	// that waits for itself never ends. Only programs that are built with the race
	// detector look for it.
	ErrNested = fault.New(fault.Internal, "store_nested",
		"The store was called from inside one of its own functions.",
		"Le stockage a été appelé depuis l'une de ses propres fonctions.")

	// ErrReadOnly says that a function given to View tried to write.
	ErrReadOnly = fault.New(fault.Internal, "store_read_only",
		"A read tried to write.",
		"Une lecture a tenté d'écrire.")

	// ErrRecord says that a stored record cannot be read: its version is
	// unknown or its bytes are not what was written.
	ErrRecord = fault.New(fault.Internal, "store_record",
		"A stored record cannot be read by this version.",
		"Cette version ne peut pas lire un enregistrement stocké.")
)
