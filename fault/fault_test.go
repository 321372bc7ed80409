package fault

import (
	"errors"
	"fmt"
	"testing"
)

var errTaken = New(Conflict, "taken", "It is taken.", "C'est pris.")

func TestError(t *testing.T) {
	err := fmt.Errorf("claim it: %w", errTaken.At("row[3].id", "given twice"))
	if !errors.Is(err, errTaken) {
		t.Error("an error with fields is no longer the same error")
	}
	if KindOf(err) != Conflict || KindOf(errors.New("other")) != Internal {
		t.Error("kinds are wrong")
	}
	if errTaken.Fields != nil {
		t.Error("At changed the declared error")
	}
	if got := Of(err).Sentence("fr"); got != "C'est pris." {
		t.Errorf("Sentence = %q", got)
	}
	if got, want := Of(err).Error(), "It is taken. [row[3].id: given twice]"; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
}
