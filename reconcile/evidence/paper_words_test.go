package evidence

import (
	"testing"

	"github.com/jate-cva/jate/access"
)

// Whoever did something has a name in French, whatever the role.
func TestRole(t *testing.T) {
	fr, en := sheet{lang: "fr"}, sheet{lang: "en"}
	for _, r := range append(access.Roles(), "server", "handheld") {
		if fr.role(string(r)) == string(r) || roles[string(r)] == "" {
			t.Errorf("%s has no name in French", r)
		}
	}
	if got := en.role("finance-approver"); got != "finance approver" {
		t.Errorf("in English it is %q", got)
	}
}
