package mem

import (
	"testing"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/distributiontest"
)

func TestDistribution(t *testing.T) {
	distributiontest.TestStore(t, func(testing.TB) distribution.Store { return Open(clock).Distribution() })
}
