package vendors_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/jate-cva/jate/vendors"
	"github.com/jate-cva/jate/voucher"
)

// A hundred thousand lines as spreadsheets write them; an operation is one.
func BenchmarkReadClaimFile(b *testing.B) {
	const lines = 100_000
	var file bytes.Buffer
	fmt.Fprintln(&file, "Commerçant;Coupon;Date;Montant")
	for i := range lines {
		serial := voucher.Serial(fmt.Sprintf("%016d", i*7919))
		fmt.Fprintf(&file, "V%03d;%s;%02d/11/2025;%d\n", i%50, serial.Printed(), 1+i*31%28, 5_000)
	}
	now := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	b.SetBytes(int64(file.Len() / lines))
	b.ReportAllocs()
	for n := 0; n < b.N; n += lines {
		read := 0
		bad, flaws, err := vendors.ReadClaimFile(b.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), "", now, func(vendors.FileLine) error {
			read++
			return nil
		})
		if err != nil || bad > 0 || read != lines {
			b.Fatalf("%d lines, %d bad, %v, %v", read, bad, flaws, err)
		}
	}
}
