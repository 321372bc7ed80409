package vendors

import (
	"testing"
	"time"

	"github.com/jate-cva/jate/money"
)

func TestReadFrancs(t *testing.T) {
	for text, want := range map[string]int64{
		"5000": 5000, " 12 500 ": 12500, "12\u202f500 FCFA": 12500, "12\u00a0500 F CFA": 12500, "12.500": 12500, "12,500": 12500,
		"1,234,567": 1234567, "1'234": 1234, "12500,00": 12500, "12500.0": 12500, "XOF 700": 700, "700 f": 700, "12.500.000": 12500000,
		"12 500 F": 12500, "12.500 FCFA": 12500, "12’500 Frs.": 12500, "12.500,00": 12500, "12\u2009500 francs": 12500, "F CFA 1 000": 1000,
	} {
		if m, err := readFrancs(text); err != nil || m != money.Francs(want) {
			t.Errorf("readFrancs(%q) = %v, %v, want %d", text, m, err, want)
		}
	}
	for _, text := range []string{"", "0", "-5", "+5", "12,5", "12.50", "1e3", "5.08E+03", "12,5000", "1,23,456", "abc", "99999999999999999999", "=1+1", "5000 5000 x", "1.23", "12.50.000", "1,234.567", "F", "5O00"} {
		if m, err := readFrancs(text); err == nil {
			t.Errorf("readFrancs(%q) = %v", text, m)
		}
	}
}

func TestReadQuantity(t *testing.T) {
	rice, err := money.NewAsset("RICE-KG", 2)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int64{"10": 1000, "12,5": 1250, "12.50": 1250, "1 250 kg": 125000, "0,25": 25} {
		if m, err := readQuantity(text, rice); err != nil || m != money.FromMinor(want, rice) {
			t.Errorf("readQuantity(%q) = %v, %v, want %d", text, m, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.250", "1,250", "0,255", "1e3", "ten"} {
		if m, err := readQuantity(text, rice); err == nil {
			t.Errorf("readQuantity(%q) = %v", text, m)
		}
	}
}

func TestReadDate(t *testing.T) {
	want := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"2026-11-05", "05/11/2026", "5/11/2026", "05-11-26", "05.11.2026", "5.11.26", "2026-11-05T00:00:00", "2026/11/05",
		"5 nov. 2026", "5 novembre 2026", "jeudi 5 novembre 2026", "le 5 Novembre 2026", "5-nov-26", "05/11/2026 14:30", "05/11/2026 14h30", "46331"} {
		if got, err := readDate(text); err != nil || !got.Equal(want) {
			t.Errorf("readDate(%q) = %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"1er août 2026": "2026-08-01", "31 déc. 25": "2025-12-31", "1 fév 2026": "2026-02-01", "14 juillet 2026": "2026-07-14", "3 juin 2026": "2026-06-03",
		"29/02/2024": "2024-02-29", "03/04/2026": "2026-04-03", // both could be a month: the day stands first
		"11/25/2026": "2026-11-25", // no month 25
	} {
		if got, err := readDate(text); err != nil || got.Format(time.DateOnly) != want {
			t.Errorf("readDate(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"31/02/2026", "13/13/2026", "29/02/2025", "yesterday", "2026", "5/11", "99999", "12500", "0/1/2026", "5 brumaire 2026", "5/11/126", ""} {
		if got, err := readDate(text); err == nil {
			t.Errorf("readDate(%q) = %v", text, got)
		}
	}
}

// A day without a year is of the latest year in which it has come.
func TestInYear(t *testing.T) {
	now := time.Date(2027, 1, 10, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"5 novembre": "2026-11-05", "11 janv.": "2027-01-11", "1er mars": "2026-03-01", "29 février": "2024-02-29", "3 mars 2020": "2020-03-03"} {
		day, err := readDate(text)
		if got := inYear(day, now).Format(time.DateOnly); err != nil || got != want {
			t.Errorf("%q is %s, %v, want %s", text, got, err, want)
		}
	}
	if !inYear(time.Time{}, now).IsZero() {
		t.Error("no day became one")
	}
}

// Whatever is typed is refused or read as a day and a sum that are written back
// as themselves.
func FuzzReadCells(f *testing.F) {
	for _, s := range []string{"5 nov. 2026", "05/11/2026 14:30", "46331", "1er mars", "12.500 FCFA", "12’500,00 F", "1,234,567", "29/02/2025", "\u202f1\u00a0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 512 {
			t.Skip()
		}
		if day, err := readDate(s); err == nil {
			day = inYear(day, time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC))
			if again, err := readDate(day.Format(time.DateOnly)); day.Year() >= 1000 && (err != nil || again.Format(time.DateOnly) != day.Format(time.DateOnly)) {
				t.Errorf("%q is %v, which is read as %v, %v", s, day, again, err)
			}
		}
		if m, err := readFrancs(s); err == nil {
			if again, err := readFrancs(m.Text()); err != nil || again != m || m.Sign() <= 0 {
				t.Errorf("%q is %s, which is read as %v, %v", s, m, again, err)
			}
		}
	})
}

func TestColumnsOf(t *testing.T) {
	for name, tt := range map[string]struct {
		titles []string
		rules  []rule
		want   map[columnName]int
	}{
		"French invoice":  {[]string{"N°", "N° de série du coupon", "Date de vente", "Qté (kg)", "Prix unitaire", "Montant total (FCFA)"}, invoiceRules, map[columnName]int{colSerial: 1, colDate: 2, colQuantity: 3, colPrice: 4, colAmount: 5}},
		"English invoice": {[]string{"Voucher serial", "Sale date", "Quantity", "Unit price", "Amount"}, invoiceRules, map[columnName]int{colSerial: 0, colDate: 1, colQuantity: 2, colPrice: 3, colAmount: 4}},
		"value of a slip": {[]string{"Bon", "Valeur du bon"}, invoiceRules, map[columnName]int{colSerial: 0, colAmount: 1}},
		"operator":        {[]string{"Transaction ID", "Your reference", "Amount", "Status", "Failure reason"}, resultRules, map[columnName]int{colBankRef: 0, colReference: 1, colAmount: 2, colStatus: 3, colMessage: 4}},
		"bank":            {[]string{"Référence", "Référence bancaire", "Statut", "Motif du rejet"}, resultRules, map[columnName]int{colReference: 0, colBankRef: 1, colStatus: 2, colMessage: 3}},
	} {
		got := columnsOf(tt.titles, tt.rules)
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		for c, i := range tt.want {
			if got[c] != i {
				t.Errorf("%s: %s is column %d, want %d", name, c, got[c], i)
			}
		}
	}
}

func TestPhoneForm(t *testing.T) {
	for form, want := range map[PhoneForm]string{PhoneLocal: "70000001", PhoneInternational: "22370000001", PhoneDialled: "0022370000001"} {
		for _, number := range []string{"70000001", "+223 70 00 00 01", "0022370000001", "223 70000001"} {
			if got := form.write(number); got != want {
				t.Errorf("%s of %q = %q, want %q", form, number, got, want)
			}
		}
		if got := form.write("+33 6 12 34 56 78"); got != "+33 6 12 34 56 78" {
			t.Errorf("a number abroad became %q", got)
		}
	}
}

func TestTemplate_Check(t *testing.T) {
	for _, good := range DefaultTemplates() {
		if err := good.check(); err != nil {
			t.Error(err)
		}
	}
	ref, amount := TemplateColumn{Title: "r", Value: ValueReference}, TemplateColumn{Title: "a", Value: ValueAmount}
	good := Template{Name: "x", Separator: ";", Columns: []TemplateColumn{ref, amount}}
	with := func(change func(*Template)) Template { t := good; change(&t); return t }
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]Template{
		"no reference":     with(func(t *Template) { t.Columns = []TemplateColumn{amount} }),
		"no amount":        with(func(t *Template) { t.Columns = []TemplateColumn{ref} }),
		"a letter between": with(func(t *Template) { t.Separator = "x" }),
		"nothing between":  with(func(t *Template) { t.Separator = "" }),
		"an unknown value": with(func(t *Template) { t.Columns = []TemplateColumn{ref, amount, {Title: "s", Value: "secret"}} }),
		"an unknown form":  with(func(t *Template) { t.Phone = "plus" }),
		"a way of none":    with(func(t *Template) { t.Method = "barter" }),
		"our own name":     with(func(t *Template) { t.Name = FilePain001 }),
	} {
		if bad.check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Ids sort by the second they were made in.
func TestNewID(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	early, late := newID("c", at, []byte{255, 255, 255, 255, 255}), newID("c", at.Add(time.Second), make([]byte, 5))
	if early >= late || len(early) != 17 {
		t.Errorf("%s and %s", early, late)
	}
}
