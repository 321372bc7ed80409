// Package bankfiletest writes messages as a bank does, for tests.
package bankfiletest

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
	"github.com/jate-cva/jate/vendors/bankfile"
)

// Camt writes a statement as camt.053, or as camt.054 where it has no balances,
// in version 2 or 8. Consecutive lines with one BankRef and one Batch are one
// entry that the bank booked in one sum. It is what the schemas of both versions
// take.
func Camt(version int, s bankfile.Statement) []byte {
	name, root, part, id := "camt.053", "BkToCstmrStmt", "Stmt", "STMT"
	if !s.Balanced {
		name, root, part, id = "camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", "NTFY"
	}
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<?xml version="1.0" encoding="UTF-8"?>`)
	p(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:%s.001.%02d"><%s>`, name, version, root)
	p(`<GrpHdr><MsgId>%s-%s</MsgId><CreDtTm>2026-04-01T06:00:00</CreDtTm></GrpHdr>`, id, html.EscapeString(s.ID))
	p(`<%s><Id>%s</Id><CreDtTm>2026-04-01T06:00:00</CreDtTm>`, part, html.EscapeString(s.ID))
	if s.Balanced {
		p(`<FrToDt><FrDtTm>%sT00:00:00</FrDtTm><ToDtTm>%sT23:59:59</ToDtTm></FrToDt>`, s.From.Format(time.DateOnly), s.To.Format(time.DateOnly))
	}
	account := `<Othr><Id>` + string(s.Account) + `</Id></Othr>`
	if s.Account.IsIBAN() {
		account = `<IBAN>` + string(s.Account) + `</IBAN>`
	}
	p(`<Acct><Id>%s</Id><Ccy>XOF</Ccy></Acct>`, account)
	if s.Balanced {
		balance := func(kind string, m money.Amount, day time.Time) {
			p(`<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp>%s<Dt><Dt>%s</Dt></Dt></Bal>`, kind, sum(m), day.Format(time.DateOnly))
		}
		balance("OPBD", s.Opening, s.From)
		balance("CLBD", s.Closing, s.To)
	}
	for i := 0; i < len(s.Lines); {
		end := i + 1
		for end < len(s.Lines) && s.Lines[i].Batch != "" && s.Lines[end].Batch == s.Lines[i].Batch && s.Lines[end].BankRef == s.Lines[i].BankRef {
			end++
		}
		entry(p, version, s.Lines[i:end])
		i = end
	}
	p(`</%s></%s></Document>`, part, root)
	return []byte(b.String())
}

// sum is an amount without its sign, and its direction.
func sum(m money.Amount) string {
	if m.Sign() < 0 {
		return fmt.Sprintf(`<Amt Ccy="XOF">%d.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>`, -m.Minor())
	}
	return fmt.Sprintf(`<Amt Ccy="XOF">%d</Amt><CdtDbtInd>CRDT</CdtDbtInd>`, m.Minor())
}

func entry(p func(string, ...any), version int, lines []bankfile.Line) {
	var total int64
	for _, l := range lines {
		total += l.Amount.Minor()
	}
	l := lines[0]
	status := "BOOK"
	if version >= 8 {
		status = "<Cd>BOOK</Cd>"
	}
	code := `<Prtry><Cd>` + html.EscapeString(l.Code) + `</Cd></Prtry>`
	if parts := strings.Split(l.Code, "/"); len(parts) == 3 {
		code = fmt.Sprintf(`<Domn><Cd>%s</Cd><Fmly><Cd>%s</Cd><SubFmlyCd>%s</SubFmlyCd></Fmly></Domn>`, parts[0], parts[1], parts[2])
	}
	p(`<Ntry>%s<Sts>%s</Sts><BookgDt><Dt>%s</Dt></BookgDt><AcctSvcrRef>%s</AcctSvcrRef><BkTxCd>%s</BkTxCd><NtryDtls>`,
		sum(money.Francs(total)), status, l.Booked.Format(time.DateOnly), html.EscapeString(l.BankRef), code)
	for _, l := range lines {
		var refs strings.Builder
		for _, r := range [][2]string{{"PmtInfId", l.Batch}, {"EndToEndId", l.Reference}, {"ChqNb", l.Cheque}} {
			if r[1] != "" {
				fmt.Fprintf(&refs, "<%s>%s</%s>", r[0], html.EscapeString(r[1]), r[0])
			}
		}
		detail := ""
		if refs.Len() > 0 {
			detail = "<Refs>" + refs.String() + "</Refs>"
		}
		if version >= 8 {
			detail += sum(l.Amount)
		} else {
			detail += fmt.Sprintf(`<AmtDtls><TxAmt><Amt Ccy="XOF">%d</Amt></TxAmt></AmtDtls>`, max(l.Amount.Minor(), -l.Amount.Minor()))
		}
		if l.Text != "" {
			detail += "<RmtInf><Ustrd>" + html.EscapeString(l.Text) + "</Ustrd></RmtInf>"
		}
		if l.Returned {
			detail += "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
		}
		p(`<TxDtls>%s</TxDtls>`, detail)
	}
	p(`</NtryDtls></Ntry>`)
}
