package bolt

import (
	"testing"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/distributiontest"
)

func TestDistribution(t *testing.T) {
	distributiontest.TestStore(t, func(t testing.TB) distribution.Store { return newDB(t, Options{}).Distribution() })
}
