package main

import (
	"context"
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
	"github.com/jate-cva/jate/vendors/bankfile/bankfiletest"
)

// roadCommands are what a script needs for money that is on the road for a month:
// people who act on past days, sums, and a bank.
var roadCommands = map[string]func(*testscript.TestScript, bool, []string){"office": officeOf, "take": take, "calc": calc, "camt": camt, "fill": fill}

// officeOf runs jate in this process on the folder of JATE_DATA, so many days ago, in
// somebody's role: office DAYS NAME:ROLE ARGS...
func officeOf(ts *testscript.TestScript, neg bool, args []string) {
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	name, role, _ := strings.Cut(args[1], ":")
	getenv := func(k string) string {
		return map[string]string{"JATE_DATA": ts.MkAbs(ts.Getenv("JATE_DATA")), "JATE_PASSPHRASES": ts.MkAbs(ts.Getenv("JATE_PASSPHRASES")),
			"JATE_STAFF": name, "JATE_ROLE": role}[k]
	}
	env := &environment{args: args[2:], getenv: getenv, stdin: strings.NewReader(""), stdout: ts.Stdout(), stderr: ts.Stderr(),
		now: func() time.Time { return time.Now().AddDate(0, 0, -days) }}
	err = run(context.Background(), env)
	if err != nil {
		fmt.Fprintln(ts.Stderr(), "jate:", err)
	}
	if (err != nil) != neg {
		ts.Fatalf("jate %s: %v", strings.Join(args[2:], " "), err)
	}
}

// take keeps what the group of an expression finds in the last output: take VAR REGEXP.
func take(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) != 2 {
		ts.Fatalf("the output has no %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// calc keeps the value of an expression of whole numbers: calc VAR EXPR.
func calc(ts *testscript.TestScript, _ bool, args []string) {
	v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, args[1])
	ts.Check(err)
	n, ok := constant.Int64Val(constant.ToInt(v.Value))
	if !ok {
		ts.Fatalf("%s is no whole number", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(n))
}

// fill writes a file with variables in it: fill OUT FILE.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[1]), ts.Getenv)), 0o600))
}

// camt writes a bank's statement of one day, with the lines of a file: sum, our
// reference, our batch, cheque, the bank's text, separated by |. camt OUT DAYS
// OPENING FILE; the closing balance is kept in CLOSING.
func camt(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	balance, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	day := time.Now().UTC().AddDate(0, 0, -days).Truncate(24 * time.Hour)
	st := bankfile.Statement{ID: "S" + args[1], Account: "ML13ML0160120102600100668497", From: day, To: day, Balanced: true, Opening: money.Francs(balance)}
	for line := range strings.Lines(strings.TrimSpace(os.Expand(ts.ReadFile(args[3]), ts.Getenv))) {
		f := strings.Split(strings.TrimSpace(line), "|")
		n, err := strconv.ParseInt(f[0], 10, 64)
		ts.Check(err)
		balance += n
		st.Lines = append(st.Lines, bankfile.Line{Booked: day, Amount: money.Francs(n), Reference: f[1], Batch: f[2], Cheque: f[3], Text: f[4],
			BankRef: fmt.Sprintf("B%s-%d", args[1], len(st.Lines))})
	}
	st.Closing = money.Francs(balance)
	ts.Setenv("CLOSING", fmt.Sprint(balance))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bankfiletest.Camt(8, st), 0o600))
}
