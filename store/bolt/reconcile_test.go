package bolt

import (
	"testing"

	"github.com/jate-cva/jate/reconcile"
	"github.com/jate-cva/jate/reconcile/reconciletest"
)

func TestReconcile(t *testing.T) {
	reconciletest.TestStore(t, func(t testing.TB) reconcile.Store { return newDB(t, Options{}).Reconcile() })
}
