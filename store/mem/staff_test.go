package mem

import (
	"testing"

	"github.com/jate-cva/jate/access/staff"
	"github.com/jate-cva/jate/access/staff/stafftest"
)

func TestStaff(t *testing.T) {
	stafftest.TestStore(t, func(testing.TB) staff.Store { return Open(clock).Staff() })
}
