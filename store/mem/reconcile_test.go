package mem

import (
	"testing"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/reconciletest"
)

func TestReconcile(t *testing.T) {
	reconciletest.TestStore(t, func(testing.TB) reconcile.Store { return Open(clock).Reconcile() })
}
