package mem

import (
	"testing"

	"github.com/jate-cva/jate/feedback"
	"github.com/jate-cva/jate/feedback/feedbacktest"
)

func TestFeedback(t *testing.T) {
	feedbacktest.TestStore(t, func(testing.TB) feedback.Store { return Open(clock).Feedback() })
}
