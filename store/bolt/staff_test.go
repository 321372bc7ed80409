package bolt

import (
	"testing"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/stafftest"
)

func TestStaff(t *testing.T) {
	stafftest.TestStore(t, func(t testing.TB) staff.Store { return newDB(t, Options{}).Staff() })
}
