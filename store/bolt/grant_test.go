package bolt

import (
	"testing"

	"github.com/jate-cva/jate/access/grant"
	"github.com/jate-cva/jate/access/grant/granttest"
)

func TestGrant(t *testing.T) {
	granttest.TestStore(t, func(t testing.TB) grant.Store { return newDB(t, Options{}).Grant() })
}
