package main

import "net/http"

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
}
