package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/distribution/places"
	"github.com/jate-cva/jate/internal/durable"
	"github.com/jate-cva/jate/internal/samplelist"
)

// others imports a small list of who does what where, in the shape that OCHA
// publishes: another organisation gives food in the first point's village in the
// days of the round, and a third one runs a school there.
func (d *demo) others(ctx context.Context, opens time.Time) error {
	all := samplelist.Places()
	list, err := places.Load(ctx, bytes.NewReader(all), int64(len(all)), "2015")
	if err != nil {
		return err
	}
	var file bytes.Buffer
	file.WriteString("Organisation,Secteur,Activité,Cercle,Commune,Village,P-code,Début,Fin,Ménages prévus\n" +
		"#org+name,#sector+name,#activity+name,#adm2+name,#adm3+name,#loc+name,#loc+code,#date+start,#date+end,#targeted+hh\n")
	for p := range list.All() {
		if p.Code != d.truth.Points[0].Place {
			continue
		}
		for _, row := range []string{"PAM,Sécurité alimentaire,Distribution de vivres", "UNICEF,Education,Cantines scolaires"} {
			fmt.Fprintf(&file, "%s,%s,%s,%s,%s,%s,%s,40\n", row, p.Cercle, p.Commune, p.Name, p.Code, opens.Format(time.DateOnly),
				opens.AddDate(0, 0, 20).Format(time.DateOnly))
		}
	}
	if err := durable.Replace(filepath.Join(d.dir, "presence.csv"), file.Bytes()); err != nil {
		return err
	}
	r, err := d.app.distributions.ImportPresence(ctx, distribution.ImportPresence{By: d.staff["issuer"], Key: d.key(), File: bytes.NewReader(file.Bytes()),
		Size: int64(file.Len()), Source: "3W", Edition: "2015"})
	if err != nil {
		return err
	}
	d.out.step("who does what where, presence.csv: %d of %d rows are compared with each lot", r.Summary.Kept, r.Summary.Rows)
	return nil
}
