package main

import (
	"net/http"
	"time"
)

// terms has the first trader get a commission and transport, less a tax.
func (s *story) terms() {
	t := s.post("vendor-manager", "/api/v1/vendors/v1/terms", field{"km": 30, "lines": []field{
		{"name": "Commission", "kind": "commission", "basis_points": 150, "per_sale": francs(5)},
		{"name": "Transport", "kind": "transport", "bands": []field{{"up_to_km": 50, "amount": francs(500)}}},
		{"name": "Retenue", "kind": "withholding", "basis_points": 300, "on": "fees"}}})
	s.post("finance-approver", "/api/v1/vendors/v1/terms/approval", field{"digest": t.need("digest")})
	s.get("auditor", "/api/v1/vendors/v1/terms")
}

// papersOfTraders has the programme require a contract before it pays, and
// attaches one for each trader.
func (s *story) papersOfTraders() {
	s.ask("finance-approver", http.MethodPut, "/api/v1/document-rules", field{"rules": []field{{"subject": "vendor", "kind": "contract", "above": francs(1)}}})
	s.get("auditor", "/api/v1/document-rules")
	var hash string
	for _, v := range []string{"v1", "v2"} {
		a := s.post("vendor-manager", "/api/v1/documents?subject=vendor&id="+v+"&kind=contract&note=signed%20in%20Konna", upload{"application/pdf", "%PDF-1.7\nof " + v})
		hash = a.need("hash")
	}
	s.get("auditor", "/api/v1/documents?subject=vendor&id=v1")
	s.get("monitor", "/api/v1/documents/"+hash)
	claims := s.get("auditor", "/api/v1/claims")
	for i := range claims.list("items") {
		if claims.text("items", i, "state") == "accepted" {
			s.get("auditor", "/api/v1/claims/"+claims.need("items", i, "id")+"/charges")
			break
		}
	}
}

// owed bounds advances, takes part of one back, writes part of it off and
// refuses another movement.
func (s *story) owed() {
	s.ask("finance-approver", http.MethodPut, "/api/v1/advance-limits", field{"vendor": francs(10_000), "programme": francs(50_000)})
	s.get("auditor", "/api/v1/advance-limits")
	s.get("auditor", "/api/v1/advances/ageing")
	back := s.post("finance-preparer", "/api/v1/movements", field{"kind": "repayment", "vendor": "v1", "amount": francs(20), "bank": "bdm", "reason": "brought to the office"})
	s.post("finance-approver", "/api/v1/movements/"+back.need("id")+"/approval", field{"digest": back.need("digest")})
	off := s.post("finance-preparer", "/api/v1/movements", field{"kind": "write-off", "vendor": "v1", "amount": francs(5), "fund": "f1", "reason": "the shop burnt down"})
	s.post("finance-approver", "/api/v1/movements/"+off.need("id")+"/refusal", field{})
	s.get("auditor", "/api/v1/movements?limit=1")
}

// closeMonth has two people close the month before the present one.
func (s *story) closeMonth() {
	now := s.clock.Now()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -1, 0).Format("2006-01")
	path := "/api/v1/periods/" + month
	p := s.post("finance-preparer", path+"/proposal", field{})
	s.get("auditor", path)
	s.get("auditor", path+"/report")
	s.get("auditor", path+"/report.pdf?lang=fr")
	s.get("auditor", path+"/report.xlsx?lang=en")
	s.post("finance-approver", path+"/approval", field{"digest": p.need("digest")})
	s.get("auditor", "/api/v1/vendors/v1/statement.pdf?from="+month+"-01&lang=en")
	for _, form := range []string{"", ".csv", ".xlsx"} {
		s.get("auditor", "/api/v1/cut-off"+form+"?day="+month+"-28")
	}
}
