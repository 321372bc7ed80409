package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/samplelist"
	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
	"github.com/jate-cva/jate/voucher/handheld"
)

// fund receives a donor's money and gives some of it back.
func (s *story) fund() {
	s.post("administrator", "/api/v1/programmes", field{"name": "Mopti"})
	s.get("monitor", "/api/v1/programmes")
	euros := field{"amount": "1524.49", "asset": "EUR/2"}
	s.post("finance-approver", "/api/v1/funds", field{"id": "f1", "name": "Solidarity", "donor": "A donor", "pledged": euros, "pledged_xof": francs(1_000_000)})
	s.post("finance-preparer", "/api/v1/funds/f1/receipts", field{"donor": euros, "xof": francs(1_000_000), "bank": "bdm", "on": s.now(0), "bank_reference": "VIR-1"})
	back := s.post("finance-preparer", "/api/v1/funds/f1/return", field{"amount": francs(1000), "bank": "bdm"})
	s.post("finance-approver", "/api/v1/funds/f1/return/approval", field{"digest": back.need("return", "digest")})
	s.post("finance-approver", "/api/v1/funds/f1/readers", field{"person": s.idOf("donor")})
	s.get("monitor", "/api/v1/funds")
}

// traders have contracts, prices and an advance.
func (s *story) traders() {
	s.ask("vendor-manager", http.MethodPut, "/api/v1/zones/m1", field{"policy": field{"floor": francs(2000)}})
	s.get("monitor", "/api/v1/zones/m1")
	payment := map[string]field{"v1": {"method": "mobile-money", "provider": "orange", "alias": "+22370000001"},
		"v2": {"method": "wholesaler", "via": "bank", "provider": "BDM", "alias": "ML016 01201 026001006684 97", "payee": "Grossiste",
			"consent": "sha256:" + strings.Repeat("0c", 32)}}
	for _, v := range []string{"v1", "v2"} {
		s.post("vendor-manager", "/api/v1/vendors", field{"id": v, "name": "Boutique " + v, "zone": "m1", "village": "Konna", "contract": field{
			"from": s.now(-1), "until": s.now(365), "categories": []string{"food"}, "charges": []field{{"name": "commission", "permille": 10}},
			"payment":   payment[v],
			"screening": field{"on": s.now(-1), "result": "clear"}, "declared_on": s.now(-1)}})
		s.post("vendor-manager", "/api/v1/vendors/"+v+"/prices", field{"items": []field{
			{"code": "rice", "category": "food", "name_en": "Rice, 1 kg", "name_fr": "Riz, 1 kg", "ceiling": francs(500)}}})
	}
	for _, suspended := range []bool{true, false} {
		s.post("vendor-manager", "/api/v1/vendors/v2/suspension", field{"suspended": suspended, "reason": "inspection"})
	}
	for _, path := range []string{"", "/v1", "/v1/prices"} {
		s.get("monitor", "/api/v1/vendors"+path)
	}
	a := s.post("finance-preparer", "/api/v1/advances", field{"vendor": "v1", "amount": francs(500), "permille": 100, "bank": "bdm"})
	s.post("finance-approver", "/api/v1/advances/"+a.need("id")+"/approval", field{"digest": a.need("digest")})
	s.get("monitor", "/api/v1/vendors/v1/advances")
	s.get("monitor", "/api/v1/vendors/v1/summary")
}

// handhelds are invited, enrol with their own keys, and are activated by
// another person.
func (s *story) handhelds() {
	s.phones["officer"] = s.newPhone(field{"purpose": "distribution", "zone": "m1"})
	for _, v := range []string{"v1", "v2"} {
		s.phones[v] = s.newPhone(field{"purpose": "sales", "vendor": v})
	}
	s.get("monitor", "/api/v1/handhelds?limit=2")
	s.get("monitor", "/api/v1/handhelds/"+s.phones["v1"].id())
}

func (p *demoPhone) id() string { return string(p.device.Identity().Handheld) }

func (s *story) newPhone(cmd field) *demoPhone {
	s.t.Helper()
	in := s.post("handheld-manager", "/api/v1/handhelds", cmd)
	id := in.need("handheld", "id")
	p := &demoPhone{now: s.clock.Now()}
	var err error
	if p.store, err = handheld.OpenDir(filepath.Join(s.t.TempDir(), id)); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { p.store.Close() })
	if p.client, err = handheld.NewClient(s.address, "en", s.http); err != nil {
		s.t.Fatal(err)
	}
	ctx := context.WithValue(s.t.Context(), whoKey{}, "")
	p.device, err = handheld.Enrol(ctx, p.store, s.config(p), p.client, handheld.Enrolment{Code: in.need("code"), Server: s.address,
		Trust: handheld.Trust{Root: ed25519.PublicKey(s.app.settings.Root), Beacon: ed25519.PublicKey(s.app.settings.Beacon)}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.post("second handheld-manager", "/api/v1/handhelds/"+id+"/activation", field{})
	return p
}

// twoVillages is a list of six households, two of them with one telephone.
const twoVillages = `Nom;Prénom;Téléphone;Région;Cercle;Commune;Village;Taille du ménage
Traoré;Awa;76000001;Mopti;Mopti;Konna;Konna;5
Cissé;Moussa;76000002;Mopti;Mopti;Konna;Konna;4
Diarra;Fanta;76000002;Mopti;Mopti;Konna;Konna;7
Maïga;Oumar;;Mopti;Mopti;Konna;Konna;3
Touré;Kadia;76000005;Mopti;Mopti;Konna;Konna;6
Zwkanari;Qvkanari;76000006;Mopti;Mopti;Konna;Konna;8
Sow;Binta;7,26774E+07;Mopti;Mopti;Konna;Konnadaga;2
`

// list imports households, decides about duplicates and sets a point.
func (s *story) list() {
	s.post("registrar", "/api/v1/places?edition=2015", upload{"text/csv", string(samplelist.Places())})
	dry := s.request("registrar", http.MethodPost, "/api/v1/lists?dry_run=true&country=223", upload{"text/csv", twoVillages})
	dry.Header.Del("Idempotency-Key")
	if a := s.send(dry); a.status != http.StatusOK || len(a.list("refused")) != 1 {
		s.t.Fatalf("dry run: %d\n%s", a.status, a.raw)
	}
	var form strings.Builder
	w := multipart.NewWriter(&form)
	mapping, err1 := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="mapping"`}, "Content-Type": {"application/json"}})
	_, err2 := mapping.Write([]byte(`{"Taille du ménage":"size"}`))
	file, err3 := w.CreateFormFile("file", "liste.csv")
	_, err4 := file.Write([]byte(twoVillages))
	if err := errors.Join(err1, err2, err3, err4, w.Close()); err != nil {
		s.t.Fatal(err)
	}
	s.post("registrar", "/api/v1/lists", upload{w.FormDataContentType(), form.String()})
	s.get("monitor", "/api/v1/imports")
	s.get("registrar", "/api/v1/points/suggestions")
	s.ask("registrar", http.MethodPut, "/api/v1/points/p1", field{"name": "Konna", "zone": "m1", "villages": []string{"Konna/Konna"}})
	s.get("monitor", "/api/v1/points")
	pairs := s.get("list-approver", "/api/v1/duplicates?open=true")
	for i := range pairs.list("items") {
		s.post("list-approver", "/api/v1/duplicates/"+pairs.need("items", i, "a")+"/"+pairs.need("items", i, "b")+"/decision", field{"decision": "different"})
	}
	page := s.get("list-approver", "/api/v1/households?purpose=check-list&limit=2&point=p1")
	s.get("list-approver", "/api/v1/households?purpose=check-list&cursor="+page.need("next"))
	s.get("list-approver", "/api/v1/households/"+page.need("items", 0, "id")+"?purpose=check-list")
	s.post("list-approver", "/api/v1/households/search", field{"phone": "+22376000001", "purpose": "complaint"})
}

// others imports what other organisations do, and withdraws a list of theirs.
func (s *story) others() {
	day := s.clock.Now().Format(time.DateOnly)
	list := "#org+name,#adm2+name,#adm3+name,#loc+name,#date+start,#activity+name\nPAM,Mopti,Konna,Konna," + day + ",Vivres\nMSF,Mopti,,,hier,Vivres\n"
	dry := s.request("issuer", http.MethodPost, "/api/v1/presence-lists?source=3W&dry_run=true", upload{"text/csv", list})
	dry.Header.Del("Idempotency-Key")
	if a := s.send(dry); a.status != http.StatusOK || len(a.list("remarks")) != 1 {
		s.t.Fatalf("dry run: %d\n%s", a.status, a.raw)
	}
	wrong := s.post("issuer", "/api/v1/presence-lists?source=2W", upload{"text/csv", list})
	s.post("issuer", "/api/v1/presence-lists/"+wrong.need("list", "id")+"/withdrawal", field{"reason": "replaced"})
	s.post("registrar", "/api/v1/presence-lists?source=3W&own=Notre+ONG&from="+day+"&until="+day, upload{"text/csv", list})
	s.get("monitor", "/api/v1/presence-lists")
}

// markets imports what is known of markets, and reads it back.
func (s *story) markets() {
	day := s.clock.Now().AddDate(0, 0, 30).Format(time.DateOnly)
	calendar := "Nature;Site;Jours de marché;Date de début;Commerçant\nMarché;p1;lundi, jeudi;;\nFoire;Konna;;" + day + ";\nBoutique mobile;p1;;" + day + ";v1\nFoire;p1;;2020-01-01;\n"
	dry := s.request("issuer", http.MethodPost, "/api/v1/calendar?dry_run=true", upload{"text/csv", calendar})
	dry.Header.Del("Idempotency-Key")
	if a := s.send(dry); a.status != http.StatusOK || !strings.Contains(string(a.raw), `"new":3`) || len(a.list("remarks")) != 1 {
		s.t.Fatalf("dry run: %d\n%s", a.status, a.raw)
	}
	s.post("registrar", "/api/v1/calendar", upload{"text/csv", calendar})
	if a := s.get("monitor", "/api/v1/calendar"); len(a.list("items")) != 3 {
		s.t.Fatalf("calendar: %s", a.raw)
	}
	prices := "date,admin1,admin2,market,latitude,longitude,category,commodity,unit,priceflag,pricetype,currency,price,usdprice\n" +
		"#date,#adm1+name,#adm2+name,#loc+market+name,#geo+lat,#geo+lon,#item+type,#item+name,#item+unit,#item+price+flag,#item+price+type,#currency,#value,#value+usd\n" +
		s.clock.Now().AddDate(0, 0, -10).Format(time.DateOnly) + ",Mopti,Mopti,Konna,14.9,-3.9,cereals and tubers,rice,KG,actual,Retail,XOF,412.5,0.7\n"
	s.post("meal-officer", "/api/v1/market-prices", upload{"text/csv", prices})
	if a := s.get("finance-approver", "/api/v1/market-prices"); len(a.list("items")) != 1 {
		s.t.Fatalf("market prices: %s", a.raw)
	}
}

// round plans a round of one lot, has it approved and issues it.
func (s *story) round() {
	s.post("issuer", "/api/v1/rounds", field{"id": "r1", "name": "First", "asset": "XOF/0", "categories": []string{"food"}, "mode": "S",
		"rule":  field{"per_household": francs(5000), "denominations": []field{francs(2000), francs(1000)}},
		"opens": s.now(0), "sales_end": s.now(30), "grace_until": s.now(40), "spare_permille": 500, "third_above": francs(5_000_000)})
	s.get("monitor", "/api/v1/rounds")
	s.post("finance-preparer", "/api/v1/rounds/r1/allocations", field{"draws": []field{
		{"fund": "f1", "vouchers": francs(100_000), "contingency": francs(5000), "fees": francs(5000)}}})
	s.others()
	s.markets()
	l := s.post("issuer", "/api/v1/rounds/r1/lots", field{"points": []string{"p1"}, "coordination": "Agreed with PAM on Monday"})
	if l.need("overlaps", 0, "organisation") != "PAM" || !strings.Contains(l.need("overlaps", 0, "text"), "Konna") {
		s.t.Errorf("the lot does not say who else serves its villages\n%s", l.raw)
	}
	s.lot = l.need("id")
	s.get("monitor", "/api/v1/rounds/r1/lots")
	s.post("issuer", "/api/v1/rounds/r1/named", field{"person": "s-1"})
	s.post("list-approver", "/api/v1/lots/"+s.lot+"/approvals", field{"digest": l.need("digest")})
	s.post("issuer", "/api/v1/lots/"+s.lot+"/issue", nil)
	if got := s.get("monitor", "/api/v1/lots/"+s.lot).text("state"); got != "issued" {
		s.t.Fatalf("the lot is %s", got)
	}
	if err := s.readCards(s.t.Context(), s.lot); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) papers() {
	for _, path := range []string{"rounds/r1/cards.pdf", "lots/" + s.lot + "/cards.pdf?lang=fr&part=1", "lots/" + s.lot + "/handover.pdf?point=p1", "lots/" + s.lot + "/packing.pdf?point=p1"} {
		if a := s.get("issuer", "/api/v1/"+path); !strings.HasPrefix(string(a.raw), "%PDF-") {
			s.t.Errorf("%s is no PDF", path)
		}
	}
	s.get("monitor", "/api/v1/jwks.json")
	s.get("monitor", "/api/v1/issues")
	code := s.post("issuer", "/api/v1/issues/"+s.lot+"/officer-code", nil).need("code")
	raw, err := voucher.ParseOfficerCode(code)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, w := range []string{code, vendors.BareCode(code), string(raw)} {
		s.contract.canaries.plant(w, canaryCode)
	}
	s.secret()
}

// secret plans a round under embargo, of which another issuer learns no code.
func (s *story) secret() {
	s.post("issuer", "/api/v1/rounds", field{"id": "r8", "name": "Secret", "asset": "XOF/0", "categories": []string{"food"}, "mode": "S",
		"rule":  field{"per_household": francs(1000), "denominations": []field{francs(1000)}},
		"opens": s.now(80), "sales_end": s.now(90), "grace_until": s.now(99), "embargo_until": s.now(80)})
	s.post("finance-preparer", "/api/v1/rounds/r8/allocations", field{"draws": []field{
		{"fund": "f1", "vouchers": francs(20_000), "contingency": francs(0), "fees": francs(2000)}}})
	lot := s.post("issuer", "/api/v1/rounds/r8/lots", field{"points": []string{"p1"}}).need("id")
	for who, code := range map[string]string{"issuer": "voucher_not_found", "second issuer": "round_embargoed", "list-approver": "round_embargoed"} {
		if who != "issuer" && s.same("issuer", who) {
			continue // who planned the round knows of it in every role
		}
		if a := s.send(s.request(who, http.MethodPost, "/api/v1/issues/"+lot+"/officer-code", nil)); a.text("code") != code {
			s.t.Errorf("%s asks for the code of a secret lot: %d %s", who, a.status, a.text("code"))
		}
	}
}

// interrupt imports a list until its first part is stored, as if the server had
// been stopped then.
func (s *story) interrupt() {
	var long strings.Builder
	long.WriteString("Nom;Prénom;Région;Cercle;Commune;Village;Taille du ménage\n")
	for i := range 1200 {
		long.WriteString("Keita;Sira " + strconv.Itoa(i) + ";Mopti;Mopti;Konna;Konnadaga;4\n")
	}
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	registrar, err := s.app.authority.Verify(s.token(string(access.RoleRegistrar)))
	if err != nil {
		s.t.Fatal(err)
	}
	text := strings.NewReader(long.String())
	_, err = s.app.distributions.ImportList(ctx, distribution.ImportList{By: registrar, Key: s.key(), File: text, Size: text.Size(),
		Progress: func(rows int) {
			if rows > 900 {
				stop()
			}
		}})
	if !errors.Is(err, context.Canceled) {
		s.t.Fatalf("the import was not interrupted: %v", err)
	}
}

// end closes the round and returns what is left of it.
func (s *story) end() {
	s.pass(31 * 24 * time.Hour)
	s.post("issuer", "/api/v1/rounds/r1/end-of-sales", nil)
	s.pass(11 * 24 * time.Hour)
	s.post("issuer", "/api/v1/rounds/r1/close", nil)
	r := s.post("finance-preparer", "/api/v1/rounds/r1/return", field{"keep_fees": francs(100), "contingency": true})
	s.post("finance-approver", "/api/v1/rounds/r1/return/approval", field{"digest": r.need("return", "digest")})
	s.get("monitor", "/api/v1/rounds/r1/summary")
	s.closeMonth()
	s.get("monitor", "/api/v1/ledger/late")
}

// housekeeping is what remains: an interrupted import, lost handhelds, a
// person who wants to be forgotten.
func (s *story) housekeeping() {
	s.interrupt()
	imports := s.get("monitor", "/api/v1/imports")
	for i := range imports.list("items") {
		if imports.at("items", i, "done") == false {
			s.post("list-approver", "/api/v1/imports/"+imports.need("items", i, "id")+"/abandonment", nil)
		}
	}
	stranger := field{"code": "AAAAA-AAAAA", "public_key": strings.Repeat("A", 43), "signature": strings.Repeat("A", 86)}
	if a := s.send(s.request("", http.MethodPost, "/api/v1/enrolments", stranger)); a.status < http.StatusBadRequest {
		s.t.Errorf("a stranger enrolled: %d\n%s", a.status, a.raw)
	}
	next := s.newPhone(field{"purpose": "sales", "vendor": "v2"})
	s.post("handheld-manager", "/api/v1/handhelds/"+s.phones["v2"].id()+"/replacement", field{"by": next.id()})
	s.post("handheld-manager", "/api/v1/handhelds/"+s.phones["officer"].id()+"/revocation", field{"lost_at": s.now(-1)})
	s.post("administrator", "/api/v1/backups", field{"recipient": s.app.settings.Print})
	export := s.post("registrar", "/api/v1/exports", field{"recipient": s.app.settings.Print, "fields": []string{"name", "phone"}, "purpose": "audit"})
	at := "/api/v1/exports/" + export.need("id")
	s.post("dpo", at+"/approval", field{"digest": export.need("digest")})
	s.post("dpo", at+"/copies", nil)
	s.get("monitor", "/api/v1/exports")
	s.post("dpo", "/api/v1/exports/trace", field{"refs": []string{"000000000000"}})
	page := s.get("dpo", "/api/v1/households?purpose=erasure&limit=1")
	person := "/api/v1/households/" + page.need("items", 0, "id")
	s.post("dpo", person+"/erasure", field{"reason": "asked-for"})
	if a := s.send(s.request("dpo", http.MethodGet, person+"?purpose=erasure", nil)); a.status != http.StatusGone {
		s.t.Errorf("a forgotten person: %d\n%s", a.status, a.raw)
	}
}
