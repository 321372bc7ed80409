package bankfile

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jate-cva/jate/money"
)

// The parts of camt.053 and camt.054 that we read. Names are the same in all
// versions; what moved between them is noted.

type camtDocument struct {
	XMLName    xml.Name        `xml:"Document"`
	Statements []camtStatement `xml:"BkToCstmrStmt>Stmt"`
	Notices    []camtStatement `xml:"BkToCstmrDbtCdtNtfctn>Ntfctn"`
}

type camtStatement struct {
	ID       string        `xml:"Id"`
	From     camtDay       `xml:"FrToDt>FrDtTm"`
	To       camtDay       `xml:"FrToDt>ToDtTm"`
	Account  camtAccount   `xml:"Acct"`
	Balances []camtBalance `xml:"Bal"`
	Entries  []camtEntry   `xml:"Ntry"`
}

type camtAccount struct {
	IBAN     string `xml:"Id>IBAN"`
	Other    string `xml:"Id>Othr>Id"`
	Currency string `xml:"Ccy"`
}

func (a camtAccount) account() Account {
	account, _ := ParseAccount(first(a.IBAN, a.Other))
	return account
}

type camtBalance struct {
	Kind      string     `xml:"Tp>CdOrPrtry>Cd"`
	Amount    camtAmount `xml:"Amt"`
	Direction string     `xml:"CdtDbtInd"`
	Date      camtDate   `xml:"Dt"`
}

type camtEntry struct {
	Ref         string       `xml:"NtryRef"`
	Amount      camtAmount   `xml:"Amt"`
	Direction   string       `xml:"CdtDbtInd"`
	Reversal    string       `xml:"RvslInd"`
	Status      camtStatus   `xml:"Sts"`
	Booked      camtDate     `xml:"BookgDt"`
	Value       camtDate     `xml:"ValDt"`
	ServicerRef string       `xml:"AcctSvcrRef"`
	Code        camtCode     `xml:"BkTxCd"`
	Details     []camtBundle `xml:"NtryDtls"`
	Info        string       `xml:"AddtlNtryInf"`
}

// camtStatus is a text up to version 07, and a code in an element after it.
type camtStatus struct {
	Text string `xml:",chardata"`
	Code string `xml:"Cd"`
}

type camtCode struct {
	Domain    string `xml:"Domn>Cd"`
	Family    string `xml:"Domn>Fmly>Cd"`
	SubFamily string `xml:"Domn>Fmly>SubFmlyCd"`
	Own       string `xml:"Prtry>Cd"`
}

func (c camtCode) code() string {
	if c.Domain != "" {
		return short(c.Domain + "/" + c.Family + "/" + c.SubFamily)
	}
	return short(c.Own)
}

type camtBundle struct {
	Batch struct {
		Message string `xml:"MsgId"`
		Payment string `xml:"PmtInfId"`
	} `xml:"Btch"`
	Details []camtDetail `xml:"TxDtls"`
}

type camtDetail struct {
	Message     string     `xml:"Refs>MsgId"`
	ServicerRef string     `xml:"Refs>AcctSvcrRef"`
	Payment     string     `xml:"Refs>PmtInfId"`
	EndToEnd    string     `xml:"Refs>EndToEndId"`
	TxID        string     `xml:"Refs>TxId"`
	Cheque      string     `xml:"Refs>ChqNb"`
	Amount      camtAmount `xml:"Amt"` // from version 03 on
	Direction   string     `xml:"CdtDbtInd"`
	Instructed  camtAmount `xml:"AmtDtls>InstdAmt>Amt"`
	Transaction camtAmount `xml:"AmtDtls>TxAmt>Amt"`
	Texts       []string   `xml:"RmtInf>Ustrd"`
	Return      struct {
		Reason struct {
			Code string `xml:"Cd"`
			Own  string `xml:"Prtry"`
		} `xml:"Rsn"`
		Info string `xml:"AddtlInf"`
	} `xml:"RtrInf"`
	Info string `xml:"AddtlTxInf"`
}

type camtAmount struct {
	Currency string `xml:"Ccy,attr"`
	Value    string `xml:",chardata"`
}

// amountForm is a whole number, or one with nothing behind its point: many
// programs write two digits for every currency.
var amountForm = regexp.MustCompile(`^([0-9]{1,15})(\.0{0,5})?$`)

// francs returns the sum, below zero where it is a debit.
func (a camtAmount) francs(direction string) (money.Amount, error) {
	m := amountForm.FindStringSubmatch(strings.TrimSpace(a.Value))
	if m == nil || a.Currency != money.XOF.Code() {
		return money.Amount{}, fmt.Errorf("%q %q is no sum of whole XOF", short(a.Value), short(a.Currency))
	}
	sum, err := money.Parse(m[1], money.XOF)
	switch {
	case err != nil:
		return money.Amount{}, err
	case direction == "DBIT":
		return money.Francs(-sum.Minor()), nil
	case direction != "CRDT":
		return money.Amount{}, fmt.Errorf("%q is neither CRDT nor DBIT", short(direction))
	}
	return sum, nil
}

type camtDate struct {
	Date camtDay `xml:"Dt"`
	Time camtDay `xml:"DtTm"`
}

func (d camtDate) day() time.Time {
	if t := d.Date.day(); !t.IsZero() {
		return t
	}
	return d.Time.day()
}

// camtDay is a day, or an instant of which the day counts as it is written.
type camtDay string

func (d camtDay) day() time.Time {
	s := strings.TrimSpace(string(d))
	t, err := time.Parse(time.DateOnly, s[:min(len(s), len(time.DateOnly))])
	if err != nil {
		return time.Time{}
	}
	return t
}
