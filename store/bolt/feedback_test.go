package bolt

import (
	"testing"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/feedback/feedbacktest"
)

func TestFeedback(t *testing.T) {
	feedbacktest.TestStore(t, func(t testing.TB) feedback.Store { return newDB(t, Options{}).Feedback() })
}
