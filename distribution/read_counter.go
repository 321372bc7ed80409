package distribution

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// ReadCounter counts the persons that were shown, beside the journal, which has who
// showed himself whom: by role and purpose alone, and never by an identifier. A nil
// ReadCounter counts nothing.
type ReadCounter struct{ persons *prometheus.CounterVec }

// readPurposes are the purposes that are counted by name; what people type besides
// is "other", so that labels stay few.
var readPurposes = []string{"audit", "call-list", "check-list", "complaint", "correction", "duplicates", "erasure", "export", "follow-up",
	"hand-over", "profile", "suggest-points"}

// NewReadCounter registers jate_persons_read_total with reg, which must not have it.
func NewReadCounter(reg prometheus.Registerer) (*ReadCounter, error) {
	r := &ReadCounter{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "jate_persons_read_total", Help: "Persons and complaints that were decrypted for somebody, by role and purpose; each reading is in the journal."},
		[]string{"role", "purpose"})}
	return r, reg.Register(r.persons)
}

// Count adds n persons that were shown to the role for the purpose.
func (r *ReadCounter) Count(role, purpose string, n int) {
	if r == nil || n <= 0 {
		return
	}
	if of, _, ok := strings.Cut(purpose, "profile-"); ok && of == "" {
		purpose = "profile"
	}
	if !slices.Contains(readPurposes, purpose) {
		purpose = "other"
	}
	r.persons.WithLabelValues(role, purpose).Add(float64(n))
}
