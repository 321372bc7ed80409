package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// complaints are recorded, handled, answered and asked about; a held card is
// stopped and replaced.
func (s *story) complaints() {
	card := s.cardsOf("v1")[0]
	recorded := s.post("distribution-officer", "/api/v1/complaints", field{"channel": "point", "category": "vendor-misconduct",
		"text": "Il a demandé une commission.", "serials": []string{card.serial.Printed()}, "vendor": "v1"})
	s.post("registrar", "/api/v1/complaints", field{"channel": "sms", "category": "exclusion", "text": "Nous ne sommes pas sur la liste."})
	s.contract.canaries.plant(recorded.need("code"), canaryCode)
	id := recorded.need("complaint", "id")
	s.post("meal-officer", "/api/v1/complaint-slips", field{"count": 5, "hotline": "80 00 11 22"})
	if pdf := s.ask("monitor", http.MethodPost, "/api/v1/complaint-slips/filled", field{"code": recorded.need("code"), "lang": "fr"}); !strings.HasPrefix(string(pdf.raw), "%PDF") {
		s.t.Errorf("the slip is %.40s", pdf.raw)
	}
	s.get("monitor", "/api/v1/complaints?overdue=false&limit=10")
	s.post("meal-officer", "/api/v1/complaints/"+id+"/assignment", field{"to": "p-field"})
	s.get("meal-officer", "/api/v1/complaints/"+id)
	s.post("meal-officer", "/api/v1/complaints/"+id+"/answer", field{"answer": "Il la rendra samedi."})
	s.post("meal-officer", "/api/v1/complaints/"+id+"/closing", field{"outcome": "upheld"})
	status := s.ask("", http.MethodPost, "/api/v1/complaint-status", field{"code": recorded.need("code")})
	if status.text("state") != "closed" || status.text("answer") != "Il la rendra samedi." || len(status.value.(map[string]any)) != 2 {
		s.t.Errorf("the author learns %s", status.raw)
	}
	s.post("dpo", "/api/v1/complaints/"+id+"/erasure", field{"reason": "asked-for"})
	held := s.post("meal-officer", "/api/v1/held-cards", field{"channel": "hotline", "serials": []string{s.cardsOf("v2")[0].serial.Printed()}})
	if held.text("cards", 0, "life") != "held" {
		s.t.Errorf("became %s", held.raw)
	}
	s.cardsOf("v2")[0].spent = true // it is no longer for sale
}

// sampled commits before the round, draws after it, and takes answers.
func (s *story) sampled() {
	nonce := strings.Repeat("07", 32)
	raw, err := hex.DecodeString(nonce)
	s.must(err)
	sum := sha256.Sum256(raw)
	m := s.post("monitor", "/api/v1/samples", field{"round": "r1", "commitment": hex.EncodeToString(sum[:])}).need("id")
	path := "/api/v1/samples/" + m
	s.post("monitor", path+"/frame", field{"confidence": 80, "margin": 20, "by": []string{"point", "sex"}, "minimum": 1, "replacements": 50})
	s.must(s.app.checkpoint(s.t.Context()))
	s.post("monitor", path+"/draw", field{"nonce": nonce})
	s.get("auditor", "/api/v1/samples")
	s.get("monitor", path+"/frame.txt")
	s.get("meal-officer", path+"/calls.xlsx?lang=fr")
	calls := s.get("meal-officer", path+"/calls.csv?lang=fr")
	lines := strings.Split(string(calls.raw), "\n")
	code, _, _ := strings.Cut(lines[1], ",")
	r := s.post("meal-officer", path+"/answers", upload{"text/csv", "code,reçu,satisfait\n" + code + ",non,oui\nX,oui,oui\n"})
	if r.at("new") != 1.0 || r.text("refused", 0, "location") != "row[3].code" {
		s.t.Errorf("read as %s", r.raw)
	}
	s.get("monitor", path+"/results")
	s.get("finance-approver", path+"/results.txt?lang=fr")
	s.get("auditor", path+"/results.xlsx?lang=fr")
}
