// Command jate runs voucher rounds: it keeps the store, serves the API, and
// does by hand what an office does without a server.
//
//	jate help
//
// lists the commands. Flags come before environment variables (JATE_…) and
// those before defaults. Passphrases are read from a terminal, from a file
// named by a flag, or from a systemd credential; never from a flag's value.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/jate-cva/jate/fault"
)

func main() {
	os.Exit(status())
}

// status runs the command line and returns what the process exits with.
func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, &environment{args: os.Args[1:], getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr})
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 2
	}
	fmt.Fprintln(os.Stderr, "jate:", sentence(err, os.Getenv))
	if errors.Is(err, errAlarm) {
		return 3
	}
	return 1
}

// environment is all that a command may use of the process.
type environment struct {
	args           []string
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time // time.Now where it is nil
}

// clock is the clock that a command on a folder goes by.
func (env *environment) clock() func() time.Time {
	if env.now == nil {
		return time.Now
	}
	return env.now
}

// command is one word of the command line.
type command struct {
	name, usage, help string
	run               func(context.Context, *environment) error
}

func commands() []command {
	return []command{
		{"demo", "[--once] [--unclosed] [--json] [--data DIR] [--households N] [--seed S]", "a whole round on an invented list, then a server to look around in", demoCommand},
		{"init", "--data DIR --origin NAME [--development]", "make a data folder with its keys", initCommand},
		{"serve", "--data DIR [--listen ADDR]", "open the store and serve the API", serveCommand},
		{"keys", "list|rotate|retire|passphrase --data DIR [KEY]", "which keys are in use and since when; replace one", keysCommand},
		{"providers", "list|add|remove --data DIR [ID]", "OpenID providers where people may sign in besides", providersCommand},
		{"login", "--server URL [--programme ID] [--device | --passkey FILE]", "sign in; commands with --server then need no --token", loginCommand},
		{"logout", "--server URL", "end that session", logoutCommand},
		{"sessions", "--server URL [--end ID|others]", "list your sessions, and end them", sessionsCommand},
		{"staff", "list|invite|accept|disable|enable|recover|grants|grant|approve|refuse|revoke|second --server URL | rescue --data DIR ID", "the people of your organisation and their roles, and accepting an invitation without a browser", staffCommand},
		{"approve", "--digest HEX --server URL [--passkey FILE]", "agree to exact content with a passkey, before the command that approves it", approveCommand},
		{"token", "--data DIR --staff ID --programme ID --roles R[,R]", "mint a token that nobody signs in for, in a folder for development alone", tokenCommand},
		{"import", "[--dry-run] [--json] FILE", "read a list of beneficiaries", importCommand},
		{"overlap", "import|lists|withdraw|show --server URL --token FILE", "compare lots with where other organisations work (3W), before they are approved", overlapCommand},
		{"market", "calendar|prices|occasions|latest --server URL --token FILE [FILE]", "market days, announced fairs and mobile shops, and market prices, for detectors", marketCommand},
		{"persons", "prepare|approve|list|take|trace --server URL --token FILE", "export persons to one age recipient, by two people, and trace a list that leaked", personsCommand},
		{"issue", "--data DIR --lot ID --staff ID", "sign an approved lot with the root key at hand", issueCommand},
		{"cards", "--data DIR --round ID --out FILE.pdf", "print the cards of a round or lot", cardsCommand},
		{"enrolment", "--server URL --trust FILE --out FILE.pdf [--for ID]", "print what enrols a handheld; its code is read from the input", enrolmentCommand},
		{"print", "--data DIR --lot ID --labels FILE.pdf --slips FILE.pdf", "open a lot's sealed print job", printCommand},
		{"verify", "--data DIR [--signatures]", "recompute everything; the last line is ok or what is wrong first", verifyCommand},
		{"verify-file", "--data DIR | --server URL [--log VKEY]; FILE", "whether a file is a report, an export or a payment file that was handed out, when, to whom, and from what", verifyFileCommand},
		{"export", "--data DIR --format hledger|ledger|beancount|sycebnl|sycebnl-daily [--mapping FILE]", "the books as text, or as the journal of an accounting package", exportCommand},
		{"attach", "--data DIR | --server URL --token FILE; --to KIND:ID --kind KIND FILE", "keep a contract, invoice, signed sheet or receipt", attachCommand},
		{"documents", "--data DIR", "read every attached document and compare it with its hash", documentsCommand},
		{"complaint", "record|held|list|show|assign|answer|close|erase|ask --data DIR", "complaints without a name, and cards that somebody else keeps", complaintCommand},
		{"sample", "commit|freeze|draw|list|calls|frame|check|results --data DIR", "whom to call after a distribution, drawn so that nobody chose them", sampleCommand},
		{"answers", "--data DIR --sample ID FILE", "read a filled call list, CSV or XLSX", answersCommand},
		{"claims", "prepare|invoice|list|match|read|accept|refuse --round ID --server URL --token FILE", "traders' claims, for all traders of a round at once", claimsCommand},
		{"settlements", "prepare|list|show|approve|refuse|file|results --server URL --token FILE", "payments to traders, by two people, and what became of them", settlementsCommand},
		{"bank", "import|lines|explain|answer --bank ID --server URL --token FILE", "a bank's statements, and what their lines are", bankCommand},
		{"period", "propose|approve|show|report --month M | cut-off --day D; --server URL --token FILE", "close a month by two people; how traders stood at the end of a day", periodCommand},
		{"round", "end-sales|close|return|approve-return --round ID | reader --fund ID --person STAFF; --server URL --token FILE", "end a round, return what is left to its funds, and name who takes a donor's report", roundCommand},
		{"reconcile", "--data DIR [--json] [--since REPORT.json]", "claims against redemptions against payments", reconcileCommand},
		{"statement", "--data DIR --bank ID [--until DAY] [--format text|json|csv|xlsx] [--out FILE]", "a bank account's balance less the books', explained line by line", statementCommand},
		{"finance", "terms…|charges|advance…|ageing|limits…|movement…|rules…|statement|receipts|cash-…|cheque…|change… --server URL --token FILE", "terms and advances of traders, required papers, cheques, cash, statements, payment addresses", financeCommand},
		{"report", "--data DIR | --server URL; --round ID | --fund ID | --activities [--format F] [--explain FIGURE] [--out FILE]", "the report on a round, to a donor, or as 3W/5W rows; or what a figure is made of", reportCommand},
		{"cases", "list|propose|open|show|history|assign|comment|ask|answer|freeze|release|uphold|recover|give-up|pack", "cases of findings: who looks, what is decided, what it rests on", casesCommand},
		{"verify-pack", "--log VKEY [--witness VKEY] [--pdf FILE.pdf] [--code TEXT] [--document FILE] FILE.json", "check the evidence of a case, off line", verifyPackCommand},
		{"match", "--data DIR --round ID [--vendor ID] [--json] FILE", "a file of claim lines against a round's redemptions; stores nothing", matchCommand},
		{"simulate", "--facts FILE --truth FILE [--seed S] [--subtlety X] [--share X] [--kinds K[,K]]", "invent a round with known diversion, to measure detectors", simulateCommand},
		{"detect", "--facts FILE [--limits FILE]", "run the detectors over such facts, one JSON line for each finding", detectCommand},
		{"backup", "--data DIR | --server URL --token FILE; --recipient AGE --out FILE", "copy a store, running or not, checked to the last page", backupCommand},
		{"restore", "--data DIR --in FILE [--identity FILE] [--new-epoch]", "put a backup in the place of a folder's store", restoreCommand},
		{"witness", "init|serve --data DIR --log VKEY", "cosign a server's checkpoints, elsewhere and with a key of its own", witnessCommand},
		{"monitor", "--server URL --token FILE --programme ID --log VKEY [--witness VKEY] [--trust FILE] [--data DIR]", "recompute a server's journal, and verify its approvals, without believing it", monitorCommand},
		{"proof", "--server URL --token FILE --entry N --leaf FILE --out FILE", "write a file that proves an entry off line", proofCommand},
		{"verify-proof", "--log VKEY [--witness VKEY] --leaf FILE PROOF", "check such a file, off line", verifyProofCommand},
		{"handheld", "enrol|activate|bundle|sell|cancel|sync|export|import|status", "a handheld on the command line", runHandheld},
	}
}

// run finds the command and runs it.
func run(ctx context.Context, env *environment) error {
	if len(env.args) == 0 {
		usage(env.stderr)
		return flag.ErrHelp
	}
	name := env.args[0]
	if name == "help" || name == "-h" || name == "--help" {
		usage(env.stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name == name {
			sub := *env
			sub.args = env.args[1:]
			return c.run(ctx, &sub)
		}
	}
	return fmt.Errorf("there is no command %q; try jate help", name)
}

func usage(w io.Writer) {
	fmt.Fprint(w, "jate issues vouchers, redeems them, keeps the books and reconciles.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  jate %s %s\n        %s\n", c.name, c.usage, c.help)
	}
}

// flags returns a flag set whose defaults come from the environment: JATE_DATA
// for --data, and so on. Values from the environment are checked like flags.
func (env *environment) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet("jate "+name, flag.ContinueOnError)
	fs.SetOutput(env.stderr)
	return fs
}

// parse applies the environment, then the arguments, and refuses arguments
// that are left over beyond want.
func (env *environment) parse(fs *flag.FlagSet, want int) ([]string, error) {
	var bad error
	fs.VisitAll(func(f *flag.Flag) {
		key := "JATE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v := env.getenv(key); v != "" && bad == nil {
			if err := fs.Set(f.Name, v); err != nil {
				bad = fmt.Errorf("%s: %w", key, err)
			}
		}
	})
	if bad != nil {
		return nil, bad
	}
	if err := fs.Parse(env.args); err != nil {
		return nil, err
	}
	if fs.NArg() != want {
		return nil, fmt.Errorf("%s takes %d arguments after its flags, not %d", fs.Name(), want, fs.NArg())
	}
	return fs.Args(), nil
}

// sentence returns the one line that a person reads: in French where LANG says
// so and the error has a French sentence.
func sentence(err error, getenv func(string) string) string {
	f := fault.Of(err)
	if f == nil || !french(getenv) {
		return err.Error()
	}
	s := f.FR
	for _, field := range f.Fields {
		s += fmt.Sprintf(" [%s : %s]", field.Location, field.Message)
	}
	return s
}

func french(getenv func(string) string) bool {
	for _, key := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(key); v != "" {
			return strings.HasPrefix(v, "fr")
		}
	}
	return false
}
