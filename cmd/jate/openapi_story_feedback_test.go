package main

import "net/http"

// complaints are recorded, handled, answered and asked about; a held card is
// stopped and replaced.
func (s *story) complaints() {
	card := s.cardsOf("v1")[0]
	recorded := s.post("distribution-officer", "/api/v1/complaints", field{"channel": "point", "category": "vendor-misconduct",
		"text": "Il a demandé une commission.", "serials": []string{card.serial.Printed()}, "vendor": "v1"})
	s.post("registrar", "/api/v1/complaints", field{"channel": "sms", "category": "exclusion", "text": "Nous ne sommes pas sur la liste."})
	id := recorded.need("complaint", "id")
	s.get("monitor", "/api/v1/complaints?overdue=false&limit=10")
	s.post("meal-officer", "/api/v1/complaints/"+id+"/assignment", field{"to": "p-field"})
	s.get("meal-officer", "/api/v1/complaints/"+id)
	s.post("meal-officer", "/api/v1/complaints/"+id+"/answer", field{"answer": "Il la rendra samedi."})
	s.post("meal-officer", "/api/v1/complaints/"+id+"/closing", field{"outcome": "upheld"})
	status := s.ask("", http.MethodPost, "/api/v1/complaint-status", field{"code": recorded.need("code")})
	if status.text("state") != "closed" || status.text("answer") != "Il la rendra samedi." || len(status.value.(map[string]any)) != 2 {
		s.t.Errorf("the author learns %s", status.raw)
	}
	held := s.post("meal-officer", "/api/v1/held-cards", field{"channel": "hotline", "serials": []string{s.cardsOf("v2")[0].serial.Printed()}})
	if held.text("cards", 0, "life") != "held" {
		s.t.Errorf("became %s", held.raw)
	}
	s.cardsOf("v2")[0].spent = true // it is no longer for sale
}
