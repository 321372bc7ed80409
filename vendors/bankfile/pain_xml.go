package bankfile

import "encoding/xml"

// The parts of pain.001.001.03 that we write, in the order of the schema.

type painDocument struct {
	XMLName xml.Name   `xml:"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03 Document"`
	Header  painHeader `xml:"CstmrCdtTrfInitn>GrpHdr"`
	Batch   painBatch  `xml:"CstmrCdtTrfInitn>PmtInf"`
}

type painHeader struct {
	MsgID   string `xml:"MsgId"`
	Created string `xml:"CreDtTm"`
	Count   int    `xml:"NbOfTxs"`
	Sum     string `xml:"CtrlSum"`
	Name    string `xml:"InitgPty>Nm"`
}

type painBatch struct {
	ID        string         `xml:"PmtInfId"`
	Method    string         `xml:"PmtMtd"`
	Single    bool           `xml:"BtchBookg"`
	Count     int            `xml:"NbOfTxs"`
	Sum       string         `xml:"CtrlSum"`
	Execute   string         `xml:"ReqdExctnDt"`
	Debtor    string         `xml:"Dbtr>Nm"`
	Account   painAccount    `xml:"DbtrAcct>Id"`
	Currency  string         `xml:"DbtrAcct>Ccy"`
	Agent     *painAgent     `xml:"DbtrAgt>FinInstnId"`
	Charges   string         `xml:"ChrgBr"`
	Transfers []painTransfer `xml:"CdtTrfTxInf"`
}

type painTransfer struct {
	Instruction string      `xml:"PmtId>InstrId"`
	EndToEnd    string      `xml:"PmtId>EndToEndId"`
	Amount      painAmount  `xml:"Amt>InstdAmt"`
	Agent       *painAgent  `xml:"CdtrAgt>FinInstnId"`
	Creditor    string      `xml:"Cdtr>Nm"`
	Account     painAccount `xml:"CdtrAcct>Id"`
	Purpose     string      `xml:"RmtInf>Ustrd,omitempty"`
}

type painAmount struct {
	Currency string `xml:"Ccy,attr"`
	Value    string `xml:",chardata"`
}

type painAccount struct {
	IBAN  string     `xml:"IBAN,omitempty"`
	Other *painOther `xml:"Othr"`
}

type painOther struct {
	ID string `xml:"Id"`
}

type painAgent struct {
	BIC    string      `xml:"BIC,omitempty"`
	Member *painMember `xml:"ClrSysMmbId"`
	Name   string      `xml:"Nm,omitempty"`
	Other  *painOther  `xml:"Othr"`
}

type painMember struct {
	ID string `xml:"MmbId"`
}

func painAccountOf(a Account) painAccount {
	if a.IsIBAN() {
		return painAccount{IBAN: string(a)}
	}
	return painAccount{Other: &painOther{ID: string(a)}}
}
