package mem

import (
	"testing"

	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/grant/granttest"
)

func TestGrant(t *testing.T) {
	granttest.TestStore(t, func(testing.TB) grant.Store { return Open(clock).Grant() })
}
